"""How the command ends."""

from __future__ import annotations

#: Exit codes; the help says what each one means.
DONE, UNSUCCESSFUL, FAILED, NOT_DONE, INTERRUPTED = 0, 1, 2, 3, 130


class CommandError(Exception):
    """Something about the command makes no sense. The message is one line, with a hint."""
