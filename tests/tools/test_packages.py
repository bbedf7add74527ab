"""The table of packages is made of what was tried, and of nothing that is not good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tools import packages
from tools.environments import CannotMakeError, Environment, locked
from tools.packages import BAD, GOOD, NOT_MADE, Result, Sample
from tools.written import Place

SAMPLE = Sample("acme-protos", ("acme", "acme.more"), "1.2")
COUNTS = {"files": 2, "messages": 1234, "filled": 2000}
ROW = "| acme-protos 1.2 | `acme`, `acme.more` | 2 | 1,234 | 0 | 0 | 0 | 2,000 | 0 | 0 |\n"


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document of our own, and steps that all do well."""
    path = tmp_path / "packages.md"
    path.write_text("begin\nold\nend\n")
    monkeypatch.setattr(packages, "PLACE", Place(path, "begin\n", "end\n"))
    monkeypatch.setattr(packages, "SAMPLES", (SAMPLE,))
    for step in ("make", "generate", "check_types"):
        monkeypatch.setattr(packages, step, lambda sample: None)
    monkeypatch.setattr(packages, "take_through", lambda sample: COUNTS)
    return path


def test_the_table_is_written_between_its_markers(document: Path) -> None:
    assert packages.main(["--write"]) == GOOD
    assert document.read_text() == f"begin\n{packages.HEAD}{ROW}end\n"
    assert packages.main(["--check"]) == GOOD


def test_a_table_that_is_out_of_date_is_told(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packages.main(["--check"]) == BAD
    assert "packages.md is out of date; run `make packages`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "error", "code"),
    [
        ("make", CannotMakeError("no index"), NOT_MADE),
        ("generate", packages.NotGoodError("two problems"), BAD),
        ("take_through", packages.NotGoodError("acme.A: to_bytes"), BAD),
        ("check_types", packages.NotGoodError("a.py:1: wrong"), BAD),
    ],
)
def test_what_is_not_good_is_shown_and_gets_into_no_table(
    step: str,
    error: Exception,
    code: int,
    document: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(sample: Sample) -> Mapping[str, int]:
        raise error

    monkeypatch.setattr(packages, step, fail)
    before = document.read_text()
    assert packages.main(["--write"]) == code
    assert document.read_text() == before
    assert str(error) in capsys.readouterr().err


def test_the_rows_have_the_order_of_the_samples() -> None:
    other = Sample("zeta", ("zeta",), "1")
    results = {other: Result(GOOD, {}, "", 0.0), SAMPLE: Result(GOOD, COUNTS, "", 0.0)}
    assert packages.table(results).splitlines()[2:] == [
        "| zeta 1 | `zeta` | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
        ROW.rstrip(),
    ]


class TestCheckers:
    """What they say must be what is known, no more and no less."""

    @pytest.fixture
    def say(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sample]:
        """Let pyright say something about a sample whose known findings are given."""

        def prepare(said: str, *known: str) -> Sample:
            sample = Sample("acme-protos", ("acme",), "1.2", known)
            monkeypatch.setattr(packages, "HOME", tmp_path)
            sample.environment.site_packages.mkdir(parents=True)
            for name in ("acme_models", "acme-stubs"):
                (sample.environment.folder / "generated" / "acme" / name).mkdir(parents=True)
            monkeypatch.setattr(packages, "mypy", lambda project, python: [])
            monkeypatch.setattr(packages, "pyright", lambda project, python: [said] if said else [])
            return sample

        return prepare

    def test_what_is_known_is_good(self, say: Callable[..., Sample]) -> None:
        packages.check_types(say("a.pyi:0: too complex", "a.pyi:0: too complex"))

    def test_what_is_new_is_not(self, say: Callable[..., Sample]) -> None:
        with pytest.raises(packages.NotGoodError, match=r"a\.py:1: wrong\n1 findings"):
            packages.check_types(say("a.py:1: wrong"))

    def test_nor_is_what_is_no_longer_said(self, say: Callable[..., Sample]) -> None:
        with pytest.raises(packages.NotGoodError, match=r"no longer said: a\.pyi:0: too complex"):
            packages.check_types(say("", "a.pyi:0: too complex"))


def test_protobuf_is_the_one_that_its_types_describe() -> None:
    (described,) = (pin for pin in locked() if pin.startswith("types-protobuf=="))
    (protobuf,) = (pin for pin in packages.pins() if pin.startswith("protobuf=="))
    assert described.startswith(f"types-{protobuf}.")
    assert len(packages.pins()) == len([*locked()])


def test_an_environment_without_an_interpreter_is_an_error_that_says_so(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "made", tmp_path / "no-python", "3.11")
    with pytest.raises(CannotMakeError, match="no-python makes no environments"):
        environment.make((), (), "acme")
