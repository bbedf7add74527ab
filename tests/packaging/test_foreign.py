"""A team without Flyte: the generator in one environment, what it wrote in another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.distribution import (
    Distribution,
    Installation,
    install,
    link_needed,
    needed,
)
from tests.typing.expectations import Checker
from tests.typing.project import CHECKERS
from tools.documents import examples_in
from tools.release import FOREIGN, FOREIGN_PACKAGE, GENERATOR_S_README, examples_fail

(USE,) = (example.code for example in examples_in(GENERATOR_S_README))

IMPORT_ALL = """
import importlib, json, pkgutil, sys
for name in {packages}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.startswith(("flytebind.runtime.rpc", "flytegen.__main__")):
            importlib.import_module(module.name)
found = {{}}
for name in ("flyteidl", "grpc", "flytebind.models", "flytegen", "black"):
    try:
        found[name] = importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        found[name] = False
print(json.dumps([name for name, there in found.items() if there]))
"""

SERVE = """
from opentelemetry_proto_services.collector.trace.v1.trace_service import TraceServiceClient
from flytebind.runtime.grpcio import grpc
try:
    TraceServiceClient(grpc.insecure_channel("localhost:1"))
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def generator(
    distributions: Mapping[str, Distribution], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """An environment that has the generator, what it needs, and the foreign package."""
    wanted = [distributions["flytebind-runtime"], distributions["flytegen"]]
    folder = tmp_path_factory.mktemp("generator") / "venv"
    installed = install([each.wheel for each in wanted], folder)
    link_needed(installed, [FOREIGN, *(line for each in wanted for line in needed(each))])
    return installed


@pytest.fixture(scope="module")
def written(generator: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it wrote for the foreign package."""
    out = tmp_path_factory.mktemp("written") / "out"
    options = ("--quiet", "--package", FOREIGN_PACKAGE, "--out", out)
    generator.run("flytegen", "generate", *options, cwd=out.parent)
    return out


@pytest.fixture(scope="module")
def user(
    written: Path,
    distributions: Mapping[str, Distribution],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """An environment that has what was written, the runtime, and what both need."""
    runtime = distributions["flytebind-runtime"]
    installed = install([runtime.wheel], tmp_path_factory.mktemp("user") / "venv")
    link_needed(installed, [FOREIGN, *needed(runtime)])
    shutil.copytree(written, installed.site_packages, dirs_exist_ok=True)
    return installed


def test_the_generator_needs_neither_flyte_nor_grpc(
    generator: Installation, tmp_path: Path
) -> None:
    program = IMPORT_ALL.format(packages=("flytegen", "flytebind.runtime"))
    assert json.loads(generator.run("python", "-c", program, cwd=tmp_path)) == ["flytegen", "black"]


def test_what_it_wrote_runs_on_the_runtime_alone(user: Installation, tmp_path: Path) -> None:
    packages = ("flytebind.runtime", "opentelemetry_proto_models")
    program = IMPORT_ALL.format(packages=packages)
    assert json.loads(user.run("python", "-c", program, cwd=tmp_path)) == []
    assert examples_fail(user.python, tmp_path, GENERATOR_S_README) == ""


def test_without_grpcio_its_clients_name_what_brings_it(user: Installation, tmp_path: Path) -> None:
    said = user.run("python", "-c", SERVE, cwd=tmp_path)
    assert said.rstrip().endswith("pip install 'flytebind-runtime[grpc]'")


@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_know_what_it_wrote(
    checker: Checker, user: Installation, tmp_path: Path
) -> None:
    (tmp_path / "use.py").write_text(USE + "reveal_type(pair.value)\n")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    (tmp_path / "pyrightconfig.json").write_text("{}")
    found = CHECKERS[checker](tmp_path, user.python)
    assert [str(one) for one in found if one.is_error] == []
    assert any("AnyValue | None" in one.message for one in found)
