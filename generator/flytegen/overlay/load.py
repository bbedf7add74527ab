"""An overlay, read from a folder of TOML files.

The folder's README says what each key means. The parser is strict: a key that it does not know is
a problem, and so is (in ``check``) a name that the package does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from flytegen.common.names import can_be_imported
from flytegen.common.paths import is_below
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.common.toml import TomlError, dotted, parse_toml
from flytegen.common.versions import is_version
from flytegen.overlay.entries import (
    EnumOverlay,
    FieldOverlay,
    LayoutOverlay,
    MessageOverlay,
    MethodOverlay,
    OneofOverlay,
    Overlay,
    PackageOverlay,
    ServiceOverlay,
)
from flytegen.schema import Reshape

T = TypeVar("T")


def load_overlay(folder: Path) -> Overlay:
    """Read every ``*.toml`` below a folder. Files may share a table, but not a key.

    Raises:
        GenerationError: If a file is not TOML, or says what an overlay cannot say.
    """
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
    overlay = _Reader(problems, origin).overlay(merged)
    problems.raise_if_any()
    return overlay


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


class _Reader:
    """Turns plain tables into dataclasses, and complains about what does not fit."""

    def __init__(self, problems: Problems, origin: Mapping[tuple[str, ...], str]) -> None:
        self._problems = problems
        self._origin = origin

    def overlay(self, table: dict[str, Any]) -> Overlay:
        return self._table(
            Overlay,
            table,
            (),
            {
                "package": self._package,
                "files": self._each(self._doc_only),
                "messages": self._each(self._message),
                "enums": self._each(self._enum),
                "services": self._each(self._service),
                "layout": self._each(self._layout),
            },
        )

    def _package(self, value: object, path: tuple[str, ...]) -> PackageOverlay:
        keys: dict[str, _Read] = {
            "name": self._text,
            "version": self._version,
            "root": self._module,
            "services": self._module,
            "base": self._class,
            "remake": self._text,
            "stubs": self._folder,
            "flat_services": self._flag,
        }
        package = self._table(PackageOverlay, value, path, keys)
        if package.root and package.root == package.services:
            self._complain((*path, "services"), "must be another package than root")
        return package

    def _message(self, value: object, path: tuple[str, ...]) -> MessageOverlay:
        keys: dict[str, _Read] = {
            "doc": self._text,
            "positional": self._names,
            "required": self._names,
            "base": self._text,
            "mixins": self._names,
            "names": self._each(self._text),
            "fields": self._each(self._field),
            "oneofs": self._each(self._oneof),
        }
        return self._table(MessageOverlay, value, path, keys, where=self._where(path))

    def _field(self, value: object, path: tuple[str, ...]) -> FieldOverlay:
        keys: dict[str, _Read] = {
            "doc": self._text,
            "name": self._text,
            "nullable": self._flag,
            "optional": self._flag,
            "default": self._default,
            "setter": self._flag,
            "reshape": self._reshape,
            "raw": self._text,
        }
        return self._table(FieldOverlay, value, path, keys)

    def _oneof(self, value: object, path: tuple[str, ...]) -> OneofOverlay:
        keys = {"doc": self._text, "name": self._text, "accessor": self._flag}
        return self._table(OneofOverlay, value, path, keys)

    def _enum(self, value: object, path: tuple[str, ...]) -> EnumOverlay:
        keys: dict[str, _Read] = {
            "doc": self._text,
            "mixins": self._names,
            "names": self._each(self._text),
            "values": self._each(self._doc_only),
        }
        return self._table(EnumOverlay, value, path, keys, where=self._where(path))

    def _service(self, value: object, path: tuple[str, ...]) -> ServiceOverlay:
        keys: dict[str, _Read] = {"doc": self._text, "methods": self._each(self._method)}
        return self._table(ServiceOverlay, value, path, keys, where=self._where(path))

    def _method(self, value: object, path: tuple[str, ...]) -> MethodOverlay:
        keys = {"doc": self._text, "name": self._text, "raises": self._each(self._text)}
        return self._table(MethodOverlay, value, path, keys)

    def _layout(self, value: object, path: tuple[str, ...]) -> LayoutOverlay:
        keys: dict[str, _Read] = {"doc": self._text, "names": self._each(self._text)}
        return self._table(LayoutOverlay, value, path, keys, where=self._where(path))

    def _doc_only(self, value: object, path: tuple[str, ...]) -> str:
        return self._table(_DocOnly, value, path, {"doc": self._text}).doc

    def _table(
        self,
        kind: Callable[..., T],
        value: object,
        path: tuple[str, ...],
        keys: Mapping[str, _Read],
        **known: Any,
    ) -> T:
        if not isinstance(value, dict):
            self._complain(path, "must be a table")
            return kind(**known)
        for key in sorted(value.keys() - keys.keys()):
            self._complain((*path, key), "is not a key of an overlay", did_you_mean(key, keys))
        read = {key: keys[key](item, (*path, key)) for key, item in value.items() if key in keys}
        return kind(**known, **{key: item for key, item in read.items() if item is not None})

    def _each(self, read: _Read) -> _Read:
        def read_all(value: object, path: tuple[str, ...]) -> Any:
            if not isinstance(value, dict):
                return self._complain(path, "must be a table")
            return {key: read(item, (*path, key)) for key, item in value.items()}

        return read_all

    def _text(self, value: object, path: tuple[str, ...]) -> Any:
        return value.strip() if isinstance(value, str) else self._complain(path, "must be text")

    def _version(self, value: object, path: tuple[str, ...]) -> Any:
        if isinstance(value, str) and is_version(value):
            return value
        return self._complain(path, "must be a version, such as '1.16.8'")

    def _module(self, value: object, path: tuple[str, ...]) -> Any:
        if isinstance(value, str) and can_be_imported(value):
            return value
        return self._complain(path, "must be the full name of a Python package")

    def _class(self, value: object, path: tuple[str, ...]) -> Any:
        module, colon, name = str(value).partition(":")
        if colon and can_be_imported(module) and can_be_imported(name):
            return value
        return self._complain(path, "must be a class, written as module:Class")

    def _folder(self, value: object, path: tuple[str, ...]) -> Any:
        if isinstance(value, str) and is_below(value):
            return value
        return self._complain(path, "must be a folder below the output folder")

    def _flag(self, value: object, path: tuple[str, ...]) -> Any:
        return value if isinstance(value, bool) else self._complain(path, "must be true or false")

    def _default(self, value: object, path: tuple[str, ...]) -> Any:
        if isinstance(value, (str, bool, int, float, dict)):
            return value
        return self._complain(path, "must be text, a number, true, false, or a table")

    def _reshape(self, value: object, path: tuple[str, ...]) -> Any:
        known = get_args(Reshape)
        if value in known:
            return value
        names = ", ".join(repr(name) for name in known if name)
        return self._complain(path, f"must be one of {names}", did_you_mean(str(value), known))

    def _names(self, value: object, path: tuple[str, ...]) -> Any:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return self._complain(path, "must be a list of names")

    def _complain(self, path: tuple[str, ...], what: str, hint: str = "") -> None:
        self._problems.add(self._where(path), f"{dotted(path)} {what}", hint)

    def _where(self, path: tuple[str, ...]) -> str:
        return self._origin.get(path, "overlay")


_Read = Callable[[object, tuple[str, ...]], Any]


@dataclass(frozen=True)
class _DocOnly:
    doc: str = ""
