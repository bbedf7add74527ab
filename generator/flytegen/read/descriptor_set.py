"""Step 1, the other way: the descriptors of a ``FileDescriptorSet``."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytegen.common.problems import GenerationError, Problem, Problems, in_one_line
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.inputs import called, read_inputs
from flytegen.read.installed import agreeing, without_defaults
from flytegen.read.source import Source, collect, protoc_module, source_of
from flytegen.read.well_formed import has_readable_names

_PROTOBUF = "google/protobuf/"


def load_descriptor_set(
    paths: Sequence[Path],
    package: str = "",
    bases: BasePackages = NO_BASE_PACKAGES,
    proto_paths: Sequence[Path] = (),
    package_root: str = "",
) -> Source:
    """Read a ``FileDescriptorSet``, or let protoc make one of ``.proto`` files.

    Args:
        paths: What ``read_inputs`` takes.
        package: What the generated packages are named after; by default the first part of the
            proto packages, where all of them have the same.
        bases: What the models will stand on. The set need not have what is theirs.
        proto_paths: Where imports of ``.proto`` files are looked for.
        package_root: As for ``source_of_set``.

    Raises:
        GenerationError: If it is no such file, is incomplete, does not say what to call it, or does
            not fit the bases.
        OSError: If it cannot be read.
    """
    files = read_inputs(paths, proto_paths, bases)
    where = called(paths[0]) if len(paths) == 1 else f"{len(paths)} files"
    return source_of_set(where, files, package, bases, package_root)


def source_of_set(
    where: str,
    files: Iterable[FileDescriptorProto],
    package: str = "",
    bases: BasePackages = NO_BASE_PACKAGES,
    package_root: str = "",
) -> Source:
    """What the files of a set are.

    Of a file that another package brings and whose module is installed, no message classes are
    written, if that module says the same: protobuf would not like two that differ.

    Args:
        where: What the set is called in problems.
        files: All of its files, in any order.
        package: What the generated packages are named after.
        bases: What the models will stand on.
        package_root: The package that everything is written below, if there is to be one.

    Raises:
        GenerationError: If a file is damaged or missing, the set does not say what to call it, or
            does not fit the bases.
    """
    files = list(files)
    for file in files:
        if not has_readable_names(file):
            what, hint = (
                "is no descriptor set (a name is not UTF-8)",
                "Make it anew; it is damaged.",
            )
            raise GenerationError(Problem(where, what, hint))
    own = {file.name: file for file in files if not file.name.startswith(_PROTOBUF)}
    if not own:
        raise GenerationError(Problem(where, "has no files but protobuf's own"))
    for file in files:
        if own.get(file.name, file) != file:
            what, hint = f"has two versions of {file.name}", "Make it of one of them."
            raise GenerationError(Problem(where, what, hint))
    new = {
        name: file
        for name, file in own.items()
        if not bases.pb2(name) and not bases.owner(name, package)
    }
    if not new:
        bases.refuse_nothing(package or where)
    named = package or first_part(new.values())
    others = [name for name, file in new.items() if not f"{file.package}.".startswith(f"{named}.")]
    installed = agreeing(others, own)
    unnamed = [file for name, file in new.items() if name not in installed] or new.values()
    package = package or _common_package(where, unnamed)
    own = {name: without_defaults(file) for name, file in own.items()}
    protos = _ordered(where, own, bases)
    modules = {name: protoc_module(name) for name in new}
    source = source_of(package, "", protos, modules, bases)
    bases.check(
        package, source.files, dict.fromkeys(bases.roots, f"what {PurePath(where).name} has")
    )
    source = replace(source, package_root=package_root)
    return source.with_written([name for name in modules if name not in installed])


def first_part(files: Iterable[FileDescriptorProto]) -> str:
    """What the proto packages of all files begin with; empty if that is not the same."""
    first = {file.package.partition(".")[0] for file in files}
    return first.pop() if len(first) == 1 else ""


def _common_package(where: str, files: Collection[FileDescriptorProto]) -> str:
    if package := first_part(files):
        return package
    named = ", ".join(sorted({file.package.partition(".")[0] or "(none)" for file in files}))
    what = f"has files of more than one package, or of none: {named}"
    raise GenerationError(
        Problem(where, what, "Say what to name the result after: --package NAME.")
    )


def _ordered(
    where: str, own: Mapping[str, FileDescriptorProto], bases: BasePackages
) -> dict[str, bytes]:
    """Serialized files, imports first; others' come from where they are installed."""
    problems = Problems()
    protos: dict[str, bytes] = {}
    # No recursion: a chain of imports may be longer than Python's stack.
    for start in own:
        trail = [start]
        while trail:
            name = trail[-1]
            missing = [item for item in own[name].dependency if item not in protos]
            for item in missing:
                if item in trail:
                    problems.add(name, f"imports {item}, which imports it in turn")
                elif item not in own:
                    _collect_installed(where, name, item, bases, protos, problems)
            problems.raise_if_any()
            waiting = [item for item in missing if item in own]
            if waiting:
                trail.append(waiting[0])
            else:
                protos[name] = own[name].SerializeToString()
                trail.pop()
    return protos


def _collect_installed(
    where: str,
    importer: str,
    name: str,
    bases: BasePackages,
    protos: dict[str, bytes],
    problems: Problems,
) -> None:
    module = bases.pb2(name) or (protoc_module(name) if name.startswith(_PROTOBUF) else "")
    if not module:
        what = f"imports {name}, which is not in {PurePath(where).name}"
        problems.add(importer, what, "Make the set with protoc --include_imports.")
        return
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        whose = "protobuf" if name.startswith(_PROTOBUF) else module.partition(".")[0]
        problems.add(importer, f"imports {name}, which the installed {whose} does not have")
        return
    except Exception as error:  # whatever a foreign module does when imported
        reason = in_one_line(error)
        problems.add(importer, f"imports {name}, but {module} cannot be imported ({reason})")
        return
    collect(found.DESCRIPTOR, protos)
