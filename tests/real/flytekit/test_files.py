"""Files that flytekit uploads to the sandbox, and reads back."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from flytekit.remote import FlyteRemote
from flytekit.types.file import FlyteFile

from flytebind.sandbox import Sandbox
from tests.real.flytekit.clients import connect, pyflyte

TASK = """\
from flytekit import task
from flytekit.types.file import FlyteFile


@task
def size(file: FlyteFile) -> int:
    return len(open(file).read())
"""


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlyteRemote]:
    """Connected to a sandbox with a task, whose code was uploaded with it."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "measure.py").write_text(TASK)
    with Sandbox() as sandbox:
        pyflyte(sandbox, folder, "register", "--image", "x:1", "-v", "v1", "measure.py")
        yield connect(sandbox)


def test_a_file_that_goes_in_reads_back(remote: FlyteRemote, tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("content")
    task = remote.fetch_task(name="measure.size", version="v1")
    execution = remote.execute(task, inputs={"file": FlyteFile(str(path))})
    literal = remote.sync(execution).inputs.get_literal("file")
    # flytekit takes literals for files only where they have a URI that is not file://.
    with FlyteFile(literal.scalar.blob.uri).open("r") as stream:
        assert stream.read() == "content"
    copy = tmp_path / "copy.txt"
    remote.file_access.get_data(literal.scalar.blob.uri, str(copy))
    assert copy.read_text() == "content"


def test_the_code_of_a_task_is_where_the_task_looks_for_it(remote: FlyteRemote) -> None:
    task = remote.fetch_task(name="measure.size", version="v1")
    arguments = task.template.container.args
    uri = arguments[arguments.index("--additional-distribution") + 1]
    with fsspec.open(uri, "rb") as stream, tarfile.open(fileobj=stream) as archive:
        assert "measure.py" in archive.getnames()
