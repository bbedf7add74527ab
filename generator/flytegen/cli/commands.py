"""What each command does with a target."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from flytegen import locate
from flytegen.cli.chosen import cache_of, target_of, targets_of, targets_to_compare
from flytegen.cli.init import init
from flytegen.cli.listing import counts, listed
from flytegen.cli.options import DIFFERS, DONE, Command
from flytegen.cli.words import (
    files_in,
    hang_up,
    print_advice,
    print_files,
    print_skipped,
    print_summary,
    tell_broken,
)
from flytegen.common.problems import GenerationError, Problem
from flytegen.comparison import diff, exit_code
from flytegen.comparison.report import FORMATS
from flytegen.comparison.sides import RECORDED, Side, read_side, side_of_inputs
from flytegen.decide.build import build
from flytegen.overlay.fit import fit
from flytegen.progress import show_progress
from flytegen.read.manifest import load_bases
from flytegen.run import Draft, Progress, check, draft, generate
from flytegen.targets import Target


def _plan(target: Target, progress: Progress) -> Draft:
    progress.step("Reading descriptors")
    overlay = target.load_overlay()
    source = target.load_source(overlay)
    tell_broken(source.broken)
    templates = (*target.templates, locate.templates())
    return draft(source, overlay, templates, target.formatter)


def _generate(target: Target, options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(target, progress)
        out = target.output() / plan.folder
        outcome = generate(plan, out, progress)
    if options.verbose:
        print_files(outcome)
    if not options.quiet:
        print_summary(outcome, out, time.perf_counter() - started)
        print_skipped(plan.fitted, plan.library, verbose=options.verbose)
        print_advice(plan.library, target, has_root=bool(plan.folder))
    return DONE


def _check(target: Target, options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with show_progress(quiet=options.quiet) as progress:
        plan = _plan(target, progress)
        out = target.output() / plan.folder
        outcome = check(plan, out, progress)
    if outcome.diff:
        print("\n".join(outcome.diff))
    if options.verbose:
        print_files(outcome)
    if not options.quiet:
        print_skipped(plan.fitted, plan.library, verbose=options.verbose)
    count = len(outcome.written) + len(outcome.removed)
    if count:
        hint = "run `flytegen generate`"
        print(f"flytegen: {files_in(count, out)} out of date; {hint}", file=sys.stderr)
        if outcome.made_with not in ("", plan.tools):
            what = f"made with {outcome.made_with}; here is {plan.tools}"
            print(f"flytegen: they were {what}, which may be all of it", file=sys.stderr)
        return DIFFERS
    if not options.quiet:
        seconds = time.perf_counter() - started
        print(f"{files_in(len(outcome.unchanged), out)} up to date ({seconds:.1f} s)")
    return DONE


def _diff(target: Target, options: argparse.Namespace) -> int:
    overlay = target.load_overlay()
    package = target.package or overlay.package.name
    out = target.output() if RECORDED in (options.old, options.new) else Path()
    bases = load_bases(target.bases)

    def side(said: str) -> Side:
        return read_side(
            said,
            package=package,
            out=out,
            cache=cache_of(options),
            proto_paths=target.proto_paths,
            bases=bases,
        )

    old = side(options.old)
    if options.new is None and target.inputs:
        new = side_of_inputs(target.inputs, package, target.proto_paths, bases)
    elif said := options.new or package:
        new = side(said)
    else:
        raise GenerationError(Problem("NEW", "is missing", "Name what to compare with."))
    report = diff(old, new, overlay)
    try:
        print(FORMATS[options.format](report), end="", flush=True)
    except BrokenPipeError:  # a reader that has seen enough does not change what is true
        hang_up()
    return exit_code(report)


def _list(target: Target, options: argparse.Namespace) -> int:
    overlay = target.load_overlay()
    source = target.load_source(overlay)
    tell_broken(source.broken)
    fitted = fit(overlay, source)
    library = build(source, fitted.overlay)
    for line in listed(library):
        print(line)
    if not options.quiet:
        print(counts(library))
        print_skipped(fitted, library, verbose=options.verbose)
    return DONE


COMMANDS = (
    Command("generate", "bring the output up to date", _generate, targets_of),
    Command(
        "check", "show as a diff what generate would change; exit 1 if anything", _check, targets_of
    ),
    Command("list", "print the messages, fields and enums of the package", _list, targets_of),
    Command(
        "diff",
        "say what changed from one version to another, and what it means",
        _diff,
        targets_to_compare,
    ),
    Command("init", "make a folder of what is generated a project of its own", init, target_of),
)
