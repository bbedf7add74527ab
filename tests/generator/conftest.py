"""What tests of the generator share."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from jinja2.ext import Extension

from flytegen.write import render
from tests.generator.sources import OUTPUT, OVERLAY


class _Compiled(BytecodeCache):
    """Keeps compiled templates."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Compile each template once: a process makes one run, and this one hundreds.

    What an environment extends changes what becomes of a template.
    """
    caches: defaultdict[tuple[type[Extension], ...], _Compiled] = defaultdict(_Compiled)

    class Compiling(render._Environment):
        def __init__(self, *, extensions: Sequence[type[Extension]], **options: Any) -> None:
            super().__init__(
                extensions=extensions, bytecode_cache=caches[tuple(extensions)], **options
            )

    with patch.object(render, "_Environment", Compiling):
        yield


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A copy of the committed output, so that a run has little left to do."""
    out = tmp_path / "generated"
    shutil.copytree(OUTPUT, out, ignore=shutil.ignore_patterns("__pycache__"))
    return out


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A copy of flyteidl's overlay, to be spoilt."""
    folder = tmp_path / "overlay"
    shutil.copytree(OVERLAY, folder)
    return folder
