"""Have protoc make the message classes of ``acme_idl``, where there is no buf to do it.

flyteidl is installed without its .proto files, but its message classes know what these say. That is
handed to protoc as a set of descriptors.

    python compile.py build
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

PROTOS = Path(__file__).parent / "protos"
IMPORTED = ("flyteidl.core.identifier_pb2", "flyteidl.core.literals_pb2", "flyteidl.core.tasks_pb2")


def descriptors() -> FileDescriptorSet:
    """What ``acme_idl`` imports, and what that imports in turn."""
    found: dict[str, FileDescriptor] = {}

    def collect(file: FileDescriptor) -> None:
        for dependency in file.dependencies:
            collect(dependency)
        found[file.name] = file

    for module in IMPORTED:
        collect(import_module(module).DESCRIPTOR)
    made = FileDescriptorSet()
    for file in found.values():
        file.CopyToProto(made.file.add())
    return made


def main(out: Path) -> None:
    """Run protoc."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        known = Path(folder, "flyteidl.binpb")
        known.write_bytes(descriptors().SerializeToString())
        protoc = [sys.executable, "-m", "grpc_tools.protoc"]
        options = [f"--proto_path={PROTOS}", f"--descriptor_set_in={known}", f"--python_out={out}"]
        subprocess.run([*protoc, *options, *sorted(PROTOS.rglob("*.proto"))], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
