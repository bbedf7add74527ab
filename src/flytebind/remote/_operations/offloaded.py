"""Single literals that were too large to travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from flytebind import values
from flytebind.models.core.literals import Literal, LiteralOffloadedMetadata
from flytebind.remote._operations.links import links_of
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteDataError

MOST_PARTS = 10_000
"""How many literals of one value are fetched: each may name more of them."""


class Fetched(NamedTuple):
    """What has come, and what could not be had."""

    literals: Mapping[str, Literal]
    """By URI."""
    problems: Mapping[str, FlyteDataError]
    """By URI."""

    def load(self, metadata: LiteralOffloadedMetadata) -> Literal:
        """See ``values.load``."""
        if metadata.uri in self.problems:
            raise self.problems[metadata.uri]
        return self.literals[metadata.uri]


async def fetch(session: Session, metadata: LiteralOffloadedMetadata, what: str) -> Literal:
    """Fetch one.

    Args:
        session: Whose server signs links.
        metadata: Where it is.
        what: What errors call all that it is a part of: ``outputs of ...``.

    Raises:
        FlyteDataError: If it cannot be had.
    """
    return await session.io.in_thread(
        partial(
            values.fetch_literal,
            metadata,
            what=f"one of the {what}",
            timeout=session.policy.timeout,
            links=links_of(session),
        )
    )


async def fetch_all(session: Session, literals: Iterable[Literal], what: str) -> Fetched:
    """Fetch all that is offloaded among some literals, side by side.

    Args:
        session: Whose server signs links.
        literals: Where to look.
        what: What errors call all of them: ``outputs of ...``.
    """
    found: dict[str, Literal] = {}
    problems: dict[str, FlyteDataError] = {}

    async def note(metadata: LiteralOffloadedMetadata) -> None:
        try:
            found[metadata.uri] = await fetch(session, metadata, what)
        except FlyteDataError as error:  # the others can be had all the same
            problems[metadata.uri] = error

    wanted = {each.uri: each for literal in literals for each in _offloaded_in(literal)}
    while wanted:
        if len(found) + len(problems) + len(wanted) > MOST_PARTS:
            many = f"the {what} have more than {MOST_PARTS:,} parts that are stored elsewhere"
            problems.update(dict.fromkeys(wanted, FlyteDataError(many)))
            break
        await session.io.gather(note(metadata) for metadata in wanted.values())
        inner = (each for uri in wanted if uri in found for each in _offloaded_in(found[uri]))
        known = found.keys() | problems.keys()
        wanted = {each.uri: each for each in inner if each.uri not in known}
    return Fetched(found, problems)


def _offloaded_in(literal: Literal) -> Iterator[LiteralOffloadedMetadata]:
    match literal.which_value:
        case ("collection", collection):
            for item in collection.literals:
                yield from _offloaded_in(item)
        case ("map", entries):
            for item in entries.literals.values():
                yield from _offloaded_in(item)
        case ("offloaded_metadata", metadata):
            yield metadata
        case _:
            pass
