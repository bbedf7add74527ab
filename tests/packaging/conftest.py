"""What is built once and looked at by every test here."""

from __future__ import annotations

import pytest

from tests.packaging.distribution import Distributions, Installation, build, install


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installation(
    distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return install(distributions.wheel, tmp_path_factory.mktemp("installed") / "venv")
