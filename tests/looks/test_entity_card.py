"""Tasks, workflows and launch plans in words."""

from __future__ import annotations

import pytest

from flytebind.looks._entity_card import EntityCard, timing
from flytebind.models.admin.schedule import CronSchedule, FixedRate, FixedRateUnit, Schedule


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule("", rate=FixedRate(1, FixedRateUnit.DAY)), "every day"),
        (Schedule("", rate=FixedRate(90, FixedRateUnit.MINUTE)), "every 90 minutes"),
        (Schedule("", cron_schedule=CronSchedule("0 9 * * 1-5", "")), "cron 0 9 * * 1-5"),
        (Schedule("", cron_schedule=CronSchedule("@daily", "PT5M")), "cron @daily, offset PT5M"),
        (Schedule("", cron_expression="0 9 * * ? *"), "cron 0 9 * * ? *"),
        (
            Schedule("at", rate=FixedRate(2, FixedRateUnit.HOUR)),
            "every 2 hours, with the time as at",
        ),
        (Schedule(""), ""),
    ],
)
def test_schedules_are_told_in_words(schedule: Schedule, words: str) -> None:
    assert timing(schedule) == words


def test_hostile_names_and_texts_stay_text() -> None:
    card = EntityCard("task", "p/d/\x1b[2Jname", {"about": "one\ntwo"}, {"x\x07": "int"}, {})
    assert str(card) == (
        "task          p/d/\\x1b[2Jname\nabout         one\\ntwo\ninput x\\x07   int"
    )
