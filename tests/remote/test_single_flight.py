"""Who asks for the same thing at the same time is served by one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flytebind.remote import AsyncFlyteRemote, FlyteRemote, FlyteWorkflow
from flytebind.remote._io import TimeIsUp
from flytebind.remote._single_flight import SingleFlight
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, config
from tests.remote.io.driving import Driver

ASKING = 5


def in_threads(sandbox: Sandbox) -> list[FlyteWorkflow]:
    remote = FlyteRemote(config(sandbox), PROJECT, DOMAIN)
    with remote, ThreadPoolExecutor(ASKING) as pool:
        return list(pool.map(lambda _: remote.fetch_workflow("chain", "v1"), range(ASKING)))


def in_coroutines(sandbox: Sandbox) -> list[FlyteWorkflow]:
    async def main() -> list[FlyteWorkflow]:
        async with AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            asking = (remote.fetch_workflow("chain", "v1") for _ in range(ASKING))
            return await asyncio.gather(*asking)

    return asyncio.run(main())


@pytest.fixture
def slow(sandbox: Sandbox) -> Iterator[Sandbox]:
    """One in which all have asked before the first one has an answer."""
    sandbox.faults.latency(0.2, method="GetWorkflow")
    sandbox.calls.clear()
    yield sandbox
    sandbox.faults.clear()


@pytest.mark.parametrize("ask", [in_threads, in_coroutines])
def test_a_workflow_is_fetched_once_for_all_who_want_it(
    slow: Sandbox, ask: Callable[[Sandbox], list[FlyteWorkflow]]
) -> None:
    first, *others = ask(slow)
    assert slow.calls["GetWorkflow"] == 1
    assert len(others) == ASKING - 1
    assert all(each is first for each in others)


class Asked:
    """Asks for something that takes its time."""

    def __init__(self, driver: Driver, timeout: float = 60) -> None:
        self.io = driver.io
        self.count = 0
        self._flight = SingleFlight(self.io, timeout)

    async def share(self, seconds: float = 0, error: Exception | None = None) -> str:
        async def fetch() -> str:
            self.count += 1
            await self.io.sleep(seconds)
            if error is not None:
                raise error
            return "answer"

        return await self._flight.share("key", fetch)

    async def caught(self, seconds: float, error: Exception) -> Exception | None:
        try:
            await self.share(seconds, error)
        except LookupError as caught:
            return caught
        return None


@pytest.fixture(params=["blocking", "asyncio"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Both, one after the other."""
    return Driver(request.param)


def test_an_error_is_shared_too_and_not_remembered(driver: Driver) -> None:
    asked, error = Asked(driver), LookupError("there is none")

    async def main() -> None:
        assert await asked.io.gather([asked.caught(0.1, error) for _ in range(3)]) == [error] * 3
        assert asked.count == 1
        assert await asked.share() == "answer"

    driver.run(main())


def test_who_is_given_up_takes_nobody_along(driver: Driver) -> None:
    asked = Asked(driver)

    async def given_up() -> str:
        try:
            return await asked.io.within(0.05, asked.share(60))
        except TimeIsUp:
            return "late"

    async def main() -> None:
        assert await asked.io.gather([given_up(), asked.share()]) == ["late", "answer"]
        assert asked.count == 2

    driver.run(main())


def test_nobody_waits_for_ever_for_who_does_not_come_back(driver: Driver) -> None:
    asked = Asked(driver, timeout=0.05)

    async def main() -> None:
        assert await asked.io.gather([asked.share(0.5), asked.share()]) == ["answer"] * 2
        assert asked.count == 2

    driver.run(main())
