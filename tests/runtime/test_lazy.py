"""Lazy packages and ``model_for``."""

from __future__ import annotations

import importlib

import pytest

from flytebind import models
from flytebind.models import model_for


def test_a_module_is_imported_when_it_is_touched() -> None:
    assert models.core.literals is importlib.import_module("flytebind.models.core.literals")


def test_a_name_of_the_flytekit_layout_is_the_class_itself() -> None:
    from flytebind.models import execution, literals
    from flytebind.models.admin.execution import Execution
    from flytebind.models.core.execution import WorkflowExecution, WorkflowExecutionPhase
    from flytebind.models.core.literals import Literal

    assert execution.Execution is Execution
    assert literals.Literal is Literal
    assert WorkflowExecutionPhase is WorkflowExecution.Phase


def test_dir_lists_what_can_be_touched() -> None:
    assert {"admin", "core", "execution", "model_for"} <= set(dir(models))
    assert "Execution" in dir(models.execution)


def test_a_star_import_brings_everything() -> None:
    namespace: dict[str, object] = {}
    exec("from flytebind.models.execution import *", namespace)
    assert {"Execution", "NodeExecutionGetDataResponse"} <= namespace.keys()


@pytest.mark.parametrize("module", [models, models.core, models.execution])
def test_a_misspelt_name_is_an_attribute_error(module: object) -> None:
    with pytest.raises(AttributeError, match="no attribute 'Excution'"):
        getattr(module, "Excution")  # noqa: B009


def test_a_model_is_found_by_its_proto_name() -> None:
    assert model_for("flyteidl.admin.Execution") is models.execution.Execution
    nested = model_for("flyteidl.core.CompiledWorkflow")
    assert nested.__module__ == "flytebind.models.core.compiler"
    inner = model_for("flyteidl.core.ConnectionSet.IdList")
    assert inner.__qualname__ == "ConnectionSet.IdList"


def test_an_unknown_proto_name_is_a_lookup_error_with_a_hint() -> None:
    with pytest.raises(LookupError, match=r"did you mean 'flyteidl\.admin\.Execution'"):
        model_for("flyteidl.admin.Excution")
