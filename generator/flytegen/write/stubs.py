"""PEP 561 stubs for ``*_pb2`` modules, made by mypy-protobuf's plugin."""

from __future__ import annotations

import ast
import keyword
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)

from flytegen.common.digest import digest
from flytegen.common.problems import GenerationError, Problem
from flytegen.common.texts import visible
from flytegen.common.unwritable import has_no_stub
from flytegen.read.comments import named_items
from flytegen.read.source import Source, file_proto

# The plugin makes a type of its own for the values of each enum. Protobuf takes any int there, so
# any int shall do: members of our enums can then be given to protobuf's classes, by generated code
# and by users alike.
_CLOSED_ENUM = 'ValueType = _typing.NewType("ValueType", _builtins.int)'
_OPEN_ENUM = "ValueType: _TypeAlias = _builtins.int"

# Fields that differ in case alone share the name of a constant, which the plugin prints twice.
_CONSTANT = r" *\w+_FIELD_NUMBER: _builtins\.int\n"
_CONSTANT_TWICE = re.compile(rf"^({_CONSTANT})(?=(?:{_CONSTANT})*?\1)", re.MULTILINE)

# What a public import hands on may be called like a keyword, and then no statement can name it.
_KEYWORD = rf"^from \S+ import ({'|'.join(keyword.kwlist)}) as \1\n"
_KEYWORD_IMPORT = re.compile(_KEYWORD, re.MULTILINE)

# It gives a class that is called like a keyword another name, and forgets that for enums inside.
_ENUM_TYPE = re.compile(r"\b[\w.]+(?=\.ValueType\b)")

_MEMBERS_OF_TYPE = frozenset(dir(type))


def stub_request(source: Source, words: Mapping[str, str] | None = None) -> CodeGeneratorRequest:
    """What protoc would say to the plugin; no protoc is needed to say it.

    The plugin makes the names of modules from those of files, so files are named after modules.

    Args:
        source: What the stubs are for.
        words: What to say about what has comments, by full names, instead of these.
    """
    said = {name: (words or {}).get(name, text) for name, text in source.comments.items()}
    wanted = {name: _file_of(source.pb2(file)) for name, file in _stubbed(source).items()}
    provided = {
        file.name: _file_of(module)
        for file in source.closure
        if (module := source.bases.pb2(file.name))
    }
    names = provided | wanted
    protos = [file_proto(file) for file in source.closure]
    for proto in protos:
        _prepare(proto, names)
        _comment(proto, said)
    return CodeGeneratorRequest(
        file_to_generate=list(wanted.values()),
        proto_file=protos,
        # Descriptors in a wheel carry no comments; without this the plugin complains about each.
        # Of comments it would make the reasons of deprecations, which it does not escape.
        parameter="quiet,use_default_deprecation_warnings" if said else "quiet",
    )


def stub_paths(source: Source, folder: str) -> dict[str, str]:
    """Where each stub goes, by the name that the plugin gives it.

    Stubs of modules that are written here lie beside these, the others in a package of stubs.

    Args:
        source: What the stubs are for.
        folder: The package of stubs, which is for the source's own modules; by default each
            top-level package gets one.
    """
    paths = {}
    for name, file in _stubbed(source).items():
        if folder and name in source.foreign:
            continue
        module = source.pb2(file)
        top, _, rest = module.replace(".", "/").partition("/")
        path = f"{top}/{rest}.pyi" if rest else f"{top}.pyi"
        beside = f"{folder or f'{top}-stubs'}/{rest or '__init__'}.pyi"
        paths[path] = path if name in source.written else beside
    return paths


