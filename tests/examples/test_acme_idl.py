"""The example of an IDL on top of flyteidl does what its README says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.literals import LiteralMap
from flytebind.models.core.tasks import TaskTemplate
from flytegen.cli import main
from tests.examples.acme_idl import Built, build, promised
from tests.generator.foreign import Project, importable, whole_messages
from tests.support.fill import add_unknown_fields
from tests.support.messages import deterministic
from tests.support.models import rebuild
from tests.typing.checkers import Diagnostic, mypy, pyright

#: A program with mistakes.
WRONG = """\
from acme_idl.training_pb2 import Sweep as Message
from acme_idl_models import training
from acme_idl_services.service import SweeperClient
from flytebind.models.core.literals import LiteralMap

def use(sweep: training.Sweep, client: SweeperClient, message: Message) -> None:
    training.Sweep(task=LiteralMap({}))  # wrong
    message.task.id.nmae = 1  # wrong
    assert sweep.task is not None
    number: int = sweep.task.id.name  # wrong
    client.run(sweep)  # wrong
    training.Sweep(task=sweep.task, trials=[LiteralMap({})])
    client.run(client.register(sweep))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("example") / "acme_idl")


@pytest.fixture(scope="module")
def models(built: Built) -> Iterator[Any]:
    """The module with the example's messages."""
    with importable(built.folder / "build"):
        yield import_module("acme_idl_models.training")


def test_its_program_calls_its_service_and_prints_what_the_page_shows(built: Built) -> None:
    assert built.said == promised()


def test_only_the_new_package_is_written(built: Built) -> None:
    assert {path.name for path in (built.folder / "build").iterdir()} == {
        "acme_idl",
        "acme_idl-stubs",
        "acme_idl_models",
        "acme_idl_services",
        "flytegen.lock",
    }


def test_its_messages_come_out_equal_to_the_byte(models: Any) -> None:
    for model_class in (models.Sweep, models.Trial):
        for pb in whole_messages(model_class):
            assert rebuild(model_class.from_pb(pb)).to_bytes() == deterministic(pb)
            add_unknown_fields(pb)
            assert model_class.from_bytes(deterministic(pb)).to_bytes() == deterministic(pb)


def test_what_is_flyte_s_is_flytebind_s(models: Any) -> None:
    pb = models.Sweep._pb_type()
    pb.task.id.CopyFrom(Identifier(ResourceType.TASK, "p", "d", "n", "v").to_flyte_idl())
    pb.trials.add()
    sweep = models.Sweep.from_pb(pb)
    assert type(sweep.task) is TaskTemplate
    assert type(sweep.trials[0]) is LiteralMap
    assert sweep.task.id.resource_type is ResourceType.TASK


def test_check_says_that_it_is_up_to_date(built: Built, models: Any) -> None:
    options = ["--package", "acme_idl", "--base", "flytebind.models"]
    assert main(["check", *options, "--out", str(built.folder / "build")]) == 0


@pytest.fixture(scope="module")
def project(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The program, and what was generated for it; message classes are installed."""
    folder = tmp_path_factory.mktemp("project")
    site = folder / "site"
    site.mkdir()
    generated = folder / "generated"
    generated.mkdir()
    for path in (built.folder / "build").iterdir():
        (site if path.name == "acme_idl" else generated).joinpath(path.name).symlink_to(path)
    project = Project(folder, generated, site=site)
    (folder / "wrong.py").write_text(WRONG)
    for program in (built.folder / "sweep.py", built.folder / "compile.py", folder / "wrong.py"):
        project.add(program)
    return project


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_checkers_find_what_is_wrong_and_nothing_else(
    project: Project, checker: Callable[[Path, Path], list[Diagnostic]]
) -> None:
    """A checker that saw Any in place of flytebind's classes would be silent altogether."""
    lines = [number for number, line in enumerate(WRONG.splitlines(), 1) if "# wrong" in line]
    assert {(item.file, item.line) for item in project.check(checker)} == {
        ("wrong.py", line) for line in lines
    }
