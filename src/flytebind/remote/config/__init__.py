"""Where a Flyte server is, and how to talk to it."""

from flytebind.remote.config.modes import AuthMode
from flytebind.remote.config.secret import Secret
from flytebind.remote.config.settings import Config

__all__ = ["AuthMode", "Config", "Secret"]
