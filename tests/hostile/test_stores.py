"""Each verb that reads or writes through links, against each way in which a store may misbehave."""

from __future__ import annotations

import copy
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from flytebind._transfer import linked
from flytebind.remote import CallPolicy, Config, FlyteError
from flytebind.remote._operations import uploads
from flytebind.runtime.fields import is_repeated
from tests.hostile.conftest import World
from tests.hostile.http import ENDLESS, HUGE, busy, cut_short, hostile, redirects
from tests.hostile.twisting import Twist
from tests.hostile.verbs import VERBS, Case
from tests.remote.conftest import face_of
from tests.remote.faults.leftovers import until
from tests.support.messages import walk
from tests.transfer.http.peer import Peer

#: The verbs that follow links.
STORING = frozenset({"download", "get", "load", "sync", "upload", "upload_file", "wait"})

SCRIPTS = {
    **{name: ENDLESS[name] for name in ("never answers", "drips a body")},
    **{name: HUGE[name] for name in ("headers", "a body")},
    "busy": busy,
    "cut short": cut_short,
    "redirects": redirects,
}


def leading_to(peer: Peer) -> Twist:
    """All links of all answers lead to somebody else."""

    def lead(answer: Message, context: grpc.ServicerContext) -> Message:
        parts: list[Any] = [*walk(answer)]
        for part in parts:
            for field in part.DESCRIPTOR.fields:
                is_text = field.type == field.TYPE_STRING and not is_repeated(field)
                if is_text and field.name in ("signed_url", "url"):
                    setattr(part, field.name, f"{peer.url}/{field.name}")
                    if "bytes" in part.DESCRIPTOR.fields_by_name:
                        part.bytes = 1000
            if part.DESCRIPTOR.full_name == "flyteidl.service.GetDataResponse":
                part.literal.offloaded_metadata.uri = "gs://bucket/x"
            for name in ("full_inputs", "full_outputs"):
                if name in part.DESCRIPTOR.fields_by_name:
                    part.ClearField(name)  # what is not here is looked for there
        return answer

    return lead


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "SILENCE", 0.3)
    monkeypatch.setattr(uploads, "SILENCE", 0.3)


def _try(world: World, kind: str, verb: str, peer: Peer, folder: Path) -> FlyteError | None:
    """What a verb raises, if all links lead to this store."""
    file = folder / "file.txt"
    file.write_text("what goes up")
    config = Config.for_endpoint(world.endpoint, insecure=True)
    policy = CallPolicy(timeout=0.5, max_attempts=2, first_pause=0.001, touch_timeout=0.5)
    with face_of(kind, config, policy=policy) as face:
        execution = copy.copy(world.execution)
        world.admin.twist = leading_to(peer)
        case = Case(face, execution.id.name, world.waiting, execution, file)
        try:
            limit = {"timeout": 0.6} if verb in STORING else {}
            found = VERBS[verb](case, **limit)
            if verb in ("get", "load", "sync", "wait"):
                _ = str(found), dict(execution.inputs)
        except FlyteError as error:
            return error
    return None


@pytest.mark.usefixtures("impatient")
def test_the_verbs_that_follow_links_are_known(world: World, tmp_path: Path) -> None:
    following = set()
    for verb in VERBS:
        with hostile(busy) as peer:
            _try(world, "sync", verb, peer, tmp_path)
            if peer.seen:
                following.add(verb)
    assert following == STORING


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("verb", sorted(STORING))
def test_a_verb_ends_well_whatever_a_store_does(
    world: World, kind: str, verb: str, script: str, tmp_path: Path
) -> None:
    threads = set(threading.enumerate())
    with hostile(SCRIPTS[script]) as peer:
        began = time.monotonic()
        error = _try(world, kind, verb, peer, tmp_path)
        assert error is not None, "nobody could have had that"
        assert time.monotonic() - began < 10
        assert "\x1b" not in str(error)
        until(lambda: not _ours(threads), f"the end of {_ours(threads)}")
    assert {path.name for path in tmp_path.iterdir()} == {"file.txt"}


def _ours(threads: set[threading.Thread]) -> list[str]:
    return [
        each.name
        for each in threading.enumerate()
        if each not in threads and each.name.startswith("flytebind")
    ]
