"""The data proxy: links to upload and download, and the data behind flyte:// URLs."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import sys
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import grpc

from flytebind.models.admin.node_execution import (
    NodeExecutionGetDataRequest,
    NodeExecutionGetRequest,
)
from flytebind.models.admin.task_execution import (
    TaskExecutionGetDataRequest,
    TaskExecutionListRequest,
)
from flytebind.models.core.identifier import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flytebind.models.core.literals import LiteralMap
from flytebind.models.service.dataproxy import (
    ArtifactType,
    CreateDownloadLinkRequest,
    CreateDownloadLinkResponse,
    CreateDownloadLocationRequest,
    CreateDownloadLocationResponse,
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
    GetDataRequest,
    GetDataResponse,
    PreSignedURLs,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid, required
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._http import HttpServer
from flytebind.services.admin import AdminServiceServicer
from flytebind.services.dataproxy import DataProxyServiceServicer

_MAX_EXPIRES_IN = timedelta(hours=1)
_PART = "[a-zA-Z0-9_-]+"
_FLYTE_URL = re.compile(
    f"flyte://v1/(?P<project>{_PART})/(?P<domain>{_PART})/(?P<execution>{_PART})/(?P<node>{_PART})"
    f"(?:/(?P<attempt>[0-9]+))?/(?:(?P<deck>d)|(?P<side>[io])(?:/(?P<name>{_PART}))?)"
)


_Expiring: TypeAlias = (
    CreateUploadLocationRequest | CreateDownloadLocationRequest | CreateDownloadLinkRequest
)


class DataProxy(DataProxyServiceServicer):
    """Hands out links to the HTTP server, and reads what admin knows of executions.

    URLs with an organisation in them are not known here.

    Args:
        admin: Who answers for node and task executions.
        blobs: Where uploads go.
        clock: What links expire by.
        http: Who serves them.
    """

    def __init__(
        self, admin: AdminServiceServicer, blobs: BlobStore, clock: Clock, http: HttpServer
    ) -> None:
        self.admin = admin
        self.blobs = blobs
        self.clock = clock
        self.http = http

    def create_upload_location(
        self, request: CreateUploadLocationRequest, context: grpc.ServicerContext
    ) -> CreateUploadLocationResponse:
        """A link to put a file behind, below ``PROJECT/DOMAIN/ROOT_OR_MD5/FILENAME``.

        Raises:
            StatusError: INVALID_ARGUMENT; ALREADY_EXISTS when there is a file with this name and
                root, and it is not the one with the MD5 of the request.
        """
        project, domain = required(request.project, "project"), required(request.domain, "domain")
        if not request.filename_root and not request.content_md5:
            invalid("missing content_md5 or filename_root")
        expires_at = self._expires_at(request)
        root = request.filename_root or base64.b32encode(request.content_md5).decode()
        filename = request.filename or secrets.token_hex(10)
        uri = self._uri(f"{project}/{domain}/{root}/{filename}")
        if request.filename and request.filename_root:
            self._refuse_other(uri, request.content_md5)
        # flyteadmin takes the length of the digest for that of the file.
        digest = base64.b64encode(request.content_md5).decode()
        headers = {"Content-Length": str(len(digest)), "Content-MD5": digest}
        return CreateUploadLocationResponse(
            signed_url=self.http.signed_url("PUT", uri, expires_at, request.content_md5),
            native_url=uri,
            expires_at=expires_at,
            headers=headers,
        )

    def create_download_location(
        self, request: CreateDownloadLocationRequest, context: grpc.ServicerContext
    ) -> CreateDownloadLocationResponse:
        """A link to a file of the sandbox; whether it exists shows when it is used.

        Raises:
            StatusError: INVALID_ARGUMENT, also for a file that is not the sandbox's.
        """
        uri = required(request.native_url, "native_url")
        expires_at = self._expires_at(request)
        try:
            link = self.http.signed_url("GET", uri, expires_at)
        except ValueError as error:
            invalid(f"native_url: {error}")
        return CreateDownloadLocationResponse(signed_url=link, expires_at=expires_at)

    def create_download_link(
        self, request: CreateDownloadLinkRequest, context: grpc.ServicerContext
    ) -> CreateDownloadLinkResponse:
        """A link to the deck of a node execution.

        Raises:
            StatusError: INVALID_ARGUMENT, also for a node that does not exist; NOT_FOUND when there
                is no deck.
        """
        expires_at = self._expires_at(request)
        if request.artifact_type == ArtifactType.ARTIFACT_TYPE_UNDEFINED:
            invalid("invalid value for artifact_type")
        id = required(request.node_execution_id, "source")
        try:
            node = self.admin.get_node_execution(NodeExecutionGetRequest(id=id), context)
        except StatusError as error:
            if id.execution_id.name:
                invalid(f"failed to find node execution {id.node_id}: {error.message}")
            raise
        is_deck = request.artifact_type == ArtifactType.ARTIFACT_TYPE_DECK
        uri = node.closure.deck_uri if is_deck else ""
        if not uri or self.blobs.size(uri) is None:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"node {id.node_id} has no deck")
        links = [self.http.signed_url("GET", uri, expires_at)]
        return CreateDownloadLinkResponse(
            signed_url=links,
            expires_at=expires_at,
            pre_signed_urls=PreSignedURLs(signed_url=links, expires_at=expires_at),
        )

    def get_data(self, request: GetDataRequest, context: grpc.ServicerContext) -> GetDataResponse:
        """The data behind ``flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/i|o|d[/NAME]``.

        Raises:
            StatusError: INVALID_ARGUMENT for a URL that cannot be read, an attempt that was not
                made, and a name that is not there; NOT_FOUND for an unknown execution or no deck.
        """
        url = required(request.flyte_url, "flyte_url")
        parts = _FLYTE_URL.fullmatch(url)
        if parts is None:
            invalid(f"flyte_url: {url!r} cannot be read")
        node = NodeExecutionIdentifier(
            parts["node"],
            WorkflowExecutionIdentifier(parts["project"], parts["domain"], parts["execution"]),
        )
        if parts["deck"]:
            if parts["attempt"]:
                invalid("flyte_url: a deck belongs to the node, not to an attempt")
            # Here, and not there, a node that does not exist is NOT_FOUND.
            self.admin.get_node_execution(NodeExecutionGetRequest(id=node), context)
            link = self.create_download_link(
                CreateDownloadLinkRequest(
                    artifact_type=ArtifactType.ARTIFACT_TYPE_DECK, node_execution_id=node
                ),
                context,
            )
            return GetDataResponse(pre_signed_urls=link.pre_signed_urls)
        inputs, outputs = self._data(node, parts["attempt"], context)
        data = inputs if parts["side"] == "i" else outputs
        if not parts["name"]:
            return GetDataResponse(literal_map=data)
        if parts["name"] not in data.literals:
            invalid(f"flyte_url: {parts['name']!r} is not there")
        return GetDataResponse(literal=data.literals[parts["name"]])

    def _data(
        self, node: NodeExecutionIdentifier, attempt: str | None, context: grpc.ServicerContext
    ) -> tuple[LiteralMap, LiteralMap]:
        """Inputs and outputs, of the node or of one attempt at its task."""
        if attempt is None:
            of_node = self.admin.get_node_execution_data(
                NodeExecutionGetDataRequest(id=node), context
            )
            return of_node.full_inputs, of_node.full_outputs
        tasks = self.admin.list_task_executions(
            TaskExecutionListRequest(
                node_execution_id=node, limit=1, filters=f"eq(retry_attempt,{attempt})"
            ),
            context,
        ).task_executions
        if not tasks:
            invalid(f"flyte_url: node {node.node_id} has no attempt {attempt}")
        of_task = self.admin.get_task_execution_data(
            TaskExecutionGetDataRequest(id=tasks[0].id), context
        )
        return of_task.full_inputs, of_task.full_outputs

    def _uri(self, path: str) -> str:
        if {"", ".", ".."} & set(path.split("/")) or "\0" in path:
            invalid(f"filename: {path!r} is not a path")
        return self.blobs.uri(path)

    def _refuse_other(self, uri: str, md5: bytes) -> None:
        data = self.blobs.read(uri, limit=sys.maxsize)
        if data is not None and hashlib.md5(data, usedforsecurity=False).digest() != md5:
            raise StatusError(
                grpc.StatusCode.ALREADY_EXISTS,
                f"{urlsplit(uri).path.rpartition('/')[2]} exists already, with another content",
            )

    def _expires_at(self, request: _Expiring) -> datetime:
        try:
            given = request.expires_in
        except OverflowError:
            invalid(f"expires_in: it is not between 0 and {_MAX_EXPIRES_IN}")
        expires_in = _MAX_EXPIRES_IN if given is None else given
        if not timedelta() <= expires_in <= _MAX_EXPIRES_IN:
            invalid(f"expires_in: {expires_in} is not between 0 and {_MAX_EXPIRES_IN}")
        return self.clock.now() + expires_in