def stub_package_files(source: Source, paths: Collection[str]) -> dict[str, str]:
    """What makes packages of stubs; partial ones: modules without a stub stay visible."""
    beside = {module.partition(".")[0] for module in source.written.values()}
    files = {}
    for path in paths:
        top = path.partition("/")[0]
        if top not in beside:
            files[f"{top}/py.typed"] = "partial\n"
            # mypy follows a stub folder of an editable install only if it has an __init__.pyi.
            for parent in list(PurePosixPath(path).parents)[:-1]:
                # An empty one would hide what the package's own says.
                if not _says_something(".".join(parent.parts).replace("-stubs", "", 1)):
                    files[f"{parent}/__init__.pyi"] = ""
    return {path: text for path, text in files.items() if path not in paths}


def _says_something(package: str) -> bool:
    """Whether the package itself, not its modules, has more than a docstring."""
    try:
        spec = find_spec(package)
    except ImportError:  # of a parent, which then is not there
        return False
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return False
    body = ast.parse(Path(spec.origin).read_bytes()).body
    return any(not isinstance(item, ast.Expr) for item in body)


@contextmanager
def stubs_in_the_making(request: CodeGeneratorRequest) -> Iterator[Callable[[], dict[str, str]]]:
    """Have the plugin run while something else is done.

    Yields:
        What waits for it, and gives the text of each stub by the path that the plugin gives it. It
        raises GenerationError if the plugin fails.
    """
    plugin = [sys.executable, "-c", "from mypy_protobuf.main import main; main()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(plugin, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        # It reads all before it says anything. What has ended at once is told by its exit code.
        assert process.stdin is not None
        with suppress(BrokenPipeError), closing(process.stdin) as asked:
            asked.write(request.SerializeToString(deterministic=True))
        process.stdin = None

        def stubs() -> dict[str, str]:
            made, said = process.communicate()
            return _stubs_of(process.returncode, made, said)

        try:
            yield stubs
        finally:
            process.kill()


def make_stubs(request: CodeGeneratorRequest) -> dict[str, str]:
    """Run the plugin.

    Returns:
        The text of each stub, by the path that the plugin gives it.

    Raises:
        GenerationError: If the plugin fails.
    """
    with stubs_in_the_making(request) as stubs:
        return stubs()


def _stubs_of(code: int, made: bytes, said: bytes) -> dict[str, str]:
    """What the plugin has answered."""
    if code:
        lines = said.decode(errors="replace").strip().splitlines() or ["no message"]
        raise GenerationError(Problem("mypy-protobuf", f"failed: {lines[-1]}", "Is it installed?"))
    response = CodeGeneratorResponse.FromString(made)
    if response.error:
        raise GenerationError(Problem("mypy-protobuf", response.error))
    return {file.name: _mended(file.content) for file in response.file}


def part_of(request: CodeGeneratorRequest, stubs: Collection[str]) -> CodeGeneratorRequest:
    """What to ask for some stubs alone, by the paths that the plugin gives them."""
    files = [name for name in request.file_to_generate if _stub_of(name) in stubs]
    needed = set(files)
    for proto in reversed(request.proto_file):  # each comes after what it imports
        if proto.name in needed:
            needed.update(proto.dependency)
    return CodeGeneratorRequest(
        file_to_generate=files,
        proto_file=[proto for proto in request.proto_file if proto.name in needed],
        parameter=request.parameter,
    )


def made_with() -> str:
    """The plugin and its version."""
    return f"mypy-protobuf {version('mypy-protobuf')}"


def stubs_made_from(request: CodeGeneratorRequest) -> dict[str, str]:
    """A digest of all that each stub depends on, by the path that the plugin gives it.

    Of what a file imports its stub tells names alone, so that a field more there changes nothing.
    """
    made_from: dict[str, str] = {}
    offers: dict[str, str] = {}
    for proto in request.proto_file:  # each comes after what it imports
        imported = [offers[name] for name in proto.dependency]
        handed_on = [imported[index] for index in proto.public_dependency]
        offers[proto.name] = digest(_names_in(proto), *handed_on)
        whole = proto.SerializeToString(deterministic=True)
        made_from[proto.name] = digest(request.parameter, *imported, whole)
    return {_stub_of(name): made_from[name] for name in request.file_to_generate}


def _names_in(proto: FileDescriptorProto) -> bytes:
    """What other files can see of a file, without what is inside of its messages."""
    seen = FileDescriptorProto()
    seen.CopyFrom(proto)
    seen.ClearField("source_code_info")
    seen.ClearField("service")
    pending = list(seen.message_type)
    for message in pending:
        message.ClearField("field")
        message.ClearField("oneof_decl")
        pending.extend(message.nested_type)
    return seen.SerializeToString(deterministic=True)


def _stub_of(file: str) -> str:
    return file.removesuffix(".proto") + "_pb2.pyi"


def _mended(stub: str) -> str:
    stub = stub.replace(_CLOSED_ENUM, _OPEN_ENUM)
    stub = _ENUM_TYPE.sub(lambda found: _spelled(found[0]), stub)
    return _KEYWORD_IMPORT.sub("", _CONSTANT_TWICE.sub("", stub))


def _spelled(name: str) -> str:
    parts = name.split(".")
    return ".".join(f"_r_{part}" if keyword.iskeyword(part) else part for part in parts)


def _stubbed(source: Source) -> dict[str, FileDescriptor]:
    """The files whose modules get a stub; those of protobuf have some, in types-protobuf."""
    return {
        file.name: file
        for file in source.files
        if not source.pb2(file).startswith("google.protobuf.")
    }


def _file_of(module: str) -> str:
    return module.removesuffix("_pb2").replace(".", "/") + ".proto"


def _prepare(proto: FileDescriptorProto, names: Mapping[str, str]) -> None:
    proto.name = names.get(proto.name, proto.name)
    proto.dependency[:] = [names.get(name, name) for name in proto.dependency]
    _drop_keywords(proto)
    for message in proto.message_type:
        _drop_hidden(message)
    for enum in proto.enum_type:
        _drop_hidden_values(enum)


def _comment(proto: FileDescriptorProto, said: Mapping[str, str]) -> None:
    """Put in the comments, where things are now, and as a file of Python can hold them."""
    proto.ClearField("source_code_info")
    for path, name in named_items(proto) if said else ():
        if name in said:
            text = "\n".join(f" {visible(line)}" for line in said[name].split("\n"))
            proto.source_code_info.location.add(path=path, leading_comments=text)


def _drop_hidden(message: DescriptorProto) -> None:
    """Take out the fields that a stub cannot have, and the oneofs that are empty without them."""
    _drop_keywords(message)
    for nested in message.nested_type:
        _drop_hidden(nested)
    for enum in message.enum_type:
        _drop_hidden_values(enum)
    if any(has_no_stub(field.name) for field in message.field):
        fields = [field for field in message.field if not has_no_stub(field.name)]
        members = [field for field in fields if field.HasField("oneof_index")]
        kept = sorted({field.oneof_index for field in members})
        oneofs = [message.oneof_decl[index] for index in kept]
        for field in members:
            field.oneof_index = kept.index(field.oneof_index)
        copies = DescriptorProto(field=fields, oneof_decl=oneofs)
        message.ClearField("field")
        message.ClearField("oneof_decl")
        message.MergeFrom(copies)


def _drop_keywords(holder: FileDescriptorProto | DescriptorProto) -> None:
    """Take out the extensions that no code can name."""
    extensions = [item for item in holder.extension if not keyword.iskeyword(item.name)]
    if len(extensions) < len(holder.extension):
        copies = DescriptorProto(extension=extensions)
        holder.ClearField("extension")
        holder.extension.extend(copies.extension)


def _drop_hidden_values(enum: EnumDescriptorProto) -> None:
    """Take out the values that are at odds with ``type``, of which the stub makes the enum."""
    values = [value for value in enum.value if value.name not in _MEMBERS_OF_TYPE]
    copies = EnumDescriptorProto(value=values)
    enum.ClearField("value")
    enum.MergeFrom(copies)
