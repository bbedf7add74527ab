"""flytekit's names on both faces: each does what it stands for."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flytebind.models.admin.common import Annotations, Labels, RawOutputDataConfig
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.security import Identity, SecurityContext
from flytebind.remote import (
    MOST_RECENT_FIRST,
    AsyncFlyteRemote,
    Config,
    FlyteCallError,
    FlyteConfigError,
    FlyteExecutionError,
    FlyteExecutionTimeout,
    FlyteRemote,
    FlyteValueError,
    LaunchOptions,
    Options,
    PlatformConfig,
)
from flytebind.remote.config import AuthMode, Secret
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face
from tests.remote.scenes import scripted
from tests.remote.test_signals import until_signal

FACES = [FlyteRemote, AsyncFlyteRemote]


def test_an_execution_is_fetched_and_synced_under_flytekits_names(
    sandbox: Sandbox, face: Face
) -> None:
    name = scripted.played(sandbox, "chain").id.name
    execution = face.fetch_workflow_execution(PROJECT, DOMAIN, name)
    assert face.fetch_workflow_execution(name=name) == execution
    assert face.sync_execution(execution, sync_nodes=True) is execution
    assert "n0" in execution.node_executions
    with pytest.raises(FlyteValueError, match="execution of fetch_execution"):
        face.fetch_workflow_execution(PROJECT, DOMAIN)


def test_launch_plans_are_activated_under_flytekits_names(face: Face) -> None:
    plan = face.fetch_launch_plan("retries")
    assert face.activate_launchplan(plan.id) is None
    assert face.fetch_active_launchplan(PROJECT, DOMAIN, "retries").id == plan.id
    assert face.deactivate_launchplan(plan.id) is None
    assert face.fetch_active_launchplan(name="retries") is None


def test_lists_go_by_flytekits_names(face: Face) -> None:
    tasks = face.list_tasks_by_version("v1", PROJECT, DOMAIN, limit=3)
    assert [task.id.version for task in tasks] == ["v1"] * 3
    assert face.list_tasks_by_version("v0") == []
    assert face.get_domains() == face.list_domains()


def test_a_gate_is_named_by_its_execution_and_place(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(scripted.live_gate(sandbox).id.name)
    face.set_signal("number", execution.id.name, 7, PROJECT, DOMAIN)
    until_signal(face, execution, "sign-off")
    assert len(face.list_signals(execution.id.name, PROJECT, DOMAIN)) == 2
    with pytest.raises(FlyteCallError):
        face.approve("sign-off", execution.id.name, PROJECT, "staging")
    face.approve("sign-off", execution.id.name, PROJECT, DOMAIN)
    assert face.wait(execution, timeout=60, poll_interval=0.02).is_successful


def test_a_file_is_uploaded_with_its_digest(face: Face, tmp_path: Path) -> None:
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    digest, uri = face.upload_file(path, PROJECT, DOMAIN)
    assert digest.hex() == "781e5e245d69b566979b86e28d23f2c7"
    assert uri == face.upload(path)


def test_recent_executions_are_those_that_filters_let_through(sandbox: Sandbox, face: Face) -> None:
    scripted.played(sandbox, "chain")
    found = face.recent_executions(PROJECT, DOMAIN, 2, ["value_in(phase,SUCCEEDED)"])
    assert 1 <= len(found) <= 2
    assert all(each.is_successful for each in found)
    assert face.recent_executions(filters="eq(phase,FAILING)") == []


def test_an_execution_is_waited_for_where_it_is_started(face: Face) -> None:
    execution = face.execute(face.fetch_launch_plan("chain"), {"rows": 3}, wait=True)
    assert execution.is_successful
    assert execution.outputs["summary"] == "the result is 6"


def test_a_name_has_the_prefix_that_it_was_given_and_is_its_own(face: Face) -> None:
    plan = face.fetch_launch_plan("chain")
    names = {face.execute(plan, execution_name_prefix="nightly").id.name for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("nightly-") and len(name) == 27 for name in names)
    with pytest.raises(FlyteValueError, match="execution_name or execution_name_prefix"):
        face.execute(plan, execution_name="x", execution_name_prefix="y")


def test_what_is_said_of_a_run_wins_over_its_options(face: Face) -> None:
    options = LaunchOptions(tags=["old"], overwrite_cache=True, max_parallelism=3)
    spec = face.execute(
        face.fetch_launch_plan("chain"),
        {},
        PROJECT,
        DOMAIN,
        options=options,
        tags=["new"],
        interruptible=False,
        envs={"A": "b"},
        cluster_pool="gpu",
        execution_cluster_label="near",
    ).spec
    assert list(spec.tags) == ["new"]
    assert (spec.overwrite_cache, spec.interruptible, spec.max_parallelism) == (True, False, 3)
    assert dict(spec.envs.envs) == {"A": "b"}
    assert spec.cluster_assignment.cluster_pool == "gpu"
    assert spec.execution_cluster_label.value == "near"


def test_flytekits_options_are_launch_options() -> None:
    context = SecurityContext(run_as=Identity(k8s_service_account="robot"))
    options = Options(
        Labels({"a": "b"}),
        Annotations({"c": "d"}),
        RawOutputDataConfig("s3://bucket"),
        context,
        5,
        None,
        True,
        True,
    )
    assert replace(LaunchOptions(), raw_output_prefix="s3://bucket").raw_output_prefix == (
        options.raw_output_prefix
    )
    assert (options.labels, options.annotations) == (Labels({"a": "b"}), Annotations({"c": "d"}))
    assert (options.security_context, options.max_parallelism) == (context, 5)
    assert (options.disable_notifications, options.overwrite_cache) == (True, True)
    short = Options.default_from(k8s_service_account="robot", raw_data_prefix="s3://bucket")
    assert (short.security_context, short.raw_output_prefix) == (context, "s3://bucket")
    assert Options() == Options(notifications=[], max_parallelism=0)
    assert pickle.loads(pickle.dumps(options)) == options


@pytest.mark.parametrize("kind", FACES)
def test_a_remote_is_made_under_flytekits_names(
    kind: type[FlyteRemote], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("admin:\n  endpoint: host:81\n")
    monkeypatch.delenv("FLYTE_PLATFORM_URL", raising=False)
    for remote in (
        kind.auto(file, "p", "d"),
        kind.from_config("p", "d", file),
        kind.for_endpoint("host:81", default_project="p", default_domain="d"),
        kind(Config("host:81"), default_project="p", default_domain="d"),
        kind("host:81", "p", default_project="p", domain="d"),
    ):
        assert type(remote) is kind
        assert (remote.default_project, remote.default_domain) == ("p", "d")
        assert remote.generate_console_http_domain() == "https://host:81"
    sandbox = kind.for_sandbox("p", interactive_mode_enabled=True)
    assert sandbox.config == Config.for_sandbox()
    assert (sandbox.default_domain, sandbox.interactive_mode_enabled) == (None, True)
    with pytest.raises(FlyteValueError, match="project 'p' or default_project 'q'"):
        kind("host:81", "p", default_project="q")


def platforms() -> Iterator[tuple[PlatformConfig, Config]]:
    yield PlatformConfig(), Config("localhost:30080")
    yield PlatformConfig("host:81", insecure=True), Config("host:81", insecure=True)
    yield (
        PlatformConfig(
            "host",
            ca_cert_file_path="/ca.pem",
            command=["print", "token"],
            scopes=["all"],
            client_id="me",
            client_credentials_secret="secret",
            auth_mode="client_credentials",
            rpc_retries=7,
        ),
        Config(
            "host",
            ca_cert_file="/ca.pem",
            command=("print", "token"),
            scopes=("all",),
            client_id="me",
            client_secret=Secret("secret"),
            auth_mode=AuthMode.CLIENT_SECRET,
        ),
    )


@pytest.mark.parametrize(("platform", "config"), list(platforms()))
def test_a_config_is_made_of_a_platform_and_shows_it(
    platform: PlatformConfig, config: Config
) -> None:
    made = Config(platform=platform)
    assert made == config
    assert made.platform.endpoint == platform.endpoint
    assert made.platform.ca_cert_file_path == platform.ca_cert_file_path
    assert "secret'" not in repr(made.platform)
    assert replace(made, endpoint="other:1").platform.endpoint == "other:1"
    with pytest.raises(FlyteConfigError, match=r"platform.*does not go with an endpoint"):
        replace(made, platform=PlatformConfig("other:1"))


def test_the_newest_come_first_by_flytekits_constant(sandbox: Sandbox, face: Face) -> None:
    for _ in range(2):
        scripted.played(sandbox, "chain")
    newest = face.list_executions(sort_by=MOST_RECENT_FIRST, limit=2)
    assert [each.id for each in newest] == [each.id for each in face.recent_executions(limit=2)]


def test_errors_of_executions_say_which_and_why(sandbox: Sandbox, face: Face) -> None:
    scene = scripted.played(sandbox, "failure")
    execution = face.fetch_execution(scene.id.name)
    face.load(execution)
    with pytest.raises(FlyteExecutionError) as caught:
        execution.raise_for_status()
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.execution_id == execution.id
    assert (error.code, error.retryable) == (execution.error.code, False)
    assert str(error) == str(caught.value)


def test_a_fault_of_the_system_may_pass() -> None:
    system = ExecutionError("SYSTEM:Lost", "a node is gone", "", ExecutionError.ErrorKind.SYSTEM)
    id = WorkflowExecutionIdentifier(PROJECT, DOMAIN, "name")
    assert FlyteExecutionError("it failed", id, system).retryable
    assert not FlyteExecutionError("it was aborted", id).retryable


def test_a_wait_in_vain_says_for_what(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(scripted.live_gate(sandbox).id.name)
    with pytest.raises(FlyteExecutionTimeout) as caught:
        face.wait(execution, timeout=0.05, poll_interval=0.01)
    assert caught.value.execution_id == execution.id
    assert caught.value.retryable
    assert pickle.loads(pickle.dumps(caught.value)).execution_id == execution.id
    face.terminate(execution, "it was tried")
