"""Without the libraries of an extra, what needs them says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules.update(dict.fromkeys({missing!r}.split())); "


def ending(missing: str, program: str) -> tuple[int, list[str]]:
    """The exit code of a program without some modules, and the lines that it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing) + program],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, (done.stderr or done.stdout).strip().splitlines()


@pytest.mark.parametrize(
    ("what", "program"),
    [
        ("flytebind.services", "import flytebind.services.admin"),
        ("flytebind.remote", "from flytebind.remote import FlyteRemote"),
        ("flytebind.sandbox", "import flytebind.sandbox"),
    ],
)
def test_without_grpcio_an_import_names_the_extra(what: str, program: str) -> None:
    code, lines = ending("grpc", program)
    assert code == 1
    assert lines[-1] == (
        f"ModuleNotFoundError: {what} needs grpcio: pip install 'flytebind[remote]'"
    )


def test_without_grpcio_the_fixture_names_the_extra(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("suite") / "test_it.py"
    file.write_text("def test_it(flyte_admin): pass\n")
    program = (
        f"import pytest; sys.exit(pytest.main([{str(file)!r}, '-q', '--rootdir={file.parent}', "
        "'-p', 'flytebind.pytest_plugin']))"
    )
    code, lines = ending("grpc", program)
    assert code == 1
    assert any(
        line.endswith("flytebind.sandbox needs grpcio: pip install 'flytebind[remote]'")
        for line in lines
    )


@pytest.mark.parametrize("library", ["jinja2", "rich"])
def test_without_its_libraries_the_generator_names_the_extra(library: str) -> None:
    program = "from flytegen.__main__ import main; sys.exit(main())"
    code, lines = ending(library, program)
    assert code == 2
    assert lines == [f"flytegen: {library} is missing: pip install 'flytebind[generator]'"]
