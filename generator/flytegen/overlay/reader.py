"""Plain tables as dataclasses: what the annotations of these do not allow is a problem."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar, get_args, get_origin

from flytegen.common.problems import Problems, did_you_mean
from flytegen.common.toml import dotted
from flytegen.overlay.entries import Entry, Table
from flytegen.overlay.words import Form, unpack

T = TypeVar("T", bound=Table)

_IN_TOML: dict[object, tuple[type, str]] = {
    str: (str, "text"),
    bool: (bool, "true or false"),
    int: (int, "a number"),
    float: (float, "a number"),
    datetime: (datetime, "a time"),
    tuple: (list, "a list of names"),
    Mapping: (dict, "a table"),
}


class Reader:
    """Reads tables.

    Args:
        origins: The file that says a key.
        problems: Where complaints go.
        of: What the tables are, for complaints.
        where: The file of what is not among the origins.
    """

    def __init__(
        self,
        origins: Mapping[tuple[str, ...], str],
        problems: Problems,
        of: str = "an overlay",
        where: str = "overlay",
    ) -> None:
        self._origins = origins
        self._problems = problems
        self._of = of
        self._elsewhere = where

    def table(self, kind: type[T], value: Mapping[str, object], path: tuple[str, ...]) -> T:
        """A table as a dataclass, with its defaults for what is wrong."""
        keys = kind.keys()
        for key in sorted(value.keys() - keys.keys()):
            self._complain((*path, key), f" is not a key of {self._of}", did_you_mean(key, keys))
        read = {
            key: self._read(keys[key], value[key], (*path, key)) for key in value if key in keys
        }
        said = {key: item for key, item in read.items() if item is not None}
        where = {"where": self._where(path)} if issubclass(kind, Entry) else {}
        made = kind(**said, **where)
        for key, wrong in made.wrong():
            self._complain((*path, key), f" {wrong.what}", wrong.hint)
        return made

    def _read(self, hint: object, value: object, path: tuple[str, ...]) -> object:
        """What the hint makes of a value; None if it allows no such value."""
        options, rules = unpack(hint)
        kind = next((kind for kind in options if type(value) is _in_toml(kind)[0]), None)
        if kind is None:
            nouns = dict.fromkeys(_in_toml(option)[1] for option in options)
            self._complain(path, f" must be {_listed(list(nouns))}")
            return None
        if isinstance(value, str):
            return self._text(kind, rules, value if len(options) > 1 else value.strip(), path)
        if isinstance(value, list):
            item_hint, *_ = get_args(kind)
            return tuple(self._read(item_hint, item, path) for item in value)
        if isinstance(value, dict):
            return self._mapping(kind, value, path)
        return value

    def _text(
        self, kind: object, rules: tuple[object, ...], text: str, path: tuple[str, ...]
    ) -> object:
        if get_origin(kind) is Literal and text not in get_args(kind):
            known = [repr(name) for name in get_args(kind) if name]
            hint = did_you_mean(text, get_args(kind))
            self._complain(path, f": {text!r} must be {_listed(known)}", hint)
            return None
        for rule in rules:
            wrong = rule.wrong(text) if isinstance(rule, Form) else None
            if wrong is not None:
                self._complain(path, f": {text!r} {wrong.what}", wrong.hint)
                return None
        return text

    def _mapping(self, kind: object, value: dict[str, object], path: tuple[str, ...]) -> object:
        if isinstance(kind, type) and issubclass(kind, Table):
            return self.table(kind, value, path)
        key_hint, item_hint = get_args(kind)
        if item_hint is object:
            return value
        for key in value:
            self._read(key_hint, key, path)
        return {key: self._read(item_hint, item, (*path, key)) for key, item in value.items()}

    def _complain(self, path: tuple[str, ...], what: str, hint: str = "") -> None:
        self._problems.add(self._where(path), f"{dotted(path)}{what}", hint)

    def _where(self, path: tuple[str, ...]) -> str:
        return self._origins.get(path, self._elsewhere)


def _in_toml(kind: object) -> tuple[type, str]:
    """How TOML says a type, and what that is called."""
    plain = get_origin(kind) or kind
    if plain is Literal:
        plain = str
    elif isinstance(plain, type) and issubclass(plain, Table):
        plain = Mapping
    return _IN_TOML[plain]


def _listed(nouns: list[str]) -> str:
    *most, last = nouns
    return f"{', '.join(most)} or {last}" if most else last
