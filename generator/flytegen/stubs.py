"""PEP 561 stubs for the package's own ``*_pb2`` modules, made by mypy-protobuf's plugin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import PurePosixPath

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse

from flytegen.problems import GenerationError, Problem
from flytegen.source import Source, file_proto
from flytegen.write import digest

# The plugin makes a type of its own for the values of each enum. Protobuf takes any int there, so
# any int shall do: members of our enums can then be given to protobuf's classes, by generated code
# and by users alike.
_CLOSED_ENUM = 'ValueType = _typing.NewType("ValueType", _builtins.int)'
_OPEN_ENUM = "ValueType: _TypeAlias = _builtins.int"


def stub_request(source: Source) -> bytes:
    """What protoc would say to the plugin; no protoc is needed to say it."""
    request = CodeGeneratorRequest(
        file_to_generate=[file.name for file in source.files],
        proto_file=[file_proto(file) for file in source.closure],
        # Descriptors in a wheel carry no comments; without this the plugin complains about each.
        parameter="quiet",
    )
    return request.SerializeToString(deterministic=True)


def stub_paths(source: Source, folder: str) -> dict[str, str]:
    """Where each stub goes, by the name that the plugin gives it."""
    paths = {}
    for module in source.modules.values():
        path = module.replace(".", "/") + ".pyi"
        paths[path] = f"{folder}/{path.partition('/')[2]}"
    return paths


def stub_package_files(paths: Iterable[str], folder: str) -> dict[str, str]:
    """What makes the stubs a package; a partial one: modules without a stub stay visible."""
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    # mypy follows a stub folder of an editable install only if it has an __init__.pyi.
    inits = dict.fromkeys((f"{name}/__init__.pyi" for name in sorted(folders)), "")
    return {f"{folder}/py.typed": "partial\n", **inits}


def make_stubs(request: bytes) -> dict[str, str]:
    """Run the plugin.

    Returns:
        The text of each stub, by the path that the plugin gives it.

    Raises:
        GenerationError: If the plugin fails.
    """
    plugin = [sys.executable, "-c", "from mypy_protobuf.main import main; main()"]
    run = subprocess.run(plugin, input=request, capture_output=True, check=False)
    if run.returncode:
        lines = run.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise GenerationError(Problem("mypy-protobuf", f"failed: {lines[-1]}", "Is it installed?"))
    response = CodeGeneratorResponse.FromString(run.stdout)
    if response.error:
        raise GenerationError(Problem("mypy-protobuf", response.error))
    stubs = {file.name: file.content for file in response.file}
    return {name: text.replace(_CLOSED_ENUM, _OPEN_ENUM) for name, text in stubs.items()}


def stubs_made_from(request: bytes) -> str:
    """A digest of all that the stubs depend on."""
    return digest(f"mypy-protobuf {version('mypy-protobuf')}", _OPEN_ENUM, request)
