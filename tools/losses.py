"""Measure what is lost when messages pass through flytekit's models, and through ours.

Each message is filled at full depth, once for each member of its oneofs; then it goes into a class
and out again. It came through exactly if it is the same in all its fillings, field by field and
byte by byte. One filling that raises makes it raise; where two classes stand for one message, the
worse of the two counts. The fillings ask for nothing that no class could give: times are in whole
microseconds, no field is unknown, and what must be the name of an environment variable is one.

flytekit's classes are those of the flytekit that is installed, so this runs in the environment of
the peers, from the root of the checkout:

    make .venv-peers/ready
    .venv-peers/bin/python -m tools.losses --list
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from types import ModuleType
from typing import Any, TypeAlias

import flyteidl
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from flytebind.runtime.fields import is_map, is_repeated
from tests.support.messages import MODEL_CLASSES, deterministic, element
from tests.support.whole import whole_fillings
from tools.written import ROOT, Command, NotMadeError, Place

PLACE = Place(
    ROOT / "README.md", "<!-- losses: written by tools/losses.py -->\n", "<!-- /losses -->\n"
)

# A class with `from_flyte_idl` and `to_flyte_idl`, of whichever library.
Entity: TypeAlias = type[Any]


class Outcome(IntEnum):
    """How a message came through, the worst last."""

    EXACT = 0
    LOSSY = 1
    RAISING = 2


@dataclass(frozen=True)
class Finding:
    """How a message came through, and what was wrong."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


# ---- Through a class ---------------------------------------------------------------------------


def judge(entities: Iterable[Entity], messages: Sequence[Message]) -> Finding:
    """How messages of one kind come through the classes that stand for it: as the worst does."""
    findings = [try_one(entity, message) for entity in entities for message in messages]
    findings.sort(key=lambda finding: finding.outcome, reverse=True)
    reasons = dict.fromkeys(reason for finding in findings for reason in finding.reasons)
    return Finding(findings[0].outcome, tuple(reasons))


def try_one(entity: Entity, message: Message) -> Finding:
    """How one message comes through one class."""
    try:
        out = pass_through(entity, message)
    except Exception as error:  # whatever a class raises is what we are after
        return Finding(Outcome.RAISING, (describe(error),))
    if not isinstance(out, type(message)):
        return Finding(Outcome.LOSSY, (f"comes back as {type(out).__name__}",))
    if out == message and deterministic(out) == deterministic(message):
        return Finding(Outcome.EXACT)
    # What is wrong with a message itself says more than what is wrong far inside of it.
    found = sorted(set(differences(message, out)), key=lambda reason: (reason.count("."), reason))
    return Finding(Outcome.LOSSY, tuple(found) or ("its bytes differ",))


def pass_through(entity: Entity, message: Message) -> object:
    """What a class makes of a message, which itself stays as it is."""
    sent = type(message)()
    sent.CopyFrom(message)
    if not speaks_struct(entity):
        return entity.from_flyte_idl(sent).to_flyte_idl()
    packed = json_format.ParseDict(json_format.MessageToDict(sent), Struct())
    out = entity.from_flyte_idl(packed).to_flyte_idl()
    return json_format.ParseDict(json_format.MessageToDict(out), type(message)())


def speaks_struct(entity: Entity) -> bool:
    """True for a class whose message travels as JSON inside of a ``Struct``."""
    return any(base.__name__ == "FlyteCustomIdlEntity" for base in entity.__mro__)


def differences(before: Message, after: Message, path: str = "") -> Iterator[str]:
    """The fields in which two messages of one kind differ, and how."""
    old = {field.name: (field, value) for field, value in before.ListFields()}
    new = {field.name: (field, value) for field, value in after.ListFields()}
    for name in {**old, **new}:
        if name not in new:
            yield f"{path}{name} is lost"
        elif name not in old:
            yield f"{path}{name} is added"
        else:
            field, value = old[name]
            yield from _differences(field, value, new[name][1], path + name)


def _differences(field: FieldDescriptor, old: Any, new: Any, path: str) -> Iterator[str]:
    if old == new:
        return
    pairs = None
    if element(field).message_type is not None:
        if not is_repeated(field):
            pairs = [(old, new)]
        elif is_map(field):
            pairs = [(old[key], new[key]) for key in old] if set(old) == set(new) else None
        elif len(old) == len(new):
            pairs = list(zip(old, new, strict=True))
    if pairs is None:
        yield f"{path} is changed"
    else:
        inside = f"{path}[]." if is_repeated(field) else f"{path}."
        yield from chain.from_iterable(differences(*pair, inside) for pair in pairs)


