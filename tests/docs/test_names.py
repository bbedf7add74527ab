"""The documents name no class, method or module that is not there."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flytebind.models._index
import flytebind.remote
import flytebind.runs
import flytebind.sandbox
import flytebind.services
import flytebind.v2.models._index
import flytebind.values
from flytebind.remote import FlyteNodeExecution, FlyteRemote, FlyteWorkflowExecution
from flytebind.runs import FlyteRun
from flytebind.sandbox import Sandbox
from tools.documents import DOCUMENTS
from tools.written import ROOT

#: What the documents call an object of a class.
SPOKEN_OF = {
    "remote": FlyteRemote,
    "execution": FlyteWorkflowExecution,
    "run": FlyteRun,
    "node": FlyteNodeExecution,
    "sandbox": Sandbox,
}
#: By name; admin and core have a ``NodeExecution`` each.
CLASSES: dict[str, list[object]] = {}
_PACKAGES = (
    flytebind.remote,
    flytebind.runs,
    flytebind.values,
    flytebind.sandbox,
    flytebind.services,
)
for _package in _PACKAGES:
    for _name in _package.__all__:
        if isinstance(_value := getattr(_package, _name), type):
            CLASSES.setdefault(_name, []).append(_value)
for _models in (flytebind.models, flytebind.v2.models):
    for _model in map(_models.model_for, _models._index.MODELS):
        CLASSES.setdefault(_model.__qualname__, []).append(_model)

#: A page of changes tells of things that are gone.
CURRENT = [page for page in DOCUMENTS if page.parent.name != "changes" or page.stem == "README"]
#: Whose parts the documents name without it. Not to be imported: what it needs is not everywhere.
FLYTEGEN = ROOT / "generator" / "flytegen"

_QUOTED = re.compile(r"`([A-Za-z_][\w.]*\.[\w.]+)(?:\([^`]*\))?`")


def named(document: Path) -> Iterator[str]:
    """The dotted names between backticks, without blocks of code."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.S | re.M)
    yield from _QUOTED.findall(text)


def resolves(name: str) -> bool:
    first, *rest = name.split(".")
    if rest[-1] in ("json", "lock", "j2"):
        return True  # a file
    if first in ("flytebind", "flytegen"):
        return imported(name)
    if (FLYTEGEN / first).is_dir():
        return FLYTEGEN.joinpath(first, *rest).with_suffix(".py").exists()
    owners = [SPOKEN_OF[first]] if first in SPOKEN_OF else CLASSES.get(first, [])
    return not owners or any(has(owner, rest) for owner in owners)


def imported(name: str) -> bool:
    """Whether a path leads somewhere, by way of modules and then of what they have."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        return has(module, parts[end:])
    return False


def has(owner: object, path: list[str]) -> bool:
    if not path:
        return True
    first, *rest = path
    for base in owner.__mro__ if isinstance(owner, type) else ():
        if first in vars(base).get("__annotations__", {}) or first in set_by_init(base):
            return True
    if not hasattr(owner, first):
        return False
    value = inspect.getattr_static(owner, first, None)
    # What a property gives is another matter.
    return isinstance(value, property) or has(getattr(owner, first), rest)


def set_by_init(owner: type) -> set[str]:
    """The attributes that a constructor sets, if people wrote it."""
    init = vars(owner).get("__init__")
    if not inspect.isfunction(init) or init.__code__.co_filename == "<string>":
        return set()
    return set(re.findall(r"self\.(\w+)(?:: [^=]+)? = ", inspect.getsource(init)))


@pytest.mark.parametrize("document", CURRENT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_dotted_name_is_there(document: Path) -> None:
    assert [name for name in named(document) if not resolves(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "flytebind.remote.FlyteRemotes",
        "flytebind.nothing",
        "remote.fetch_executions",
        "execution.trees",
        "Literal.from_byte",
        "Config.autos",
        "read.bases",
        "run.waits",
    ],
)
def test_a_name_that_is_not_there_is_found(name: str) -> None:
    assert not resolves(name)
