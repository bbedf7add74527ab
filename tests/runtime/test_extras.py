"""Without the libraries of an extra, what needs them says what to install."""

from __future__ import annotations

import pytest

from tests.support.missing import ending


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
