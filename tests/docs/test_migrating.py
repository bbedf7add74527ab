"""The command that docs/migrating.md gives changes every form of import, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BEFORE = """\
from __future__ import annotations

import importlib
import os, flytekit.models.security as _security
import flytekit.models.literals
import flytekit.models.execution as ex
from typing import TYPE_CHECKING
from flytekit.models import core as _core, literals as _literals
from flytekit.models.core import identifier as _identifier
from flytekit.models.core.execution import (
    NodeExecutionPhase as NodePhase,
    WorkflowExecutionPhase,
)
from flytekit.models.literals import *  # noqa: F403
from flytekit import models
from flytekit import models as _models  # a comment
from flytekit.models.common import Labels; from flytekit.models.types import SimpleType

if TYPE_CHECKING:
    from flytekit.models.task import TaskTemplate


def lazily() -> type:
    from flytekit.models.security import Secret
    from flytekit import models as m

    return m.literals.Scalar if Secret is _security.Secret else object


def quoted(template: "flytekit.models.task.TaskTemplate") -> TaskTemplate: ...


both = [flytekit.models.literals.Primitive,flytekit.models.literals.Scalar]
assert importlib.import_module("flytekit.models.literals").Literal is Literal
assert models.literals.Literal is _models.literals.Literal is _literals.Literal is Literal
assert lazily() is Scalar is both[1]
assert _identifier.Identifier is _core.identifier.Identifier and ex.ExecutionSpec
assert WorkflowExecutionPhase.SUCCEEDED and NodePhase.RUNNING and SimpleType.INTEGER
assert Labels({"a": "b"}).values["a"] == "b"
print(Literal.__module__.partition(".")[0])
"""

OTHERS = """\
import my_flytekit.models
import flytekit.models_v2
import vendored.flytekit.models
from flytekit import models_v2
from flytekit import task, workflow
folder = "flytekit/models"
flytekit_models = flytekit.model
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A Git repository on which the command has been run."""
    (tmp_path / "all forms.py").write_text(BEFORE)
    (tmp_path / "others.py").write_text(OTHERS)
    (tmp_path / "untracked.py").write_text(BEFORE)
    document = (ROOT / "docs" / "migrating.md").read_text("utf-8")
    command = re.findall(r"```sh\n(.*?)```", document, re.S)[0]
    assert "sed -E -i" in command
    script = f"git init -q && git add 'all forms.py' others.py\n{command}"
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    return tmp_path


def test_every_form_of_import_is_changed_and_runs(repository: Path) -> None:
    changed = repository / "all forms.py"
    assert changed.read_text() == BEFORE.replace("flytekit", "flytebind")
    run = subprocess.run([sys.executable, str(changed)], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("flytebind\n", "")


def test_other_names_and_other_files_stay(repository: Path) -> None:
    assert (repository / "others.py").read_text() == OTHERS
    assert (repository / "untracked.py").read_text() == BEFORE
