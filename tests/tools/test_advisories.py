"""Known holes are found, and there are none in what we promise to work with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.advisories import Advisory, Version, advisories, floors, holes, main, pins, read_answer

HOLE = Advisory("urllib3", "CVE-1", ["<1.26.19", "<2.7.0,>=2"], "headers go elsewhere")


def test_no_version_that_we_admit_or_lock_has_a_known_hole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0, capsys.readouterr().err
    versions = {(each.package, each.where) for each in [*floors(), *pins()]}
    assert {("urllib3", "dev.lock"), ("protobuf", "peers.lock")} <= versions
    assert {each.package for each in advisories()} <= {package for package, _ in versions}


def test_floors_are_found_wherever_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "distributions" / "one").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["Urllib3>=2.2.1,<3"]\n'
        '[project.optional-dependencies]\nmore = ["flytebind[x]", "a-b>=1; python_version<\'3\'"]\n'
    )
    (tmp_path / "distributions" / "one" / "pyproject.toml").write_text(
        '[dependency-groups]\ndev = ["black==1.2", {include-group = "x"}]\n'
    )
    found = [*floors(tmp_path)]
    assert found == [
        Version("urllib3", "2.2.1", "pyproject.toml"),
        Version("a-b", "1", "pyproject.toml"),
        Version("black", "1.2", "distributions/one/pyproject.toml"),
    ]
    (told,) = holes(found, [HOLE])
    assert (
        told
        == "pyproject.toml: urllib3 2.2.1 has CVE-1: headers go elsewhere (<1.26.19 or <2.7.0,>=2)"
    )
    assert [*holes(found, [Advisory(**{**vars(HOLE), "excused": "we look ourselves"})])] == []
    for mended in ("1.26.19", "2.7.0"):
        assert [*holes([Version("urllib3", mended, "x")], [HOLE])] == []


def test_what_pip_audit_has_not_looked_at_is_not_called_free_of_holes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {"name": "a", "version": "1", "vulns": [{"id": "CVE-2"}]}
    skipped = {"name": "b", "skip_reason": "not found"}
    assert read_answer(json.dumps({"dependencies": [found]})) == ["pip-audit: a 1 has CVE-2"]
    assert capsys.readouterr().err == ""
    assert read_answer(json.dumps({"dependencies": [skipped]})) == []
    assert "could not ask about 1 of 1 packages" in capsys.readouterr().err
    assert read_answer("Traceback ...") == []
    assert "could not ask about any package" in capsys.readouterr().err
