"""A ``FileDescriptorSet`` as tools write it: binary, JSON or text, compressed or not.

What a file is, its content says: names end as people like.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format, text_format
from google.protobuf.descriptor_pb2 import DESCRIPTOR, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from flytegen.common.problems import GenerationError, Problem, in_one_line

_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_TEXT = re.compile(rb"(\s|#[^\n]*\n)*file\s*[:{]")
_PROTO = re.compile(
    rb"""(\s | //[^\n]*\n | /\*.*?\*/)*
    (syntax\s*= | edition\s*= | (package|message|enum|service|import|option)\s+["\w(])""",
    re.VERBOSE | re.DOTALL,
)
_HINT = "Make one with protoc --include_imports --descriptor_set_out, or with buf build."


def read_image(data: bytes, where: str) -> FileDescriptorSet:
    """What protoc and buf write: ``.binpb``, ``.json``, ``.txtpb``, and these with ``.gz``.

    Args:
        data: The content.
        where: What to call it in problems.

    Raises:
        GenerationError: If it is none of these; says what it seems to be.
    """
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise _refused(where, f"is a damaged .gz file ({in_one_line(error)})") from None
    found = _binary(data)
    if isinstance(found, FileDescriptorSet):
        return found
    if data.lstrip().startswith(b"{"):
        return _parsed(data, where, "JSON", _from_json)
    if _TEXT.match(data):
        return _parsed(data, where, "text", _from_text)
    if _PROTO.match(data):
        hint = "Name the file, so that protoc can find it and what it imports."
        raise GenerationError(Problem(where, "is a .proto file, and no descriptor set", hint))
    raise _refused(where, f"is {_kind(data)}no descriptor set ({found})")


def _binary(data: bytes) -> FileDescriptorSet | str:
    """The set, or why it is none."""
    try:
        found = FileDescriptorSet.FromString(data)
    except DecodeError as error:
        return in_one_line(error)
    return found if all(file.name for file in found.file) else "it has files without a name"


def _kind(data: bytes) -> str:
    if data.startswith(_ZSTD):
        return "compressed by zstd, which has to be undone first, and as it is "
    if data.startswith(_ZIP):
        return "a .zip file, and "
    return ""


def _parsed(
    data: bytes, where: str, what: str, parse: Callable[[str, Message, DescriptorPool | None], None]
) -> FileDescriptorSet:
    """A set in words. Options of its own are read by what it says about them itself."""
    found = FileDescriptorSet()
    try:
        text = data.decode()
        parse(text, found, None)
        pool = _pool_of(found)
        if pool is not None:
            name = FileDescriptorSet.DESCRIPTOR.full_name
            whole = GetMessageClass(pool.FindMessageTypeByName(name))()
            parse(text, whole, pool)
            _add_extensions(found, whole)
    except (json_format.ParseError, text_format.ParseError, ValueError) as error:
        raise _refused(where, f"is {what}, but no descriptor set ({in_one_line(error)})") from None
    if not found.file:
        raise _refused(where, f"is {what}, but no descriptor set (it has no files)")
    return found


def _add_extensions(plain: Message, whole: Message) -> None:
    """Bring what only the second knows to the first, in the order in which protoc writes it."""
    for field, value in whole.ListFields():
        if field.is_extension:
            alone: Any = type(whole)()  # that its own extensions are some, its types cannot know
            alone.CopyFrom(whole)
            for other, _ in whole.ListFields():
                if not other.is_extension:
                    alone.ClearField(other.name)
                elif other.number != field.number:
                    alone.ClearExtension(other)
            plain.MergeFromString(alone.SerializeToString(deterministic=True))
        elif field.message_type is not None:
            known = getattr(plain, field.name)
            is_one = isinstance(value, Message)
            for ours, theirs in [(known, value)] if is_one else zip(known, value, strict=True):
                _add_extensions(ours, theirs)


def _pool_of(files: FileDescriptorSet) -> DescriptorPool | None:
    """All of it; None if it does not fit together, which is for others to complain about."""
    pool = DescriptorPool()
    names = {file.name for file in files.file}
    try:
        if DESCRIPTOR.name not in names:
            pool.AddSerializedFile(DESCRIPTOR.serialized_pb)
        for file in files.file:
            pool.AddSerializedFile(file.SerializeToString())
    except (TypeError, KeyError, ValueError):
        return None
    return pool


def _from_json(text: str, message: Message, pool: DescriptorPool | None) -> None:
    # buf adds to it what protobuf does not know.
    json_format.Parse(text, message, ignore_unknown_fields=True, descriptor_pool=pool)


def _from_text(text: str, message: Message, pool: DescriptorPool | None) -> None:
    text_format.Parse(
        text,
        message,
        allow_unknown_extension=True,
        allow_unknown_field=True,
        descriptor_pool=pool,
    )


def _refused(where: str, what: str) -> GenerationError:
    return GenerationError(Problem(where, what, _HINT))
