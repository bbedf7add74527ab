"""The two sides of a comparison: where descriptors come from, without importing any module.

Two versions of one file cannot be imported into one process, and an old version's modules may not
suit the protobuf that is installed. The descriptors stand in them as bytes, so they are read there.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.common.texts import counted, visible
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.descriptor_set import first_part
from flytegen.read.distributions import distribution_of
from flytegen.read.inputs import STANDARD_INPUT, are_protos, called, read_inputs
from flytegen.read.manifest import MANIFEST, read_base
from flytegen.read.modules import holds_descriptor, says_descriptor
from flytegen.read.protoc import PROTO, names, shown
from flytegen.read.source import Source, protoc_module, source_of
from flytegen.write.files import load_record

RECORDED = "generated"
"""The word for what the committed output was made from."""

_VERSION = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.!+-]+)")


@dataclass(frozen=True)
class Side:
    """One version of a package."""

    name: str
    """What it is called: a distribution, a package or a file."""
    version: str
    """Empty where it has none."""
    package: str
    files: tuple[FileDescriptorProto, ...]
    """The package's own, in the order of their names."""
    others: Mapping[str, FileDescriptorProto] = field(default_factory=dict)
    """What came along with them, by file name."""

    @property
    def label(self) -> str:
        """How to call it: ``acme-idl 1.16.8``."""
        return visible(f"{self.name} {self.version}".rstrip())


# ---- Kinds of sides ----------------------------------------------------------------------------


def read_side(
    said: str,
    *,
    package: str = "",
    out: Path,
    cache: Path,
    proto_paths: Sequence[Path] = (),
    bases: BasePackages = NO_BASE_PACKAGES,
) -> Side:
    """Find out what is meant by ``acme-idl==1.15.3``, a package, a path, or ``generated``.

    Args:
        said: What the person wrote.
        package: The package whose files count in a descriptor set that has others too.
        out: Where the committed output is.
        cache: Where fetched versions are kept.
        proto_paths: Where imports of ``.proto`` files are looked for.
        bases: Packages of models, whose files can be imported, too.

    Raises:
        GenerationError: If there is no such thing, or it has no descriptors.
        OSError: If a file cannot be read.
    """
    if said == RECORDED:
        return _recorded(out, package, cache)
    if match := _VERSION.fullmatch(said):
        return fetched(match[1], match[2], cache)
    path = Path(said)
    if path == STANDARD_INPUT or (path.is_file() and not are_protos(path)):
        return _descriptor_set([path], package)
    could_be_package = path.suffix != PROTO and said.replace(".", "_").isidentifier()
    if could_be_package and (not path.is_dir() or _modules(said)):
        return installed(said)
    if said and are_protos(path):
        return _protos([path], package, _roots(path, proto_paths), bases)
    hint = "Name a version (acme-idl==1.15.3), an installed package, or a file or folder."
    raise GenerationError(Problem(said, "is nothing that could be compared", hint))


def side_of_inputs(
    paths: Sequence[Path], package: str, proto_paths: Sequence[Path], bases: BasePackages
) -> Side:
    """What ``--input`` names: ``.proto`` files, called as ``generate`` calls them, or a set.

    Raises:
        GenerationError: As ``read_inputs`` does.
        OSError: If a file cannot be read.
    """
    if any(map(are_protos, paths)):
        return _protos(paths, package, proto_paths, bases)
    return _descriptor_set(paths, package)


def fetched(distribution: str, version: str, cache: Path) -> Side:
    """A released version: from the cache, or from the package index by pip.

    Raises:
        GenerationError: If pip cannot fetch it.
    """
    kept = cache / f"{distribution.lower()}-{version}.binpb"
    if not kept.is_file():
        package, files = _download(distribution, version)
        write_set(kept, _in_order(files))
    else:
        files = _read_set(kept)
        package = _package_of(distribution, files)
    own, others = _sort(files, package)
    return Side(distribution, version, package, own, others)


def installed(package: str) -> Side:
    """An installed package.

    Raises:
        GenerationError: If it is not installed, or not made by protoc.
    """
    texts = _modules(package)
    if texts is None:
        hint = f"Install it first, or name a version: {package}==1.2.3"
        raise GenerationError(Problem(package, "is not installed, and no file or folder", hint))
    files = {file.name: file for file in _descriptors(texts)}
    if not files:
        raise GenerationError(Problem(package, "has no modules made by protoc (*_pb2)"))
    return Side(package, _installed_version(package), package, _in_order(files))


