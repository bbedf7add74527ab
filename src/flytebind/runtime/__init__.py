"""What generated models stand on."""

from flytebind.runtime._version import __version__
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.enums import OpenEnum
from flytebind.runtime.model import Model
from flytebind.runtime.typing import NULL, Null
from flytebind.runtime.views import MapView, RepeatedView

__all__ = [
    "NULL",
    "FlyteIdlEntity",
    "MapView",
    "Model",
    "Null",
    "OpenEnum",
    "RepeatedView",
    "__version__",
]
