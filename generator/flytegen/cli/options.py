"""The arguments of each command, and its help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NoReturn

from flytegen._version import __version__
from flytegen.comparison.report import FORMATS
from flytegen.comparison.sides import RECORDED
from flytegen.targets import Target
from flytegen.write.format import FORMATTERS

EPILOG = """\
exit codes:
  0  done; with check: the output is up to date
  1  check only: the output differs
  2  something is wrong with the command, the package, the overlay or a template
  130  interrupted; the output is whole, the old one or the new one
"""

DIFF_EPILOG = """\
each of OLD and NEW is one of:
  acme-idl==1.15.3   a released version, fetched by pip and kept in the cache
  acme_idl           an installed package
  FILE               a set of descriptors, as protoc --descriptor_set_out writes it, or an image
                     of buf; - reads one from standard input
  DIR, FILE.proto    .proto files, which are called after --proto-path, or else after where they
                     are: old/protos and new/protos are two versions of the same files. Where a
                     package is called as a folder is, say ./acme_idl for the folder
  generated          what the committed output was made from

exit codes:
  0  nothing changed
  1  compatible changes only
  2  breaking or risky changes
  3  something is wrong with the command, the overlay or one of the sides
  130  interrupted
"""

DONE, DIFFERS, FAILED = 0, 1, 2
DIFF_FAILED = 3  # 1 and 2 are answers of diff

#: What decides about the bytes that come out.
TOOLS = ("black", "mypy-protobuf", "protobuf")


@dataclass(frozen=True)
class Command:
    """What can be asked for."""

    name: Literal["generate", "check", "list", "diff", "init"]
    summary: str
    run: Callable[[Target, argparse.Namespace], int]
    targets: Callable[[argparse.Namespace], Sequence[Target]]


class Parser(argparse.ArgumentParser):
    """A parser whose commands may have an exit code of their own for mistakes."""

    failed = FAILED

    def error(self, message: str) -> NoReturn:
        """End the command with its own exit code for mistakes."""
        self.print_usage(sys.stderr)
        self.exit(self.failed, f"{self.prog}: error: {message}\n")


def make_parser(commands: Iterable[Command]) -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog="flytegen",
        description="Write typed Python models for a package of protobuf modules.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tools = ", ".join(f"{name} {version(name)}" for name in TOOLS)
    said = f"flytegen {__version__} ({tools})"
    parser.add_argument("--version", action="version", version=said)
    added = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in commands:
        one = added.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=DIFF_EPILOG if command.name == "diff" else EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(run=command.run, parser=one, targets=command.targets)
        if command.name == "init":
            one.add_argument("folder", metavar="DIR", type=Path, help="folder, new or generated to")
            _add_source(one)
            _add_proto_path(one)
            _add_reading(one)
            _add_writing(one)
            continue
        _add_target(one)
        _add_source(one)
        if command.name == "diff":
            _add_proto_path(one)
            _add_out(one)
            _add_sides(one)
            continue
        _add_proto_path(one)
        _add_reading(one)
        if command.name != "list":
            _add_out(one)
            _add_writing(one)
        _add_volume(one)
    return parser


def _add_target(command: Parser) -> None:
    command.add_argument(
        "--target",
        metavar="NAME",
        action="append",
        default=[],
        help="one of the targets that pyproject.toml names, here or in a folder above"
        " (default: all of them, unless what follows names a package); may be given again",
    )


def _add_source(command: Parser) -> None:
    command.add_argument(
        "--package", metavar="NAME", help="package of *_pb2 modules (default: the overlay's)"
    )
    command.add_argument(
        "--input",
        "--descriptor-set",
        metavar="FILE",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        help="read this instead of a package, and write the message classes as well: a descriptor"
        " set or an image of buf (binary, JSON or text, also with gzip; - is standard input), or"
        " .proto files and folders of them",
    )
    command.add_argument(
        "--overlay",
        metavar="DIR",
        type=Path,
        help="folder of TOML files (default: ours, for a package that we have one for)",
    )


def _add_proto_path(command: Parser) -> None:
    command.add_argument(
        "-I",
        "--proto-path",
        metavar="DIR",
        action="append",
        type=Path,
        default=[],
        help="where imports of .proto files begin (default: in the folders given, or here);"
        " may be given again",
    )


def _add_reading(command: Parser) -> None:
    command.add_argument(
        "--base",
        metavar="NAME",
        action="append",
        default=[],
        help="installed package of models, such as flytebind.models, whose classes are"
        " used where the protos import its; may be given again",
    )
    command.add_argument(
        "--exclude",
        metavar="MODULE",
        action="append",
        default=[],
        help="module of the package, or package in it, to leave out, such as one that"
        " cannot be imported; may be given again",
    )
    command.add_argument(
        "--skip-broken",
        action="store_true",
        help="leave out the modules that cannot be imported, and say which",
    )
    command.add_argument(
        "--package-root",
        metavar="NAME",
        help="package of your own to write everything below: with myapp.gen, models, services and"
        " protos are in myapp/gen of the output folder, and import each other there",
    )


def _add_out(command: Parser) -> None:
    command.add_argument(
        "--out", metavar="DIR", type=Path, help="output folder (default: the target's)"
    )


def _add_writing(command: Parser) -> None:
    command.add_argument(
        "--templates",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="folder of templates that replace ours by name; may be given again",
    )
    command.add_argument(
        "--formatter",
        choices=FORMATTERS,
        help="what formats the Python files; none leaves lines of any length (default: black)",
    )


def _add_volume(command: Parser) -> None:
    volume = command.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="print problems only")
    volume.add_argument("-v", "--verbose", action="store_true", help="name every file")


def _add_sides(command: Parser) -> None:
    command.failed = DIFF_FAILED
    command.add_argument(
        "old", nargs="?", default=RECORDED, metavar="OLD", help=f"(default: {RECORDED})"
    )
    command.add_argument(
        "new", nargs="?", metavar="NEW", help="(default: --input, or the installed package)"
    )
    command.add_argument(
        "--format", choices=FORMATS, default="text", help="how to print it (default: text)"
    )
    command.add_argument(
        "--cache", metavar="DIR", type=Path, help="where fetched versions are kept"
    )
