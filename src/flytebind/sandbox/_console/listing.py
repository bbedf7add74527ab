"""The page that lists executions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

import grpc

from flytebind.looks._errors import in_brief
from flytebind.looks._lanes_html import badge
from flytebind.looks._markup import Child, Markup, element, joined
from flytebind.looks._phases import DONE
from flytebind.looks._rows import name_of
from flytebind.looks._words import moment, spoken, time_taken
from flytebind.models.admin.common import Sort
from flytebind.models.admin.execution import Execution, ExecutionState
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._console.layout import anchor, crumbs, page
from flytebind.sandbox._reply import Reply
from flytebind.sandbox._store import Row, Store, Table, Value, tables

_PAGE = 25
_MOST_SCOPES = 100
_LONGEST_ERROR = 200
_NEWEST = Sort("created_at", Sort.Direction.DESCENDING)
_ENTITIES = {"task": tables.TASKS, "workflow": tables.WORKFLOWS, "launch_plan": tables.LAUNCH_PLANS}


class Wanted(NamedTuple):
    """Which executions a list has."""

    project: str = ""
    domain: str = ""
    kind: str = ""
    """Those of a ``task``, a ``workflow`` or a ``launch_plan``; empty for all."""
    name: str = ""
    version: str = ""

    @property
    def path(self) -> str:
        """Where their list is, below the root."""
        if not self.project:
            return ""
        steps = ["projects", self.project, "domains", self.domain]
        steps += [self.kind, self.name, "version", self.version] if self.kind else ["executions"]
        return "".join(f"/{quote(step, safe='')}" for step in steps)

    @property
    def title(self) -> str:
        """What the list is called."""
        if not self.kind:
            return "Executions"
        return f"Executions of {self.kind.replace('_', ' ')} {self.name}"


class Listing:
    """Makes pages of lists.

    Args:
        store: Where they come from.
        clock: What running executions are timed by.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def page(self, root: str, wanted: Wanted, number: int) -> Reply:
        """The newest executions first.

        Args:
            root: The address of the first page of all.
            wanted: Which ones.
            number: The page, from 1 on.

        Raises:
            StatusError: NOT_FOUND for something that is not registered.
        """
        with self._store.transaction():
            found = self._store.page(
                tables.EXECUTIONS,
                limit=_PAGE,
                token=str((number - 1) * _PAGE),
                filters="",
                sort_by=_NEWEST,
                **self._where(wanted),
            )
            scopes = self._store.distinct(
                tables.EXECUTIONS, ("execution_project", "execution_domain"), limit=_MOST_SCOPES
            )
        here = root + wanted.path
        executions = [Execution.from_bytes(row["model"]) for row in found.rows]
        table = _table(root, executions, self._clock.now()) if executions else _nothing(number)
        return page(
            wanted.title,
            element("h1", wanted.title),
            _version(root, wanted) if wanted.kind else _scopes(root, wanted, scopes.rows),
            element("div", table, class_="flytebind"),
            _pages(here, number, bool(found.token)),
            root=root,
            refreshes=True,
        )

    def _where(self, wanted: Wanted) -> dict[str, Value]:
        where: dict[str, Value] = {"state": ExecutionState.EXECUTION_ACTIVE}
        if wanted.kind:
            where[f"{wanted.kind}_id"] = self._row_of(_ENTITIES[wanted.kind], wanted)
        elif wanted.project:
            where["execution_project"] = wanted.project
            where["execution_domain"] = wanted.domain
        return where

    def _row_of(self, table: Table, wanted: Wanted) -> int:
        project, domain, kind, name, version = wanted
        row = self._store.find(
            table, "id", project=project, domain=domain, name=name, version=version
        )
        if row is None:
            what = f"{kind.replace('_', ' ')} {project}/{domain}/{name}/{version}"
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"There is no {what}.")
        id: int = row["id"]
        return id


def _version(root: str, wanted: Wanted) -> Markup:
    scope = Wanted(wanted.project, wanted.domain)
    return crumbs(
        anchor(root + scope.path, f"{wanted.project} / {wanted.domain}"),
        f"{wanted.kind.replace('_', ' ')} {wanted.name}",
        f"version {wanted.version}",
    )


def _scopes(root: str, wanted: Wanted, rows: Iterable[Row]) -> Markup:
    """What the list can be narrowed to."""
    scopes = [Wanted(), *(Wanted(*row) for row in rows)]
    if wanted not in scopes:
        scopes.append(wanted)
    return element("ul", *(_chip(root, scope, scope == wanted) for scope in scopes), class_="chips")


def _chip(root: str, scope: Wanted, is_here: bool) -> Markup:
    words = f"{scope.project} / {scope.domain}" if scope.project else "All"
    here = "page" if is_here else None
    return element("li", anchor(root + scope.path, words, aria_current=here))


def _table(root: str, executions: list[Execution], now: datetime) -> Markup:
    names = (("Execution", None), ("Phase", None), ("Created", None), ("Time", "number"))
    head = element("tr", *(element("th", name, scope="col", class_=kind) for name, kind in names))
    return element(
        "table",
        element("thead", head),
        element("tbody", *(_row(root, execution, now) for execution in executions)),
        class_="list",
    )


def _row(root: str, execution: Execution, now: datetime) -> Markup:
    closure = execution.closure
    time = time_taken(closure, closure.phase.name in DONE, now)
    return element(
        "tr",
        element("td", *_named(root, execution)),
        element("td", badge(closure.phase.name), class_="phase"),
        element("td", moment(closure.created_at), class_="time"),
        element("td", spoken(time), class_="number"),
    )


def _named(root: str, execution: Execution) -> Iterator[Child]:
    id, error = execution.id, execution.closure.error
    path = Wanted(id.project, id.domain).path
    yield anchor(f"{root}{path}/{quote(id.name, safe='')}", id.name)
    what = f"{name_of(execution.spec.launch_plan)} · {id.project} / {id.domain}"
    yield element("div", what, class_="note")
    if error is not None:
        yield element("div", in_brief(error, _LONGEST_ERROR), class_="error")


def _nothing(number: int) -> Markup:
    words = "There are no executions yet." if number == 1 else "There are no more executions."
    return element("p", words, class_="empty")


def _pages(here: str, number: int, has_more: bool) -> Markup | None:
    if number == 1 and not has_more:
        return None
    newer = here if number == 2 else f"{here}?page={number - 1}"
    return element(
        "nav",
        joined(anchor(newer, "← Newer", rel="prev") if number > 1 else None),
        element("span", f"Page {number}"),
        joined(anchor(f"{here}?page={number + 1}", "Older →", rel="next") if has_more else None),
        class_="pages",
        aria_label="Pages",
    )