def _modules(package: str) -> dict[str, bytes] | None:
    """The texts of an installed package's modules that protoc made; None if it is not installed."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return None
    return {
        str(path): path.read_bytes()
        for folder in spec.submodule_search_locations or ()
        for path in sorted(Path(folder).rglob("*.py"))
        if holds_descriptor(path)
    }


def _recorded(out: Path, package: str, cache: Path) -> Side:
    """What the output was made from. The models say so; the version is fetched again."""
    problems = Problems()
    said = (
        read_base(path, out / path, problems)
        for path in load_record(out)
        if path.endswith(f"/{MANIFEST}") and (out / path).is_file()
    )
    made = next(said, None)
    problems.raise_if_any()
    if made and made.version:
        if _installed_version(made.package) == made.version:
            return installed(made.package)
        return fetched(made.package, made.version, cache)
    if made:
        what, hint = "was made from what has no version", "Name files, or a folder, that are old."
        raise GenerationError(Problem(str(out), what, hint))
    hint = f"Run `flytegen generate`, or name a version: {package or 'acme-idl'}==1.2.3"
    raise GenerationError(Problem(str(out), "does not say what it was made from", hint))


def _descriptor_set(paths: Sequence[Path], package: str) -> Side:
    files = _read_set(*paths)
    path = paths[0]
    tops = {name.split("/")[0] for name in files if not name.startswith("google/protobuf/")}
    top = package if package in tops else tops.pop() if len(tops) == 1 else ""
    own, others = _sort(files, top.removesuffix(PROTO))
    # A file that is in no folder says nothing about the package.
    package = package or (first_part(own) if top.endswith(PROTO) else top)
    return Side(path.name if path.is_file() else called(path), "", package, own, others)


def _protos(
    paths: Sequence[Path], package: str, proto_paths: Sequence[Path], bases: BasePackages
) -> Side:
    files = {file.name: file for file in read_inputs(paths, proto_paths, bases)}
    given = names(paths, proto_paths)
    own = {name: file for name, file in files.items() if name in given}
    others = {name: file for name, file in files.items() if name not in given}
    where = shown(paths[0]) if len(paths) == 1 else counted(len(paths), "file")
    return Side(where, "", package or first_part(own.values()), _in_order(own), others)


def _roots(path: Path, proto_paths: Sequence[Path]) -> list[Path]:
    """Where the names of imports begin: at the folders that go with a side, or else at the side.

    The other side's come last, so that two checkouts can have their own.
    """

    def goes_with(root: Path) -> bool:
        side, root = path.resolve(), root.resolve()
        return side.is_relative_to(root) or root.is_relative_to(side)

    near = list(filter(goes_with, proto_paths)) or [path if path.is_dir() else path.parent]
    return [*near, *(root for root in proto_paths if root not in near)]


# ---- Reading -----------------------------------------------------------------------------------


def _descriptors(modules: Mapping[str, bytes]) -> Iterator[FileDescriptorProto]:
    """The descriptors in the sources of ``*_pb2`` modules, old or new."""
    for where, text in modules.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            hint = "Is it whole? Modules that protoc made can be read by every Python."
            raise GenerationError(Problem(where, "is not Python", hint)) from None
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (data := _serialized(node)):
                yield _parse(data, where)
                break


def _serialized(call: ast.Call) -> bytes:
    """The bytes that a module gives to ``AddSerializedFile``, or as ``serialized_pb=``."""
    named = [item.value for item in call.keywords if item.arg == "serialized_pb"]
    is_added = isinstance(call.func, ast.Attribute) and call.func.attr == "AddSerializedFile"
    for value in (*named, *(call.args if is_added else ())):
        if isinstance(value, ast.Constant) and isinstance(value.value, bytes):
            return value.value
    return b""


def _read_set(*paths: Path) -> dict[str, FileDescriptorProto]:
    files = read_inputs(paths)
    if not files:
        hint = "Make one with `protoc --include_imports --descriptor_set_out=FILE`."
        raise GenerationError(Problem(called(paths[0]), "is no set of descriptors", hint))
    return {file.name: file for file in files}


def _parse(data: bytes, where: str) -> FileDescriptorProto:
    try:
        return FileDescriptorProto.FromString(data)
    except DecodeError:
        what, hint = "holds no descriptors", "Is it whole? protoc made it once."
        raise GenerationError(Problem(where, what, hint)) from None


def _sort(
    files: Mapping[str, FileDescriptorProto], package: str
) -> tuple[tuple[FileDescriptorProto, ...], dict[str, FileDescriptorProto]]:
    """The files of a package, and the others; without a package, all but protobuf's own."""

    def is_own(name: str) -> bool:
        if package:
            return name.split("/")[0].removesuffix(".proto") == package
        return not name.startswith("google/protobuf/")

    own = {name: file for name, file in files.items() if is_own(name)} or dict(files)
    return _in_order(own), {name: file for name, file in files.items() if name not in own}


