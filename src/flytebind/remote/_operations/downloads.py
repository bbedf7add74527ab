"""Files, folders and tables that come down."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TypeAlias

from flytebind._transfer import storage
from flytebind.remote._operations.links import links_of
from flytebind.remote._session import Session
from flytebind.values import RemoteDirectory, RemoteFile, RemotePickle, RemoteTable

Handle: TypeAlias = RemoteFile | RemoteDirectory | RemotePickle | RemoteTable


async def download(session: Session, what: Handle | str, to: str | os.PathLike[str] | None) -> Path:
    """Get something to this machine; it is at its place when it is complete."""
    match what:
        case RemoteDirectory():
            save = storage.save_folder
        case RemoteTable():
            save = storage.save_table
        case _:
            save = storage.save_file
    uri = what if isinstance(what, str) else what.uri
    return await session.io.in_thread(partial(save, uri, to, links_of(session)))
