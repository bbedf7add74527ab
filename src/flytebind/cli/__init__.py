"""The command ``flytebind``."""

from flytebind.cli.command import main

__all__ = ["main"]
