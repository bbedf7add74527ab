"""Pages of what people wrote: griffe finds it and its docstrings, ``inspect`` how it is called.

Both are needed. Docstrings below attributes exist in the source alone, and the verbs of a remote
get their signatures when they are wrapped.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from html import escape
from pathlib import Path
from types import FunctionType, ModuleType

import griffe

import flytebind
import flytebind.v2
from tools.site.pages import Page, cell, printed, signature
from tools.site.places import FILES, FOLDER, Places, source_of
from tools.targets import FOLLOWED
from tools.written import ROOT

#: What comes first in the navigation; other packages that people wrote follow.
_FIRST = ("remote", "values", "looks", "sandbox")
#: These are described with the messages and RPCs.
_ELSEWHERE = ("behaviour",)
_GENERATED = tuple(
    f"{root}."
    for followed in FOLLOWED.values()
    for root in (followed.overlay.package.root, followed.overlay.package.services)
)
#: What every model inherits is described once.
_COMMON = ("flytebind.runtime.", "flytebind.models.")
_STARS: dict[object, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
_ROOTS = [ROOT / "src", *(followed.target.output() for followed in FOLLOWED.values())]
_LONG = 500  # A value of more characters is not shown.
_RAISED = re.compile(r"\s+(?:Raises:)?\s+(\w+(?:Error|Assertion|Timeout)): ")


@dataclass(frozen=True)
class Described:
    """A class, a function or a value, as the template prints it."""

    title: str
    anchor: str
    call: str
    """How it is called, or what its type is; may be empty."""
    doc: str
    source: str
    bases: str = ""
    members: str = ""


class Objects:
    """Everything public that people wrote."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._modules = [*_public_modules()]
        for is_home in (True, False):  # what a package has made is described there
            for module in self._modules:
                for name in _names(module):
                    self._place(module, name, is_home)

    def _place(self, module: ModuleType, name: str, is_home: bool) -> None:
        target = self._found(f"{module.__name__}.{name}")
        if target is None or target.path.startswith(_GENERATED):
            return  # somebody else's, or flytegen's
        if is_home and not target.path.startswith(f"{module.__name__}."):
            return
        page = _page_of(module)
        self._places.add(target.path, page, name)
        self._places.also(f"{module.__name__}.{name}", target.path)
        if isinstance(target, griffe.Class):
            for member in self._own(target):
                self._places.add(f"{target.path}.{member}", page, f"{name}.{member}")
                self._places.also(f"{module.__name__}.{name}.{member}", f"{target.path}.{member}")

    @cached_property
    def _sources(self) -> griffe.Module:
        loader = griffe.GriffeLoader(search_paths=_ROOTS)
        loaded = loader.load("flytebind")
        loader.resolve_aliases(implicit=False, external=False)
        assert isinstance(loaded, griffe.Module)
        return loaded

    def _found(self, path: str) -> griffe.Object | None:
        """What a path stands for; None if that is in another distribution."""
        return _target(self._sources[path.removeprefix("flytebind.")])

    def pages(self) -> Iterator[Page]:
        """A page for each public module."""
        for module in self._modules:
            page = _page_of(module)
            here, elsewhere = [], []
            for name in _names(module):
                link = self._places.link(f"{module.__name__}.{name}", page) or ""
                if link.startswith("#"):
                    here.append(self.described(f"{module.__name__}.{name}", page, 2))
                elif link:
                    elsewhere.append((name, link, _module_at(page, link)))
            text = printed(
                "module.md.j2",
                name=module.__name__,
                doc=self.docstring(module.__doc__ or "", page, module.__name__),
                here=here,
                elsewhere=elsewhere,
            )
            yield Page(page, module.__name__, "Library", text)

    def described(self, path: str, page: str, level: int) -> str:
        """The description of a public name, with its members."""
        target = self._found(path)
        assert target is not None
        name = path.rpartition(".")[2]
        return self._print(self._describe(target, _value(path), name, page), level)

    def members(self, path: str, page: str, prefix: str, level: int) -> str:
        """The descriptions of what a class has."""
        target, value = self._found(path), _value(path)
        assert isinstance(target, griffe.Class)
        return "\n\n".join(self._members(target, value, prefix, page, level))

    def docstring(self, text: str, page: str, context: str) -> str:
        """A docstring in Markdown, its sections as lists."""
        sections = griffe.Docstring(text).parse("google", warn_missing_types=False)
        return printed(
            "docstring.md.j2",
            sections=[(each.kind.value, each.value) for each in sections],
            words=lambda words: self._places.linked(words, page, context),
        )

    def _describe(self, target: griffe.Object, value: object, name: str, page: str) -> Described:
        doc = target.docstring.value if target.docstring else ""
        bases = members = ""
        if isinstance(target, griffe.Class):
            bases = ", ".join(filter(None, (self._base(base, page) for base in target.bases)))
            members = "\n\n".join(self._members(target, value, f"{name}.", page, 3))
        if isinstance(value, type) and issubclass(value, BaseException):
            call = f"class {name}"
        elif callable(value):
            call = _call_of(value, name)
        else:
            assert isinstance(target, griffe.Attribute)
            call = f"{name} = {target.value}" if len(str(target.value)) < _LONG else name
        text, source = self.docstring(doc, page, target.path), _source_of_object(target)
        return Described(name, name, call, text, source, bases, members)

    def _base(self, base: griffe.Expr | str, page: str) -> str:
        """A link to a base class that is described; nothing for another one."""
        path = base.canonical_path if isinstance(base, griffe.Expr) else base
        link = self._places.link(path, page)
        return f"[`{path.rpartition('.')[2]}`]({link})" if link else ""

    def _members(
        self, target: griffe.Class, value: object, prefix: str, page: str, level: int
    ) -> Iterator[str]:
        """First a table of what it holds, then what it does."""
        attributes, methods = [], []
        for name in self._own(target):
            found = _target(target.all_members[name])
            static = inspect.getattr_static(value, name, None)
            start = ""
            if isinstance(static, (classmethod, staticmethod)):
                start, static = f"@{type(static).__name__}\n", static.__func__
            if inspect.isfunction(static):
                start += "async " if inspect.iscoroutinefunction(static) else ""
                methods.append(self._method(static, name, start, prefix, page, target.path))
            elif isinstance(found, griffe.Attribute):
                attributes.append(self._attribute(found, name, prefix, page, target.path))
        if attributes:
            yield printed("attributes.md.j2", attributes=attributes, cell=cell)
        yield from (self._print(method, level) for method in methods)

    def _method(
        self, function: FunctionType, name: str, start: str, prefix: str, page: str, context: str
    ) -> Described:
        doc = self.docstring(inspect.getdoc(function) or "", page, context)
        call = start + _call_of(function, name)
        return Described(name, f"{prefix}{name}", call, doc, _source_at(function))

    def _attribute(
        self, found: griffe.Attribute, name: str, prefix: str, page: str, context: str
    ) -> Described:
        text = found.docstring.value if found.docstring else ""
        doc = self._places.linked(_RAISED.sub(r" Raises ``\1``: ", text), page, context)
        kind = self._annotation(found.annotation, page)
        return Described(name, f"{prefix}{name}", kind, doc, _source_of_object(found))

    def _annotation(self, annotation: griffe.Expr | str | None, page: str) -> str:
        """A type as HTML, each name a link where it is described."""
        if isinstance(annotation, griffe.Expr):
            parts = (
                (
                    self._places.code(part.canonical_path, part.name, page)
                    if isinstance(part, griffe.ExprName)
                    else escape(str(part))
                )
                for part in annotation.iterate(flat=True)
            )
            return "".join(parts)
        return escape(annotation or "")

    def _own(self, target: griffe.Class) -> list[str]:
        """The public members that are described with a class, and not with a base of it."""
        return [
            name
            for name, member in target.all_members.items()
            if not name.startswith("_")
            and (found := _target(member))
            and (found.parent is target or not found.path.startswith(_COMMON))
        ]

    def _print(self, described: Described, level: int) -> str:
        return printed("object.md.j2", item=described, level=level)


