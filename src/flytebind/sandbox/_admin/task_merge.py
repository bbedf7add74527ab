"""How what task events report adds up."""

from __future__ import annotations

from collections.abc import MutableSequence

from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flyteidl.event.event_pb2 import ExternalResourceInfo, TaskExecutionMetadata
from google.protobuf.struct_pb2 import Struct

from flytebind.sandbox._admin.phases import TERMINAL_TASK


def merge_logs(logs: MutableSequence[TaskLog], latest: MutableSequence[TaskLog]) -> None:
    """Put the latest logs first; of the former ones stay those with another URI and name."""
    if not latest:
        return
    uris = {log.uri for log in latest}
    names = {log.name for log in latest if log.name}
    kept = [log for log in logs if log.uri not in uris and log.name not in names]
    del logs[:]
    logs.extend([*latest, *kept])


def filter_logs(logs: MutableSequence[TaskLog], phase: int) -> None:
    """Drop the logs that are not shown in a phase."""
    pending = phase in (TaskExecution.QUEUED, TaskExecution.INITIALIZING)
    shown = [
        log
        for log in logs
        if not (phase in TERMINAL_TASK and log.HideOnceFinished)
        and not (pending and not log.ShowWhilePending)
    ]
    if len(shown) < len(logs):
        del logs[:]
        logs.extend(shown)


def merge_struct(struct: Struct, latest: Struct) -> None:
    """Merge as JSON merge patch (RFC 7396) does: null removes, objects merge, all else replaces."""
    for key, value in latest.fields.items():
        kind = value.WhichOneof("kind")
        if kind == "null_value":
            struct.fields.pop(key, None)
        elif kind == "struct_value":
            target = struct.fields[key]
            target.struct_value.SetInParent()
            merge_struct(target.struct_value, value.struct_value)
        else:
            struct.fields[key].CopyFrom(value)


def sort_resources(metadata: TaskExecutionMetadata) -> None:
    """Order external resources by index and attempt."""
    metadata.external_resources.sort(key=_place)


def merge_metadata(metadata: TaskExecutionMetadata, latest: TaskExecutionMetadata) -> None:
    """Take over what the latest metadata say; external resources meet by index and attempt."""
    if latest.generated_name:
        metadata.generated_name = latest.generated_name
    if latest.plugin_identifier:
        metadata.plugin_identifier = latest.plugin_identifier
    if latest.instance_class != TaskExecutionMetadata.DEFAULT:
        metadata.instance_class = latest.instance_class
    del metadata.resource_pool_info[:]
    metadata.resource_pool_info.extend(latest.resource_pool_info)
    known = {_place(resource): resource for resource in metadata.external_resources}
    added = []
    for resource in latest.external_resources:
        if (former := known.get(_place(resource))) is not None:
            _merge_resource(former, resource)
        else:
            added.append(resource)
    if added:
        metadata.external_resources.extend(added)
        sort_resources(metadata)


def _place(resource: ExternalResourceInfo) -> tuple[int, int]:
    return resource.index, resource.retry_attempt


def _merge_resource(resource: ExternalResourceInfo, latest: ExternalResourceInfo) -> None:
    resource.phase = latest.phase
    if latest.external_id:
        resource.external_id = latest.external_id
    if latest.cache_status != CatalogCacheStatus.CACHE_DISABLED:
        resource.cache_status = latest.cache_status
    merge_logs(resource.logs, latest.logs)
    merge_struct(resource.custom_info, latest.custom_info)
    if latest.HasField("workflow_node_metadata"):
        resource.workflow_node_metadata.CopyFrom(latest.workflow_node_metadata)
    if latest.HasField("log_context"):
        resource.log_context.CopyFrom(latest.log_context)
