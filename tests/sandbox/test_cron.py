"""Which cron expressions a schedule may have."""

from __future__ import annotations

import pytest

from flytebind.sandbox._admin.cron import is_cron

READ = [
    "0 10 * * *",
    "*/5 0-6 1,15 jan-MAR mon",
    "? ? ? ? ?",
    "@hourly",
    "@every 5m",
    "@every 1h30m",
    "CRON_TZ=UTC 0 0 * * *",
    "TZ=Europe/Berlin @daily",
]
NOT_READ = [
    "",
    "nonsense",
    "0 10 * * ? *",
    "99 * * * *",
    "0 0 L * *",
    "0 0 * * 7",
    "0 0 0 * *",
    "*/0 * * * *",
    "5-1 * * * *",
    "*-5 * * * *",
    "@nope",
    "@every",
    "@every soon",
    "CRON_TZ=Nope/X 0 0 * * *",
    "CRON_TZ=../etc 0 0 * * *",
]


@pytest.mark.parametrize("expression", READ)
def test_what_the_scheduler_reads_is_taken(expression: str) -> None:
    assert is_cron(expression)


@pytest.mark.parametrize("expression", NOT_READ)
def test_what_it_does_not_read_is_refused(expression: str) -> None:
    assert not is_cron(expression)
