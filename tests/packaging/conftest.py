"""What is built once and looked at by every test here."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.packaging.distribution import (
    Distribution,
    Installation,
    build,
    install,
    link_everything,
)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Distribution]:
    """All of them, by name."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installation(
    distributions: Mapping[str, Distribution], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """All of them together, with whatever they may use."""
    wheels = [each.wheel for each in distributions.values()]
    installed = install(wheels, tmp_path_factory.mktemp("installed") / "venv")
    link_everything(installed)
    return installed
