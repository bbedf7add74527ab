"""What people do with flytekit's remote, a function for each way of doing it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flytebind.remote import Config, PlatformConfig
from flytebind.remote import Options
from flytebind.models.common import Annotations, Labels, RawOutputDataConfig
from flytebind.models.core.execution import WorkflowExecutionPhase
from flytebind.models.filters import ValueIn
from flytebind.remote import FlyteRemote, FlyteWorkflowExecution
from flytebind.remote.executions import FlyteNodeExecution, FlyteTaskExecution
from flytebind.remote.remote import MOST_RECENT_FIRST

PROJECT, DOMAIN = "flytesnacks", "development"
SOON = timedelta(milliseconds=20)


def connect(endpoint: str) -> FlyteRemote:
    config = Config(platform=PlatformConfig(endpoint=endpoint, insecure=True))
    return FlyteRemote(config, default_project=PROJECT, default_domain=DOMAIN)


def connect_shortly(endpoint: str) -> FlyteRemote:
    return FlyteRemote.for_endpoint(
        endpoint, insecure=True, default_project=PROJECT, default_domain=DOMAIN
    )


def place(endpoint: str) -> tuple[str | None, str | None, str]:
    config = Config.for_endpoint(endpoint, insecure=True)
    remote = FlyteRemote(config=config, default_project="p", default_domain="d")
    assert remote.generate_console_http_domain() == f"http://{config.platform.endpoint}"
    return remote.default_project, remote.default_domain, config.platform.endpoint


def start(remote: FlyteRemote, name: str, inputs: dict[str, object]) -> FlyteWorkflowExecution:
    launch_plan = remote.fetch_launch_plan(project=PROJECT, domain=DOMAIN, name=name)
    return remote.execute(launch_plan, inputs=inputs)


def finish(remote: FlyteRemote, execution: FlyteWorkflowExecution) -> FlyteWorkflowExecution:
    return remote.wait(execution, timeout=timedelta(minutes=1), poll_interval=SOON)


def run_to_the_end(remote: FlyteRemote) -> dict[str, object]:
    execution = finish(remote, start(remote, "chain", {"rows": 3}))
    assert execution.is_done
    assert execution.is_successful
    return {name: execution.outputs[name] for name in execution.outputs}


def run_and_wait(remote: FlyteRemote, name: str) -> FlyteWorkflowExecution:
    return remote.execute(remote.fetch_launch_plan(name=name), inputs={}, wait=True)


def run_under_a_name(remote: FlyteRemote, name: str) -> tuple[str, str, str]:
    launch_plan = remote.fetch_launch_plan(name="chain", version="v1")
    execution = remote.execute(launch_plan, {"rows": 2}, execution_name=name)
    return execution.id.project, execution.id.domain, execution.id.name


def run_under_a_prefix(remote: FlyteRemote) -> str:
    launch_plan = remote.fetch_launch_plan(name="chain")
    execution = remote.execute(launch_plan, inputs={}, execution_name_prefix="nightly")
    prefix, _, rest = execution.id.name.partition("-")
    return f"{prefix}-{len(rest)}"


def run_with_options(remote: FlyteRemote) -> tuple[object, ...]:
    options = Options(
        labels=Labels({"team": "rivers"}),
        annotations=Annotations({"why": "because"}),
        raw_output_data_config=RawOutputDataConfig("s3://bucket/raw"),
        max_parallelism=3,
        disable_notifications=True,
    )
    launch_plan = remote.fetch_launch_plan(name="chain")
    spec = remote.execute(launch_plan, inputs={}, options=options).spec
    assert spec.labels is not None
    assert spec.annotations is not None
    return dict(spec.labels.values), dict(spec.annotations.values), spec.max_parallelism


def run_otherwise(remote: FlyteRemote) -> tuple[object, ...]:
    spec = remote.execute(
        remote.fetch_launch_plan(name="chain"),
        inputs={"rows": 1},
        overwrite_cache=True,
        interruptible=True,
        envs={"STAGE": "test"},
        tags=["nightly", "small"],
        cluster_pool="gpu",
    ).spec
    assert spec.envs is not None
    assert spec.cluster_assignment is not None
    pool = spec.cluster_assignment.cluster_pool
    return spec.overwrite_cache, spec.interruptible, dict(spec.envs.envs), list(spec.tags), pool


def fetch_by_place(remote: FlyteRemote, name: str) -> dict[str, object]:
    execution = remote.fetch_execution(project=PROJECT, domain=DOMAIN, name=name)
    execution = remote.sync(execution, sync_nodes=False)
    return dict(execution.inputs)


def typed_output(remote: FlyteRemote, name: str) -> str:
    execution = remote.sync_execution(remote.fetch_execution(name=name))
    return execution.outputs.get("summary", as_type=str)


def nodes(remote: FlyteRemote, name: str) -> dict[str, bool]:
    execution = remote.sync(remote.fetch_execution(name=name), sync_nodes=True)
    found: dict[str, FlyteNodeExecution] = execution.node_executions
    return {id: found[id].is_done for id in sorted(found)}


def attempts(remote: FlyteRemote, name: str) -> list[int]:
    execution = remote.sync(remote.fetch_execution(name=name), sync_nodes=True)
    first: list[FlyteTaskExecution] = execution.node_executions["n0"].task_executions
    return [task.id.retry_attempt for task in first]


def failure(remote: FlyteRemote) -> tuple[bool, bool]:
    execution = finish(remote, start(remote, "failure", {"rows": 16}))
    assert execution.error is not None
    return execution.is_successful, "rows were read" in execution.error.message


def task(remote: FlyteRemote) -> tuple[str, str, list[str]]:
    found = remote.fetch_task(project=PROJECT, domain=DOMAIN, name="play.total", version="v1")
    return found.id.name, found.id.version, sorted(found.interface.inputs)


def workflow_nodes(remote: FlyteRemote) -> list[str]:
    workflow = remote.fetch_workflow(project=PROJECT, domain=DOMAIN, name="chain", version="v1")
    return sorted(node.id for node in workflow.flyte_nodes)


def activate(remote: FlyteRemote) -> tuple[str, bool]:
    remote.activate_launchplan(remote.fetch_launch_plan(name="map").id)
    active = remote.fetch_active_launchplan(PROJECT, DOMAIN, "map")
    assert active is not None
    remote.deactivate_launchplan(active.id)
    return active.id.name, remote.fetch_active_launchplan(name="map") is None


def recent(remote: FlyteRemote) -> tuple[int, bool]:
    phases = ValueIn("phase", ["SUCCEEDED"])
    found = remote.recent_executions(PROJECT, DOMAIN, limit=2, filters=[phases])
    good = (each.closure.phase == WorkflowExecutionPhase.SUCCEEDED for each in found)
    return len(found), all(good)


def abort(remote: FlyteRemote) -> bool:
    execution = start(remote, "gate", {})
    remote.terminate(execution, "nobody needs it")
    return finish(remote, execution).closure.phase == WorkflowExecutionPhase.ABORTED


def tasks_of_a_version(remote: FlyteRemote) -> list[str]:
    return sorted(task.id.name for task in remote.list_tasks_by_version("v1", limit=100))


def places(remote: FlyteRemote) -> tuple[list[str], list[str]]:
    projects = [project.id for project in remote.list_projects()]
    return sorted(projects), sorted(domain.id for domain in remote.get_domains())


def console(remote: FlyteRemote, name: str) -> tuple[str, str | None]:
    execution = remote.sync(remote.fetch_execution(name=name))
    return remote.generate_console_url(execution), remote.generate_console_url(execution.id)


def upload(remote: FlyteRemote, path: Path) -> tuple[bytes, str]:
    digest, uri = remote.upload_file(path, PROJECT, DOMAIN)
    return digest, uri.rpartition("/")[2]


def order() -> tuple[str, int]:
    return MOST_RECENT_FIRST.key, MOST_RECENT_FIRST.direction
