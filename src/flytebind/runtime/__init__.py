"""What generated models stand on."""

from flytebind.runtime._version import __version__ as __version__
from flytebind.runtime.entity import FlyteIdlEntity as FlyteIdlEntity
from flytebind.runtime.enums import OpenEnum as OpenEnum
from flytebind.runtime.model import Model as Model
from flytebind.runtime.views import MapView as MapView, RepeatedView as RepeatedView
