"""A Flyte 2 that can be told to misbehave, and what each verb of its remote is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from flyteidl2.dataproxy.dataproxy_service_pb2 import TailLogsResponse, UploadInputsResponse
from flyteidl2.workflow.run_definition_pb2 import Action
from flyteidl2.workflow.run_service_pb2 import (
    CreateRunResponse,
    GetActionDetailsResponse,
    GetRunDetailsResponse,
    ListActionsResponse,
    ListRunsResponse,
    WatchActionDetailsResponse,
    WatchActionsResponse,
    WatchClusterEventsResponse,
    WatchRunsResponse,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from flytebind.runs import FlyteRun
from flytebind.v2.models.common.identifier import ActionIdentifier
from flytebind.v2.models.task.task_definition import TaskSpec
from tests.hostile import twisting
from tests.hostile.twisting import Twist
from tests.remote.conftest import Face
from tests.runs.conftest import PROJECT
from tests.runs.recordings import METHODS, RUNS, Answer, Question, calls, expected
from tests.runs.server import RecordedServer
from tests.support.messages import walk

DONE = expected()["report"]["run"]
"""A run that has ended."""
RUNNING = "running"
"""One that goes on for ever."""

_OK = grpc.StatusCode.OK
_RUNNING = 4  # ACTION_PHASE_RUNNING
_TALKS = ("projects", "secrets", "tasks", "triggers", "dataproxy", "list_runs")
_EMPTY = (
    *("AbortAction", "AbortRun", "CreateProject", "CreateSecret", "DeleteSecret", "DeleteTriggers"),
    *("DeployTask", "SignalEvent", "UpdateSecret", "UpdateTriggers", "UserInfo"),
)


def another(answer: Message, context: grpc.ServicerContext) -> Message:
    """The same of something else, wherever it has a name."""
    for part in walk(answer):
        if not part.DESCRIPTOR.name.endswith(("Identifier", "Name")):
            continue
        for field in part.DESCRIPTOR.fields:
            if field.name in ("name", "project") and field.type == field.TYPE_STRING:
                setattr(part, field.name, "another")
    return answer


def turning(answer: Message, context: grpc.ServicerContext) -> Message:
    """The same page again and again."""
    for part in walk(answer):
        if "token" in part.DESCRIPTOR.fields_by_name:
            setattr(part, "token", "1")  # noqa: B010
    return answer


class TwistingServer(RecordedServer):
    """One that answers what was recorded, but for what is done to its answers."""

    def __init__(self) -> None:
        super().__init__(RUNS, _TALKS)
        self.twist: Twist = twisting.honest
        self.repeats: bool = False
        """Whether streams say the same again and again."""
        self.actions: Callable[[Any], list[Action]] = _actions
        """The actions of the run that goes on."""
        for name in _EMPTY:
            self.instead[name] = Answer(_OK, (b"",))
        self.instead["UploadInputs"] = _ok(UploadInputsResponse())
        self.instead["DeployTrigger"] = _said("triggers", "deploy a rate")
        self.instead["CreateUploadLocation"] = _said("dataproxy", "an upload location")
        self._made_runs = {RUNNING}

    def answer(self, question: Question) -> Answer:
        """See ``RecordedServer``."""
        asked: Any = GetMessageClass(METHODS[question.method].input_type).FromString(
            question.request
        )
        found = self._made(question.name, asked)
        return super().answer(question) if found is None else found

    def say(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """See ``RecordedServer``."""
        kind = GetMessageClass(METHODS[method].output_type)
        return self._twisted(kind.FromString(super().say(method, request, context)), context)

    def stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """See ``RecordedServer``."""
        kind = GetMessageClass(METHODS[method].output_type)
        for each in super().stream(method, request, context):
            yield self._twisted(kind.FromString(each), context)
            while self.repeats and context.is_active():
                yield self._twisted(kind.FromString(each), context)

    def _twisted(self, answer: Message, context: grpc.ServicerContext) -> bytes:
        twisted = self.twist(answer, context)
        return twisted if isinstance(twisted, bytes) else twisted.SerializeToString()

    def _made(self, name: str, asked: Any) -> Answer | None:
        """What it says of the run that goes on; None where it was recorded."""
        if name == "CreateRun":
            made = CreateRunResponse()
            made.run.action.CopyFrom(_action(asked.run_id, "a0"))
            self._made_runs.add(asked.run_id.name)
            return _ok(made)
        if name == "WatchRuns":
            news = WatchRunsResponse()
            news.runs.add().action.CopyFrom(_action(_place(asked.project_id, RUNNING), "a0"))
            return Answer(None, (news.SerializeToString(),))
        id = next((getattr(asked, each) for each in _IDS if hasattr(asked, each)), None)
        run = getattr(id, "run", id)
        if getattr(run, "name", "") not in self._made_runs:
            return None
        which = getattr(id, "name", "") if hasattr(id, "run") else "a0"
        return self._of_running(name, run, which)

    def _of_running(self, name: str, run: Any, which: str) -> Answer | None:
        match name:
            case "GetRunDetails":
                told = GetRunDetailsResponse()
                told.details.action.MergeFromString(_action(run, "a0").SerializeToString())
                return _ok(told)
            case "GetActionDetails" | "WatchActionDetails":
                one = GetActionDetailsResponse()
                one.details.MergeFromString(_action(run, which).SerializeToString())
                if which == "c0":
                    one.details.condition.type.simple = 4  # BOOLEAN
                if name == "GetActionDetails":
                    return _ok(one)
                news = WatchActionDetailsResponse(details=one.details)
                return Answer(None, (news.SerializeToString(),))
            case "ListActions":
                return _ok(ListActionsResponse(actions=self.actions(run)))
            case "WatchActions":
                watched = WatchActionsResponse()
                for each in self.actions(run):
                    watched.enriched_actions.add().action.CopyFrom(each)
                return Answer(None, (watched.SerializeToString(),))
            case "TailLogs":
                logs = TailLogsResponse()
                logs.logs.add().lines.add().message = "a line"
                return Answer(None, (logs.SerializeToString(),))
            case "WatchClusterEvents":
                events = WatchClusterEventsResponse()
                events.cluster_events.add().message = "an event"
                return Answer(None, (events.SerializeToString(),))
            case "GetActionData" | "GetActionDataURIs":
                return Answer(_OK, (b"",))
        return None


_IDS = ("run_id", "action_id", "id")


def _said(talk: str, case: str) -> Answer:
    return next(call.answer for call in calls("talks", talk) if call.case == case)


def _ok(message: Message) -> Answer:
    return Answer(_OK, (message.SerializeToString(),))


def _place(project: Any, name: str) -> Any:
    run = ListRunsResponse().runs.add().action.id.run
    run.project, run.domain, run.name = project.name, project.domain, name
    return run


def _action(run: Any, name: str, parent: str = "") -> Action:
    action = Action()
    action.id.run.CopyFrom(run)
    action.id.name, action.metadata.parent = name, parent
    action.metadata.task.short_name = "t"
    action.status.phase = _RUNNING
    action.status.start_time.seconds = 1_700_000_000
    return action


def _actions(run: Any) -> list[Action]:
    return [_action(run, "a0"), _action(run, "a1", "a0")]


def chain(parents: Mapping[str, str]) -> Callable[[Any], list[Action]]:
    """Actions, each below the one that it names."""
    return lambda run: [
        _action(run, "a0"),
        *(_action(run, name, parent) for name, parent in parents.items()),
    ]


class Case(NamedTuple):
    """What verbs are about."""

    face: Face
    done: FlyteRun
    running: FlyteRun
    file: Path


def _condition(case: Case) -> ActionIdentifier:
    return ActionIdentifier(run=case.running.run_id, name="c0")


def _spec(case: Case) -> TaskSpec:
    task = case.done.details.task
    assert task is not None
    return task


#: What asks by each verb. Keyword arguments are a timeout, where the verb takes one.
VERBS: Mapping[str, Callable[..., object]] = {
    "abort": lambda c, **k: c.face.abort(c.running, "why not", **k),
    "activate_trigger": lambda c, **k: c.face.activate_trigger("every", "rec.ticking", **k),
    "create_project": lambda c, **k: c.face.create_project("p1", **k),
    "create_secret": lambda c, **k: c.face.create_secret("s1", "hush", **k),
    "deactivate_trigger": lambda c, **k: c.face.deactivate_trigger("every", "rec.ticking", **k),
    "delete_secret": lambda c, **k: c.face.delete_secret("s1", **k),
    "delete_trigger": lambda c, **k: c.face.delete_trigger("every", "rec.ticking", **k),
    "deploy_task": lambda c, **k: c.face.deploy_task(_spec(c), "rec.square", "w9", **k),
    "deploy_trigger": lambda c, **k: c.face.deploy_trigger(
        "hourly", "rec.ticking", {"n": 3}, version="v1", cron="0 3 * * *", **k
    ),
    "download_link": lambda c, **k: c.face.download_link(c.done, **k),
    "events": lambda c, **k: c.face.events(c.running, **k),
    "fetch_action": lambda c, **k: c.face.fetch_action(RUNNING, "a1", **k),
    "fetch_run": lambda c, **k: c.face.fetch_run(DONE, **k),
    "fetch_secret": lambda c, **k: c.face.fetch_secret("rec_s2", project=PROJECT, **k),
    "fetch_task": lambda c, **k: c.face.fetch_task("rec.square", "v1", **k),
    "fetch_trigger": lambda c, **k: c.face.fetch_trigger("every", "rec.ticking", **k),
    "fire_trigger": lambda c, **k: c.face.fire_trigger("every", "rec.ticking", **k),
    "list_actions": lambda c, **k: c.face.list_actions(RUNNING, **k),
    "list_projects": lambda c, **k: c.face.list_projects(**k),
    "list_runs": lambda c, **k: c.face.list_runs(phase="SUCCEEDED", **k),
    "list_secrets": lambda c, **k: c.face.list_secrets(**k),
    "list_tasks": lambda c, **k: c.face.list_tasks(**k),
    "list_triggers": lambda c, **k: c.face.list_triggers(**k),
    "list_versions": lambda c, **k: c.face.list_versions("rec.square", **k),
    "load": lambda c, **k: c.face.load(c.done, **k),
    "logs": lambda c, **k: c.face.logs(c.running, **k),
    "recover": lambda c, **k: c.face.recover(DONE, **k),
    "report": lambda c, **k: c.face.report(c.done, **k),
    "rerun": lambda c, **k: c.face.rerun(DONE, **k),
    "run": lambda c, **k: c.face.run("rec.square", {"x": 4}, version="v1", **k),
    "signal": lambda c, **k: c.face.signal(_condition(c), True, **k),
    "sync": lambda c, **k: c.face.sync(c.running, actions=True, **k),
    "update_secret": lambda c, **k: c.face.update_secret("s1", "hush", **k),
    "upload": lambda c, **k: c.face.upload(c.file, **k),
    "uris": lambda c, **k: c.face.uris(c.done, **k),
    "wait": lambda c, **k: c.face.wait(c.running, **k),
    "watch": lambda c, **k: c.face.watch(c.running, **k),
    "watch_runs": lambda c, **k: c.face.watch_runs(**k),
    "whoami": lambda c, **k: c.face.whoami(**k),
}
