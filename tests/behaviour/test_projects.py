"""Projects made to change the state of one that exists."""

from __future__ import annotations

import pytest

from flytebind.models.admin.project import Project


def test_a_project_is_made_of_its_identifier_and_state() -> None:
    active, archived = Project.ProjectState.ACTIVE, Project.ProjectState.ARCHIVED
    assert Project.active_project("p") == Project("p", "", "", active)
    assert Project.archived_project("p") == Project("p", "", "", archived)


def test_a_subclass_makes_itself() -> None:
    class Home(Project):
        __slots__ = ()

    assert type(Home.active_project("p")) is Home


def test_a_mistake_is_named() -> None:
    with pytest.raises(TypeError, match=r"Project\.id must be str, not int"):
        Project.archived_project(3)  # type: ignore[arg-type]
