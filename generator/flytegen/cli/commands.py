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
    hang_up,
    print_advice,
    print_files,
    print_skipped,
    print_summary,
    shown,
    tell_broken,
)
from flytegen.comparison import diff, exit_code
from flytegen.comparison.report import FORMATS
from flytegen.comparison.sides import RECORDED, read_side
from flytegen.decide.build import build
from flytegen.overlay.fit import fit
from flytegen.progress import show_progress
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
        print_advice(plan.library, target.output(), has_root=bool(plan.folder))
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
        print(f"flytegen: {count} files in {shown(out)} are out of date; {hint}", file=sys.stderr)
        if outcome.made_with not in ("", plan.tools):
            what = f"made with {outcome.made_with}; here is {plan.tools}"
            print(f"flytegen: they were {what}, which may be all of it", file=sys.stderr)
        return DIFFERS
    if not options.quiet:
        seconds = time.perf_counter() - started
        print(f"{len(outcome.unchanged)} files in {shown(out)} are up to date ({seconds:.1f} s)")
    return DONE


def _diff(target: Target, options: argparse.Namespace) -> int:
    overlay = target.load_overlay()
    package = target.package or overlay.package.name
    sides = (options.old, options.new or package)
    out = target.output() if RECORDED in sides else Path()
    cache = cache_of(options)
    old, new = (read_side(said, package=package, out=out, cache=cache) for said in sides)
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