def describe(error: Exception) -> str:
    """An error in a line, and where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = place.filename.rpartition("site-packages/")[2]
    return f"{type(error).__name__}: {error} ({file}:{place.lineno})"


# ---- What there is -----------------------------------------------------------------------------


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """A package and the modules below it, imported."""
    yield package
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(module.name)


def messages_of(package: ModuleType) -> set[str]:
    """The full names of the messages that the ``*_pb2`` modules of a package declare."""

    def inside(descriptor: Descriptor) -> Iterator[str]:
        if not descriptor.GetOptions().map_entry:
            yield descriptor.full_name
            yield from chain.from_iterable(map(inside, descriptor.nested_types))

    files = [module for module in modules_of(package) if module.__name__.endswith("_pb2")]
    outermost = chain.from_iterable(
        file.DESCRIPTOR.message_types_by_name.values() for file in files
    )
    return set(chain.from_iterable(map(inside, outermost)))


def entities_of(package: ModuleType) -> list[Entity]:
    """The public classes of a package that have both methods, nested ones too."""
    found: dict[Entity, None] = {}

    def look_into(owner: object, module: str) -> None:
        for name, member in vars(owner).items():
            is_own = inspect.isclass(member) and member.__module__ == module
            if not is_own or name.startswith("_") or member in found:
                continue
            if hasattr(member, "from_flyte_idl") and hasattr(member, "to_flyte_idl"):
                found[member] = None
            look_into(member, module)

    for module in modules_of(package):
        look_into(module, module.__name__)
    return list(found)


def pair_up(
    entities: Iterable[Entity], samples: Mapping[str, Sequence[Message]]
) -> dict[str, list[Entity]]:
    """Find out which message each class stands for: the one that it takes and gives.

    A class that gives nothing at all stands for the only message that has its name, if it takes
    that. Classes without a message, such as the base of all, are left out.

    Args:
        entities: The classes.
        samples: Messages of each kind, by their full names.
    """
    paired: dict[str, list[Entity]] = {}
    for entity in entities:
        by_name = [name for name in samples if name.rpartition(".")[2] == entity.__name__]
        # Nearly all are called as their message is, so that one is asked first.
        in_turn = chain(by_name, (name for name in samples if name not in by_name))
        found = next((name for name in in_turn if gives(entity, samples[name])), None)
        if found is None and len(by_name) == 1 and takes(entity, samples[by_name[0]]):
            (found,) = by_name
        if found is not None:
            paired.setdefault(found, []).append(entity)
    return paired


def gives(entity: Entity, samples: Sequence[Message]) -> bool:
    """True when the class makes a message of the same kind of a sample, or of an empty one."""
    kind = type(samples[0])
    for message in (kind(), *samples):
        with suppress(Exception):  # another kind of message, or a filling that it cannot take
            if isinstance(pass_through(entity, message), kind):
                return True
    return False


def takes(entity: Entity, samples: Sequence[Message]) -> bool:
    """True when the class can be made of a sample, whatever it does with it then."""
    for message in samples:
        with suppress(Exception):
            return entity.from_flyte_idl(message) is not None
    return False


# ---- The report --------------------------------------------------------------------------------


def row(label: str, findings: Iterable[Finding]) -> str:
    """A row of the table."""
    count = Counter(finding.outcome for finding in findings)
    numbers = (sum(count.values()), *(count[outcome] for outcome in Outcome))
    return f"| {label} | {' | '.join(map(str, numbers))} |\n"


def table(
    theirs: Mapping[str, Finding],
    ours: Mapping[str, Finding],
    *,
    flytekit: str,
    flyteidl: str,
    of: int,
) -> str:
    """The Markdown table.

    Args:
        theirs: What flytekit's models do to each message that they have.
        ours: What our models do to each message that they have.
        flytekit: The version of flytekit.
        flyteidl: The version of flyteidl.
        of: How many messages flyteidl has.
    """
    return (
        f"| | messages, of {of} in flyteidl {flyteidl} | exact | lossy | raising |\n"
        "|---|--:|--:|--:|--:|\n"
        + row(f"flytekit {flytekit}", theirs.values())
        + row("flytebind, of these", (ours[name] for name in theirs))
        + row("flytebind, of all", ours.values())
    )


def listing(findings: Mapping[str, Finding], most: int = 3) -> Iterator[str]:
    """A line for each message that does not come through, and the first few reasons."""
    for outcome in (Outcome.RAISING, Outcome.LOSSY):
        for name, finding in sorted(findings.items()):
            if finding.outcome is outcome:
                yield f"{outcome.name.lower():8} {name}"
                yield from (f"           {reason}" for reason in finding.reasons[:most])
                if more := len(finding.reasons[most:]):
                    yield f"           and {more} more"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table; write or check it, too.

    Returns:
        The exit code; the help says what each one means.
    """
    command = Command("losses", __doc__, mend="make losses", can_only_show=True)
    command.parser.add_argument(
        "--list", action="store_true", help="name what is lossy or raises, and why"
    )
    options = command.parser.parse_args(arguments)
    return command.run(options, lambda: PLACE.holding(measured(listed=options.list)))


def measured(*, listed: bool) -> str:
    """The table, measured and printed.

    Raises:
        NotMadeError: If there is no flytekit.
    """
    try:
        flytekit = importlib.import_module("flytekit.models")
    except ModuleNotFoundError as error:
        raise NotMadeError(f"{error}; run it with .venv-peers/bin/python") from None
    samples = {name: list(whole_fillings(model)) for name, model in MODEL_CLASSES.items()}
    paired = pair_up(entities_of(flytekit), samples)
    theirs = {name: judge(entities, samples[name]) for name, entities in paired.items()}
    ours = {name: judge([model], samples[name]) for name, model in MODEL_CLASSES.items()}
    versions = {name: importlib.metadata.version(name) for name in ("flytekit", "flyteidl")}
    result = table(theirs, ours, **versions, of=len(messages_of(flyteidl)))
    print(result, end="")
    if listed:
        for library, findings in (("flytekit", theirs), ("flytebind", ours)):
            print(f"\n{library}", *(list(listing(findings)) or ["nothing"]), sep="\n")
    return result


if __name__ == "__main__":
    sys.exit(main())
