"""flytebind and what its command needs, without the distributions that it only asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.distribution import Distribution, Installation, install, link_needed, needed
from tools.environments import EXTRAS

MODELS = """
from importlib.util import find_spec
from flytebind.models.literals import Literal
print([name for name in ("flytebind.runs", "flytebind.v2", "flytegen") if find_spec(name)])
"""


@pytest.fixture(scope="module")
def alone(
    distributions: Mapping[str, Distribution], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    wanted = [distributions["flytebind-runtime"], distributions["flytebind"]]
    installed = install([each.wheel for each in wanted], tmp_path_factory.mktemp("alone") / "venv")
    third_party = [line for line in (*EXTRAS["cli"], *EXTRAS["remote"]) if "flytebind[" not in line]
    link_needed(installed, [*third_party, *(line for each in wanted for line in needed(each))])
    return installed


def test_models_and_the_command_need_neither_flyte_2_nor_the_generator(
    alone: Installation, tmp_path: Path
) -> None:
    assert alone.run("python", "-c", MODELS, cwd=tmp_path) == "[]\n"
    assert "execution" in alone.run("flytebind", "--help", cwd=tmp_path)


def test_commands_of_flyte_2_name_what_brings_them(alone: Installation, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"pip install 'flytebind\[flyte2\]'"):
        alone.run("flytebind", "run", "list", cwd=tmp_path)
