"""The command ``flytebind``."""

from flytebind.cli._command import main

__all__ = ["main"]
