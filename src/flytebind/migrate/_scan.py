"""Finds what needs a hand in programs that use flytekit's remote."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flytebind._flytekit import Row, Verdict, instead, row_of
from flytebind.migrate._imports import target
from flytebind.remote import Config, FlyteRemote
from flytebind.runtime.homes import public_in

_IS_OURS = re.compile(rb"flyte(kit|bind)[.]remote|\bFlyteRemote\b")
_SIDES = ("inputs", "outputs")
_TYPES = frozenset({"int", "str", "float", "bool", "bytes", "list", "dict", "tuple", "set", "type"})


@public_in("flytebind.migrate")
@dataclass(frozen=True)
class Edit:
    """A change of some bytes of a file, in UTF-8."""

    start: int
    """The first of them."""
    end: int
    """The one behind the last of them."""
    text: str
    """What takes their place."""


@public_in("flytebind.migrate")
@dataclass(frozen=True)
class Finding:
    """A use of flytekit's that is not one of flytebind's."""

    line: int
    """Where it is, from 1 on."""
    column: int
    """Where it is in the line, from 1 on."""
    what: str
    """The name that is used: ``FlyteRemote.fetch_execution``."""
    message: str
    """What to do."""
    edits: tuple[Edit, ...] = ()
    """What does it, where that is safe; else a person has to."""


def check(source: str) -> list[Finding]:
    """What is to be changed in a program.

    A remote is known by how it is made, by annotations, and by names such as ``remote``.

    Args:
        source: The program's text.

    Raises:
        SyntaxError: If it is no Python.
    """
    data = source.encode()
    if b"flyte" not in data:
        return []
    tree = ast.parse(data)
    scan = _Scan(data, tree)
    return sorted(scan.findings(), key=lambda found: (found.line, found.column))


def changed(source: str, findings: Sequence[Finding]) -> str:
    """A program with all edits of its findings.

    Args:
        source: The program's text.
        findings: What ``check`` has found in it.
    """
    data = source.encode()
    edits = sorted({edit for found in findings for edit in found.edits}, key=lambda e: e.start)
    for edit in reversed(edits):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()


class _Scan:
    """One file."""

    def __init__(self, data: bytes, tree: ast.Module) -> None:
        self._data = data
        self._tree = tree
        self._lines = [0]
        for line in data.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._classes: dict[str, str] = {}
        """By the name that a class has here, the one that it has in flytekit."""
        self._remotes: set[str] = set()
        """What is known to be a remote, by the last part of its name."""

    def findings(self) -> Iterator[Finding]:
        yield from self._imports()
        if _IS_OURS.search(self._data) is None:
            return
        self._find_remotes()
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                yield from self._of_call(node)
            elif isinstance(node, ast.Attribute) and self._is_remote(node.value):
                row = row_of(f"FlyteRemote.{node.attr}")
                if row is not None and row.verdict is Verdict.LEFT_OUT:
                    yield self._finding(node, row.name, instead(row.name))

    def _imports(self) -> Iterator[Finding]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    if alias.name in ("FlyteRemote", "Config"):
                        self._classes[alias.asname or alias.name] = alias.name
                ours, hint = target(node.module, [alias.name for alias in node.names])
                if ours:
                    start = self._data.index(node.module.encode(), self._start(node))
                    edit = Edit(start, start + len(node.module.encode()), ours)
                    yield self._finding(node, node.module, f"import it from {ours}", edit)
                elif hint:
                    yield self._finding(node, node.module, hint)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    ours, hint = target(alias.name, [])
                    if ours or hint:
                        hint = hint or f"import {ours}, and change its uses"
                        yield self._finding(node, alias.name, hint)

    def _find_remotes(self) -> None:
        for node in ast.walk(self._tree):
            match node:
                case ast.Assign(targets=targets, value=value) if self._makes_remote(value):
                    self._remotes.update(filter(None, map(_last_name, targets)))
                case ast.AnnAssign(target=one, annotation=annotation) if _says_remote(annotation):
                    self._remotes.update(filter(None, [_last_name(one)]))
                case ast.arg(arg=name, annotation=ast.expr() as annotation) if _says_remote(
                    annotation
                ):
                    self._remotes.add(name)
                case ast.withitem(
                    context_expr=value, optional_vars=ast.expr() as one
                ) if self._makes_remote(value):
                    self._remotes.update(filter(None, [_last_name(one)]))
                case ast.NamedExpr(target=one, value=value) if self._makes_remote(value):
                    self._remotes.add(one.id)

    def _makes_remote(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        made = node.func
        if isinstance(made, ast.Attribute) and self._class_of(made.value) == "FlyteRemote":
            return made.attr in ("auto", "for_endpoint", "for_sandbox", "from_config")
        return self._class_of(made) == "FlyteRemote"

    def _class_of(self, node: ast.expr) -> str:
        """Which of flytekit's classes an expression names; empty for none."""
        if isinstance(node, ast.Name):
            return self._classes.get(node.id, "")
        is_known = isinstance(node, ast.Attribute) and node.attr in ("FlyteRemote", "Config")
        return node.attr if is_known and isinstance(node, ast.Attribute) else ""

    def _is_remote(self, node: ast.expr) -> bool:
        if self._makes_remote(node):
            return True
        name = _last_name(node.func if isinstance(node, ast.Call) else node)
        return name in self._remotes or "remote" in name.lower().split("_")

    def _of_call(self, call: ast.Call) -> Iterator[Finding]:
        made = self._class_of(call.func)
        if made == "FlyteRemote":
            yield from self._fitted(call, "FlyteRemote.__init__", inspect.signature(FlyteRemote))
        elif made == "Config":
            yield from self._fitted(call, "Config.platform", inspect.signature(Config))
        if not isinstance(call.func, ast.Attribute):
            return
        verb, owner = call.func.attr, self._class_of(call.func.value)
        if owner:
            kind = FlyteRemote if owner == "FlyteRemote" else Config
            if hasattr(kind, verb):
                signature = inspect.signature(getattr(kind, verb))
                yield from self._fitted(call, f"{owner}.{verb}", signature)
        elif verb == "get" and _last_name(call.func.value) in _SIDES:
            yield from self._of_get(call)
        elif self._is_remote(call.func.value):
            row = row_of(f"FlyteRemote.{verb}")
            if row is None or row.verdict is Verdict.LEFT_OUT:
                return
            if verb == "download" and call.args and _last_name(call.args[0]) in _SIDES:
                yield self._finding(call, row.name, instead(row.name))
                return
            method = inspect.signature(getattr(FlyteRemote, verb))
            parameters = list(method.parameters.values())[1:]
            yield from self._fitted(call, row.name, method.replace(parameters=parameters))

    def _of_get(self, call: ast.Call) -> Iterator[Finding]:
        if len(call.args) == 2 and _is_type(call.args[1]):
            start = self._start_of(call.args[1], call)
            what, edit = "LiteralsResolver.get", Edit(start, start, "as_type=")
            yield self._finding(call, what, instead(what), edit)

    def _fitted(self, call: ast.Call, what: str, signature: inspect.Signature) -> Iterator[Finding]:
        """What to change about a call so that it fits a signature."""
        row, hint = row_of(what), instead(what)
        if row is None:
            return
        names = [keyword.arg for keyword in call.keywords]
        if None in names or any(isinstance(arg, ast.Starred) for arg in call.args):
            if row.verdict is Verdict.REFUSED:
                yield self._finding(call, what, f"see what the stars stand for: {hint}")
            return
        if _fits(signature, len(call.args), [name for name in names if name]):
            if row.verdict is Verdict.DIFFERS:
                yield self._finding(call, what, hint)
            return
        yield self._finding(call, what, hint, *self._renaming(call, row, signature))

    def _renaming(self, call: ast.Call, row: Row, signature: inspect.Signature) -> list[Edit]:
        """What gives a call's arguments their names; nothing where that would not be enough."""
        if len(call.args) > len(row.takes):
            return []
        edits, names = [], []
        for keyword in call.keywords:
            name = keyword.arg or ""
            names.append(row.renames.get(name, name))
            if name in row.renames:
                start = self._start(keyword)
                edits.append(Edit(start, start + len(name.encode()), row.renames[name]))
        if _fits(signature, len(call.args), names):
            return edits
        for name, arg in zip(row.takes, call.args, strict=False):
            ours = row.renames.get(name, name)
            start = self._start_of(arg, call)
            names.append(ours)
            edits.append(Edit(start, start, f"{ours}="))
        return edits if _fits(signature, 0, names) else []

    def _finding(self, node: ast.stmt | ast.expr, what: str, message: str, *edits: Edit) -> Finding:
        return Finding(node.lineno, node.col_offset + 1, what, message, edits)

    def _start(self, node: ast.stmt | ast.expr | ast.keyword) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _start_of(self, arg: ast.expr, call: ast.Call) -> int:
        """Where an argument starts, with the parentheses around it."""
        end = call.func
        begin = self._lines[(end.end_lineno or 1) - 1] + (end.end_col_offset or 0)
        opening = self._data.index(b"(", begin)
        start = at = self._start(arg)
        while at - 1 > opening and self._data[at - 1 : at] in (b"(", b" ", b"\n", b"\t"):
            at -= 1
            start = at if self._data[at : at + 1] == b"(" else start
        return start


def _fits(signature: inspect.Signature, count: int, names: Sequence[str]) -> bool:
    if len(set(names)) < len(names):
        return False
    try:
        signature.bind(*range(count), **dict.fromkeys(names))
    except TypeError:
        return False
    return True


def _last_name(node: ast.expr) -> str:
    """``remote`` of ``self.remote``; empty where there is none."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _says_remote(annotation: ast.expr) -> bool:
    return "FlyteRemote" in ast.dump(annotation)


def _is_type(node: ast.expr) -> bool:
    """Whether an expression looks like a type: ``int``, ``Model``, ``list[int]``."""
    if isinstance(node, ast.Subscript):
        return _is_type(node.value)
    name = _last_name(node)
    return name in _TYPES or (name[:1].isupper() and not name.isupper())
