"""``flytegen init``: what makes a folder of generated packages a project of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from flytegen._version import __version__
from flytegen.cli.options import DONE
from flytegen.cli.words import shown
from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.read.base_packages import BasePackage
from flytegen.read.distributions import distribution_of
from flytegen.read.inputs import STANDARD_INPUT
from flytegen.read.manifest import MANIFEST, read_base
from flytegen.read.protoc import PROTO
from flytegen.targets import CONFIGURATION, Target, configured
from flytegen.write.files import load_record

_README = "README.md"
_RUNTIME = "flytebind-runtime"

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = {name}
version = "0.1.0"
description = {description}
readme = "README.md"
requires-python = ">=3.10"
dependencies = {dependencies}

[project.optional-dependencies]
grpc = [{grpc}] # for clients and servicers

# `pip install -e .` puts this folder on the path, which shows it to type checkers as well.
[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
include = ["*.py", "*.pyi", "py.typed", "{manifest}"]
"""

_TEXT = """\
# {name}

{description}

```sh
{commands}
```

What `flytegen` wrote is named in `flytegen.lock`; nobody edits these files.
"""


def init(target: Target, options: argparse.Namespace) -> int:
    """Write ``pyproject.toml`` and ``README.md`` into a folder, which may be generated to already.

    Raises:
        GenerationError: If one of them is there, or nothing says what the folder is for.
    """
    folder: Path = options.folder
    problems = Problems()
    for name in (CONFIGURATION, _README):
        if (folder / name).exists():
            problems.add(str(folder / name), "is there already", "Move it away first.")
    problems.raise_if_any()
    if STANDARD_INPUT in target.inputs:
        what, hint = "is standard input, which nobody can read again", "Name a file."
        raise GenerationError(Problem("--input", what, hint))
    made = _made(folder)
    if not _says_source(target):
        target = _configured(folder) or (_made_from(made, target) if made else target)
    about = (made.package if made else "") or _package(target, folder)
    name = f"{re.sub(r'[^a-z0-9]+', '-', about.lower()).strip('-')}-models"
    said = {
        "name": name,
        "description": f"Typed Python models of {about}.",
        "commands": "\n".join(_commands(target)),
    }
    texts = {CONFIGURATION: _project(said, target, folder), _README: _TEXT.format_map(said)}
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    print(f"{shown(folder / CONFIGURATION)} and {_README} are written; next:")
    where = shlex.quote(shown(folder))
    if made is None:
        print(f"  cd {where} && {_flytegen('generate', target)} && pip install -e .")
    else:
        print(f"  pip install -e {where}")
    return DONE


def _made(folder: Path) -> BasePackage | None:
    """What was generated to a folder, if anything was."""
    paths = [path for path in load_record(folder) if path.endswith(f"/{MANIFEST}")]
    found = (
        read_base(path, folder / path, Problems()) for path in paths if (folder / path).is_file()
    )
    return next(found, None)


def _says_source(target: Target) -> bool:
    return bool(target.package or target.inputs or target.overlay)


def _configured(folder: Path) -> Target | None:
    """The target of a folder above that is generated to this one, if there is one."""
    place = folder.resolve()
    targets = configured(place.parent)
    return next((each for each in targets if each.out and each.out.resolve() == place), None)


def _made_from(made: BasePackage, target: Target) -> Target:
    """What a folder was generated from, as far as it knows: not where a descriptor set was."""
    is_installed = distribution_of(made.package) is not None
    return replace(target, package=made.package if is_installed else "", bases=made.bases)


def _package(target: Target, folder: Path) -> str:
    """What the generated packages will be named after."""
    if not _says_source(target):
        hint = "Give --package NAME or --input FILE, or name a folder that was generated to."
        raise GenerationError(Problem(str(folder), "has nothing that says what it is for", hint))
    overlay = target.load_overlay()
    return target.package or overlay.package.name or target.load_source(overlay).package


def _flytegen(command: str, target: Target) -> str:
    """A command about a target, to be run in its folder."""
    return shlex.join(["flytegen", command, *(["--target", target.name] if target.name else [])])


def _commands(target: Target) -> Iterator[str]:
    """What people can do in the folder. To generate, something has to say what from."""
    commands = {"pip install -e .": "type checkers see it, too"}
    if _says_source(target):
        commands = {
            _flytegen("generate", target): "after a change of what it is made from",
            _flytegen("check", target): "fails where that was forgotten",
            **commands,
        }
    width = max(map(len, commands))
    for command, why in commands.items():
        yield f"{command:<{width}}    # {why}"


def _project(said: Mapping[str, str], target: Target, folder: Path) -> str:
    needed = [f"{_RUNTIME}~={__version__}", *_distributions((target.package, *target.bases))]
    text = _PROJECT.format(
        name=json.dumps(said["name"]),
        description=json.dumps(said["description"]),
        dependencies=json.dumps(needed),
        grpc=json.dumps(f"{_RUNTIME}[grpc]"),
        manifest=MANIFEST,
    )
    if target.name or not _says_source(target):
        return text
    table = {key: value for key, value in _table(target, folder) if value}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join((text, f"[tool.flytegen.targets.{said['name']}]", *lines, 'out = "."', ""))


def _table(target: Target, folder: Path) -> Iterator[tuple[str, object]]:
    """What the target is, as ``pyproject.toml`` says it, with paths that begin there."""

    def place(path: Path) -> str:
        return Path(os.path.relpath(path, folder)).as_posix()

    # What would be here, where the command is run, has to be said from elsewhere.
    are_files = bool(target.inputs) and all(path.suffix == PROTO for path in target.inputs)
    is_here = are_files and not target.proto_paths
    yield "package", target.package
    yield "input", [*map(place, target.inputs)]
    yield "proto_path", [*map(place, [Path()] if is_here else target.proto_paths)]
    yield "overlay", place(target.overlay) if target.overlay else ""
    yield "package_root", target.package_root
    yield "base", [*target.bases]
    yield "exclude", [*target.exclude]
    yield "skip_broken", target.skip_broken
    yield "templates", [*map(place, target.templates)]
    yield "formatter", target.formatter if target.formatter != Target.formatter else ""


def _distributions(packages: Iterable[str]) -> Iterator[str]:
    """What pip has to install for packages to be there."""
    for package in filter(None, packages):
        found = distribution_of(package)
        if found is not None:
            yield f"{found.name}>={found.version}"
