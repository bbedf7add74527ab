"""The plugin ``protoc-gen-flytegen``: what ``flytegen generate`` writes, as an answer to protoc."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import Edition
from google.protobuf.message import DecodeError

from flytegen import locate
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.overlay.entries import Overlay
from flytegen.overlay.load import load_overlay
from flytegen.progress import show_progress
from flytegen.read.descriptor_set import source_of_set
from flytegen.read.manifest import load_bases
from flytegen.run import draft, whole
from flytegen.targets import check_root
from flytegen.write.format import FORMATTERS, FormatterName

_EPILOG = """\
protoc runs it, and passes on what it is told:

  protoc --flytegen_out=DIR --flytegen_opt=package=acme,base=flytebind.models acme/*.proto

parameters, as flytegen generate has them:
  package=NAME    what the result is named after
  overlay=DIR     folder of TOML files
  base=NAME       installed package of models to stand on; may be given again
  templates=DIR   folder of templates that replace ours by name; may be given again
  formatter=NAME  what formats the Python files: black, ruff or none
  package_root=NAME
                  package of your own to write everything below, such as myapp.gen
"""

_ONCE = ("package", "overlay", "formatter", "package_root")
_OFTEN = ("base", "templates")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a request from standard input, and write the answer to standard output.

    Returns:
        The exit code. What is wrong with the request is part of the answer.
    """
    parser = argparse.ArgumentParser(
        prog="protoc-gen-flytegen",
        description="Write typed Python models for .proto files, as a plugin of protoc and buf.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    if sys.stdin.isatty():
        parser.error("protoc has to run it: protoc --flytegen_out=DIR FILES")
    request = sys.stdin.buffer.read()
    with redirect_stdout(sys.stderr):  # of what is imported, something may print
        response = answer(request)
    sys.stdout.buffer.write(response.SerializeToString())
    return 0


def answer(serialized: bytes) -> CodeGeneratorResponse:
    """The files that a request asks for, or what keeps them from being made.

    Args:
        serialized: A ``CodeGeneratorRequest``.
    """
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
        | CodeGeneratorResponse.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=Edition.EDITION_PROTO2,
        maximum_edition=Edition.EDITION_2024,
    )
    try:
        for path, text in sorted(_files(serialized).items()):
            response.file.add(name=path, content=text)
    except GenerationError as error:
        response.error = str(error)
    except OSError as error:
        where = str(error.filename or "flytegen")
        response.error = str(Problem(where, error.strerror or str(error)))
    return response


def _files(serialized: bytes) -> Mapping[str, str]:
    try:
        request = CodeGeneratorRequest.FromString(serialized)
    except DecodeError as error:
        what, hint = f"is no request of protoc ({error})", "protoc runs the plugin: --flytegen_out."
        raise GenerationError(Problem("standard input", what, hint)) from None
    said = _parameters(request.parameter)
    overlay = load_overlay(Path(said["overlay"][0])) if said["overlay"] else Overlay()
    package = said["package"][0] if said["package"] else overlay.package.name
    root = said["package_root"][0] if said["package_root"] else ""
    check_root(root)
    bases = load_bases(said["base"])
    source = source_of_set("the request", request.proto_file, package, bases, root)
    templates = (*map(Path, said["templates"]), locate.templates())
    plan = draft(source, overlay, templates, _formatter(said["formatter"]))
    with show_progress(quiet=True) as progress:
        made = whole(plan, progress)
    return {f"{plan.folder}/{path}".lstrip("/"): text for path, text in made.items()}


def _formatter(said: list[str]) -> FormatterName:
    for name in FORMATTERS:
        if [name] == (said or ["black"]):
            return name
    hint = did_you_mean(said[0], FORMATTERS) or f"It is one of {', '.join(FORMATTERS)}."
    raise GenerationError(Problem(f"formatter={said[0]}", "is no formatter", hint))


def _parameters(text: str) -> Mapping[str, list[str]]:
    """What ``--flytegen_opt`` says, by name."""
    problems = Problems()
    said: dict[str, list[str]] = defaultdict(list)
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        if name not in (*_ONCE, *_OFTEN):
            problems.add(name, "is no parameter", did_you_mean(name, (*_ONCE, *_OFTEN)))
        elif not equals or not value:
            problems.add(name, "has no value", f"Say {name}=...")
        elif name in _ONCE and said[name]:
            problems.add(name, "is given twice")
        else:
            said[name].append(value)
    problems.raise_if_any()
    return said
