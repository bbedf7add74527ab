"""Generate for packages that others publish, in environments of their own, and try the result.

Every module is imported. Every message is filled, goes through its model, and must come out equal
to the byte; then once more, with unknown fields, enum numbers without a name and extensions in each
part of it. mypy --strict and pyright must have nothing to say about any generated module. What
there was is kept as a table in docs/packages.md, which --write writes and --check compares.

Nothing is written or compared where something is not good: that gives the exit code 1 as well, and
an environment that could not be made gives 2.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.typing.checkers import mypy, pyright
from tools.environments import (
    EXTRAS,
    HOME,
    LIBRARY,
    CannotMakeError,
    Environment,
    locked,
    name_of,
    run,
)
from tools.written import ROOT, Command, Place

PLACE = Place(
    ROOT / "docs" / "packages.md",
    "<!-- packages: written by tools/packages.py -->\n",
    "<!-- /packages -->\n",
)
HEAD = (
    "| Distribution | Packages | Files | Messages | Fields | Services | RPCs | Filled "
    "| Extensions | Findings |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)
SHOWN = ("files", "messages", "fields", "services", "rpcs", "filled", "extensions")

# The tools that tests import; checkers are shared, and look at each environment from outside.
NEEDED = (*LIBRARY, *EXTRAS["generator"], "grpcio-tools", "pytest")


MYPY = """\
[mypy]
strict = true
explicit_package_bases = true
exclude = -stubs/
"""

# Version by name; the rest of a line says for which Pythons.
LOCKED = {name_of(pin): pin.partition("==")[2].partition(" ")[0] for pin in locked()}


@dataclass(frozen=True)
class Sample:
    """A distribution, and the packages of ``*_pb2`` modules in it."""

    distribution: str
    packages: tuple[str, ...]
    version: str
    known: tuple[str, ...] = ()
    """What type checkers say, as long as they say it; the document explains each."""

    @property
    def is_quick(self) -> bool:
        """``make test`` tries it, too: it is in the dev extra."""
        return self.version == LOCKED.get(self.distribution)

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"

    @property
    def environment(self) -> Environment:
        python = "{}.{}".format(*sys.version_info)
        return Environment(HOME / "packages" / self.distribution, Path(sys.executable), python)


GOOGLE = ("api", "cloud", "gapic", "logging", "longrunning", "rpc", "type")
TRACE_STUB = "below/perfetto-stubs/protos/perfetto/trace/perfetto_trace_pb2.pyi"
TOO_COMPLEX = (
    "Code is too complex to analyze; reduce complexity by refactoring into subroutines or reducing "
    "conditional code paths"
)
SAMPLES = (
    Sample(
        "googleapis-common-protos",
        tuple(f"google.{name}" for name in GOOGLE),
        LOCKED["googleapis-common-protos"],
    ),
    Sample("opentelemetry-proto", ("opentelemetry",), LOCKED["opentelemetry-proto"]),
    Sample("gtfs-realtime-bindings", ("google.transit",), LOCKED["gtfs-realtime-bindings"]),
    Sample("flyteidl2", ("buf",), "2.0.53"),
    Sample("appengine-python-standard", ("google.appengine.datastore",), "3.1.0"),
    Sample("bosdyn-api", ("bosdyn.api",), "5.2.0"),
    Sample("clarifai-grpc", ("clarifai_grpc",), "12.6.0"),
    Sample(
        "perfetto",
        ("perfetto.protos",),
        "0.59.1",
        known=(f"{TRACE_STUB}:0: {TOO_COMPLEX} [reportGeneralTypeIssues]",),
    ),
    Sample("cosmpy", ("cosmpy",), "0.12.2"),
    Sample("foxglove-schemas-protobuf", ("foxglove_schemas_protobuf",), "0.4.0"),
    Sample("livekit-protocol", ("livekit.protocol",), "1.1.29"),
    Sample("modal", ("modal_proto",), "1.6.4"),
    Sample("ortools", ("ortools",), "9.15.6755"),
    Sample("substrait-protobuf", ("substrait",), "0.108.0"),
    Sample("tensorboard", ("tensorboard",), "2.21.0"),
    Sample("tensorflow-metadata", ("tensorflow_metadata",), "1.21.0"),
    Sample("xds-protos", ("cel", "envoy", "opencensus", "udpa", "validate", "xds"), "1.85.0"),
    Sample("yandexcloud", ("yandex",), "0.413.0"),
)


@dataclass(frozen=True)
class Result:
    """How it went."""

    code: int
    counts: Mapping[str, int]
    output: str
    seconds: float


GOOD, BAD, NOT_MADE = 0, 1, 2
WORDS = {GOOD: "good", BAD: "NOT GOOD", NOT_MADE: "NOT MADE"}


class NotGoodError(Exception):
    """A step did not do what it should; the message says all about it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    command = Command("packages", __doc__, mend="make packages", can_only_show=True)
    names = [sample.distribution for sample in SAMPLES]
    command.what.add_argument(
        "--only", action="append", choices=names, help="one of them, or several"
    )
    options = command.parser.parse_args(arguments)

    results = try_all([item for item in SAMPLES if item.distribution in (options.only or names)])
    code = max(result.code for result in results.values())
    if code or options.only:
        return code
    return command.run(options, lambda: PLACE.holding(table(results)))


