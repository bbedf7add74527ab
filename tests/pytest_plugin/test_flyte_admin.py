"""The fixture in a test suite of its own, as a user has it."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

HEAD = """
import grpc
import pytest
from flytebind.models.admin.project import GetDomainRequest
from flytebind.services import AdminServiceClient
"""


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + test)
    plugin = ("-p", "flytebind.pytest_plugin", "-p", "no:xdist", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*plugin, "--strict-markers", *options)


def test_each_test_gets_a_server_of_its_own_that_answers(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
seen = []

@pytest.mark.parametrize("turn", range(2))
def test_domains(flyte_admin, turn):
    with flyte_admin.channel() as channel:
        answer = AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20)
    assert [domain.id for domain in answer.domains] == ["development", "staging", "production"]
    assert flyte_admin.calls["GetDomains"] == 1
    seen.append(flyte_admin)

def test_servers_are_not_shared_and_stop_after_the_test():
    first, second = seen
    assert first is not second
    for stopped in seen:
        with stopped.channel() as channel, pytest.raises(grpc.RpcError) as caught:
            AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
""",
    )
    result.assert_outcomes(passed=3)


def test_connections_can_be_broken(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_drop(flyte_admin):
    flyte_admin.faults.drop(method="GetDomains")
    with flyte_admin.channel() as channel:
        client = AdminServiceClient(channel)
        with pytest.raises(grpc.RpcError) as caught:
            client.get_domains(GetDomainRequest(), timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "injected" not in caught.value.details()
""",
    )
    result.assert_outcomes(passed=1)


def test_a_marker_says_how_the_server_is_made(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
pytestmark = pytest.mark.flyte_admin(auth=True, relay=False)

def test_auth(flyte_admin):
    with flyte_admin.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(RuntimeError, match="relay=False"):
        flyte_admin.faults.drop()

@pytest.mark.flyte_admin(auth=False)
def test_the_nearer_marker_wins(flyte_admin):
    assert flyte_admin.tokens is None
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [("atuh=True", "atuh"), ("True", "takes keyword arguments only")],
)
def test_a_wrong_marker_is_explained(
    pytester: pytest.Pytester, marker: str, complaint: str
) -> None:
    result = run(pytester, f"@pytest.mark.flyte_admin({marker})\ndef test_it(flyte_admin): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*pytest.mark.flyte_admin*{complaint}*"])


def test_the_fixture_is_listed_with_what_it_does(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--fixtures", "-v")
    result.stdout.fnmatch_lines(["flyte_admin*", "*A fresh Flyte admin on a free port*"])
    markers = run(pytester, "", "--markers")
    markers.stdout.fnmatch_lines(["*@pytest.mark.flyte_admin(*"])


def test_a_suite_that_does_not_use_it_imports_nothing_of_flytebind_or_grpc(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
import sys

def test_it():
    assert "flytebind.pytest_plugin" in sys.modules
    assert not {"grpc", "google.protobuf", "flytebind.sandbox"} & set(sys.modules)
""")
    result = pytester.runpytest_subprocess(
        "-p", "flytebind.pytest_plugin", "-p", "no:hypothesispytest"
    )
    result.assert_outcomes(passed=1)
