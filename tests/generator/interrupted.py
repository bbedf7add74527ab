"""A program that writes generated files again and again, and gets a signal a step later each time.

Its arguments are a signal and a folder that holds `before` and `after`: what the output was, and
what it is to become. Each attempt is a process of its own and leaves a folder `left1`, `left2` ...;
`mended1` ... are what the next run makes of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from flytegen.write.files import load_record, load_tools, read_text, replace_files

#: What a process asks of the file system, as Python's audit hooks call it.
STEPS = {"open", "os.mkdir", "os.chmod", "os.rename", "os.remove", "os.rmdir", "os.scandir"}


def main() -> None:
    """Make the attempts, until one gets through."""
    number, folder = signal.Signals[sys.argv[1]], Path(sys.argv[2])
    for step in range(1, 10_000):
        out = folder / f"left{step}"
        shutil.copytree(folder / "before", out)
        child = os.fork()
        if not child:
            signal_at(step, number, out)
            try:
                write(folder / "after", out)
            except KeyboardInterrupt:
                os._exit(130)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        write(folder / "after", shutil.copytree(out, folder / f"mended{step}"))
        if code == 0:
            return


def signal_at(step: int, number: signal.Signals, out: Path) -> None:
    """Send this process a signal before it takes a step in a folder."""
    taken = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        if event in STEPS and arguments and str(arguments[0]).startswith(str(out)):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), number)

    sys.addaudithook(hook)


def write(after: Path, out: Path) -> None:
    """Bring a folder to what another one is."""
    old, record = load_record(out), load_record(after)
    texts = {path: (after / path).read_text() for path in record}
    changed = {path: text for path, text in texts.items() if read_text(out / path) != text}
    replace_files(
        out, old, record, changed, [path for path in old if path not in record], load_tools(after)
    )


if __name__ == "__main__":
    main()