def try_all(samples: Sequence[Sample]) -> dict[Sample, Result]:
    """Try samples side by side, and say how each one went."""
    results: dict[Sample, Result] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        futures = {executor.submit(try_out, sample): sample for sample in samples}
        for future in as_completed(futures):
            sample, result = futures[future], future.result()
            results[sample] = result
            word, messages = WORDS[result.code], result.counts.get("messages", 0)
            line = f"  {sample.requirement:<36}{messages:>6,} messages  {word:<10}"
            print(f"{line}{result.seconds:>7.1f} s", flush=True)
            if result.code:
                print("\n".join(result.output.splitlines()[-60:]), file=sys.stderr, flush=True)
    return {sample: results[sample] for sample in samples}


def try_out(sample: Sample) -> Result:
    """Make the environment, generate in it, and look at the result."""
    started = time.perf_counter()
    code, output, counts = GOOD, "", {}
    try:
        make(sample)
        generate(sample)
        counts = take_through(sample)
        check_types(sample)
    except CannotMakeError as error:
        code, output = NOT_MADE, str(error)
    except NotGoodError as error:
        code, output = BAD, str(error)
    return Result(code, counts, output, time.perf_counter() - started)


def make(sample: Sample) -> None:
    """Make the environment: flytebind with its generator, and the package.

    Raises:
        CannotMakeError: If pip fails.
    """
    # Alone: its modules import protobuf and what flyteidl brings. What more it asks for would move
    # with every day.
    sample.environment.make(NEEDED, pins(), sample.requirement, alone=[sample.requirement])


def pins() -> list[str]:
    """The lock's pins, with the protobuf that its types-protobuf describes.

    A newer protobuf adds messages to descriptor.proto, which no type checker can know yet.
    """
    # The types' own version ends with the day that they were made.
    described = LOCKED["types-protobuf"].rpartition(".")[0]
    return [f"protobuf=={described}" if name_of(pin) == "protobuf" else pin for pin in locked()]


def generate(sample: Sample) -> None:
    """Generate each package into a folder of its own, from nothing.

    Raises:
        NotGoodError: If flytegen has problems.
    """
    shutil.rmtree(_generated(sample), ignore_errors=True)
    for package in sample.packages:
        options = ("--quiet", "--package", package, "--out", _generated(sample) / package)
        _do(sample, "-m", "flytegen", "generate", *options)


def take_through(sample: Sample) -> dict[str, int]:
    """Import every module and take every message through its model.

    Returns:
        How much there was.

    Raises:
        NotGoodError: If a module cannot be imported, or a message is not what it was.
    """
    command = ("-W", "error", "-m", "tests.generator.passage")
    counts: dict[str, int] = json.loads(_do(sample, *command, _generated(sample), *sample.packages))
    return counts


def check_types(sample: Sample) -> None:
    """Let the checkers see modules and stubs, with the stubs installed.

    Raises:
        NotGoodError: If they find anything, but for what is known.
    """
    environment = sample.environment
    folders = project, stubs, as_packages = [
        environment.folder / name for name in ("project", "stubs", "stubs_as_packages")
    ]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "mypy.ini").write_text(MYPY)
    (project / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic"}')
    for path in _generated(sample).glob("*/*/"):
        if not path.name.endswith("-stubs"):
            shutil.copytree(path, project / path.name)
            continue
        # Several packages may have stubs in one namespace.
        shutil.copytree(path, stubs / path.name, dirs_exist_ok=True)
        # pyright reads stubs at the top of a project, but does not check them.
        shutil.copytree(path, project / "below" / path.name, dirs_exist_ok=True)
        # mypy takes no folder of such a name, and a part of a namespace has no __init__.
        top = as_packages / path.name.removesuffix("-stubs")
        shutil.copytree(path, top, dirs_exist_ok=True, ignore=_empty_files)
    (environment.site_packages / "stubs.pth").write_text(str(stubs))
    for folder in stubs.glob("*-stubs"):
        # Beside the package, as pip puts them: elsewhere mypy cannot read stubs of a package whose
        # __init__ is left to itself. Where others have stubs there, the path leads to ours.
        place = environment.site_packages / folder.name
        if not place.exists():
            place.symlink_to(folder)
    try:
        found = [
            *mypy(project, environment.executable),
            # There may be none: those of modules that are not called *_pb2 are in the project.
            *(mypy(as_packages, environment.executable) if any(as_packages.rglob("*.pyi")) else ()),
            *pyright(project, environment.executable),
        ]
    except RuntimeError as error:  # a checker that fell over, and says why
        raise NotGoodError(str(error)) from None
    said = [str(finding) for finding in found]
    gone = [f"no longer said: {finding}" for finding in sample.known if finding not in said]
    wrong = [*(finding for finding in said if finding not in sample.known), *gone]
    if wrong:
        raise NotGoodError("\n".join((*wrong, f"{len(wrong)} findings")))


def _empty_files(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).stat().st_size == 0]


def table(results: Mapping[Sample, Result]) -> str:
    """A row for each sample; what is good has no findings but the known ones."""
    rows = []
    for sample, result in results.items():
        names = ", ".join(f"`{package}`" for package in sample.packages)
        counts = (*(result.counts.get(name, 0) for name in SHOWN), len(sample.known))
        cells = (f"{sample.distribution} {sample.version}", names, *(f"{n:,}" for n in counts))
        rows.append(f"| {' | '.join(cells)} |\n")
    return HEAD + "".join(rows)


def _generated(sample: Sample) -> Path:
    return sample.environment.folder / "generated"


def _do(sample: Sample, *arguments: str | Path) -> str:
    done = run(sample.environment.executable, *arguments)
    if done.returncode:
        raise NotGoodError(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