def _public_modules() -> Iterator[ModuleType]:
    """Every module that says what is public in it, packages before what is in them."""
    names = {
        found.name.removeprefix("flytebind.")
        for package in (flytebind, flytebind.v2)
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        if found.ispkg and not f"{found.name}.".startswith(_GENERATED)
    }
    for name in (*_FIRST, *sorted(names.difference(_FIRST, _ELSEWHERE))):
        if name.startswith("_"):
            continue
        package = importlib.import_module(f"flytebind.{name}")
        for found in (None, *pkgutil.walk_packages(package.__path__, f"{package.__name__}.")):
            if found is not None and ("._" in found.name or found.name.endswith("__main__")):
                continue
            module = importlib.import_module(found.name) if found else package
            if hasattr(module, "__all__"):
                yield module


def _names(module: ModuleType) -> list[str]:
    return [
        name
        for name in module.__all__
        if not name.startswith("_") and not inspect.ismodule(getattr(module, name))
    ]


def _value(path: str) -> object:
    module, _, name = path.rpartition(".")
    value: object = getattr(importlib.import_module(module), name)
    return value


def _target(found: griffe.Object | griffe.Alias) -> griffe.Object | None:
    if isinstance(found, griffe.Object):
        return found
    try:
        target = found.final_target
    except griffe.AliasResolutionError:
        return None
    return target if isinstance(target, griffe.Object) else None


