"""What a command is about, by its options and by what ``pyproject.toml`` says."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flytegen.common.problems import GenerationError, Problem
from flytegen.comparison.sides import RECORDED, default_cache, read_side
from flytegen.read.inputs import STANDARD_INPUT
from flytegen.targets import Target, chosen, configured

_STREAM = str(STANDARD_INPUT)


def targets_of(options: argparse.Namespace) -> Sequence[Target]:
    """What the command is about: what its options name, or what is configured."""
    if options.package is not None or options.input or options.overlay is not None:
        if options.target:
            hint = "A target says itself what it is made from."
            what = "does not go with --package, --input or --overlay"
            raise GenerationError(Problem("--target", what, hint))
        return target_of(options)
    targets = chosen(configured(Path.cwd()), tuple(options.target))
    if len(targets) > 1 and getattr(options, "out", None) is not None:
        hint = f"Name one: --target {targets[0].name}."
        raise GenerationError(Problem("--out", f"is one folder for {len(targets)} targets", hint))
    return [_told(target, options) for target in targets]


def target_of(options: argparse.Namespace) -> Sequence[Target]:
    """What the options name, even if that is nothing."""
    if options.package == "":
        what = "cannot be the name of a Python package"
        raise GenerationError(Problem("--package", what, "Give --package NAME."))
    return [_told(Target("", options.package or ""), options)]


def targets_to_compare(options: argparse.Namespace) -> Sequence[Target]:
    """The target whose package is compared; all of them, if nothing says which."""
    said = (options.old, options.new)
    if said.count(_STREAM) > 1:
        raise GenerationError(Problem(_STREAM, "is one side, not both", "Name a file."))
    if options.input and options.new is not None:
        what, hint = "is what OLD is compared with, as NEW is", "Give one of them."
        raise GenerationError(Problem("--input", what, hint))
    # What a stream has comes but once, and is wanted later.
    telling = [each for each in said if each not in (None, RECORDED, _STREAM)]
    named = options.target or options.package or options.overlay or options.input
    if named or not telling:
        return targets_of(options)
    paths = tuple(options.proto_path)
    sides = (
        read_side(each, out=Path(), cache=cache_of(options), proto_paths=paths) for each in telling
    )
    package = next((side.package for side in sides if side.package), "")
    known = configured(Path.cwd())
    found = [each for each in known if (each.package or _named(each)) == package]
    return [_told(each, options) for each in found] or [_told(Target("", package), options)]


def cache_of(options: argparse.Namespace) -> Path:
    """Where fetched versions are kept."""
    cache: Path | None = options.cache
    return cache or default_cache()


def _told(target: Target, options: argparse.Namespace) -> Target:
    """A target with what the options of the command add to it."""
    said = vars(options)  # not each command has each option
    return replace(
        target,
        inputs=(*target.inputs, *said["input"]),
        proto_paths=(*target.proto_paths, *said.get("proto_path", ())),
        overlay=target.overlay or said["overlay"],
        out=said.get("out") or target.out,
        package_root=said.get("package_root") or target.package_root,
        bases=(*target.bases, *said.get("base", ())),
        exclude=(*target.exclude, *said.get("exclude", ())),
        skip_broken=target.skip_broken or said.get("skip_broken", False),
        templates=(*said.get("templates", ()), *target.templates),
        formatter=said.get("formatter") or target.formatter,
    )


def _named(target: Target) -> str:
    return target.load_overlay().package.name
