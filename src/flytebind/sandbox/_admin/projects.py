"""Projects and domains, and the server's version."""

from __future__ import annotations

import json
import re

import grpc

from flytebind.models.admin.common import Sort
from flytebind.models.admin.project import (
    Domain,
    GetDomainRequest,
    GetDomainsResponse,
    InactiveProject,
    Project,
    ProjectGetRequest,
    ProjectListRequest,
    ProjectRegisterRequest,
    ProjectRegisterResponse,
    Projects as ProjectList,
    ProjectUpdateResponse,
)
from flytebind.models.admin.version import GetVersionRequest, GetVersionResponse, Version
from flytebind.runtime import __version__
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import check_labels, invalid, required
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._http import HttpServer
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import DuplicateError, Row, Store
from flytebind.sandbox._store.tables import PROJECTS

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_MAX_NAME = 64
_MAX_DESCRIPTION = 300
_NO_LIMIT = 2**31
_BY_ID = Sort(key="identifier", direction=Sort.Direction.ASCENDING)


class Projects(Part):
    """Registers, changes and shows projects; those of the settings exist from the start."""

    def __init__(
        self, store: Store, blobs: BlobStore, http: HttpServer, clock: Clock, settings: Settings
    ) -> None:
        super().__init__(store, blobs, http, clock, settings)
        with store.transaction():
            for id in settings.projects:
                if store.find(PROJECTS, identifier=id) is None:
                    store.insert(PROJECTS, _columns(_seed(id)))

    def register_project(
        self, request: ProjectRegisterRequest, context: grpc.ServicerContext
    ) -> ProjectRegisterResponse:
        """Add a project.

        Raises:
            StatusError: INVALID_ARGUMENT, ALREADY_EXISTS.
        """
        project = required(request.project, "project").replace(org="")
        required(project.name, "project_name")
        _check(project)
        try:
            self.store.insert(PROJECTS, _columns(project))
        except DuplicateError:
            raise StatusError(
                grpc.StatusCode.ALREADY_EXISTS, f"project {project.id} already exists"
            ) from None
        return ProjectRegisterResponse()

    def update_project(
        self, request: Project, context: grpc.ServicerContext
    ) -> ProjectUpdateResponse:
        """Empty texts and absent labels stay as they are; the state never does."""
        with self.store.transaction():
            row = _get(self.store, required(request.id, "project_id"))
            _check(request)
            old = Project.from_bytes(row["model"])
            project = old.replace(
                name=request.name or old.name,
                description=request.description or old.description,
                labels=old.labels if request.labels is None else request.labels,
                state=request.state,
            )
            self.store.update(PROJECTS, row["id"], _columns(project))
        return ProjectUpdateResponse()

    def get_project(self, request: ProjectGetRequest, context: grpc.ServicerContext) -> Project:
        """Show a project, with the domains that all have."""
        return self._show(_get(self.store, required(request.id, "id")))

    def list_projects(
        self, request: ProjectListRequest, context: grpc.ServicerContext
    ) -> ProjectList:
        """Archived projects are left out unless there is a filter; a limit of 0 means all."""
        page = self.store.page(
            PROJECTS,
            limit=request.limit or _NO_LIMIT,
            token=request.token,
            filters=request.filters or f"ne(state,{int(Project.ProjectState.ARCHIVED)})",
            sort_by=request.sort_by or _BY_ID,
        )
        return ProjectList(projects=[self._show(row) for row in page.rows], token=page.token)

    def get_domains(
        self, request: GetDomainRequest, context: grpc.ServicerContext
    ) -> GetDomainsResponse:
        """Show the domains of the settings."""
        return GetDomainsResponse(domains=self._domains())

    def get_version(
        self, request: GetVersionRequest, context: grpc.ServicerContext
    ) -> GetVersionResponse:
        """Show the version of the flyteadmin that this one answers as: clients compare it."""
        return GetVersionResponse(
            control_plane_version=Version(
                Build=f"flytebind {__version__}", Version="v1.16.8+sandbox"
            )
        )

    def _show(self, row: Row) -> Project:
        return Project.from_bytes(row["model"]).replace(domains=self._domains())

    def _domains(self) -> list[Domain]:
        return [Domain(id=id, name=name) for id, name in self.settings.domains.items()]


def _seed(id: str) -> Project:
    return Project(id, name=id, description=f"{id} description")


def check_project_domain(store: Store, settings: Settings, project: str, domain: str) -> None:
    """Both must exist, and the project be active: asked before anything is created in them.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the project or domain; for a project that is not
            active with an ``InactiveProject`` in the details.
    """
    check_project(store, project)
    if domain not in settings.domains:
        invalid(f"domain {domain!r} does not exist")


def check_project(
    store: Store, project: str, *, active: bool = True, explains: bool = True
) -> None:
    """The project must exist, and be active unless told otherwise.

    Args:
        store: Where it is.
        project: Its id.
        active: Whether it must be active.
        explains: Whether an ``InactiveProject`` is in the details when it is not.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the project.
    """
    row = store.find(PROJECTS, identifier=project)
    if row is None:
        invalid(f"project {project!r} does not exist")
    if active and row["state"] != Project.ProjectState.ACTIVE:
        raise StatusError(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"project {project} is not active",
            details=[InactiveProject(id=project)] if explains else [],
        )


def _get(store: Store, id: str) -> Row:
    row = store.find(PROJECTS, identifier=id)
    if row is None:
        raise StatusError(grpc.StatusCode.NOT_FOUND, f"project {id} not found")
    return row


def _check(project: Project) -> None:
    required(project.id, "project_id")
    if project.labels is not None:
        check_labels(project.labels.values)
    if not _ID.fullmatch(project.id):
        invalid(f"project_id {project.id!r} is not a DNS label")
    if len(project.name.encode()) > _MAX_NAME:
        invalid(f"project_name is longer than {_MAX_NAME} characters")
    if len(project.description.encode()) > _MAX_DESCRIPTION:
        invalid(f"project_description is longer than {_MAX_DESCRIPTION} characters")
    if project.domains:
        invalid("domains are the same for all projects: leave them out")


def _columns(project: Project) -> dict[str, str | int | bytes]:
    labels = dict(project.labels.values) if project.labels is not None else {}
    return {
        "identifier": project.id,
        "name": project.name,
        "description": project.description,
        "labels": json.dumps(labels, sort_keys=True),
        "state": int(project.state),
        "model": project.to_bytes(),
    }
