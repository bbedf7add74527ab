"""Feed targets until the time is up: ``python -m tests.fuzz from_bytes --seconds 60``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS, Target


def main() -> int:
    """Run targets, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=10, help="for each of them (10)")
    parser.add_argument("--seed", type=int, default=None, help="begins as it has begun once")
    parser.add_argument("--input", type=Path, help="run the one target on this file alone")
    parser.add_argument("--atheris", action="store_true", help="let atheris find what to try")
    asked = parser.parse_args()
    unknown = set(asked.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    names = asked.targets or list(TARGETS)
    if (asked.input or asked.atheris) and len(names) != 1:
        parser.error("name one target")
    if asked.input:
        TARGETS[names[0]].run(asked.input.read_bytes())
        return 0
    if asked.atheris:
        if find_spec("atheris") is None:
            parser.error("atheris is not installed: pip install atheris")
        return _with_atheris(names[0], TARGETS[names[0]], asked.seconds)
    seed = random.randrange(2**32) if asked.seed is None else asked.seed
    return max(_feed(name, TARGETS[name], asked.seconds, seed) for name in names)


def _feed(name: str, target: Target, seconds: float, seed: int) -> int:
    """Change examples at random. What fails is kept in a file."""
    chance = random.Random(f"{name} {seed}")
    examples = list(target.examples())
    until, runs = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = mutated(chance, examples)
        runs += 1
        try:
            target.run(data)
        except Exception:
            failed = Path(tempfile.mkdtemp(prefix="fuzz-"), name)
            failed.write_bytes(data)
            print(f"{name}: failed; python -m tests.fuzz {name} --input {failed}", file=sys.stderr)
            raise
    print(f"{name}: {runs:,} inputs, seed {seed}")
    return 0


def _with_atheris(name: str, target: Target, seconds: float) -> int:
    atheris: Any = import_module("atheris")
    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    for number, example in enumerate(target.examples()):
        (corpus / str(number)).write_bytes(example)
    run: Callable[[bytes], None] = atheris.instrument_func(target.run)
    atheris.instrument_all()
    options = [f"-max_total_time={round(seconds)}", f"-artifact_prefix={corpus}/"]
    atheris.Setup([name, *options, str(corpus)], run)
    with suppress(SystemExit):
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
