"""API keys of Flyte 2."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from flytebind.remote import Config, FlyteConfigError
from flytebind.remote.config import AuthMode


def key(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("endpoint", "found", "insecure"),
    [
        ("acme.example.com", "acme.example.com", False),
        ("dns:///acme.example.com", "acme.example.com", False),
        ("https://acme.example.com:8443", "acme.example.com:8443", False),
        ("http://localhost:8090", "localhost:8090", True),
        ("localhost:8090", "localhost:8090", False),
    ],
)
def test_an_api_key_tells_server_client_and_organization(
    endpoint: str, found: str, insecure: bool
) -> None:
    config = Config.for_api_key(key(f"{endpoint}:me:hush:acme"), project="p", domain="d")
    assert (config.endpoint, config.insecure, config.org) == (found, insecure, "acme")
    assert (config.auth_mode, config.client_id) == (AuthMode.CLIENT_SECRET, "me")
    assert config.client_secret is not None
    assert config.client_secret.reveal() == "hush"
    assert (config.project, config.domain) == ("p", "d")
    assert "hush" not in f"{config!r}{config.explain()}"


@pytest.mark.parametrize("org", ["", "None"])
def test_a_key_may_name_no_organization(org: str) -> None:
    assert Config.for_api_key(key(f"host:me:hush:{org}")).org is None


@pytest.mark.parametrize("text", ["hush", "host:hush", "host:me:hush", ":me:hush:acme"])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    for wrong in (text, key(text), key(text) + "*"):
        with pytest.raises(FlyteConfigError, match="this is no API key") as caught:
            Config.for_api_key(wrong)
        assert "hush" not in str(caught.value)
        assert wrong not in str(caught.value)


def test_a_key_in_the_environment_counts_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "admin:\n  endpoint: other:80\n  insecure: true\n  authType: Pkce\n"
        "  clientSecretLocation: /other\ntask:\n  project: p\n  domain: d\n  org: o\n"
    )
    env = {"FLYTE_API_KEY": key("acme.example.com:me:hush:acme")}
    assert Config.auto(file, env=env).endpoint == "other:80"
    config = Config.auto(file, env=env, api_key=True)
    assert (config.endpoint, config.insecure) == ("acme.example.com", False)
    assert (config.auth_mode, config.client_secret_file) == (AuthMode.CLIENT_SECRET, None)
    assert (config.project, config.domain, config.org) == ("p", "d", "acme")
    assert config.sources["endpoint"] == "env FLYTE_API_KEY"


def test_what_a_key_has_that_makes_no_sense_is_blamed_on_the_key() -> None:
    packed = key("host:99999:me:hush:acme")
    with pytest.raises(FlyteConfigError, match=r"^api_key: '99999' is no port, in 'host:99999'$"):
        Config.for_api_key(packed)
    with pytest.raises(FlyteConfigError, match=r"^env FLYTE_API_KEY: '99999' is no port"):
        Config.auto(env={"FLYTE_API_KEY": packed}, flyte2=True)
    assert Config.for_api_key(key("host:1:me:hush:")).sources["endpoint"] == "api_key"
