"""An overlay, read from a folder of TOML files.

The folder's README says what each key means. The parser is strict: a key that it does not know is
a problem, and so is (in ``fit``) a name that the package does not have.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.common.toml import TomlError, dotted, parse_toml
from flytegen.overlay.entries import Overlay
from flytegen.overlay.reader import Reader


def load_overlay(folder: Path) -> Overlay:
    """Read every ``*.toml`` below a folder. Files may share a table, but not a key.

    Raises:
        GenerationError: If a file is not TOML, or says what an overlay cannot say.
    """
    overlay = _load(folder)
    if not overlay.package.words:
        return overlay
    other = _load(folder / overlay.package.words)
    theirs, ours = f"{other.package.name}.", f"{overlay.package.name}."
    shared = {
        ours + name.removeprefix(theirs): doc
        for name, doc in other.words().items()
        if name.startswith(theirs)
    }
    return replace(overlay, shared=shared)


def _load(folder: Path) -> Overlay:
    if not folder.is_dir():
        raise GenerationError(
            Problem(str(folder), "is not a folder", "Name an overlay with --overlay.")
        )
    problems = Problems()
    merged: dict[str, Any] = {}
    origin: dict[tuple[str, ...], str] = {}
    for path in sorted(folder.rglob("*.toml")):
        where = path.relative_to(folder).as_posix()
        try:
            table = parse_toml(path.read_text(encoding="utf-8"))
        except (TomlError, UnicodeDecodeError) as error:
            problems.add(where, f"is not TOML ({error})")
            continue
        _merge(merged, table, where, (), origin, problems)
    overlay = Reader(origin, problems).table(Overlay, merged, ())
    problems.raise_if_any()
    return replace(overlay, origins=origin)


def _merge(
    into: dict[str, Any],
    table: dict[str, Any],
    where: str,
    path: tuple[str, ...],
    origin: dict[tuple[str, ...], str],
    problems: Problems,
) -> None:
    for key, value in table.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value, where, here, origin, problems)
        elif key in into:
            problems.add(
                where, f"says {dotted(here)} again", f"{origin[here]} says it first; keep one."
            )
        elif isinstance(value, dict):
            origin[here] = where
            into[key] = {}
            _merge(into[key], value, where, here, origin, problems)
        else:
            origin[here] = where
            into[key] = value