def _in_order(files: Mapping[str, FileDescriptorProto]) -> tuple[FileDescriptorProto, ...]:
    return tuple(files[name] for name in sorted(files))


def _installed_version(package: str) -> str:
    found = distribution_of(package)
    return found.version if found else ""


# ---- Fetching ----------------------------------------------------------------------------------


def default_cache() -> Path:
    """Where this system wants a user's caches, and there our own folder."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        root = "~/Library/Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(root).expanduser() / "flytegen"


def _download(distribution: str, version: str) -> tuple[str, dict[str, FileDescriptorProto]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", f"{distribution}=={version}"]
        # It is only read: what it needs, and for which Python it was made, does not matter.
        options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--quiet"]
        quiet = ["--disable-pip-version-check", "--no-input", "--dest", folder]
        done = subprocess.run([*command, *options, *quiet], capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
            what = f"cannot be fetched ({' '.join(said[-1:]) or 'pip brought no wheel'})"
            hint = "Is there such a version, and does `pip download` reach the package index?"
            if importlib.util.find_spec("pip") is None:  # environments of uv have none
                hint = "Install pip here first: python -m ensurepip"
            raise GenerationError(Problem(f"{distribution}=={version}", what, hint))
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = sorted(name for name in wheel.namelist() if name.endswith(".py"))
            read = {name: wheel.read(name) for name in names}
        texts = {name: text for name, text in read.items() if says_descriptor(text)}
    files = {file.name: file for file in _descriptors(texts)}
    if not files:
        where = f"{distribution}=={version}"
        raise GenerationError(Problem(where, "has no modules made by protoc (*_pb2)"))
    return _package_of(distribution, files), files


def _package_of(distribution: str, files: Mapping[str, FileDescriptorProto]) -> str:
    """The package among the folders of a distribution that is called like it, or the only one."""
    roots = {name.split("/")[0] for name in files}
    wanted = distribution.lower().replace("-", "_")
    return wanted if wanted in roots else roots.pop() if len(roots) == 1 else ""


def write_set(path: Path, files: Iterable[FileDescriptorProto]) -> None:
    """Store descriptors so that nobody who looks at the same time sees half of them.

    Raises:
        OSError: If the folder cannot be written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = FileDescriptorSet(file=files).SerializeToString(deterministic=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


# ---- Pools -------------------------------------------------------------------------------------


def source_of_side(side: Side) -> Source:
    """What ``build`` wants: the descriptors in a pool of their own.

    What is imported from elsewhere is taken from what came along, then from what is installed.
    What is nowhere to be found is left empty: most of it are options, which nobody looks at.

    Raises:
        GenerationError: If a type that a field needs is nowhere to be found.
    """
    known = {file.name: file for file in side.files}
    protos: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name not in protos:
            file = known.get(name) or side.others.get(name) or _installed_file(name)
            for dependency in file.dependency:
                add(dependency)
            protos[name] = file.SerializeToString()

    for name in known:
        add(name)
    modules = {name: protoc_module(name) for name in known}
    return source_of(side.package, side.version, protos, modules)


def _installed_file(name: str) -> FileDescriptorProto:
    """A file that a module of this environment has; an empty one if there is no such module."""
    module = protoc_module(name)
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        spec = None
    if spec is not None and spec.origin is not None:
        for file in _descriptors({spec.origin: Path(spec.origin).read_bytes()}):
            return file
    return FileDescriptorProto(name=name)
