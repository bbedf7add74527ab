"""Files that commands write: whole, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flytebind.cli._exits import CommandError
from flytebind.cli._options import Call

if TYPE_CHECKING:
    from flytebind.looks import Timeline


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


def check_drawings(svg: str | None, html: str | None) -> None:
    """Refuse two drawings in one place, before anything is asked for.

    Raises:
        CommandError: If that is what is wanted.
    """
    if svg == html == "-":
        raise CommandError("--svg and --html cannot both be written to standard output")


def write_drawings(call: Call, timeline: Timeline, svg: str | None, html: str | None) -> bool:
    """Write a timeline to files, and say so.

    Args:
        call: The options.
        timeline: What to draw.
        svg: A file for a picture.
        html: A file for a page.

    Returns:
        Whether there was any.

    Raises:
        CommandError: If one cannot be written.
    """
    for target, draw in ((svg, timeline.svg), (html, timeline.html)):
        if target is not None:
            write(target, draw())
            if target != "-" and not call.quiet:
                print(f"wrote {target}", file=sys.stderr)
    return (svg, html) != (None, None)
