"""The wheels, installed in an environment that knows nothing of this checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.examples import acme_idl
from tests.packaging.distribution import ROOT, Installation
from tests.support.folders import snapshot
from tests.typing.expectations import Checker
from tests.typing.project import CHECKERS, check_project
from tools.release import FLYTE2_README, README, examples_fail

IMPORT_ALL = """
import importlib, json, pkgutil, sys
for package in ("flytebind", "flytegen"):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if module.name != "flytegen.__main__":
            importlib.import_module(module.name)
ours = {name: module.__file__ for name, module in sys.modules.items()
        if name.split(".")[0] in ("flytebind", "flytegen") and module.__file__}
print(json.dumps(ours))
"""

GRPC = """
from flyteidl.service import admin_pb2_grpc

make_stub = admin_pb2_grpc.AdminServiceStub
"""

SERVE = """
from flytebind.models.admin.project import GetDomainRequest
from flytebind.sandbox import Sandbox
from flytebind.services import AdminServiceClient

with Sandbox() as sandbox, sandbox.channel() as channel:
    answer = AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20)
    print(*(domain.id for domain in answer.domains))
"""

USES_FIXTURE = """
import pytest

@pytest.mark.flyte_admin(auth=True)
def test_it(flyte_admin):
    assert flyte_admin.tokens is not None
"""


def test_every_module_is_imported_from_the_installation(
    installation: Installation, tmp_path: Path
) -> None:
    ours = json.loads(installation.run("python", "-c", IMPORT_ALL, cwd=tmp_path))
    assert {"flytebind.models.admin.execution", "flytebind.runtime.model", "flytegen.cli"} <= set(
        ours
    )
    inside = installation.site_packages.resolve()
    assert not [name for name, file in ours.items() if inside not in Path(file).resolve().parents]


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_downstream_project_is_checked_against_it(
    checker: Checker, installation: Installation, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    check_project(checker, tmp_path, subtests, installation.python)


@pytest.mark.parametrize("checker", CHECKERS)
def test_our_stubs_hide_none_of_flyteidl_s_grpc_modules(
    checker: Checker, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "uses_grpc.py").write_text(GRPC)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    (tmp_path / "pyrightconfig.json").write_text("{}")
    found = CHECKERS[checker](tmp_path, installation.python)
    assert not [str(one) for one in found if one.is_error]


@pytest.mark.parametrize("page", [README, FLYTE2_README], ids=["flytebind", "flyte2"])
def test_the_readme_s_examples_run(page: Path, installation: Installation, tmp_path: Path) -> None:
    assert examples_fail(installation.python, tmp_path, page) == ""


def test_flytegen_explains_itself(installation: Installation, tmp_path: Path) -> None:
    said = installation.run("flytegen", "--help", cwd=tmp_path)
    assert all(word in said for word in ("generate", "check", "list", "exit codes"))
    assert "--flytegen_out" in installation.run("protoc-gen-flytegen", "--help", cwd=tmp_path)


def test_flytegen_writes_the_same_bytes_as_in_the_checkout(
    installation: Installation, tmp_path: Path
) -> None:
    said = ("--quiet", "--package", "flyteidl", "--out", tmp_path / "out")
    installation.run("flytegen", "generate", *said, cwd=tmp_path)
    assert snapshot(tmp_path / "out") == snapshot(ROOT / "generated" / "flyteidl")


def test_an_idl_on_top_of_flyteidl_needs_nothing_but_the_installation(
    installation: Installation, tmp_path: Path
) -> None:
    built = acme_idl.build(tmp_path / "acme_idl", installation.python)
    assert built.said == acme_idl.promised()


def test_the_command_knows_its_way_without_a_checkout(
    installation: Installation, tmp_path: Path
) -> None:
    said = installation.run("flytebind", "demo", "--help", cwd=tmp_path)
    assert said.startswith("Usage: flytebind demo")


def test_the_sandbox_serves_from_the_installation(
    installation: Installation, tmp_path: Path
) -> None:
    said = installation.run("python", "-c", SERVE, cwd=tmp_path)
    assert said.split() == ["development", "staging", "production"]
    helped = installation.run("python", "-m", "flytebind.sandbox", "--help", cwd=tmp_path)
    assert all(word in helped for word in ("--demo", "--db", "examples:", "exit codes:"))


def test_pytest_finds_the_fixture_by_itself(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(USES_FIXTURE)
    options = ("-q", "-p", "no:cacheprovider", "--strict-markers")
    assert "1 passed" in installation.run("python", "-m", "pytest", *options, cwd=tmp_path)
