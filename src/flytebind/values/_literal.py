"""From Python values to literals, guided by their declared types."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta

from flyteidl.core import literals_pb2

from flytebind.models.core.interface import Parameter, Variable
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.models.core.types import (
    BlobType,
    EnumType,
    Error,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)
from flytebind.runtime.depth import LIMIT, depth
from flytebind.runtime.errors import FlyteValueError
from flytebind.runtime.fields import did_you_mean
from flytebind.values._mismatch import Mismatch, expected, reporting
from flytebind.values._names import type_name
from flytebind.values._plain import valid_text
from flytebind.values._scalars import (
    enum_text,
    write_simple,
)
from flytebind.values._scratch import Scratch
from flytebind.values._stored import Upload, Uploads, write_blob, write_dataset, write_schema
from flytebind.values._structs import StructType

#: So deep may messages be below a literal: those who read it have it three deep in another one.
_DEEPEST = LIMIT - 3
#: So many lists or maps, each in the other and in a union, are never deeper.
_SURELY_READABLE = 12

_EXACTLY: Mapping[type, SimpleType] = {
    type(None): SimpleType.NONE,
    int: SimpleType.INTEGER,
    float: SimpleType.FLOAT,
    str: SimpleType.STRING,
    bool: SimpleType.BOOLEAN,
    datetime: SimpleType.DATETIME,
    timedelta: SimpleType.DURATION,
    bytes: SimpleType.BINARY,
    Error: SimpleType.ERROR,
}


def to_literal(
    value: object, literal_type: LiteralType, *, path: str = "value", upload: Upload | None = None
) -> Literal:
    """A Python value as a literal of a type.

    A ``Literal`` goes through as it is. Dicts, dataclasses, pydantic models and NamedTuples become
    what the flytekit of the type's task reads: MessagePack, or a Struct before 1.14; members of
    enums their values; a day its midnight in UTC. Files, folders and tables are given as handles or
    URIs, or as a ``Path`` or ``str`` of what is here and is uploaded first; a folder also as a list
    of its files, and a table as a data frame of pandas, polars or pyarrow. A union takes the
    variant of the value's very type, or else the first that fits.

    Args:
        value: The value.
        literal_type: What it must become.
        path: How errors name it: ``inputs['x']``.
        upload: Stores a local file or folder, and gives its URI.

    Raises:
        FlyteValueError: If the value does not fit; the message says where.
        FlyteDataError: If a library is needed that is not installed.
    """
    with Scratch() as scratch:
        return write_literal(value, literal_type, path, Uploads(upload, scratch))


def to_literal_map(
    values: Mapping[str, object],
    variables: Mapping[str, Variable] | Mapping[str, Parameter],
    *,
    path: str = "inputs",
    upload: Upload | None = None,
) -> LiteralMap:
    """Python values as the inputs that an interface declares.

    Parameters that are not required may be left out: the server fills in their defaults.

    Args:
        values: The values, by name.
        variables: What is declared: the inputs of a task or workflow, or of a launch plan.
        path: How errors name them all.
        upload: Stores a local file or folder, and gives its URI.

    Raises:
        FlyteValueError: If a name is unknown or missing, or a value does not fit. All that is
            wrong is in one message.
        FlyteDataError: If a library is needed that is not installed.
    """
    with Scratch() as scratch:
        return literal_map(values, variables, Uploads(upload, scratch), path=path)


def literal_map(
    values: Mapping[str, object],
    variables: Mapping[str, Variable] | Mapping[str, Parameter],
    uploads: Uploads,
    *,
    path: str = "inputs",
) -> LiteralMap:
    """As ``to_literal_map``."""
    problems = [
        f"{path} has no {name!r}{did_you_mean(str(name), variables)}"
        for name in values
        if name not in variables
    ]
    literals: dict[str, Literal] = {}
    for name, declared in variables.items():
        literal_type = declared.type if isinstance(declared, Variable) else declared.var.type
        if name not in values:
            if isinstance(declared, Variable) or declared.required:
                problems.append(f"{path}[{name!r}] is missing; it takes {type_name(literal_type)}")
            continue
        try:
            literals[name] = write_literal(values[name], literal_type, f"{path}[{name!r}]", uploads)
        except FlyteValueError as error:
            problems.append(str(error))
    if problems:
        raise FlyteValueError("\n".join(problems))
    return LiteralMap(literals)


def write_literal(value: object, literal_type: LiteralType, path: str, uploads: Uploads) -> Literal:
    """As ``to_literal``."""
    with reporting(path):
        pb = literals_pb2.Literal()
        writer = _Writer(uploads)
        writer.write(pb, value, literal_type)
        if writer.deepest > _SURELY_READABLE and depth(pb) > _DEEPEST:
            raise Mismatch(f"nested too deeply: nobody could read it, {writer.deepest} levels")
        return Literal.from_pb(pb)


class _Writer:
    """Fills messages in place: a tree of models would copy each value once for each level.

    Args:
        uploads: What local files, and what becomes one, are uploaded with.
    """

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._known: dict[int, tuple[LiteralType, tuple[str, object]]] = {}
        self._level = 0
        self.deepest = 0
        """How many lists, maps and unions are inside each other."""

    def write(self, pb: literals_pb2.Literal, value: object, literal_type: LiteralType) -> None:
        """Store a value into an empty literal.

        Raises:
            Mismatch: If it does not fit.
        """
        if isinstance(value, Literal):
            pb.CopyFrom(value.to_pb())
            return
        match self._taken_apart(literal_type):
            case _, StructType() as struct:
                levels = struct.write(pb, value, self._uploads)
                self.deepest = max(self.deepest, self._level + levels)
            case _, SimpleType() as simple:
                write_simple(pb.scalar, value, simple)
            case _, EnumType() as enum_type:
                pb.scalar.primitive.string_value = enum_text(value, enum_type)
            case "collection_type", LiteralType() as item_type:
                self._write_list(pb.collection, value, item_type)
            case "map_value_type", LiteralType() as item_type:
                self._write_map(pb.map, value, item_type)
            case _, tuple() as variants:
                self._write_union(pb, value, variants)
            case _, BlobType() as blob_type:
                write_blob(pb.scalar.blob, value, blob_type, self._uploads)
            case _, StructuredDatasetType() as dataset_type:
                write_dataset(pb.scalar.structured_dataset, value, dataset_type, self._uploads)
            case _, SchemaType() as schema_type:
                write_schema(pb.scalar.schema, value, schema_type, self._uploads)
            case _:
                raise Mismatch("there is no telling what type it has to be")

    def _taken_apart(self, literal_type: LiteralType) -> tuple[str, object]:
        """Which type it is, and what is inside: the same objects each time, to be known again."""
        known = self._known.get(id(literal_type))
        if known is None:
            kind, part = literal_type.which_type or ("", None)
            inside: object = part
            if isinstance(part, UnionType):
                inside = tuple(part.variants)
            elif part is SimpleType.STRUCT:
                inside = StructType(literal_type)
            # The type is kept, so that nothing else has its id.
            known = self._known[id(literal_type)] = (literal_type, (kind, inside))
        return known[1]

    def _write_list(
        self, pb: literals_pb2.LiteralCollection, value: object, item_type: LiteralType
    ) -> None:
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
            hint = "; give list(it)" if isinstance(value, (Set, Iterator)) else ""
            raise expected(f"list[{type_name(item_type)}]", value, hint)
        pb.SetInParent()
        for index, item in enumerate(value):
            self._write_part(pb.literals.add(), item, item_type, f"[{index}]")

    def _write_map(
        self, pb: literals_pb2.LiteralMap, value: object, item_type: LiteralType
    ) -> None:
        if not isinstance(value, Mapping):
            raise expected(f"dict[str, {type_name(item_type)}]", value)
        pb.SetInParent()
        for key, item in value.items():
            if not isinstance(key, str):
                raise expected("a str as key", key)
            self._write_part(pb.literals[valid_text(key)], item, item_type, f"[{key!r}]")

    def _write_part(
        self, pb: literals_pb2.Literal, value: object, literal_type: LiteralType, step: str
    ) -> None:
        self._level += 1
        self.deepest = max(self.deepest, self._level)
        try:
            self.write(pb, value, literal_type)
        except Mismatch as mismatch:
            mismatch.inside(step)
            raise
        finally:
            self._level -= 1

    def _write_union(
        self, pb: literals_pb2.Literal, value: object, variants: Sequence[LiteralType]
    ) -> None:
        problems: list[Mismatch] = []
        for variant in sorted(variants, key=lambda variant: _rank(value, variant)):
            inner = literals_pb2.Literal()
            try:
                self.write(inner, value, variant)
            except Mismatch as mismatch:
                if variant.simple != SimpleType.NONE:
                    problems.append(mismatch)
                continue
            pb.scalar.union.value.CopyFrom(inner)
            pb.scalar.union.type.CopyFrom(variant.to_pb())
            return
        if len(problems) == 1:
            raise problems[0]
        raise expected(" | ".join(map(type_name, variants)), value)


def _rank(value: object, variant: LiteralType) -> int:
    """Which variants of a union to try first.

    What is of a variant's very type goes there: 3 in ``float | int`` is an int, and so is what
    descends from int. A Struct takes any mapping and forgets what times and lengths of time were,
    so it comes last.
    """
    if variant.simple is not None and _own_type(value) == variant.simple:
        return 0
    return 2 if _holds_struct(variant) else 1


def _own_type(value: object) -> SimpleType | None:
    """The type that its class, or the nearest one above, stands for."""
    if isinstance(value, enum.Enum) and isinstance(value, str):
        return None  # as well a member as text
    return next((_EXACTLY[base] for base in type(value).__mro__ if base in _EXACTLY), None)


def _holds_struct(literal_type: LiteralType) -> bool:
    match literal_type.which_type:
        case "simple", simple:
            return simple == SimpleType.STRUCT
        case "collection_type" | "map_value_type", item_type:
            return _holds_struct(item_type)
        case "union_type", union:
            return any(map(_holds_struct, union.variants))
        case _:
            return False
