"""Folders of this machine that a server may name: a sandbox in this process has its data there.

Any other path that comes from a server is somebody else's idea of what to read here.
"""

from __future__ import annotations

import threading
from pathlib import Path

from flytebind._transfer.uris import local_path, public
from flytebind.runtime.errors import FlyteDataError

_folders: list[Path] = []
_lock = threading.Lock()

#: What fsspec takes for files of this machine, or for something inside of another file.
_LOCAL = frozenset({"dir", "file", "git", "libarchive", "local", "reference", "tar", "zip"})


def offer(folder: Path) -> None:
    """Let servers name what is below a folder, until it is withdrawn as often as offered."""
    with _lock:
        _folders.append(folder.resolve())


def withdraw(folder: Path) -> None:
    """See ``offer``."""
    with _lock:
        _folders.remove(folder.resolve())


def check(uri: str) -> None:
    """Refuse what a server has named, if it is on this machine and not offered.

    Raises:
        FlyteDataError: If nobody here has asked for it.
    """
    path = local_path(uri)
    if path is not None:
        is_foreign = not any(folder in path.resolve().parents for folder in list(_folders))
    else:
        is_foreign = "::" in uri or uri.partition("://")[0].lower() in _LOCAL
    if is_foreign:
        raise FlyteDataError(
            f"{public(uri)}: the server names a file of this machine, which nobody has asked for"
        )
