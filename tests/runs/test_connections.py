"""What a remote for Flyte 2 shows to a server, and where it finds one."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import grpc
import pytest

from flytebind.looks import Work
from flytebind.remote import CallPolicy, Config, FlyteAssertion, FlyteAuthenticationError
from flytebind.remote.auth import passing_on
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote
from tests.runs.recordings import Answer, Question, expected
from tests.runs.server import RecordedServer

PLACE = ("flytesnacks", "development")


def names(server: RecordedServer, key: str) -> list[str | bytes | None]:
    """What came by a key, call by call."""
    return [metadata.get(key) for metadata in server.metadata]


def test_tokens_are_passed_on_for_the_time_of_a_block(server: RecordedServer) -> None:
    name = expected()["simple"]["run"]
    with Flyte2Remote(server.config, *PLACE) as remote:
        with passing_on(("authorization", "Bearer theirs")):
            run = remote.fetch_run(name)
            remote.list_actions(run)
            list(remote.logs(run))
        remote.fetch_run(name)
    assert names(server, "authorization") == ["Bearer theirs"] * (len(server.metadata) - 1) + [None]
    assert {"WatchActions", "TailLogs"} <= server.counts().keys()


def test_tasks_that_act_for_several_people_do_not_mix_them_up(server: RecordedServer) -> None:
    name = expected()["simple"]["run"]

    async def act(remote: AsyncFlyte2Remote, who: str) -> None:
        with passing_on(("authorization", who)):
            for _ in range(3):
                await remote.fetch_run(name)
                await asyncio.sleep(0)

    async def main() -> None:
        async with AsyncFlyte2Remote(server.config, *PLACE, token="own") as remote:
            await asyncio.gather(*(act(remote, who) for who in "abc"))

    asyncio.run(main())
    assert sorted(map(str, names(server, "authorization"))) == sorted("abc" * 3)


def test_a_stream_renews_a_token_that_was_refused(server: RecordedServer) -> None:
    tokens = iter(["old", "new", "newer"])

    def look(question: Question) -> Answer:
        if server.metadata[-1].get("flyte-authorization") == "Bearer new":
            del server.instead["TailLogs"]
            return server.answer(question)
        return Answer(grpc.StatusCode.UNAUTHENTICATED, (), "who are you?")

    config = Config(server.endpoint, insecure=True, authorization_header="flyte-authorization")
    with Flyte2Remote(config, *PLACE, token=lambda: next(tokens)) as remote:
        run = remote.fetch_run(expected()["simple"]["run"])
        server.instead["TailLogs"] = look
        assert list(remote.logs(run))
    assert names(server, "flyte-authorization")[-2:] == ["Bearer old", "Bearer new"]


def test_a_stream_that_is_refused_is_an_error_of_its_own(server: RecordedServer) -> None:
    server.instead["TailLogs"] = Answer(grpc.StatusCode.UNAUTHENTICATED, (), "who are you?")
    with Flyte2Remote(server.config, *PLACE) as remote:
        run = remote.fetch_run(expected()["simple"]["run"])
        with pytest.raises(FlyteAuthenticationError, match="who are you"):
            list(remote.logs(run))


def test_an_api_key_in_the_environment_tells_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = base64.b64encode(b"http://localhost:1:me:hush:acme").decode()
    monkeypatch.setenv("FLYTE_API_KEY", key)
    with Flyte2Remote(project="p", domain="d") as remote:
        assert repr(remote) == "Flyte2Remote('localhost:1')"
        assert remote._session.org == "acme"
        assert remote._session.project_id(None, None).organization == "acme"


def test_a_channel_of_asyncio_serves_calls_and_streams(server: RecordedServer) -> None:
    async def main() -> tuple[object, list[Any]]:
        async with (
            grpc.aio.insecure_channel(server.endpoint) as channel,
            AsyncFlyte2Remote(None, *PLACE, channel=channel) as remote,
        ):
            with pytest.raises(TypeError, match=r"Flyte2Remote takes a grpc\.Channel"):
                Flyte2Remote(None, *PLACE, channel=channel)
            run = await remote.fetch_run(expected()["simple"]["run"])
            await remote.load(run)
            return run.outputs["o0"], [line async for line in remote.logs(run)]

    output, lines = asyncio.run(main())
    assert output == 9
    assert lines


def test_a_run_can_be_taken_for_any_work(server: RecordedServer) -> None:
    with Flyte2Remote(server.config, *PLACE) as remote:
        work: Work = remote.fetch_run(expected()["failing"]["run"])
        assert work.wait(1) is work
        assert work.error is not None
        assert (work.error.message, work.is_successful, work.name) == (
            "no 4",
            False,
            expected()["failing"]["run"],
        )


def test_on_asyncio_touching_names_the_call_to_await(server: RecordedServer) -> None:
    async def main() -> None:
        async with AsyncFlyte2Remote(server.config, *PLACE) as remote:
            run = await remote.fetch_run(expected()["simple"]["run"])
            with pytest.raises(FlyteAssertion, match=r"await remote\.load"):
                _ = run.outputs
            with pytest.raises(FlyteAssertion, match=r"await remote\.abort"):
                run.abort("x")

    asyncio.run(main())


def test_a_copy_keeps_what_was_loaded_and_has_no_remote(server: RecordedServer) -> None:
    import copy
    import pickle

    with Flyte2Remote(server.config, *PLACE) as remote:
        run = remote.fetch_run(expected()["parent_children"]["run"]).sync(actions=True)
        assert run.outputs["o0"] == "h9: 14"
        calls = len(server.calls)
        for twin in (pickle.loads(pickle.dumps(run)), copy.deepcopy(run), copy.copy(run)):
            assert twin == run
            assert hash(twin) == hash(run)
            assert twin.outputs["o0"] == "h9: 14"
            assert list(twin.actions) == list(run.actions)
            with pytest.raises(FlyteAssertion, match="it has no remote"):
                twin.sync()
        assert len(server.calls) == calls


def test_calls_stop_when_a_remote_is_closed(server: RecordedServer) -> None:
    remote = Flyte2Remote(server.config, *PLACE, policy=CallPolicy(timeout=5))
    run = remote.fetch_run(expected()["simple"]["run"])
    remote.close()
    for call in (lambda: remote.fetch_run(run.name), lambda: list(remote.logs(run))):
        with pytest.raises(FlyteAssertion, match="this remote is closed"):
            call()
