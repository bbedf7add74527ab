"""What only the driver without a loop does."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import grpc
import pytest

from flytebind.remote._io import blocking
from flytebind.remote._io.blocking import BlockingIo, run
from flytebind.remote._io.turns import Turns
from tests.remote.faults.interrupting import CTRL_C, ctrl_c
from tests.remote.faults.leftovers import until
from tests.remote.io.driving import Driver, when
from tests.remote.io.held import HOLD, HeldServer

io = BlockingIo()


@pytest.fixture
def driver() -> Driver:
    return Driver("blocking")


def test_a_driver_works_inside_a_running_loop(driver: Driver, server: HeldServer) -> None:
    async def cell() -> bytes:
        return driver.run(driver.call(server, b"hello"))

    assert asyncio.run(cell()) == b"hello"


def test_one_run_works_inside_another(driver: Driver, server: HeldServer) -> None:
    async def outer() -> tuple[bytes, bytes]:
        before = await driver.call(server, b"outer")
        return before, driver.run(driver.call(server, b"inner"))

    assert driver.run(outer()) == (b"outer", b"inner")


def test_threads_do_not_meet(driver: Driver, server: HeldServer) -> None:
    def work(thread: int) -> list[bytes]:
        names = (b"%d-%d" % (thread, number) for number in range(50))
        return driver.run(driver.io.gather(driver.call(server, name) for name in names))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert answers == [[b"%d-%d" % (t, n) for n in range(50)] for t in range(8)]


def test_an_exception_of_the_callers_own_kind_passes_through(
    driver: Driver, server: HeldServer
) -> None:
    class Stop(BaseException):
        pass

    async def stop() -> None:
        while not server.held:
            await io.sleep(0.01)
        raise Stop

    with pytest.raises(Stop):
        driver.run(io.gather([driver.call(server, HOLD), stop()]))
    until(lambda: server.given_up == 1, "the server hears that nobody waits any more")


class Foreign:
    """Waits for something of another library."""

    def __await__(self) -> Generator[object, None, None]:
        yield self


async def _foreign() -> None:
    await Foreign()


async def _future() -> None:
    with closing(asyncio.new_event_loop()) as loop:
        await loop.create_future()


async def _turn() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("wait", "what"),
    [(_turn, "an event loop"), (_future, "Future"), (_foreign, "Foreign")],
)
def test_what_needs_a_loop_is_refused(
    driver: Driver, wait: Callable[[], Coroutine[Any, Any, None]], what: str
) -> None:
    async def main() -> str:
        with pytest.raises(TypeError, match=f"waiting for {what} takes asyncio"):
            await wait()
        await io.sleep(0)
        with pytest.raises(TypeError, match="takes asyncio"):
            await io.gather([io.sleep(3600), wait()])
        return "goes on"

    assert driver.run(main()) == "goes on"
    with pytest.raises(TypeError, match="takes asyncio"):
        driver.run(wait())


@CTRL_C
def test_ctrl_c_ends_all_calls_in_flight(driver: Driver, server: HeldServer) -> None:
    cleaned: list[int] = []

    async def held(number: int) -> None:
        try:
            await driver.call(server, HOLD)
        finally:
            cleaned.append(number)

    def row(first: int) -> object:
        return io.gather(held(number) for number in range(first, first + 5))

    async def main() -> None:
        await io.gather([io.gather(map(held, range(5))), io.gather(map(held, range(5, 10)))])

    interrupting = when(lambda: server.held == 10, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        driver.run(main())
    interrupting.join()
    assert sorted(cleaned) == list(range(10))
    until(lambda: server.given_up == 10, "the server hears that nobody waits any more")


@CTRL_C
def test_ctrl_c_ends_a_sleep(driver: Driver) -> None:
    asleep = threading.Event()

    async def sleep() -> None:
        asleep.set()
        await io.sleep(3600)

    interrupting = when(asleep.is_set, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        driver.run(sleep())
    interrupting.join()


@CTRL_C
def test_ctrl_c_does_not_wait_for_what_blocks_in_a_thread(driver: Driver) -> None:
    began, gate = threading.Event(), threading.Event()

    def block() -> None:
        began.set()
        gate.wait(30)

    async def main() -> None:
        await io.gather([io.in_thread(block), io.in_thread(block)])

    interrupting = when(began.is_set, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        driver.run(main())
    interrupting.join()
    assert not gate.is_set()
    gate.set()


# In between, gRPC may have a lock, which would stay taken.
@CTRL_C
def test_ctrl_c_waits_until_a_call_is_whole(driver: Driver, server: HeldServer) -> None:
    made: list[bytes] = []

    def start() -> grpc.Future[bytes]:
        ctrl_c()
        for _ in range(1000):  # Python raises what is due between any two of its steps.
            made.clear()
        future = server.call(HOLD)
        made.append(HOLD)
        return future

    with pytest.raises(KeyboardInterrupt):
        driver.run(io.call(start))
    assert made == [HOLD]
    assert driver.run(driver.call(server, b"hello")) == b"hello"


def test_ctrl_c_is_not_lost_between_the_end_of_a_coroutine_and_its_note(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(blocking._Driver, "_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        driver.run(io.gather([io.sleep(0)]))


@CTRL_C
def test_after_ctrl_c_all_works_as_before(driver: Driver, server: HeldServer) -> None:
    interrupting = when(lambda: server.held, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        driver.run(driver.call(server, HOLD))
    interrupting.join()
    assert run(driver.call(server, b"hello"), Turns(1)) == b"hello"


@CTRL_C
def test_ctrl_c_that_does_not_wake_the_wait_ends_it_all_the_same(driver: Driver) -> None:
    begun: Future[None] = Future()
    late = threading.Timer(20, begun.set_result, (None,))
    late.start()
    # In this thread it interrupts nothing, as when it comes just before the main one waits.
    threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        driver.run(driver.io.outside(lambda: begun))
    late.cancel()
    assert begun.cancelled()
