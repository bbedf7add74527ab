"""What holds for every test, wherever and however the tests are run."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

# An installed flytebind brings it by itself; the environments of the matrix have none.
pytest_plugins = ["flytebind.pytest_plugin", "tests.support.s3"]

# A shell starts what runs in the background deaf to Ctrl-C, and so would be the programs that tests
# start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Who looks for credentials of a cloud asks the machine that it may run on, over the network.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

# The same examples each time, however slow the machine.
settings.register_profile("flytebind", derandomize=True, database=None, deadline=None)
settings.load_profile("flytebind")


@pytest.hookimpl(optionalhook=True)  # where there is no xdist, there are no workers
def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: tests of remotes and stores mostly wait."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_finish() -> None:
    """Let the garbage collections of tests pass over the tests themselves.

    There are so many of them that each collection took seconds.
    """
    gc.collect()
    gc.freeze()
