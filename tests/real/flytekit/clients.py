"""flytekit's own clients, connected to a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from flytekit.configuration import Config, PlatformConfig
from flytekit.remote import FlyteRemote, FlyteWorkflowExecution

from flytebind.sandbox import Sandbox

PROJECT, DOMAIN = "flytesnacks", "development"


def connect(sandbox: Sandbox, **platform: Any) -> FlyteRemote:
    """flytekit's remote.

    Args:
        sandbox: Where to.
        platform: More settings of the connection.
    """
    settings = PlatformConfig(endpoint=sandbox.endpoint, insecure=True, **platform)
    return FlyteRemote(Config(platform=settings), PROJECT, DOMAIN)


def finish(remote: FlyteRemote, execution: FlyteWorkflowExecution) -> FlyteWorkflowExecution:
    """Wait for the end of an execution, and read all of it."""
    return remote.wait(
        execution, timeout=timedelta(seconds=60), poll_interval=timedelta(seconds=0.05)
    )


def pyflyte(sandbox: Sandbox, folder: Path, *arguments: str) -> str:
    """Run flytekit's command in a folder; returns what it says when all is well."""
    env = os.environ | {
        "FLYTE_PLATFORM_INSECURE": "true",
        "FLYTE_PLATFORM_URL": sandbox.endpoint,
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # recorded workflows stay as they are
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("pyflyte"), *arguments],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
