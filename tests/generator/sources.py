"""Sources that tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from flytegen.read.package import load_package
from flytegen.read.source import Source

ROOT = Path(__file__).parents[2]
OVERLAY = ROOT / "overlay" / "flyteidl"
OUTPUT = ROOT / "generated" / "flyteidl"


@cache
def flyteidl() -> Source:
    """The package that is installed, read once."""
    return load_package("flyteidl")


def source_of(*files: FileDescriptorProto) -> Source:
    """A source made of descriptors, as if a package ``acme`` carried them."""
    pool = DescriptorPool()
    for file in files:
        pool.Add(file)
    found = tuple(pool.FindFileByName(file.name) for file in files)
    modules = {
        file.name: file.name.removesuffix(".proto").replace("/", ".") + "_pb2" for file in files
    }
    return Source("acme", "1.0", found, modules, found)
