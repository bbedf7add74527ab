"""What is behind Flyte URLs: ``flyte://v1/flytesnacks/development/f7a9c2/n0/o/o0``.

A server reads small files of literals itself, and answers with none where a file is large or
damaged. What a URL names is then read as the node, or the attempt, whose data it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from flytebind.looks._labels import title
from flytebind.looks._phases import SUCCESSFUL
from flytebind.models.admin.node_execution import NodeExecutionGetRequest
from flytebind.models.core.identifier import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.models.service.dataproxy import GetDataRequest
from flytebind.remote._answers import check_answer
from flytebind.remote._clients import async_client
from flytebind.remote._data import Side
from flytebind.remote._operations.data import bring_interface, bring_offloaded, bring_side
from flytebind.remote._operations.fetch import fetch_execution
from flytebind.remote._operations.links import links_of
from flytebind.remote._operations.offloaded import fetch_all
from flytebind.remote._operations.sync import bring_tasks
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteCallError, FlyteDataError, names_missing_object
from flytebind.remote.executions import Executed, FlyteNodeExecution
from flytebind.runtime.grpcio import grpc
from flytebind.services.dataproxy import DataProxyServiceAsyncClient
from flytebind.values import LiteralsResolver, to_native

_LITERALS = re.compile(
    r"flyte://v1/(?P<project>[^/]+)/(?P<domain>[^/]+)/(?P<execution>[^/]+)/(?P<node>[^/]+)"
    r"(/(?P<attempt>\d+))?/(?P<side>[io])(/(?P<name>[^/]+))?"
)
_SIDES: Mapping[str, Side] = {"i": "inputs", "o": "outputs"}


async def get(session: Session, flyte_uri: str) -> object:
    """What is behind a Flyte URL."""
    literals = _LITERALS.fullmatch(flyte_uri)
    try:
        proxy = async_client(DataProxyServiceAsyncClient, session.caller)
        answer = await proxy.get_data(GetDataRequest(flyte_url=flyte_uri))
    except FlyteCallError as error:
        if literals is None or not _may_be_elsewhere(error):
            raise
        resolver = await _read(session, literals)
        if literals["name"] in resolver:
            return resolver[literals["name"]]
        if literals["name"] is None:
            return resolver
        raise
    if answer.literal_map is not None:
        if literals is not None and not answer.literal_map.literals:
            return await _read(session, literals)
        return await _resolver(session, answer.literal_map, flyte_uri)
    if answer.literal is not None:
        return await _value(session, answer.literal, flyte_uri)
    if answer.pre_signed_urls is not None:
        return list(answer.pre_signed_urls.signed_url)
    raise FlyteDataError(f"the server answers with nothing for {flyte_uri}")


async def _resolver(session: Session, literal_map: LiteralMap, flyte_uri: str) -> LiteralsResolver:
    literals = literal_map.literals
    fetched = await fetch_all(session, literals.values(), flyte_uri)
    links = partial(links_of, session)
    return LiteralsResolver(literals, load=fetched.load, links=links, label=flyte_uri)


async def _value(session: Session, literal: Literal, flyte_uri: str) -> object:
    fetched = await fetch_all(session, [literal], flyte_uri)
    links = partial(links_of, session)
    return to_native(literal, None, path=flyte_uri, load=fetched.load, links=links)


def _may_be_elsewhere(error: FlyteCallError) -> bool:
    """Whether an error may come from a file that the server did not read, or from another one."""
    is_empty = error.code is grpc.StatusCode.INVALID_ARGUMENT and "not found in" in error.details
    return is_empty or names_missing_object(error.code, error.details)


async def _read(session: Session, url: re.Match[str]) -> LiteralsResolver:
    """Read all literals of one side as those of the node or attempt whose they are.

    Raises:
        FlyteAssertion: If it has not come so far, or to a bad end.
        FlyteDataError: If there are some that cannot be had.
    """
    side = _SIDES[url["side"]]
    execution_id = WorkflowExecutionIdentifier(url["project"], url["domain"], url["execution"])
    id = NodeExecutionIdentifier(url["node"], execution_id)
    message = await session.admin.get_node_execution(NodeExecutionGetRequest(id=id))
    check_answer(id, message.id)
    node = FlyteNodeExecution.promote_from_model(message, session.remote)
    part = await _part(session, node, url["attempt"])
    if side == "inputs" or part.phase.name in SUCCESSFUL:
        await bring_side(session, part, side)
        with suppress(FlyteDataError):  # touching what cannot be had says so
            await bring_offloaded(session, part, side)
    return part.inputs if side == "inputs" else part.outputs


async def _part(session: Session, node: FlyteNodeExecution, attempt: str | None) -> Executed:
    """A node, with what tells whether it has data, or one of its attempts."""
    if node.metadata.spec_node_id in ("", node.id.node_id):
        node.loaded.container = await fetch_execution(session, node.id.execution_id)
        if attempt is None:
            return node
    await bring_tasks(session, node)
    attempts = {task.id.retry_attempt: task for task in node.loaded.attempts or ()}
    if attempt is not None:
        if int(attempt) not in attempts:
            raise FlyteDataError(f"{title(node)} has no attempt {attempt}")
        return attempts[int(attempt)]
    if attempts:  # it is below another node, of which nothing is known
        task = attempts[max(attempts)]
        await bring_interface(session, task)
        held = node.loaded
        held.data.interface, held.data.interface_is_known = task.loaded.data.interface, True
    return node
