"""Feed targets until the time is up: ``python -m tests.fuzz from_bytes --seconds 60``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz.mutations import mutated

if TYPE_CHECKING:  # imported later, where atheris can see it
    from tests.fuzz.targets import Target


def main() -> int:
    """Run targets, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="those of targets.py (all)")
    parser.add_argument("--seconds", type=float, default=10, help="for each of them (10)")
    parser.add_argument("--seed", type=int, default=None, help="begin as it has begun once")
    parser.add_argument("--input", type=Path, help="run the one target on this file alone")
    parser.add_argument("--atheris", action="store_true", help="let atheris find what to try")
    asked = parser.parse_args()
    if asked.atheris and find_spec("atheris") is None:
        parser.error("atheris is not installed: pip install atheris")
    with _watched() if asked.atheris else nullcontext():
        targets: Mapping[str, Target] = import_module("tests.fuzz.targets").TARGETS
    names = asked.targets or list(targets)
    if unknown := set(names) - targets.keys():
        parser.error(f"no target is called {min(unknown)}; there are: {', '.join(targets)}")
    if (asked.input or asked.atheris) and len(names) != 1:
        parser.error("name one target")
    if asked.input:
        targets[names[0]].run(asked.input.read_bytes())
    elif asked.atheris:
        _feed_by_atheris(names[0], targets[names[0]], asked.seconds)
    else:
        seed = random.randrange(2**32) if asked.seed is None else asked.seed
        for name in names:
            _feed(name, targets[name], asked.seconds, seed)
    return 0


def _feed(name: str, target: Target, seconds: float, seed: int) -> None:
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


def _watched() -> AbstractContextManager[object]:
    """Has atheris see which of our lines run, in what is imported inside."""
    atheris: Any = import_module("atheris")
    watched: AbstractContextManager[object] = atheris.instrument_imports(
        include=["flytebind", "flytegen"]
    )
    return watched


def _feed_by_atheris(name: str, target: Target, seconds: float) -> None:
    atheris: Any = import_module("atheris")
    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    for number, example in enumerate(target.examples()):
        (corpus / str(number)).write_bytes(example)
    options = [f"-max_total_time={round(seconds)}", f"-artifact_prefix={corpus}/"]
    atheris.Setup([name, *options, str(corpus)], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
