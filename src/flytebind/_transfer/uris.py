"""What a URI tells without reading what it names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TypeGuard

#: What nobody sees, or what moves what is seen: control characters, and marks of direction.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_NOT_ON_WINDOWS = re.compile(r'[<>:"\\|?*]')
_DEVICES = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?",
    re.IGNORECASE,
)


def public(uri: str, *, is_url: bool = False) -> str:
    """A URI for messages: without query and password, which make a signed link a secret.

    Args:
        uri: The URI, or the path of a local file.
        is_url: Whether it is meant for an HTTP server, so that text without a scheme is no path.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator and is_url and uri[:5].lower() == "data:":
        return "data:..."  # which is all data
    if not separator:
        return uri.partition("?")[0].partition("#")[0] if is_url else uri
    rest = rest.partition("?")[0]
    host, slash, path = rest.partition("/")
    user, at, host = host.rpartition("@")
    if is_url or is_http(uri):
        user, at, host, path = "", "", host.partition("#")[0], path.partition("#")[0]
    # Where it is no link, it may be a container: abfs://container@account/path
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host}{slash}{path}"


def local_path(uri: str) -> Path | None:
    """The file on this machine that a URI names, if it names one."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return Path(uri)
    if scheme.lower() != "file":
        return None
    from urllib.request import url2pathname

    return Path(url2pathname(rest.removeprefix("localhost")))


def last_name(uri: str) -> str:
    """What the file or folder is called; ``data`` if that is no name for one here."""
    return safe_name(public(uri).replace("\\", "/").rstrip("/").rpartition("/")[2])


def safe_name(name: str, *, for_windows: bool = os.name == "nt") -> str:
    """A name for a file in a folder here, whatever names are elsewhere.

    Args:
        name: What a store or a server calls it.
        for_windows: Whether to heed what Windows takes for drives, streams and devices.
    """
    name = _UNSEEN.sub("", name).replace("/", "_")
    if for_windows:
        name = _NOT_ON_WINDOWS.sub("_", name).rstrip(". ")
        if _DEVICES.fullmatch(name):
            name = f"_{name}"
    return "data" if name in ("", ".", "..") else name


def is_http(uri: str) -> bool:
    """Whether it is a link."""
    return uri.partition("://")[0].lower() in ("http", "https")


def is_uri(value: object) -> TypeGuard[str]:
    """Whether text says where data lies: ``s3://bucket/key``, and no name of a local file."""
    return isinstance(value, str) and "://" in value
