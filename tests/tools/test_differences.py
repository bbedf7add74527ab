"""The table of differences is that of the rows that parity measures."""

from __future__ import annotations

import pytest

from tools import differences

ROW = '[[difference]]\nflytekit = "a"\nflytebind = "b | c"\nreason = """\n d\n e"""\n'
MEASURED = 'kinds = ["reads"]\nwhere = ["*"]\n'


def test_a_row_is_a_line_of_the_table() -> None:
    last = differences.table(ROW + MEASURED).splitlines()[-1]
    assert last == r"| a | b \| c | d e |"
    assert differences.table(ROW + "measured = false\n").splitlines()[-1] == last


@pytest.mark.parametrize("rest", ["", MEASURED + "measured = false\n", MEASURED + "more = 1\n"])
def test_a_row_that_does_not_say_how_it_is_measured_is_refused(rest: str) -> None:
    with pytest.raises(differences.DifferencesError, match="wants"):
        differences.table(ROW + rest)


def test_a_table_that_is_out_of_date_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert differences.main(["--check"]) == 0
    monkeypatch.setattr(differences, "table", lambda toml: "another\n")
    assert differences.main(["--check"]) == 1
    assert "make generate" in capsys.readouterr().err