def _call_of(value: Callable[..., object], name: str) -> str:
    try:
        found = inspect.signature(value)
    except ValueError:  # it is made in C
        return name
    parts: list[str] = []
    kinds = {parameter.kind for parameter in found.parameters.values()}
    before: object = inspect.Parameter.POSITIONAL_ONLY
    for parameter in found.parameters.values():
        if parameter.name in ("self", "cls") or parameter.name.startswith("_"):
            continue
        if before is parameter.POSITIONAL_ONLY and parameter.kind is not before and parts:
            parts.append("/")
        if parameter.kind is parameter.KEYWORD_ONLY and before is not parameter.kind:
            parts.extend(() if parameter.VAR_POSITIONAL in kinds else ("*",))
        parts.append(_parameter(parameter))
        before = parameter.kind
    if before is inspect.Parameter.POSITIONAL_ONLY and parts:
        parts.append("/")
    result = found.return_annotation
    returns = "" if result in (found.empty, "None", None) else _annotation(result)
    return signature(name, parts, returns)


def _parameter(parameter: inspect.Parameter) -> str:
    text = _STARS.get(parameter.kind, "") + parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += f" = {_default(parameter.default)}"
    return text


def _default(value: object) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    return "..." if repr(value).startswith("<") else repr(value)


def _annotation(annotation: object) -> str:
    if isinstance(annotation, str):
        return annotation
    return str(inspect.formatannotation(annotation))


def _source_of_object(found: griffe.Object) -> str:
    assert isinstance(found.filepath, Path)
    return f"{source_of(found.filepath, '')}#L{found.lineno}"


def _source_at(function: FunctionType) -> str:
    code = inspect.unwrap(function).__code__
    path = Path(code.co_filename).relative_to(ROOT)
    return f"{FILES}/{path.as_posix()}#L{code.co_firstlineno}"


def _module_at(page: str, link: str) -> str:
    """The module that a link from a page leads to."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.partition("#")[0]))
    return f"flytebind.{path.removeprefix(f'{FOLDER}/').removesuffix('.md').replace('/', '.')}"


def _page_of(module: ModuleType) -> str:
    return f"{FOLDER}/{module.__name__.removeprefix('flytebind.').replace('.', '/')}.md"
