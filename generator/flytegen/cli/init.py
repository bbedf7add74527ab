"""``flytegen init``: what makes a folder of generated packages a project of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flytegen._version import __version__
from flytegen.cli.options import DONE
from flytegen.cli.words import shown
from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.read.base_packages import BasePackage
from flytegen.read.distributions import distribution_of
from flytegen.read.manifest import MANIFEST, read_base
from flytegen.read.protoc import PROTO
from flytegen.targets import CONFIGURATION, Target
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
flytegen generate    # after a change of what it is made from
flytegen check       # fails where that was forgotten
pip install -e .     # type checkers see it, too
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
    made = _made(folder)
    if made is not None and not target.package and not target.inputs:
        # Of a descriptor set nobody knows any more where it was.
        is_installed = distribution_of(made.package) is not None
        target = replace(target, package=made.package if is_installed else "", bases=made.bases)
    about = target.package or (made.package if made else "") or _stem(target.inputs)
    if not about:
        hint = "Give --package NAME or --input FILE, or name a folder that was generated to."
        raise GenerationError(Problem(str(folder), "has nothing that says what it is for", hint))
    name = f"{re.sub(r'[^a-z0-9]+', '-', about.lower()).strip('-')}-models"
    said = {"name": name, "description": f"Typed Python models of {about}."}
    texts = {CONFIGURATION: _project(said, target, folder), _README: _TEXT.format_map(said)}
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    print(f"{shown(folder / CONFIGURATION)} and {_README} are written; next:")
    if made is None:
        print(f"  cd {shown(folder)} && flytegen generate && pip install -e .")
    else:
        print(f"  pip install -e {shown(folder)}")
    return DONE


def _made(folder: Path) -> BasePackage | None:
    """What was generated to a folder, if anything was."""
    paths = [path for path in load_record(folder) if path.endswith(f"/{MANIFEST}")]
    found = (
        read_base(path, folder / path, Problems()) for path in paths if (folder / path).is_file()
    )
    return next(found, None)


def _stem(inputs: Sequence[Path]) -> str:
    return inputs[0].resolve().name.partition(".")[0] if inputs else ""


def _project(said: Mapping[str, str], target: Target, folder: Path) -> str:
    needed = [f"{_RUNTIME}~={__version__}", *_distributions((target.package, *target.bases))]
    text = _PROJECT.format(
        name=json.dumps(said["name"]),
        description=json.dumps(said["description"]),
        dependencies=json.dumps(needed),
        grpc=json.dumps(f"{_RUNTIME}[grpc]"),
        manifest=MANIFEST,
    )
    table = {key: value for key, value in _table(target, folder) if value}
    if not target.package and not target.inputs:
        return text
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join((text, f"[tool.flytegen.targets.{said['name']}]", *lines, 'out = "."', ""))


def _table(target: Target, folder: Path) -> Iterator[tuple[str, object]]:
    """What the target is, as ``pyproject.toml`` says it, with paths that begin there."""

    def place(path: Path) -> str:
        return Path(os.path.relpath(path, folder)).as_posix()

    # What would be here, where the command is run, has to be said from elsewhere.
    is_here = any(path.suffix == PROTO for path in target.inputs) and not target.proto_paths
    yield "package", target.package
    yield "input", [*map(place, target.inputs)]
    yield "proto_path", [*map(place, [Path()] if is_here else target.proto_paths)]
    yield "overlay", place(target.overlay) if target.overlay else ""
    yield "package_root", target.package_root
    yield "base", [*target.bases]
    yield "exclude", [*target.exclude]
    yield "skip_broken", target.skip_broken


def _distributions(packages: Iterable[str]) -> Iterator[str]:
    """What pip has to install for packages to be there."""
    for package in filter(None, packages):
        found = distribution_of(package)
        if found is not None:
            yield f"{found.name}>={found.version}"
