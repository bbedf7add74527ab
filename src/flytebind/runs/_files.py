"""Files that go up, and what can be had through links of the server."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from flytebind._transfer.http.client import SILENCE
from flytebind._transfer.http.refusal import in_words
from flytebind.remote._operations.folders import send_folder
from flytebind.remote._operations.uploads import (
    Content,
    Location,
    check,
    legal_name,
    read_through,
    send_to,
)
from flytebind.remote.errors import FlyteDataError
from flytebind.runs._names import label
from flytebind.runs._session import Operation, Session
from flytebind.v2.models.common.identifier import (
    ActionAttemptIdentifier,
    ActionIdentifier,
    ProjectIdentifier,
)
from flytebind.v2.models.dataproxy.dataproxy_service import (
    ArtifactType,
    CreateDownloadLinkRequest,
    CreateUploadLocationRequest,
)

#: The most bytes of a report that are read: it is a page, and comes into memory.
_LARGEST = 64 << 20


async def upload(
    session: Session, place: ProjectIdentifier, path: Path, filename: str | None
) -> str:
    """Put a local file, or all files of a folder, where tasks can read them; returns the URI."""
    if path.is_dir():
        return await send_folder(partial(_put_below, session, place), session.io, path)
    check(path)
    content = await session.io.in_thread(partial(read_through, path))
    return await _put(session, place, legal_name(filename or path.name), None, content)


async def _put_below(
    session: Session, place: ProjectIdentifier, name: str, root: str, content: Content
) -> str:
    return await _put(session, place, name, root, content)


async def _put(
    session: Session, place: ProjectIdentifier, name: str, root: str | None, content: Content
) -> str:
    request = CreateUploadLocationRequest(
        project=place.name,
        domain=place.domain,
        org=place.organization or None,
        filename=name,
        filename_root=root,
        content_md5=content.md5,
        content_length=content.size,
    )

    async def locate() -> Location:
        operation = Operation.CREATE_UPLOAD_LOCATION
        return await (await session.data_proxy(operation, place)).create_upload_location(request)

    return await send_to(locate, session.io, session.connection.http, content)


async def report_link(
    session: Session, id: ActionIdentifier, attempt: int, lifetime: timedelta | None
) -> str:
    """A link to the report that an attempt has written."""
    proxy = await session.data_proxy(Operation.CREATE_DOWNLOAD_LINK, id)
    answer = await proxy.create_download_link(
        CreateDownloadLinkRequest(
            artifact_type=ArtifactType.REPORT,
            action_attempt_id=ActionAttemptIdentifier(action_id=id, attempt=attempt),
            expires_in=lifetime,
        )
    )
    signed = answer.pre_signed_urls
    if signed is None or not signed.signed_url:
        raise FlyteDataError("the server signs a report, and gives no link to it")
    return signed.signed_url[0]


async def report(session: Session, id: ActionIdentifier, attempt: int) -> str:
    """The report that an attempt has written, as HTML."""
    link = await report_link(session, id, attempt, None)
    http = session.connection.http
    get = partial(http.request, "GET", link, timeout=SILENCE, max_bytes=_LARGEST, redirects=True)
    response = await session.io.in_thread(get)
    if not response.is_success:
        raise FlyteDataError(
            f"the report of {label(id)} cannot be read: {in_words(response.status, response.body)}"
        )
    return response.body.decode(errors="replace")
