"""What the SDK of Flyte 2 has written, and where it is looked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from flytebind.remote.config import AuthMode, Config
from flytebind.remote.errors import FlyteConfigError
from flytebind.runs import Flyte2Remote

RECORDED = Path(__file__).parent / "recorded"
EXPECTED = json.loads((RECORDED / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Where the SDK looks, from a folder deep in a repository. Nothing is there yet."""
    home, repository = tmp_path / "home", tmp_path / "repository"
    work = repository / "a" / "b"
    for folder in (home, work, repository / ".git"):
        folder.mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("FLYTE_API_KEY", "FLYTE_PLATFORM_URL", "UCTL_CONFIG", "FLYTECTL_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(work)
    return {
        "config.yaml": work / "config.yaml",
        ".flyte/config.yaml": work / ".flyte" / "config.yaml",
        "GIT/.flyte/config.yaml": repository / ".flyte" / "config.yaml",
        "UCTL_CONFIG": tmp_path / "by-uctl.yaml",
        "FLYTECTL_CONFIG": tmp_path / "by-flytectl.yaml",
        "~/.union/config.yaml": home / ".union" / "config.yaml",
        "~/.flyte/config.yaml": home / ".flyte" / "config.yaml",
    }


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def auto(**env: str) -> Config:
    return Config.auto(env=env, flyte2=True)


@contextmanager
def owned_by_another() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as others:
        others.setattr("os.getuid", lambda: 1000, raising=False)
        others.setattr("os.fstat", lambda _: SimpleNamespace(st_uid=1001))
        yield


@pytest.mark.parametrize("name", EXPECTED["files"])
def test_what_the_sdk_wrote_reads_as_the_sdk_reads_it(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = Config.auto(RECORDED / f"{name}.yaml", env={})
    read = EXPECTED["files"][name]["read"]
    assert f"dns:///{config.endpoint}" == read["endpoint"]
    for each in ("insecure", "org", "project", "domain"):
        assert getattr(config, each) == read[each]
    # The SDK has a browser opened unless the file says something else; here nothing opens unasked.
    says = "authType" in (RECORDED / f"{name}.yaml").read_text(encoding="utf-8")
    assert config.auth_mode == (AuthMode(read["auth_mode"]) if says else None)
    assert caplog.messages == []


def test_a_file_is_found_where_the_sdk_puts_it(places: dict[str, Path]) -> None:
    (written_to,) = EXPECTED["written_to"]
    put(places[written_to], "")
    shutil.copy(RECORDED / "devbox.yaml", places[written_to])
    with Flyte2Remote() as remote:
        assert remote.config is not None
        assert remote.config.endpoint == "localhost:30080"
        assert remote.config.sources["endpoint"] == f"{places[written_to]}: admin.endpoint"
    with pytest.raises(FlyteConfigError, match="no server to connect to"):
        Config.auto(env={})


def test_files_are_looked_for_as_the_sdk_does_but_what_is_named_comes_first(
    places: dict[str, Path],
) -> None:
    order: list[str] = EXPECTED["looked_for"]
    order.sort(key=lambda place: not place.endswith("_CONFIG"))
    env = {name: str(places[name]) for name in order if name.endswith("_CONFIG")}
    for number, name in enumerate(order, 1):
        put(places[name], f"admin:\n  endpoint: host:{number}\n")
    for number, name in enumerate(order, 1):
        assert auto(**env).endpoint == f"host:{number}"
        env.pop(name, None)
        places[name].unlink()
    with pytest.raises(FlyteConfigError, match=r"there is no \.flyte/config\.yaml, config\.yaml,"):
        auto()


def test_files_of_flyte_1_count_after_those_of_flyte_2(places: dict[str, Path]) -> None:
    ini = "[platform]\nurl = {}:1\n"
    put(places["~/.flyte/config.yaml"].with_name("config"), ini.format("home"))
    assert auto().endpoint == "home:1"
    put(places["~/.flyte/config.yaml"], "admin:\n  endpoint: two:1\n")
    assert auto().endpoint == "two:1"
    put(Path("flytekit.config"), ini.format("here"))
    assert auto().endpoint == "here:1"
    put(places["GIT/.flyte/config.yaml"], "admin:\n  endpoint: two:1\n")
    assert auto().endpoint == "two:1"


@pytest.mark.parametrize(
    "text",
    ["defaults:\n- db: mysql\n", "x: !include other\n", "admin: [a]\n", "admin:\n  port: 1\n", ""],
)
def test_a_config_yaml_of_another_program_is_passed_over(
    places: dict[str, Path], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(places["config.yaml"], text)
    put(places[".flyte/config.yaml"], "admin:\n  endpoint: host:1\n")
    assert auto().endpoint == "host:1"
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("name", "lies", "shown"),
    [
        ("config.yaml", "lies in the working directory", "config.yaml"),
        (".flyte/config.yaml", "lies in the working directory", ".flyte/config.yaml"),
        (
            "GIT/.flyte/config.yaml",
            "lies in the repository of the working directory",
            "../../.flyte/config.yaml",
        ),
    ],
)
def test_what_lies_around_runs_nothing_without_a_word(
    places: dict[str, Path], name: str, lies: str, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(places[name], "admin:\n  endpoint: host:1\n  command: [print-token, hush]\n")
    for _ in range(2):
        assert auto().command == ("print-token", "hush")
    assert caplog.messages == [
        f"{path} {lies}, and has 'print-token' run for tokens; to have it so, name the file: "
        f"FLYTECTL_CONFIG={shown}"
    ]
    with owned_by_another():
        with pytest.raises(FlyteConfigError, match="is another user's, and has 'print-token' run"):
            auto()
        assert auto(FLYTECTL_CONFIG=shown).endpoint == "host:1"


def test_at_home_ones_own_file_is_nothing_to_warn_of(
    places: dict[str, Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(places["~/.flyte/config.yaml"], "admin:\n  endpoint: h\n  command: [print-token]\n")
    home = path.parent.parent
    (home / ".git").mkdir()  # as who keeps dotfiles has it
    put(places["~/.union/config.yaml"], "admin:\n  endpoint: other\n")
    monkeypatch.setenv("HOME", str(home.parent / "link"))
    (home.parent / "link").symlink_to(home)
    monkeypatch.chdir(home)
    assert auto().command == ("print-token",)
    assert caplog.messages == []


def test_a_key_counts_for_flyte_2_unless_it_is_told_not_to(places: dict[str, Path]) -> None:
    put(places[".flyte/config.yaml"], "admin:\n  endpoint: host:1\n")
    env = {"FLYTE_API_KEY": "aG9zdDoyOm1lOmh1c2g6"}
    assert Config.auto(env=env, flyte2=True).endpoint == "host:2"
    assert Config.auto(env=env, flyte2=True, api_key=False).endpoint == "host:1"
