"""The command ``flytebind completion``."""

from __future__ import annotations

from click.shell_completion import get_completion_class

from flytebind.cli._commands import COMMANDS, COMPLETE
from flytebind.cli._exits import DONE
from flytebind.cli._options import Call


def completion(call: Call, *, shell: str) -> int:
    """Print what makes a shell complete commands and options."""
    kind = get_completion_class(shell)
    assert kind is not None
    print(kind(COMMANDS, {}, "flytebind", COMPLETE).source())
    return DONE
