"""Where a Flyte server is, and how to talk to it."""

from flytebind.remote.config._modes import AuthMode
from flytebind.remote.config._secret import Secret
from flytebind.remote.config._settings import Config, PlatformConfig

__all__ = ["AuthMode", "Config", "PlatformConfig", "Secret"]
