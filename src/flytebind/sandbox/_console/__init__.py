"""The console: pages about executions, for browsers, at the addresses that a real console has."""

from flytebind.sandbox._console.site import Console

__all__ = ["Console"]
