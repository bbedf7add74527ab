"""What only the driver for event loops does."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from flytebind.remote._io import TimeIsUp
from flytebind.remote._io.asynchronous import AsyncIo
from flytebind.remote._io.turns import Turns
from tests.remote.faults.interrupting import CTRL_C, ctrl_c
from tests.remote.faults.leftovers import until
from tests.remote.io.driving import Driver, when
from tests.remote.io.held import HOLD, HeldServer


@pytest.fixture
def driver() -> Driver:
    return Driver("asyncio")


def test_a_task_that_is_cancelled_cancels_its_calls(driver: Driver, server: HeldServer) -> None:
    async def main() -> None:
        rows = [driver.io.gather(driver.call(server, HOLD) for _ in range(3)) for _ in range(2)]
        task = asyncio.ensure_future(driver.io.gather(rows))
        await asyncio.to_thread(until, lambda: server.held == 6, "six calls")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    driver.run(main())
    until(lambda: server.given_up == 6, "the server hears that nobody waits any more")


def test_a_task_may_be_cancelled_while_its_calls_queue(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(1)

    async def main() -> bytes:
        holding = asyncio.ensure_future(driver.call(server, HOLD))
        await asyncio.to_thread(until, lambda: server.held == 1, "the call")
        queued = [asyncio.ensure_future(driver.call(server, b"%d" % n)) for n in range(3)]
        await asyncio.sleep(0)
        queued[1].cancel()
        holding.cancel()
        results = await asyncio.gather(holding, *queued, return_exceptions=True)
        assert [str(each) for each in results[1:]] == [str(b"0"), "", str(b"2")]
        return await driver.call(server, b"after")

    assert driver.run(main()) == b"after"


def test_calls_that_are_cancelled_together_all_say_so(driver: Driver, server: HeldServer) -> None:
    """Those in flight pass their turns on to those that queue, which are cancelled already."""
    driver = driver.with_limit(4)

    async def main() -> list[bytes]:
        calls = [asyncio.ensure_future(driver.call(server, HOLD)) for _ in range(12)]
        await asyncio.to_thread(until, lambda: server.held == 4, "four calls")
        for each in calls:
            each.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 12
        await asyncio.to_thread(until, lambda: server.held == 0, "the end of the calls")
        # All turns have come back.
        calls = [asyncio.ensure_future(driver.call(server, HOLD)) for _ in range(4)]
        await asyncio.to_thread(until, lambda: server.held == 4, "four calls again")
        for each in calls:
            each.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return await driver.io.gather(driver.call(server, b"%d" % n) for n in range(9))

    assert driver.run(main()) == [b"%d" % n for n in range(9)]


def test_a_timeout_of_asyncio_is_kept(driver: Driver, server: HeldServer) -> None:
    async def main() -> None:
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(driver.call(server, HOLD), 0.05)

    driver.run(main())
    until(lambda: not server.held, "the server hears that nobody waits any more")


def test_a_loop_may_end_while_calls_are_in_flight(driver: Driver, server: HeldServer) -> None:
    async def main() -> None:
        asyncio.ensure_future(driver.call(server, HOLD))  # noqa: RUF006 - nobody waits for it
        await asyncio.to_thread(until, lambda: server.held == 1, "the call")

    asyncio.run(main())
    until(lambda: server.given_up == 1, "the server hears that nobody waits any more")


def test_each_loop_may_be_a_new_one(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(2)
    for _ in range(5):
        calls = driver.io.gather(driver.call(server, b"%d" % n) for n in range(20))
        assert driver.run(calls) == [b"%d" % n for n in range(20)]


def test_loops_that_are_gone_are_forgotten(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(2)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await driver.io.gather(driver.call(server, b"") for _ in range(20))

    for _ in range(3):
        driver.run(main())

    def are_gone() -> bool:
        gc.collect()
        return [loop() for loop in loops] == [None, None, None]

    # gRPC's own thread lets go of what it has told a moment later.
    until(are_gone, "that loops are gone")


def test_loops_in_several_threads_do_not_meet(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(4)

    def work(thread: int) -> list[bytes]:
        names = [b"%d-%d" % (thread, number) for number in range(100)]
        return driver.run(driver.io.gather(map(partial(driver.call, server), names)))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(4)))
    assert answers == [[b"%d-%d" % (t, n) for n in range(100)] for t in range(4)]


@CTRL_C
def test_ctrl_c_ends_all_calls_in_flight(driver: Driver, server: HeldServer) -> None:
    interrupting = when(lambda: server.held == 10, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(driver.io.gather(driver.call(server, HOLD) for _ in range(10)))
    interrupting.join()
    until(lambda: server.given_up == 10, "the server hears that nobody waits any more")


def test_what_blocks_may_be_given_up(driver: Driver) -> None:
    import threading

    gate = threading.Event()

    async def main() -> None:
        task = asyncio.ensure_future(driver.io.in_thread(lambda: gate.wait(30)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not gate.is_set()
        gate.set()

    driver.run(main())


def test_what_ends_elsewhere_is_given_up_by_a_cancel_that_does_not_wake_the_loop(
    driver: Driver,
) -> None:
    begun: Future[None] = Future()
    woken: list[None] = []

    async def main() -> None:
        task = asyncio.ensure_future(driver.io.outside(lambda: begun))
        waking = asyncio.get_running_loop().call_later(20, woken.append, None)
        await asyncio.sleep(0)
        # What a notebook does on Ctrl-C: it comes in between, and the loop goes on sleeping.
        threading.Timer(0.1, task.cancel).start()
        with pytest.raises(asyncio.CancelledError):
            await task
        waking.cancel()

    driver.run(main())
    assert begun.cancelled()
    assert woken == []


def test_time_that_is_up_ends_all_levels_at_once() -> None:
    """One after the other, the inner ones would go on, and start more, until it is their turn."""
    io = AsyncIo(Turns(1))
    ended: list[int] = []
    rounds = 0

    async def level(depth: int) -> None:
        if depth:
            # There is no room for the second one, so that this is still starting its part.
            await io.gather(level(each) for each in (depth - 1, 0))
            return
        try:
            await io.call(Future[None])
        finally:
            ended.append(rounds)

    async def count() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    async def main() -> None:
        counting = asyncio.ensure_future(count())
        with pytest.raises(TimeIsUp):
            await io.within(0.05, level(6))
        counting.cancel()

    asyncio.run(main())
    assert len(ended) > 1
    assert len(set(ended)) == 1
