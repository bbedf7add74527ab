"""The command ``flytegen``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from flytegen import locate
from flytegen.common.problems import GenerationError, Problem, told
from flytegen.comparison import diff, exit_code
from flytegen.comparison.report import FORMATS
from flytegen.comparison.sides import RECORDED, default_cache, read_side
from flytegen.decide.build import build
from flytegen.listing import counts, listed
from flytegen.overlay.entries import Overlay
from flytegen.overlay.fit import Fitted, fit
from flytegen.overlay.load import load_overlay
from flytegen.progress import show_progress
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.manifest import load_bases
from flytegen.read.package import load_package
from flytegen.read.source import Source
from flytegen.run import Draft, Outcome, Progress, check, draft, generate
from flytegen.schema import Library

EPILOG = """\
exit codes:
  0  done; with check: the output is up to date
  1  check only: the output differs
  2  something is wrong with the command, the package, the overlay or a template
  130  interrupted; the output is whole, the old one or the new one
"""

DIFF_EPILOG = """\
each of OLD and NEW is one of:
  flyteidl==1.15.3   a released version, fetched by pip and kept in the cache
  flyteidl           an installed package
  FILE               a set of descriptors, as protoc --descriptor_set_out writes it
  generated          what the committed output was made from

exit codes:
  0  nothing changed
  1  compatible changes only
  2  breaking or risky changes
  3  something is wrong with the command, the overlay or one of the sides
  130  interrupted
"""

DONE, DIFFERS, FAILED, INTERRUPTED = 0, 1, 2, 130
DIFF_FAILED = 3  # 1 and 2 are answers of diff


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    options, strange = _parser().parse_known_args(arguments)
    if strange:  # said by the command, whose exit codes are its own
        options.parser.error(f"unrecognized arguments: {' '.join(strange)}")
    failed: int = options.parser.failed
    try:
        code: int = options.run(options)
        return code
    except GenerationError as error:
        return _complain(error, failed)
    except BrokenPipeError:  # `flytegen list | head` has seen enough
        _hang_up()
        return DONE
    except OSError as error:
        where = str(error.filename or "flytegen")
        return _complain(GenerationError(Problem(where, error.strerror or str(error))), failed)
    except KeyboardInterrupt:
        print("flytegen: interrupted; the output is whole", file=sys.stderr)
        return INTERRUPTED


def _complain(error: GenerationError, code: int) -> int:
    count = len(error.problems)
    result = "nothing was written" if error.is_whole else "something was written"
    print(f"flytegen: {count} problem{'s' if count > 1 else ''}; {result}", file=sys.stderr)
    for line in told(error.problems):
        print(f"  {line}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose commands may have an exit code of their own for mistakes."""

    failed = FAILED

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(self.failed, f"{self.prog}: error: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="flytegen",
        description="Write typed Python models for a package of protobuf modules.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, run, summary in (
        ("generate", _generate, "bring the output up to date"),
        ("check", _check, "show as a diff what generate would change; exit 1 if anything"),
        ("list", _list, "print the messages, fields and enums of the package"),
        ("diff", _diff, "say what changed from one version to another, and what it means"),
    ):
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=DIFF_EPILOG if name == "diff" else EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run, parser=command)
        command.add_argument(
            "--package", metavar="NAME", help="package of *_pb2 modules (default: the overlay's)"
        )
        command.add_argument(
            "--descriptor-set",
            metavar="FILE",
            type=Path,
            help="read this instead of a package, and write the message classes as well",
        )
        command.add_argument(
            "--overlay",
            metavar="DIR",
            type=Path,
            help="folder of TOML files (default: flyteidl's; none for another package)",
        )
        if name != "diff":
            command.add_argument(
                "--base",
                metavar="NAME",
                action="append",
                default=[],
                help="installed package of models, such as flytebind.models, whose classes are"
                " used where the protos import its; may be given again",
            )
            command.add_argument(
                "--exclude",
                metavar="MODULE",
                action="append",
                default=[],
                help="module of the package, or package in it, to leave out, such as one that"
                " cannot be imported; may be given again",
            )
            command.add_argument(
                "--skip-broken",
                action="store_true",
                help="leave out the modules that cannot be imported, and say which",
            )
        if name != "list":
            command.add_argument(
                "--out",
                metavar="DIR",
                type=Path,
                help="output folder (default for flyteidl: generated; else it must be given)",
            )
        if name == "diff":
            _add_diff_arguments(command)
            continue
        if name != "list":
            command.add_argument(
                "--templates",
                metavar="DIR",
                type=Path,
                action="append",
                default=[],
                help="folder of templates that replace ours by name; may be given again",
            )
        volume = command.add_mutually_exclusive_group()
        volume.add_argument("-q", "--quiet", action="store_true", help="print problems only")
        volume.add_argument("-v", "--verbose", action="store_true", help="name every file")
    return parser


def _add_diff_arguments(command: _Parser) -> None:
    command.failed = DIFF_FAILED
    command.add_argument(
        "old", nargs="?", default=RECORDED, metavar="OLD", help=f"(default: {RECORDED})"
    )
    command.add_argument("new", nargs="?", metavar="NEW", help="(default: the installed package)")
    command.add_argument(
        "--format", choices=FORMATS, default="text", help="how to print it (default: text)"
    )
    command.add_argument(
        "--cache", metavar="DIR", type=Path, help="where fetched versions are kept"
    )


