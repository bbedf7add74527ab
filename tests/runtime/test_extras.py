"""Without the libraries of an extra, what needs them says what to install."""

from __future__ import annotations

import pytest

from tests.support.missing import ending

REMOTE = """
from flytebind.remote import Config, FlyteRemote
remote = FlyteRemote(Config("localhost:1", insecure=True, transport={transport!r}))
remote.list_projects()
"""


@pytest.mark.parametrize(
    ("what", "extra", "program"),
    [
        ("flytebind.remote", "flytebind[remote]", REMOTE.format(transport="grpc")),
        (
            "grpc.insecure_channel",
            "flytebind-runtime[grpc]",
            "from flytebind.runtime.grpcio import grpc; grpc.insecure_channel('localhost:1')",
        ),
        ("flytebind.sandbox", "flytebind[remote]", "from flytebind.sandbox import Sandbox"),
        ("flytebind.sandbox", "flytebind[remote]", "import flytebind.sandbox.play"),
    ],
)
def test_without_grpcio_what_needs_it_names_the_extra(what: str, extra: str, program: str) -> None:
    code, lines = ending("grpc", program)
    assert code == 1
    assert lines[-1] == f"ModuleNotFoundError: {what} needs grpcio: pip install '{extra}'"


@pytest.mark.parametrize(
    ("command", "missing", "said"),
    [
        (
            "flytebind.sandbox",
            "grpc",
            "python -m flytebind.sandbox: flytebind.sandbox needs grpcio:"
            " pip install 'flytebind[remote]'",
        ),
        (
            "flytebind.cli",
            "click grpc yaml",
            "flytebind: click is not installed: pip install 'flytebind[cli]'",
        ),
        (
            "flytegen",
            "black jinja2",
            "flytegen: jinja2 is missing: pip install flytegen",
        ),
    ],
)
def test_commands_say_in_one_line_what_they_lack(command: str, missing: str, said: str) -> None:
    program = f"import runpy; runpy.run_module({command!r}, run_name='__main__', alter_sys=True)"
    assert ending(missing, program) == (2, [said])


@pytest.mark.parametrize("missing", ["urllib3", "grpc urllib3"])
def test_without_urllib3_calls_over_http_name_the_extra(missing: str) -> None:
    code, lines = ending(missing, REMOTE.format(transport="connect"))
    assert code == 1
    assert lines[-1] == "ModuleNotFoundError: HTTP needs urllib3: pip install 'flytebind[remote]'"


def test_without_grpcio_generated_clients_call_over_http() -> None:
    program = """
from flytebind.models.admin.project import ProjectListRequest
from flytebind._transfer.connect import ConnectChannel
from flytebind.services.admin import AdminServiceClient
from tests.transfer.connect.replay import serving
body = bytes.fromhex("0a030a0161")
with serving(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/proto\\r\\nContent-Length: 5\\r\\n"
             b"\\r\\n" + body) as server, ConnectChannel(server.url) as channel:
    print(AdminServiceClient(channel).list_projects(ProjectListRequest()).projects[0].id)
"""
    assert ending("grpc grpc.aio", program) == (0, ["a"])


def test_without_grpcio_a_remote_works_over_http() -> None:
    code, lines = ending("grpc", REMOTE.format(transport="connect"))
    assert code == 1
    assert lines[-1].startswith("flytebind.remote.errors.FlyteUnavailableError: ListProjects: UNAV")


def test_without_grpcio_a_remote_for_flyte_2_works_over_http() -> None:
    program = """
from flytebind.remote import CallPolicy, Config
from flytebind.runs import Flyte2Remote
config = Config("localhost:1", insecure=True, transport="connect")
with Flyte2Remote(config, "p", "d", policy=CallPolicy(max_attempts=1)) as remote:
    remote.fetch_run("r1")
"""
    code, lines = ending("grpc", program)
    assert code == 1
    assert "FlyteUnavailableError: GetRunDetails of p/d/r1: UNAV" in lines[-1]


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
