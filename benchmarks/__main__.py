"""The command behind ``make bench``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Sequence

from google.protobuf import __version__ as protobuf_version
from google.protobuf.internal import api_implementation

from benchmarks.action_list import ACTION_BUILD, ACTION_LIST
from benchmarks.benchmark import CONTESTANTS, Benchmark, BenchmarkError, is_installed
from benchmarks.conversion import COMPILED_WORKFLOW, EXECUTION_COPY
from benchmarks.downloads import DOWNLOADS
from benchmarks.generation import GENERATION
from benchmarks.imports import IMPORTS
from benchmarks.literal_build import LITERAL_BUILD
from benchmarks.literal_read import LITERAL_READ
from benchmarks.memory import MEMORY
from benchmarks.node_list import NODE_LIST
from benchmarks.records import RECORDS
from benchmarks.remote import REMOTE
from benchmarks.rounds import take_turns
from benchmarks.sandbox import SANDBOX
from benchmarks.services import SERVICES
from benchmarks.table import Result, render
from benchmarks.timelines import TIMELINES

BENCHMARKS = (
    NODE_LIST.benchmark("node-list", "parse and read 1,000 node executions", 1.3),
    COMPILED_WORKFLOW.benchmark("workflow", "compiled workflow of 20 nodes, in and out", 2),
    EXECUTION_COPY.benchmark("execution", "execution with 100 inputs, in and out", 2),
    LITERAL_BUILD.benchmark("build", "build and serialize a request with 100 inputs", 1.4),
    LITERAL_READ.benchmark("read", "parse and read a request with 100 inputs", 1.8),
    ACTION_LIST.benchmark("action-list", "parse and read 1,000 actions of Flyte 2", 1.3),
    ACTION_BUILD.benchmark("action-build", "build and serialize 1,000 actions of Flyte 2", 1.4),
    RECORDS.benchmark("records", "2,000 nested dataclasses out of literals", 2),
    MEMORY,
    *IMPORTS,
    *SERVICES,
    *SANDBOX,
    *REMOTE,
    DOWNLOADS,
    *TIMELINES,
    *GENERATION,
)

EPILOG = """\
Every figure is a median over several rounds in which the contestants take turns. Raw upb is shown
as an amount, the others as ratios to it: 1.00x is as fast, or as small, as protobuf itself. Where
Python values are made, pydantic is in its place. A dash
says that a contestant cannot do the job at all, or is not installed. Jobs inside this process are
measured in processor time, imports, services, sandbox, remote, timelines and flytegen in time on
the wall.

benchmarks:
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _parser().parse_args(arguments)
    chosen = [item for item in BENCHMARKS if not options.only or item.name in options.only]
    if api_implementation.Type() != "upb":
        print("benchmarks: protobuf does not run on upb here", file=sys.stderr)
        return 2
    for name in CONTESTANTS:
        if not is_installed(name):
            print(f"benchmarks: {name} is not installed", file=sys.stderr)
    try:
        results = [measure(item, quick=options.quick) for item in chosen]
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return 130
    print(f"Python {platform.python_version()}, protobuf {protobuf_version} (upb)\n")
    print(render(results))
    return 0


def measure(item: Benchmark, *, quick: bool) -> Result:
    """Run one benchmark, and show that it is alive."""
    rounds = item.quick_rounds if quick else item.rounds
    show = _progress(item, rounds)
    show()
    with item.prepare() as samplers:
        return Result(item, take_turns(samplers, rounds, show))


def _progress(item: Benchmark, rounds: int) -> Callable[[], None]:
    done = iter(range(rounds + 1))
    is_terminal = sys.stderr.isatty()

    def show() -> None:
        count = next(done)
        if is_terminal:  # One line that is written over, and cleared at the end.
            text = f"{item.title}: round {count} of {rounds}" if count < rounds else ""
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif count == 0:
            print(f"{item.title}: rounds: {rounds}", file=sys.stderr, flush=True)

    return show


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare flytebind with raw protobuf (upb), flytekit, betterproto2, "
        "proto-plus and pydantic, and print a table of ratios.",
        epilog=EPILOG + "\n".join(f"  {item.name:<21}{item.title}" for item in BENCHMARKS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=[item.name for item in BENCHMARKS],
        help="run this benchmark alone; may be given again",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