def _hang_up() -> None:
    """Let go of a reader that has gone away, so that nothing complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _overlay(options: argparse.Namespace) -> Overlay:
    if options.overlay is not None:
        overlay = load_overlay(options.overlay)
    else:
        overlay = load_overlay(locate.overlay())
        is_other = options.package not in (None, overlay.package.name)
        if is_other or options.descriptor_set is not None:
            overlay = Overlay()
    is_named = options.package is not None or options.descriptor_set is not None
    if not is_named and not overlay.package.name:
        raise GenerationError(
            Problem(str(options.overlay), "names no package", "Give --package NAME.")
        )
    return overlay


def _source(options: argparse.Namespace, overlay: Overlay) -> Source:
    package = overlay.package.name if options.package is None else options.package
    bases = load_bases(options.base)
    if options.descriptor_set is not None:
        for option, is_given in (
            ("--exclude", options.exclude),
            ("--skip-broken", options.skip_broken),
        ):
            if is_given:
                what, hint = "is for modules of a package", "Make the set without these files."
                raise GenerationError(Problem(option, what, hint))
        return load_descriptor_set(options.descriptor_set, package, bases)
    source = load_package(package, bases, options.exclude, skip_broken=options.skip_broken)
    if source.broken:
        _tell_broken(source.broken)
    return source


def _tell_broken(broken: Sequence[Problem]) -> None:
    are = "modules are" if len(broken) > 1 else "module is"
    print(f"flytegen: {len(broken)} {are} left out", file=sys.stderr)
    for line in told(broken):
        print(f"  {line}", file=sys.stderr)


def _out(options: argparse.Namespace) -> Path:
    """Where to write. Only flyteidl has a place of its own: others would replace what is there."""
    out: Path | None = options.out
    if out is None:
        if (options.package, options.descriptor_set, options.overlay) != (None, None, None):
            raise GenerationError(Problem("--out", "is missing", "Say where to: --out DIR."))
        return locate.output()
    return out


def _plan(options: argparse.Namespace, progress: Progress) -> Draft:
    progress.step("Reading descriptors")
    overlay = _overlay(options)
    source = _source(options, overlay)
    return draft(source, overlay, (*options.templates, locate.templates()))


def _generate(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(options, progress)
        out = _out(options)
        outcome = generate(plan, out, progress)
    if options.verbose:
        _print_files(outcome)
    if not options.quiet:
        _print_summary(outcome, out, time.perf_counter() - started)
        _print_skipped(plan.fitted, plan.library, options)
    return DONE


def _check(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(options, progress)
        out = _out(options)
        outcome = check(plan, out, progress)
    if outcome.diff:
        print("\n".join(outcome.diff))
    if options.verbose:
        _print_files(outcome)
    if not options.quiet:
        _print_skipped(plan.fitted, plan.library, options)
    count = len(outcome.written) + len(outcome.removed)
    if count:
        hint = "run `flytegen generate`"
        print(f"flytegen: {count} files in {_shown(out)} are out of date; {hint}", file=sys.stderr)
        return DIFFERS
    if not options.quiet:
        seconds = time.perf_counter() - started
        print(f"{len(outcome.unchanged)} files in {_shown(out)} are up to date ({seconds:.1f} s)")
    return DONE


def _diff(options: argparse.Namespace) -> int:
    overlay = _overlay(options)
    package = options.package or overlay.package.name
    out, cache = options.out or locate.output(), options.cache or default_cache()
    old, new = (
        read_side(said, package=package, out=out, cache=cache)
        for said in (options.old, options.new or package)
    )
    report = diff(old, new, overlay)
    try:
        print(FORMATS[options.format](report), end="", flush=True)
    except BrokenPipeError:  # a reader that has seen enough does not change what is true
        _hang_up()
    return exit_code(report)


def _list(options: argparse.Namespace) -> int:
    overlay = _overlay(options)
    source = _source(options, overlay)
    fitted = fit(overlay, source)
    library = build(source, fitted.overlay)
    for line in listed(library):
        print(line)
    if not options.quiet:
        print(counts(library))
        _print_skipped(fitted, library, options)
    return DONE


def _print_files(outcome: Outcome) -> None:
    for mark, paths in (("+", outcome.written), ("-", outcome.removed), ("=", outcome.unchanged)):
        for path in paths:
            print(f"  {mark} {path}")


def _print_summary(outcome: Outcome, out: Path, seconds: float) -> None:
    written, unchanged, removed = map(len, (outcome.written, outcome.unchanged, outcome.removed))
    print(f"{outcome.library.source} -> {_shown(out)}")
    print(f"  {counts(outcome.library)}")
    print(f"  {written} files written, {unchanged} unchanged, {removed} removed")
    print(f"  {seconds:.1f} s")


def _print_skipped(fitted: Fitted, library: Library, options: argparse.Namespace) -> None:
    """Say once that an older package had to do with less than the overlay says."""
    if not fitted.skipped:
        return
    about = f"is for {fitted.overlay.package.version}; {library.source} lacks what"
    count = len(fitted.skipped)
    entries = f"{count} of its entries are" if count > 1 else "one of its entries is"
    hint = "" if options.verbose else " (--verbose names them)"
    print(f"  the overlay {about} {entries} about: skipped{hint}")
    if options.verbose:
        for key in fitted.skipped:
            print(f"  ~ {key}")


def _shown(path: Path) -> Path:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path
