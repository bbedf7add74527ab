"""Projects that are made to change the state of one that exists."""

from __future__ import annotations

from flyteidl.admin import project_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self


class ProjectInState(FlyteIdlEntity[project_pb2.Project]):
    """For ``Project``: the argument of an update that turns a project on or off."""

    __slots__ = ()

    @classmethod
    def active_project(cls, id: str) -> Self:
        """A project with this identifier that is active, and nothing else."""
        return cls._in_state(id, project_pb2.Project.ACTIVE)

    @classmethod
    def archived_project(cls, id: str) -> Self:
        """A project with this identifier that is archived, and nothing else."""
        return cls._in_state(id, project_pb2.Project.ARCHIVED)

    @classmethod
    def _in_state(cls, id: str, state: int) -> Self:
        project = models.admin.project.Project
        return cls._wrap(project(id, "", "", project.ProjectState.from_number(state))._pb)
