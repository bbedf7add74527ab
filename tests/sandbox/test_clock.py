"""The sandbox's own time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from flytebind.sandbox import Clock

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def test_it_starts_at_the_machines_time_in_utc() -> None:
    before = datetime.now(timezone.utc)
    now = Clock().now()
    assert before <= now <= datetime.now(timezone.utc)
    assert now.utcoffset() == timedelta()


def test_it_can_be_moved_both_ways_and_runs_on() -> None:
    clock = Clock()
    clock.advance(HOUR)
    assert clock.now() - datetime.now(timezone.utc) + timedelta(seconds=1) >= HOUR
    clock.advance(-2 * HOUR)
    assert clock.now() < datetime.now(timezone.utc)


def test_it_stands_still_when_frozen_and_can_still_be_moved() -> None:
    clock = Clock()
    assert clock.freeze(NOON) == NOON
    assert (clock.now(), clock.now()) == (NOON, NOON)
    assert clock.advance(HOUR) == NOON + HOUR
    assert clock.now() == NOON + HOUR


def test_it_runs_on_from_where_it_stood() -> None:
    clock = Clock()
    clock.freeze(NOON)
    clock.resume()
    first = clock.now()
    assert NOON <= first < NOON + HOUR
    while clock.now() == first:
        pass
    assert clock.now() > first


def test_it_freezes_now_when_no_time_is_given() -> None:
    clock = Clock()
    stopped = clock.freeze()
    assert abs(stopped - datetime.now(timezone.utc)) < HOUR
    assert clock.now() == stopped


def test_a_time_zone_is_turned_into_utc_and_a_naive_time_is_refused() -> None:
    clock = Clock()
    east = NOON.astimezone(timezone(timedelta(hours=5)))
    assert clock.freeze(east) == NOON
    assert clock.now().utcoffset() == timedelta()
    with pytest.raises(ValueError, match="aware datetime, not the naive 2026-01-02T12:00:00"):
        clock.freeze(NOON.replace(tzinfo=None))
