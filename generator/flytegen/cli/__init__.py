"""The command ``flytegen``."""

from flytegen.cli.command import main as main

__all__ = ["main"]
