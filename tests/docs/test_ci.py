"""The recipes of docs/ci.md do what they say, in a repository with a package ``acme``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.acme import write
from flytebind.runtime import __version__
from tools.environments import EXTRAS, TOGETHER

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
RECIPES: dict[str, Any] = {
    block.partition("\n")[0].removeprefix("# "): yaml.safe_load(block)
    for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)
}
WORKFLOWS = {name: recipe for name, recipe in RECIPES.items() if ".github" in name}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

#: What takes the place of programs that would reach out of the repository.
LOG = 'printf "%s " {name} "$@" >> "$LOG"; echo >> "$LOG"\n'

PAGE = "echo page > docs/changes/9.9.9.md"
COMMIT = "git -c user.name=a -c user.email=a@example.org commit -q -m some {options}"


def scripts(workflow: str) -> list[str]:
    """The commands of a workflow, step by step."""
    (job,) = WORKFLOWS[f".github/workflows/{workflow}.yml"]["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


@dataclass(frozen=True)
class Repository:
    """A clone of somebody's, in which commands run as CI runs them."""

    folder: Path

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def put(self, name: str, script: str) -> None:
        """Put a program on the path."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o755)

    def install(self, version: str, messages: int) -> None:
        """Make this the installed version of acme, and the index's."""
        site = self.folder / "site"
        shutil.rmtree(site, ignore_errors=True)
        write(site, messages, 1)
        about = site / f"acme-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n")
        keep = (
            "from pathlib import Path; from flytegen.comparison.sides import installed, write_set\n"
            f"write_set(Path('cache/flytegen/acme-{version}.binpb'), installed('acme').files)"
        )
        self.run([f'cd "{self.folder}" && python -c "{keep}"'])

    def run(self, steps: Iterable[str], **variables: str) -> None:
        for step in steps:
            self.exit_code(step, variables, check=True)

    def exit_code(self, step: str, variables: Mapping[str, str] = {}, check: bool = False) -> int:
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "site"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "RUNNER_TEMP": str(self.folder),
            "LOG": str(self.folder / "log"),
            **variables,
        }
        command = ["bash", "-e", "-c", step]  # as GitHub does
        return subprocess.run(
            command, cwd=self.work, env=environment, capture_output=True, check=check
        ).returncode


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.work.mkdir()
    made.put("python", f'exec "{sys.executable}" "$@"\n')
    made.put("flytegen", f'exec "{sys.executable}" -m flytegen "$@"\n')
    made.put("pip", LOG.format(name="pip"))
    made.put("gh", LOG.format(name="gh") + 'for page; do :; done; cat "$page" >> "$LOG"\n')
    made.run(
        [
            "git init -q --bare ../origin.git",
            "git init -q && git remote add origin ../origin.git",
            COMMIT.format(options="--allow-empty"),
        ]
    )
    return made


@pytest.fixture
def with_acme(repository: Repository) -> Repository:
    """The same, with generated models of acme 1.4.0."""
    repository.install("1.4.0", messages=2)
    generate = "flytegen generate --package acme --out generated"
    repository.run([generate, "git add .", COMMIT.format(options="")])
    return repository


def test_each_recipe_names_the_file_that_it_is_for() -> None:
    assert sorted(RECIPES) == [
        ".github/workflows/generated.yml",
        ".github/workflows/new-acme.yml",
        ".github/workflows/new-flyteidl.yml",
        ".github/workflows/test.yml",
        ".pre-commit-config.yaml",
    ]
    for workflow in WORKFLOWS.values():
        assert {"name", "permissions", "jobs"} <= workflow.keys()
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] <= 60
            assert [step for step in job["steps"] if not {"run", "uses"} & step.keys()] == []


def test_recipes_name_this_version_and_what_it_has() -> None:
    assert set(re.findall(r"flytegen==([\d.]+)", TEXT)) == {__version__}
    (repo,) = RECIPES[".pre-commit-config.yaml"]["repos"]
    assert repo["rev"] == f"v{__version__}"


def test_the_hook_runs_a_command_that_the_extra_brings() -> None:
    (hook,) = HOOKS
    assert hook["entry"].split()[0] in TOGETHER["scripts"]
    assert hook["additional_dependencies"] == [".[generator]"]
    assert "generator" in EXTRAS


def test_the_targets_of_make_that_recipes_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"run: make (\w+)", TEXT))
    assert named == {"test", "upgrade"}
    assert [target for target in named if f"\n{target}:" not in makefile] == []


def test_the_hook_and_the_job_notice_an_edit_by_hand(with_acme: Repository) -> None:
    (repo,) = RECIPES[".pre-commit-config.yaml"]["repos"]
    (wanted,), (hook,) = repo["hooks"], HOOKS
    assert wanted["id"] == hook["id"]
    by_hook = " ".join([hook["entry"], *wanted["args"]])
    with_acme.run([by_hook, *scripts("generated")])
    path = with_acme.work / "generated" / "acme_models" / "file0.py"
    path.write_text(path.read_text() + "\n# by hand\n")
    assert [with_acme.exit_code(by_hook), with_acme.exit_code(scripts("generated")[-1])] == [1, 1]


def test_a_new_version_opens_its_page_once(with_acme: Repository) -> None:
    with_acme.run(scripts("new-acme"))
    assert "gh" not in with_acme.log  # nothing is new

    with_acme.install("1.5.0", messages=4)
    with_acme.run(scripts("new-acme"))
    assert "gh pr create --title Take acme 1.5.0" in with_acme.log
    assert "acme 1.4.0" in with_acme.log  # the page
    assert "Message1" in with_acme.log
    pushed = "git ls-tree -r --name-only origin/acme-1.5.0 | grep -q generated/acme_models"
    with_acme.run(["git fetch -q origin", pushed])

    with_acme.run(["git switch -q -", *scripts("new-acme")])
    assert with_acme.log.count("gh pr create") == 1


@pytest.mark.parametrize(
    ("made", "outcome", "opened"),
    [
        (PAGE, "success", "gh pr create --title Take flyteidl 9.9.9 "),
        (PAGE, "failure", "gh pr create --draft --title Take flyteidl 9.9.9: make upgrade fails "),
        (":", "success", None),
    ],
)
def test_a_new_flyteidl_opens_its_page(
    made: str, outcome: str, opened: str | None, repository: Repository
) -> None:
    repository.put("make", f"mkdir -p docs/changes; {made}\n")
    upgrade, open_page = scripts("new-flyteidl")
    repository.run([upgrade])
    repository.run([open_page], OUTCOME=outcome)
    if opened is None:
        assert repository.log == ""
    else:
        assert opened in repository.log
        assert repository.log.endswith("page\n")


def test_an_upgrade_that_stops_before_its_page_fails_the_job(repository: Repository) -> None:
    _, open_page = scripts("new-flyteidl")
    assert repository.exit_code(open_page, {"OUTCOME": "failure"}) == 1
    assert repository.log == ""
