"""Values as people write them on a command line or in a file, read as Flyte's types want them."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from flytebind.cli._exits import CommandError
from flytebind.models.core.types import BlobType, LiteralType, SimpleType
from flytebind.runtime.fields import did_you_mean
from flytebind.values import type_name

_URI = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LENGTH = re.compile(
    r"(?:(?P<days>[\d.]+)d)?(?:(?P<hours>[\d.]+)h)?(?:(?P<minutes>[\d.]+)m)?"
    r"(?:(?P<seconds>[\d.]+)s?)?"
)
_JSON_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def given_inputs(words: Sequence[str], file: str | None) -> dict[str, object]:
    """The inputs of a command: those of a file, and those of the command line, which win.

    Args:
        words: ``--name``, ``value`` and so on, or ``--name=value``.
        file: A JSON or YAML file; ``-`` for standard input.

    Raises:
        CommandError: If either makes no sense.
    """
    given: dict[str, object] = {} if file is None else dict(_from_file(file))
    for name, text in _pairs(words):
        given[name] = _Text(text)
    return given


def typed(given: Mapping[str, object], types: Mapping[str, LiteralType]) -> dict[str, object]:
    """Inputs as Python values of their types.

    Args:
        given: What ``given_inputs`` has found.
        types: What is declared, by name.

    Raises:
        CommandError: If one is unknown, or cannot be read as its type.
    """
    values = {}
    for name, value in given.items():
        if name not in types:
            known = ", ".join(types) or "none"
            hint = did_you_mean(name, types) or f": there are {known}"
            raise CommandError(f"there is no input {name!r}{hint}")
        values[name] = read(value, types[name], f"--{name}")
    return values


def read_text(text: str, literal_type: LiteralType, where: str) -> object:
    """A word of the command line as a value of a type.

    Raises:
        CommandError: If it is none; the message names ``where``.
    """
    return read(_Text(text), literal_type, where)


class _Text(str):
    """A word of the command line, which may be JSON."""


def read(value: object, literal_type: LiteralType, where: str) -> object:
    """What JSON, YAML or the command line has, as a value of a type.

    Raises:
        CommandError: If it is none; the message names ``where``.
    """
    match literal_type.which_type:
        case "union_type", union:
            return _variant(value, union.variants, literal_type, where)
        case "simple", SimpleType.STRING | SimpleType.DATETIME | SimpleType.DURATION as simple:
            return _textual(value, simple, where)
        case "blob", blob if _is_list_of_files(value, blob):
            items = _json(value, where)
            if not isinstance(items, list):
                raise _not(value, "a JSON list", where)
            return [
                Path(_must_be_text(item, f"{where}[{n}]", "a path")) for n, item in enumerate(items)
            ]
        case "blob" | "schema" | "structured_dataset_type", _:
            text = _must_be_text(value, where, "a path or a URI")
            return text if _URI.match(text) else Path(text)
        case "enum_type", _:
            return _must_be_text(value, where, type_name(literal_type))
        case "simple", SimpleType.NONE:
            if value is None or value == "null":
                return None
            raise _not(value, "null", where)
        case "simple", SimpleType.BOOLEAN:
            return _plain(value, bool, where)
        case "simple", SimpleType.INTEGER:
            return _plain(value, int, where)
        case "simple", SimpleType.FLOAT:
            number = _plain(value, float, where)
            return float(number) if isinstance(number, (int, float)) else number
        case "collection_type", item_type:
            items = _json(value, where)
            if not isinstance(items, list):
                raise _not(value, "a JSON list", where)
            return [read(item, item_type, f"{where}[{n}]") for n, item in enumerate(items)]
        case "map_value_type", item_type:
            table = _json(value, where)
            if not isinstance(table, dict):
                raise _not(value, "a JSON object", where)
            return {key: read(item, item_type, f"{where}[{key!r}]") for key, item in table.items()}
        case _:
            return _json(value, where)


def _is_list_of_files(value: object, blob: BlobType) -> bool:
    """Whether a folder is given as its files."""
    is_folder = blob.dimensionality == BlobType.BlobDimensionality.MULTIPART
    is_listed = isinstance(value, list) or (isinstance(value, str) and value.startswith("["))
    return is_folder and is_listed


def _variant(
    value: object, variants: Sequence[LiteralType], union: LiteralType, where: str
) -> object:
    """The value of the first variant that it can be read as; text comes last, as all text is."""
    texts = (SimpleType.STRING,)
    for variant in sorted(variants, key=lambda each: each.simple in texts):
        try:
            return read(value, variant, where)
        except CommandError:
            continue
    raise _not(value, type_name(union), where)


def _textual(value: object, simple: SimpleType, where: str) -> object:
    if simple is SimpleType.STRING:
        return _must_be_text(value, where, "text")
    if simple is SimpleType.DURATION:
        return _length(value, where)
    if isinstance(value, datetime):  # YAML knows times
        moment = value
    else:
        text = _must_be_text(value, where, "a time")
        try:
            moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        except ValueError:
            raise _not(value, "a time such as 2026-01-31T09:30:00Z", where) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _length(value: object, where: str) -> timedelta:
    text = str(value)
    found = _LENGTH.fullmatch(text) if text else None
    if found is None or isinstance(value, bool):
        raise _not(value, "a length of time such as 90s or 1h30m", where)
    try:
        return timedelta(**{unit: float(part) for unit, part in found.groupdict("0").items()})
    except (OverflowError, ValueError):
        raise _not(value, "a length of time such as 90s or 1h30m", where) from None


def _must_be_text(value: object, where: str, what: str) -> str:
    if not isinstance(value, str):
        raise _not(value, what, where)
    return str(value)


def _plain(value: object, kind: type[bool] | type[int] | type[float], where: str) -> object:
    number = _json(value, where, _JSON_KINDS[kind])
    is_one = isinstance(number, kind) or (kind is float and isinstance(number, int))
    if not is_one or (kind is not bool and isinstance(number, bool)):
        raise _not(value, _JSON_KINDS[kind], where)
    return number


def _json(value: object, where: str, what: str = "JSON") -> object:
    if not isinstance(value, _Text):
        return value
    try:
        return json.loads(value)
    except ValueError:
        number = _not_finite(value) if what == _JSON_KINDS[float] else None
        if number is None:
            raise _not(value, what, where) from None
        return number


def _not_finite(text: str) -> float | None:
    """``nan`` and ``inf``, which JSON does not know."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isfinite(number) else number


def _not(value: object, what: str, where: str) -> CommandError:
    shown = repr(str(value) if isinstance(value, str) else value)
    return CommandError(f"{where}: {shown} is not {what}")


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    left = iter(words)
    for word in left:
        if not word.startswith("--") or word == "--":
            raise CommandError(f"{word!r} belongs to no input: give inputs as --name value")
        name, equals, text = word[2:].partition("=")
        if not equals:
            try:
                text = next(left)
            except StopIteration:
                raise CommandError(f"--{name} wants a value") from None
        yield name.replace("-", "_"), text


def _from_file(file: str) -> Mapping[str, object]:
    import yaml

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        table = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise CommandError(f"{file}: is not text in UTF-8") from None
    except yaml.YAMLError as error:
        raise CommandError(f"{file}: is neither JSON nor YAML ({error})") from None
    if not isinstance(table, dict) or not all(isinstance(key, str) for key in table):
        raise CommandError(f"{file}: must be an object with the inputs by name")
    return table
