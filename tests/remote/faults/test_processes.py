"""Forks, Ctrl-C and the end of the interpreter, in processes of their own."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from flytebind.sandbox import Sandbox
from tests.remote.faults.leftovers import until
from tests.remote.faults.programs import Ended, finish, interrupt, run, start
from tests.remote.scenes import executions
from tests.remote.scenes.scene import WorkflowPhase

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
SIGNALS = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process here")
QUIET = Ended(0, "", "")

_FORK = """
remote = FlyteRemote(config, policy=CallPolicy(timeout=10))
if USED:
    remote.list_projects()
pid = os.fork()
if pid == 0:
    try:
        for each in (remote, FlyteRemote(config)):
            try:
                print("child", len(each.list_projects()))
            except FlyteAssertion as error:
                print("child", "GRPC_ENABLE_FORK_SUPPORT" in str(error))
            each.close()
    finally:
        sys.stdout.flush()
        os._exit(0)
status = os.waitpid(pid, 0)[1]
print("parent", status, len(remote.list_projects()))
remote.close()
"""


@FORK
@pytest.mark.parametrize("support", ["0", "1"])
def test_a_remote_that_was_not_used_survives_a_fork(sandbox: Sandbox, support: str) -> None:
    ended = run(f"USED = False{_FORK}", sandbox.endpoint, GRPC_ENABLE_FORK_SUPPORT=support)
    assert ended.output.split("\n") == ["child 1", "child 1", "parent 0 1", ""]
    assert ended.code == 0


@FORK
def test_a_call_in_a_fork_of_a_user_fails_at_once_and_harms_nobody(sandbox: Sandbox) -> None:
    ended = run(f"USED = True{_FORK}", sandbox.endpoint)
    assert ended.output.split("\n") == ["child True", "child True", "parent 0 1", ""]
    assert ended.code == 0


@FORK
def test_with_support_calls_work_on_both_sides_of_a_fork(sandbox: Sandbox) -> None:
    ended = run(f"USED = True{_FORK}", sandbox.endpoint, GRPC_ENABLE_FORK_SUPPORT="1")
    assert ended.output.split("\n") == ["child 1", "child 1", "parent 0 1", ""]
    assert ended.code == 0


_INTERRUPTED = {
    "sync call": "FlyteRemote(config).fetch_execution(NAME)",
    "sync wait": "e = FlyteRemote(config).fetch_execution(NAME); e.wait(poll_interval=POLL)",
    "async call": """
async def main():
    async with AsyncFlyteRemote(config) as remote:
        await remote.fetch_execution(NAME)
asyncio.run(main())
""",
    "async wait": """
async def main():
    async with AsyncFlyteRemote(config) as remote:
        await remote.wait(await remote.fetch_execution(NAME), poll_interval=POLL)
asyncio.run(main())
""",
    "async calls, most of which wait for their turn": """
async def main():
    async with AsyncFlyteRemote(config, max_calls=4) as remote:
        await asyncio.gather(*(remote.fetch_execution(NAME) for _ in range(8)))
asyncio.run(main())
""",
}


@SIGNALS
@pytest.mark.parametrize("what", _INTERRUPTED)
def test_ctrl_c_ends_a_program(sandbox: Sandbox, what: str) -> None:
    name = executions.in_phase(sandbox, WorkflowPhase.RUNNING).id.name
    if "call" in what:
        sandbox.faults.latency(60)
    program = f"NAME, POLL = {name!r}, 0.01\n{_INTERRUPTED[what]}"
    process = start(program, sandbox.endpoint)
    until(lambda: sandbox.calls["GetExecution"] > 3 * ("wait" in what), "the call")
    interrupt(process)
    ended = finish(process)
    assert ended.code in (-signal.SIGINT, 128 + signal.SIGINT, 1)
    assert ended.errors.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in ended.errors
    assert "never awaited" not in ended.errors


@SIGNALS
def test_ctrl_c_in_mid_sync_leaves_nothing_running(sandbox: Sandbox) -> None:
    from tests.remote.scenes.bulk import wide

    name = wide(sandbox, 100).id.name
    program = f"""
remote = FlyteRemote(config)
execution = remote.fetch_execution({name!r})
try:
    execution.sync(sync_nodes=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
import time
deadline = time.monotonic() + 20
while threading.active_count() > 1 and time.monotonic() < deadline:
    time.sleep(0.01)
print(threading.enumerate() == [threading.main_thread()])
print(len(remote.list_projects()))
"""
    sandbox.faults.latency(60, method="GetNodeExecutionData")
    process = start(program, sandbox.endpoint)
    until(lambda: sandbox.calls["GetNodeExecutionData"] > 20, "the calls")
    interrupt(process)
    assert finish(process) == Ended(0, "interrupted\nTrue\n1\n", "")


@pytest.mark.parametrize(
    "program",
    [
        "remote = FlyteRemote(config); remote.list_projects()",
        "FlyteRemote(config).list_projects()",
        "remotes = [FlyteRemote(config) for _ in range(10)]\nfor r in remotes: r.list_projects()",
        "remote = AsyncFlyteRemote(config)\nfor _ in range(3): asyncio.run(remote.list_projects())",
        "items = FlyteRemote(config).list_executions(); next(items, None)",
    ],
    ids=["open", "forgotten", "many", "async", "iterator"],
)
def test_the_interpreter_ends_quietly_with_open_channels(sandbox: Sandbox, program: str) -> None:
    assert run(program, sandbox.endpoint) == QUIET


def test_the_interpreter_waits_for_the_call_of_a_thread(sandbox: Sandbox) -> None:
    sandbox.faults.latency(0.3, method="GetDomains")
    program = """
remote = FlyteRemote(config)
threading.Thread(target=remote.list_domains).start()
while threading.active_count() < 3:  # gRPC has a thread as long as there is a call
    pass
"""
    assert run(program, sandbox.endpoint) == QUIET
    assert sandbox.calls["GetDomains"] == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="threads may be started to the very end")
def test_a_call_that_begins_while_the_interpreter_ends_is_refused(sandbox: Sandbox) -> None:
    program = """
remote = FlyteRemote(config)
remote.list_projects()
def late():
    threading.main_thread().join()
    try:
        remote.list_domains()
    except FlyteAssertion as error:
        print(str(error)[:21])
threading.Thread(target=late).start()
"""
    assert run(program, sandbox.endpoint) == Ended(0, "the program is ending\n", "")


def test_an_iterator_that_is_left_behind_says_nothing_at_the_end(sandbox: Sandbox) -> None:
    for _ in range(3):
        executions.in_phase(sandbox, WorkflowPhase.SUCCEEDED)
    program = "items = FlyteRemote(config).list_executions(); print(next(items).phase.name)"
    assert run(program, sandbox.endpoint) == Ended(0, "SUCCEEDED\n", "")
