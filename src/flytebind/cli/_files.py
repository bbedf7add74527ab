"""Files that commands write: whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from flytebind.cli._exits import CommandError


def write(target: str, text: str) -> None:
    """Write a file; ``-`` is standard output.

    What was there stays until all of the text is written.

    Raises:
        CommandError: If it cannot be written.
    """
    if target == "-":
        print(text, flush=True)
        return
    path = Path(target)
    try:
        if path.exists() and not path.is_file():  # a pipe or a device takes what it is given
            path.write_text(text, encoding="utf-8")
            return
        # A link stays one.
        path = path.resolve()
        new = path.with_name(f".{path.name}.new")
        try:
            new.write_text(text, encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"cannot write {target}: {error.strerror or error}") from None
