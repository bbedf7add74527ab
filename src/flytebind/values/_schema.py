"""Whether plain values fit the JSON schema that a dataclass or model is declared with.

Interfaces carry one in the metadata of a Struct. As much of it is understood as says what values
look like: types, fields, items, choices. What is not understood refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flytebind.runtime.fields import did_you_mean
from flytebind.values._mismatch import Mismatch, expected

_NAMES = {
    "array": "list",
    "boolean": "bool",
    "integer": "int",
    "null": "None",
    "number": "float",
    "object": "dict",
    "string": "str",
}


def check(value: object, schema: Mapping[str, object]) -> None:
    """Refuse plain values that a schema does not allow.

    Args:
        value: The values, as they are packed.
        schema: The whole schema, which parts of it may refer to.

    Raises:
        Mismatch: If something is missing, unknown, or of another type.
    """
    _Schema(schema).check(value, schema)


class _Schema:
    def __init__(self, root: Mapping[str, object]) -> None:
        self._root = root

    def check(self, value: object, schema: object) -> None:
        schema = self._resolved(schema)
        if not isinstance(schema, Mapping):
            return  # true, or what nobody writes
        for part in _list(schema.get("allOf")):
            self.check(value, part)
        for several in ("anyOf", "oneOf"):
            self._check_any(value, _list(schema.get(several)))
        kinds = _kinds(schema)
        if kinds and not any(_is(value, kind) for kind in kinds):
            raise expected(" | ".join(_NAMES.get(kind, kind) for kind in kinds), value)
        choices = _list(schema.get("enum"))
        if choices and value not in choices:
            raise expected(f"one of {', '.join(map(repr, choices))}", value)
        if isinstance(value, Mapping):
            self._check_fields(value, schema)
        elif isinstance(value, list):
            self._check_items(value, schema)

    def _check_any(self, value: object, several: Sequence[object]) -> None:
        problems: list[Mismatch] = []
        for schema in several:
            try:
                self.check(value, schema)
            except Mismatch as mismatch:
                problems.append(mismatch)
            else:
                return
        # What says more than that the type is another is about the schema that was meant.
        deeper = [problem for problem in problems if problem.steps]
        if len(deeper) == 1 or len(problems) == 1:
            raise (deeper or problems)[0]
        if problems:
            raise expected(" | ".join(filter(None, map(self._name, several))), value)

    def _check_fields(self, value: Mapping[object, object], schema: Mapping[str, object]) -> None:
        fields = _mapping(schema.get("properties"))
        required = _list(schema.get("required"))
        missing = [name for name in required if name not in value]
        if missing:
            raise Mismatch(f"{_title(schema)} needs {', '.join(map(repr, missing))}")
        others = schema.get("additionalProperties")
        for name, item in value.items():
            if name not in fields and others is False:
                near = did_you_mean(str(name), fields)
                raise Mismatch(f"{_title(schema)} has no {name!r}{near}")
            if item is None and name not in required:
                continue  # older schemas do not tell what may be None
            step = f".{name}" if name in fields else f"[{name!r}]"
            self._check_part(item, fields.get(str(name), others), step)

    def _check_items(self, value: list[object], schema: Mapping[str, object]) -> None:
        first = _list(schema.get("prefixItems"))
        rest = schema.get("items")
        for index, item in enumerate(value):
            part = first[index] if index < len(first) else rest
            self._check_part(item, part, f"[{index}]")

    def _check_part(self, value: object, schema: object, step: str) -> None:
        try:
            self.check(value, schema)
        except Mismatch as mismatch:
            mismatch.inside(step)
            raise

    def _resolved(self, schema: object) -> object:
        """A schema, or the one that it refers to; None for one that leads nowhere."""
        seen = 0
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            found: object = self._root
            for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                found = _mapping(found).get(step) if step else found
            schema, seen = found, seen + 1
            if seen > len(self._root) + 100:
                return None
        return schema

    def _name(self, schema: object) -> str:
        schema = self._resolved(schema)
        if not isinstance(schema, Mapping):
            return ""
        if isinstance(schema.get("title"), str) and "object" in _kinds(schema):
            return _title(schema)
        return " | ".join(_NAMES.get(kind, kind) for kind in _kinds(schema))


def _is(value: object, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            is_whole = isinstance(value, float) and value.is_integer()
            return (isinstance(value, int) and not isinstance(value, bool)) or is_whole
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, (str, bytes))
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case _:
            return True


def _kinds(schema: Mapping[str, object]) -> list[str]:
    kinds = schema.get("type")
    # Of a number, older schemas say in the format that it is whole.
    if kinds == "number" and schema.get("format") == "integer":
        return ["integer"]
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in _list(kinds)]


def _title(schema: Mapping[str, object]) -> str:
    return str(schema.get("title") or "it")


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
