"""What the authors of .proto files say about things: the comments beside them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo
from google.protobuf.message import Message

#: The numbers that lead to a thing in a file: of a field, and of the item in it, by turns.
Path = tuple[int, ...]

_PACKAGE: Path = (FileDescriptorProto.PACKAGE_FIELD_NUMBER,)

# What is left of `///` and `/**`, of which protoc takes away as much as of `//` and `/*`.
_RULE = re.compile(r"^[/!*]?[-=*/#_]*$")


def comments_of(file: FileDescriptorProto) -> dict[str, str]:
    """The comments of a file, by the full names of what they are about.

    That of an enum's value is below the enum's name: ``acme.Kind.SOME``. What stands right above
    ``package`` is about the file; what is above ``syntax`` is a license as often as not.
    """
    found = {
        tuple(item.path): text for item in file.source_code_info.location if (text := _text(item))
    }
    if not found:
        return {}
    said = {name: found[path] for path, name in named_items(file) if path in found}
    for item in file.source_code_info.location:
        if tuple(item.path) == _PACKAGE and (text := _plain(item.leading_comments)):
            said[name_of_file(file.name)] = text
    return said


def name_of_file(path: str) -> str:
    """What words about a file are found under: no full name begins like that."""
    return f"/{path}"


def named_items(file: FileDescriptorProto) -> Iterator[tuple[Path, str]]:
    """Where everything that has a name is in a file, and its full name."""
    return _items(file, (), file.package)


def _items(holder: Message, path: Path, scope: str) -> Iterator[tuple[Path, str]]:
    for field, value in holder.ListFields():
        if field.message_type is not None and "name" in field.message_type.fields_by_name:
            for index, item in enumerate(value):
                here, name = (*path, field.number, index), f"{scope}.{item.name}".lstrip(".")
                yield here, name
                yield from _items(item, here, name)


def _text(location: SourceCodeInfo.Location) -> str:
    """All comments of one thing; those before it that stand apart say least, and come last."""
    texts = (
        location.leading_comments,
        location.trailing_comments,
        *location.leading_detached_comments,
    )
    return "\n\n".join(filter(None, map(_plain, filter(None, texts))))


def _plain(comment: str | bytes) -> str:
    """The words of a comment, without what draws its frame and its margin."""
    if isinstance(comment, bytes):  # of a .proto file that is not UTF-8
        comment = comment.decode(errors="replace")
    lines = [line.rstrip().expandtabs() for line in comment.splitlines()]
    said = [line for line in lines if line]
    if said and all(line.startswith("/") for line in said):
        lines = [line[1:] for line in lines]
    elif said and said[0].startswith("*"):
        lines[lines.index(said[0])] = said[0][1:]
    while lines and _RULE.match(lines[0].strip()):
        del lines[0]
    while lines and _RULE.match(lines[-1].strip()):
        del lines[-1]
    # The first line of a block has a margin of its own.
    return textwrap.dedent("\n".join(lines)).strip()
