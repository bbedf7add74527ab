"""The command ``flytegen``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
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
from flytegen.progress import show_progress
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.manifest import load_bases
from flytegen.read.package import load_package
from flytegen.read.source import Source
from flytegen.run import Draft, Outcome, Progress, check, draft, generate
from flytegen.schema import Library
from flytegen.targets import Target, chosen, configured
from flytegen.write.format import FORMATTERS

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
    name, code = "", DONE
    try:
        for target in options.targets(options):
            name = target.name
            code = max(code, options.run(target, options))
        return code
    except GenerationError as error:
        return _complain(error, failed, name)
    except BrokenPipeError:  # `flytegen list | head` has seen enough
        _hang_up()
        return DONE
    except OSError as error:
        where = str(error.filename or "flytegen")
        problem = Problem(where, error.strerror or str(error))
        return _complain(GenerationError(problem), failed, name)
    except KeyboardInterrupt:
        print("flytegen: interrupted; the output is whole", file=sys.stderr)
        return INTERRUPTED


def _complain(error: GenerationError, code: int, target: str) -> int:
    count = len(error.problems)
    result = "nothing was written" if error.is_whole else "something was written"
    of = f" of {target}" if target else ""
    print(f"flytegen: {count} problem{'s' if count > 1 else ''}; {result}{of}", file=sys.stderr)
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
        targets = _targets_to_compare if name == "diff" else _targets
        command.set_defaults(run=run, parser=command, targets=targets)
        command.add_argument(
            "--target",
            metavar="NAME",
            action="append",
            default=[],
            help="one of the targets that pyproject.toml names, here or in a folder above"
            " (default: all of them, unless what follows names a package); may be given again",
        )
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
            help="folder of TOML files (default: ours, for a package that we have one for)",
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
                help="output folder (default: the target's)",
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
            command.add_argument(
                "--formatter",
                choices=FORMATTERS,
                help="what formats the Python files; none leaves lines of any length"
                " (default: black)",
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


def _targets(options: argparse.Namespace) -> Sequence[Target]:
    """What the command is about: what its options name, or what is configured."""
    if (options.package, options.descriptor_set, options.overlay) != (None, None, None):
        if options.target:
            hint = "A target says itself what it is made from."
            what = "does not go with --package, --descriptor-set or --overlay"
            raise GenerationError(Problem("--target", what, hint))
        return [_told(Target("", options.package or ""), options)]
    targets = chosen(configured(Path.cwd()), tuple(options.target))
    if len(targets) > 1 and getattr(options, "out", None) is not None:
        hint = f"Name one: --target {targets[0].name}."
        raise GenerationError(Problem("--out", f"is one folder for {len(targets)} targets", hint))
    return [_told(target, options) for target in targets]


def _told(target: Target, options: argparse.Namespace) -> Target:
    """A target with what the options of the command add to it."""
    said = vars(options)  # not each command has each option
    return replace(
        target,
        descriptor_set=target.descriptor_set or said["descriptor_set"],
        overlay=target.overlay or said["overlay"],
        out=said.get("out") or target.out,
        bases=(*target.bases, *said.get("base", ())),
        exclude=(*target.exclude, *said.get("exclude", ())),
        skip_broken=target.skip_broken or said.get("skip_broken", False),
        templates=(*said.get("templates", ()), *target.templates),
        formatter=said.get("formatter") or target.formatter,
    )


def _targets_to_compare(options: argparse.Namespace) -> Sequence[Target]:
    """The target whose package is compared; all of them, if nothing says which."""
    sides = [said for said in (options.old, options.new) if said not in (None, RECORDED)]
    if options.target or options.package or options.overlay or not sides:
        return _targets(options)
    side = read_side(sides[0], package="", out=Path(), cache=_cache(options))
    known = configured(Path.cwd())
    found = [each for each in known if (each.package or _named(each)) == side.package]
    return [_told(each, options) for each in found] or [_told(Target("", side.package), options)]


def _named(target: Target) -> str:
    return target.load_overlay().package.name


def _source(target: Target, overlay: Overlay) -> Source:
    package = target.package or overlay.package.name
    bases = load_bases(target.bases)
    if target.descriptor_set is not None:
        for option, is_given in (
            ("--exclude", target.exclude),
            ("--skip-broken", target.skip_broken),
        ):
            if is_given:
                what, hint = "is for modules of a package", "Make the set without these files."
                raise GenerationError(Problem(option, what, hint))
        return load_descriptor_set([target.descriptor_set], package, bases)
    if not package:
        where, hint = target.name or str(target.overlay), "Give --package NAME."
        raise GenerationError(Problem(where, "names no package", hint))
    source = load_package(package, bases, target.exclude, skip_broken=target.skip_broken)
    if source.broken:
        _tell_broken(source.broken)
    return source


def _tell_broken(broken: Sequence[Problem]) -> None:
    are = "modules are" if len(broken) > 1 else "module is"
    print(f"flytegen: {len(broken)} {are} left out", file=sys.stderr)
    for line in told(broken):
        print(f"  {line}", file=sys.stderr)


def _plan(target: Target, progress: Progress) -> Draft:
    progress.step("Reading descriptors")
    overlay = target.load_overlay()
    source = _source(target, overlay)
    templates = (*target.templates, locate.templates())
    return draft(source, overlay, templates, target.formatter)


def _generate(target: Target, options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(target, progress)
        out = target.output()
        outcome = generate(plan, out, progress)
    if options.verbose:
        _print_files(outcome)
    if not options.quiet:
        _print_summary(outcome, out, time.perf_counter() - started)
        _print_skipped(plan.fitted, plan.library, options)
    return DONE


def _check(target: Target, options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(target, progress)
        out = target.output()
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


def _diff(target: Target, options: argparse.Namespace) -> int:
    overlay = target.load_overlay()
    package = target.package or overlay.package.name
    sides = (options.old, options.new or package)
    out = target.output() if RECORDED in sides else Path()
    old, new = (read_side(said, package=package, out=out, cache=_cache(options)) for said in sides)
    report = diff(old, new, overlay)
    try:
        print(FORMATS[options.format](report), end="", flush=True)
    except BrokenPipeError:  # a reader that has seen enough does not change what is true
        _hang_up()
    return exit_code(report)


def _cache(options: argparse.Namespace) -> Path:
    cache: Path | None = options.cache
    return cache or default_cache()


def _list(target: Target, options: argparse.Namespace) -> int:
    overlay = target.load_overlay()
    source = _source(target, overlay)
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
