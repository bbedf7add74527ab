"""What a URI tells without reading what it names."""

from __future__ import annotations

from pathlib import Path
from typing import TypeGuard


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
    name = public(uri).replace("\\", "/").rstrip("/").rpartition("/")[2].replace("\0", "")
    return "data" if name in ("", ".", "..") else name


def is_http(uri: str) -> bool:
    """Whether it is a link."""
    return uri.partition("://")[0].lower() in ("http", "https")


def is_uri(value: object) -> TypeGuard[str]:
    """Whether text says where data lies: ``s3://bucket/key``, and no name of a local file."""
    return isinstance(value, str) and "://" in value
