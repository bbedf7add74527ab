"""What both drivers do alike."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from flytebind.remote._io import TimeIsUp
from tests.remote.faults.leftovers import until
from tests.remote.io.driving import Driver, when
from tests.remote.io.held import FAIL, HOLD, HeldServer

# A call that had not begun is refused; one that had is cancelled.
CLOSED = (ValueError, grpc.RpcError, grpc.FutureCancelledError)


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def test_a_call_returns_its_answer(driver: Driver, server: HeldServer) -> None:
    assert driver.run(driver.call(server, b"hello")) == b"hello"


def test_a_call_raises_the_error_of_grpc(driver: Driver, server: HeldServer) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        driver.run(driver.call(server, FAIL))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_results_come_in_the_order_of_the_coroutines(driver: Driver, server: HeldServer) -> None:
    async def after(seconds: float, value: bytes) -> bytes:
        await driver.io.sleep(seconds)
        return await driver.call(server, value)

    async def main() -> list[bytes]:
        return await driver.io.gather(
            after((5 - number) / 100, b"%d" % number) for number in range(6)
        )

    assert driver.run(main()) == numbered(6)
    assert server.arrived != numbered(6)  # they came in another order


def test_an_empty_gather_is_an_empty_list(driver: Driver) -> None:
    assert driver.run(driver.io.gather([])) == []


def test_gathers_nest(driver: Driver, server: HeldServer) -> None:
    def row(start: int) -> Coroutine[Any, Any, list[bytes]]:
        return driver.io.gather(driver.call(server, b"%d" % n) for n in range(start, start + 10))

    rows = driver.run(driver.io.gather(row(10 * number) for number in range(10)))
    assert [each for row in rows for each in row] == numbered(100)


def test_gathers_nest_when_they_are_deeper_than_calls_may_be_many(
    driver: Driver, server: HeldServer
) -> None:
    driver = driver.with_limit(1)

    async def level(depth: int) -> int:
        await driver.call(server, b"")
        if depth == 0:
            return 1
        return sum(await driver.io.gather([level(depth - 1), level(depth - 1)]))

    assert driver.run(level(5)) == 32
    assert len(server.arrived) == 63


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_calls_are_in_flight_than_allowed(
    driver: Driver, server: HeldServer, limit: int
) -> None:
    driver = driver.with_limit(limit)
    held = when(lambda: server.held == limit, server.channel.close)
    with pytest.raises(CLOSED):
        driver.run(driver.io.gather(driver.call(server, HOLD) for _ in range(4 * limit)))
    held.join()
    assert server.most == limit
    assert len(server.arrived) == limit


def test_as_many_calls_as_allowed_are_in_flight(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(30)
    held = when(lambda: server.held == 30, server.channel.close)
    with pytest.raises(CLOSED):
        driver.run(driver.io.gather(driver.call(server, HOLD) for _ in range(100)))
    held.join()
    assert server.most == 30


def test_many_more_calls_than_allowed_all_come_through(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(4)
    answers = driver.run(driver.io.gather(driver.call(server, each) for each in numbered(300)))
    assert answers == numbered(300)
    assert server.most <= 4


def test_threads_share_one_limit(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(3)

    def work(_: int) -> None:
        with pytest.raises(CLOSED):
            driver.run(driver.io.gather(driver.call(server, HOLD) for _ in range(5)))

    held = when(lambda: server.held == 3, server.channel.close)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    held.join()
    assert server.most == 3
    assert len(server.arrived) == 3


def test_a_run_inside_another_is_not_held_up_by_what_queues_there(
    driver: Driver, server: HeldServer
) -> None:
    driver = driver.with_limit(1)
    ran: list[bytes] = []

    def inner() -> None:
        other = threading.Thread(
            target=lambda: ran.append(driver.run(driver.call(server, b"inner")))
        )
        other.start()
        other.join(60)

    async def outer() -> None:
        await driver.call(server, b"outer")
        inner()

    calls = (driver.call(server, each) for each in numbered(9))
    driver.run(driver.io.gather([outer(), driver.io.gather(calls)]))
    assert ran == [b"inner"]


def test_the_first_failure_gives_up_the_others(driver: Driver, server: HeldServer) -> None:
    cleaned: list[str] = []

    async def held(name: str) -> None:
        try:
            await driver.call(server, HOLD)
        finally:
            cleaned.append(name)

    async def failing() -> None:
        while server.held < 3:
            await driver.io.sleep(0.01)
        raise ValueError("enough")

    async def main() -> None:
        try:
            await driver.io.gather([held("a"), failing(), held("b"), held("c")])
        finally:
            cleaned.append("main")

    with pytest.raises(ValueError, match="enough"):
        driver.run(main())
    assert sorted(cleaned[:3]) == ["a", "b", "c"]
    assert cleaned[3] == "main"  # nobody goes on while others are being given up
    until(lambda: server.given_up == 3, "the server hears that nobody waits any more")


def test_a_failure_deep_below_gives_up_whole_branches(driver: Driver, server: HeldServer) -> None:
    async def failing() -> None:
        while server.held < 4:
            await driver.io.sleep(0.01)
        await driver.call(server, FAIL)

    def held() -> Coroutine[Any, Any, list[bytes]]:
        return driver.io.gather([driver.call(server, HOLD), driver.call(server, HOLD)])

    async def main() -> None:
        await driver.io.gather([held(), driver.io.gather([failing()]), held()])

    with pytest.raises(grpc.RpcError):
        driver.run(main())
    until(lambda: server.given_up == 4, "the server hears that nobody waits any more")


def test_what_was_given_up_before_it_began_complains_of_nothing(
    driver: Driver, server: HeldServer
) -> None:
    async def fail() -> None:
        raise ValueError("at once")

    async def main() -> None:
        await driver.io.gather([fail(), *(driver.call(server, HOLD) for _ in range(200))])

    with pytest.raises(ValueError, match="at once"):
        driver.run(main())
    gc.collect()  # a coroutine that was never awaited would say so now, and fail this test


def test_a_failure_is_no_end_for_who_catches_it(driver: Driver, server: HeldServer) -> None:
    async def main() -> list[bytes]:
        with pytest.raises(grpc.RpcError):
            await driver.io.gather([driver.call(server, FAIL), driver.call(server, HOLD)])
        return await driver.io.gather(driver.call(server, each) for each in numbered(5))

    assert driver.run(main()) == numbered(5)


def test_calls_that_were_given_up_make_room_for_others(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(2)

    async def failing() -> None:
        while server.held < 2:
            await driver.io.sleep(0.01)
        raise ValueError("enough")

    async def main() -> list[bytes]:
        for _ in range(3):
            with pytest.raises(ValueError, match="enough"):
                await driver.io.gather([*(driver.call(server, HOLD) for _ in range(2)), failing()])
            until(lambda: server.held == 0, "the calls' end")
        return await driver.io.gather(driver.call(server, each) for each in numbered(5))

    assert driver.run(main()) == numbered(5)


def test_gathers_nest_very_deeply(driver: Driver, server: HeldServer) -> None:
    async def level(depth: int) -> bytes:
        if depth == 0:
            return await driver.call(server, b"bottom")
        return (await driver.io.gather([level(depth - 1)]))[0]

    assert driver.run(level(1000)) == b"bottom"


def test_a_failure_below_deep_gathers_comes_to_the_top(driver: Driver, server: HeldServer) -> None:
    async def level(depth: int) -> None:
        if depth == 0:
            await driver.call(server, FAIL)
        await driver.io.gather([level(depth - 1)])

    with pytest.raises(grpc.RpcError):
        driver.run(level(300))


def test_deep_gathers_are_given_up_to_the_bottom(driver: Driver, server: HeldServer) -> None:
    async def level(depth: int) -> None:
        if depth == 0:
            await driver.call(server, HOLD)
        await driver.io.gather([level(depth - 1)])

    async def failing() -> None:
        while not server.held:
            await driver.io.sleep(0.01)
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        driver.run(driver.io.gather([level(200), failing()]))
    until(lambda: server.given_up == 1, "the server hears that nobody waits any more")


def test_what_blocks_runs_in_another_thread(driver: Driver) -> None:
    assert driver.run(driver.io.in_thread(threading.current_thread)) is not threading.main_thread()


def test_what_fails_in_another_thread_fails_here(driver: Driver) -> None:
    def fail() -> None:
        raise ValueError("over there")

    with pytest.raises(ValueError, match="over there"):
        driver.run(driver.io.in_thread(fail))


def test_what_ends_elsewhere_is_waited_for_and_may_fail(driver: Driver) -> None:
    def begin(end: Callable[[Future[int]], None]) -> Future[int]:
        future: Future[int] = Future()
        threading.Timer(0.05, end, (future,)).start()
        return future

    assert driver.run(driver.io.outside(lambda: begin(lambda each: each.set_result(7)))) == 7
    error = ValueError("over there")
    with pytest.raises(ValueError, match="over there"):
        driver.run(driver.io.outside(lambda: begin(lambda each: each.set_exception(error))))


def test_what_ends_elsewhere_is_given_up_with_whoever_waits_for_it(driver: Driver) -> None:
    begun: Future[int] = Future()

    async def failing() -> int:
        await driver.io.sleep(0.05)
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        driver.run(driver.io.gather([driver.io.outside(lambda: begun), failing()]))
    assert begun.cancelled()


def test_what_blocks_holds_up_nobody_else(driver: Driver, server: HeldServer) -> None:
    gate = threading.Event()

    async def open_gate() -> bytes:
        answer = await driver.call(server, b"open")
        gate.set()
        return answer

    async def main() -> list[object]:
        return await driver.io.gather([driver.io.in_thread(lambda: gate.wait(30)), open_gate()])

    assert driver.run(main()) == [True, b"open"]


def test_a_closed_channel_refuses_every_call(driver: Driver, server: HeldServer) -> None:
    server.channel.close()

    async def main() -> None:
        await driver.io.gather(driver.call(server, each) for each in numbered(200))

    with pytest.raises(ValueError, match="closed"):
        driver.run(main())


def test_a_channel_that_closes_ends_calls_in_flight(driver: Driver, server: HeldServer) -> None:
    closing = when(lambda: server.held == 5, server.channel.close)
    with pytest.raises(CLOSED):
        driver.run(driver.io.gather(driver.call(server, HOLD) for _ in range(5)))
    closing.join()


def test_a_sleep_is_over_in_its_turn(driver: Driver) -> None:
    over: list[int] = []

    async def sleep(turn: int) -> None:
        await driver.io.sleep(0.05 * turn)
        over.append(turn)

    driver.run(driver.io.gather(sleep(turn) for turn in (3, 1, 0, 2)))
    assert over == [0, 1, 2, 3]


def test_a_sleep_of_someone_given_up_holds_up_nobody(driver: Driver) -> None:
    async def fail() -> None:
        await driver.io.sleep(0)
        raise ValueError("enough")

    async def main() -> str:
        with pytest.raises(ValueError, match="enough"):
            await driver.io.gather([driver.io.sleep(3600), fail()])
        await driver.io.sleep(0.01)
        return "here"

    assert driver.run(main()) == "here"


def test_what_is_done_in_time_gives_its_result(driver: Driver, server: HeldServer) -> None:
    async def main() -> list[bytes]:
        calls = driver.io.gather(driver.call(server, each) for each in numbered(9))
        return await driver.io.within(60, calls)

    assert driver.run(main()) == numbered(9)


def test_what_fails_in_time_raises_its_error(driver: Driver, server: HeldServer) -> None:
    with pytest.raises(grpc.RpcError):
        driver.run(driver.io.within(60, driver.call(server, FAIL)))

    async def late() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        driver.run(driver.io.within(60, late()))


def test_what_is_late_is_given_up_with_all_that_it_does(driver: Driver, server: HeldServer) -> None:
    cleaned: list[str] = []

    async def held() -> None:
        try:
            await driver.call(server, HOLD)
        finally:
            cleaned.append("held")

    async def hold() -> None:
        await driver.io.gather([held(), driver.io.gather([held()]), driver.io.sleep(3600)])

    async def main() -> bytes:
        with pytest.raises(TimeIsUp):
            await driver.io.within(0.2, hold())
        assert cleaned == ["held", "held"]
        return await driver.call(server, b"goes on")

    assert driver.run(main()) == b"goes on"
    until(lambda: server.given_up == 2, "the server hears that nobody waits any more")


def test_what_queues_for_its_turn_is_given_up_in_time(driver: Driver, server: HeldServer) -> None:
    driver = driver.with_limit(2)

    async def main() -> list[bytes]:
        calls = driver.io.gather(driver.call(server, HOLD) for _ in range(40))
        with pytest.raises(TimeIsUp):
            await driver.io.within(0.2, calls)
        return await driver.io.gather(driver.call(server, each) for each in numbered(9))

    assert driver.run(main()) == numbered(9)
    assert server.arrived.count(HOLD) == 2


def test_the_inner_of_two_limits_is_kept(driver: Driver, server: HeldServer) -> None:
    async def inner() -> str:
        with pytest.raises(TimeIsUp):
            await driver.io.within(0.1, driver.call(server, HOLD))
        return "in time"

    assert driver.run(driver.io.within(60, inner())) == "in time"


def test_the_outer_of_two_limits_is_kept(driver: Driver, server: HeldServer) -> None:
    async def main() -> None:
        await driver.io.within(0.1, driver.io.within(60, driver.call(server, HOLD)))

    with pytest.raises(TimeIsUp):
        driver.run(main())


def test_a_limit_is_kept_while_calls_end_all_the_time(driver: Driver, server: HeldServer) -> None:
    async def busy() -> None:
        while True:
            await driver.io.gather(driver.call(server, each) for each in numbered(20))

    with pytest.raises(TimeIsUp):
        driver.run(driver.io.within(0.2, busy()))


def test_whoever_lets_others_go_first_all_the_time_holds_up_nobody(
    driver: Driver, server: HeldServer
) -> None:
    answers: list[bytes] = []

    async def call() -> None:
        answers.append(await driver.call(server, b"hello"))

    async def polite() -> None:
        while not answers:
            await driver.io.sleep(0)

    driver.run(driver.io.gather([polite(), call()]))
    assert answers == [b"hello"]
