from __future__ import annotations

import copy
import dataclasses
import logging
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest

from flytebind.remote.config import AuthMode, Config, PlatformConfig, Secret
from flytebind.remote.config._keys import KEYS, Key
from flytebind.remote.errors import FlyteConfigError

# What each setting may look like, as text and as what it means.
EXAMPLES: dict[str, tuple[str, object]] = {
    "endpoint": ("dns:///flyte.example.com:81", "flyte.example.com:81"),
    "insecure": ("true", True),
    "insecure_skip_verify": ("yes", True),
    "ca_cert_file": ("/certs/ca.pem", "/certs/ca.pem"),
    "client_cert_file": ("/certs/me.pem", "/certs/me.pem"),
    "client_key_file": ("/certs/me.key", "/certs/me.key"),
    "console_endpoint": ("https://console.example.com", "https://console.example.com"),
    "max_message_bytes": ("1048576", 1048576),
    "transport": ("connect", "connect"),
    "keepalive": ("12.5", 12.5),
    "auth_mode": ("DeviceFlow", AuthMode.DEVICE_FLOW),
    "client_id": ("robot", "robot"),
    "client_secret": ("hush", Secret("hush")),
    "client_secret_file": ("/etc/secret", "/etc/secret"),
    "client_secret_env": ("MY_SECRET", "MY_SECRET"),
    "scopes": ("all,offline", ("all", "offline")),
    "audience": ("https://flyte", "https://flyte"),
    "token_url": ("https://idp/token", "https://idp/token"),
    "command": ("gcloud,auth,print-identity-token", ("gcloud", "auth", "print-identity-token")),
    "proxy_command": ("get-token --for 'the proxy'", ("get-token", "--for", "the proxy")),
    "http_proxy_url": ("http://proxy:3128", "http://proxy:3128"),
    "authorization_header": ("flyte-authorization", "flyte-authorization"),
    "project": ("flytesnacks", "flytesnacks"),
    "domain": ("development", "development"),
    "org": ("acme", "acme"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own files get in."""
    home = tmp_path / "home"
    (home / ".flyte").mkdir(parents=True)
    (tmp_path / "cwd").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(tmp_path / "cwd")
    return home


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def read(tmp_path: Path, text: str, name: str = "config.yaml", **env: str) -> Config:
    return Config.auto(write(tmp_path / name, text), env=env)


def test_every_setting_is_known_to_the_table_and_has_an_example() -> None:
    names = {field.name for field in dataclasses.fields(Config)} - {"_origins", "platform"}
    assert {key.field for key in KEYS} == names == set(EXAMPLES)


@pytest.mark.parametrize("key", [key for key in KEYS if key.env], ids=lambda key: key.env)
def test_every_setting_is_read_from_its_variable(key: Key) -> None:
    text, value = EXAMPLES[key.field]
    env = {"FLYTE_PLATFORM_URL": "host:81", key.env: text}
    if key.field == "client_cert_file":
        env["FLYTE_PLATFORM_CLIENT_KEY_FILE_PATH"] = "/key"
    if key.field == "client_key_file":
        env["FLYTE_PLATFORM_CLIENT_CERT_FILE_PATH"] = "/certificate"
    config = Config.auto(env=env)
    assert getattr(config, key.field) == value
    assert config.sources[key.field] == f"env {key.env}"


@pytest.mark.parametrize("key", [key for key in KEYS if key.yaml], ids=lambda key: key.yaml)
def test_every_setting_of_flytectl_is_read_from_its_file(key: Key, tmp_path: Path) -> None:
    text, value = EXAMPLES[key.field]
    section, _, name = key.yaml.partition(".")
    file = f"admin:\n  endpoint: host:81\n{section}:\n  {name}: {text}\n"
    if section == "admin":
        file = f"admin:\n  {'' if name == 'endpoint' else 'endpoint: host:81'}\n  {name}: {text}\n"
    config = read(tmp_path, file)
    assert getattr(config, key.field) == value
    assert config.sources[key.field] == f"{tmp_path / 'config.yaml'}: {key.yaml}"


@pytest.mark.parametrize("key", [key for key in KEYS if key.ini], ids=lambda key: key.ini)
def test_every_setting_of_flytekit_is_read_from_its_ini_file(key: Key, tmp_path: Path) -> None:
    text, value = EXAMPLES[key.field]
    section, _, name = key.ini.partition(".")
    env = {} if key.field == "endpoint" else {"FLYTE_PLATFORM_URL": "host:81"}
    if key.field.startswith("client_") and key.field.endswith("_file"):
        env["FLYTE_PLATFORM_CLIENT_KEY_FILE_PATH"] = "/certs/me.key"
        env["FLYTE_PLATFORM_CLIENT_CERT_FILE_PATH"] = "/certs/me.pem"
        env.pop(key.env, None)
        if key.field == "client_secret_file":
            env = {"FLYTE_PLATFORM_URL": "host:81"}
    config = read(tmp_path, f"[{section}]\n{name} = {text}\n", "config", **env)
    assert getattr(config, key.field) == value
    assert config.sources[key.field] == f"{tmp_path / 'config'}: {key.ini}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gcloud,auth,print identity", ("gcloud", "auth", "print identity")),
        ("gcloud, auth , print", ("gcloud", "auth", "print")),
        ("/opt/my tools/token,--for,it's me", ("/opt/my tools/token", "--for", "it's me")),
        ("get-token --for 'it is me'", ("get-token", "--for", "it is me")),
        ("get-token", ("get-token",)),
        ('"/opt/my tools/token"', ("/opt/my tools/token",)),
    ],
)
def test_a_command_is_split_at_commas_as_in_flytekit_or_as_in_a_shell(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    by_variable = Config.auto(env={"FLYTE_PLATFORM_URL": "host", "FLYTE_CREDENTIALS_COMMAND": text})
    ini = read(tmp_path, f"[platform]\nurl = host\n[credentials]\nproxy_command = {text}\n", "c")
    assert by_variable.command == ini.proxy_command == words


def test_yaml_lists_and_types_are_taken_as_they_are(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        admin:
          endpoint: dns:///flyte.example.com
          insecure: false
          authType: Pkce
          scopes: [all, offline]
          command: [print-token, --user, "a b"]
          maxMessageSizeBytes: 1024
        """,
    )
    assert config == Config(
        "flyte.example.com",
        auth_mode=AuthMode.PKCE,
        scopes=("all", "offline"),
        command=("print-token", "--user", "a b"),
        max_message_bytes=1024,
    )


def test_keys_are_read_without_regard_to_case_as_flytectl_does(tmp_path: Path) -> None:
    config = read(tmp_path, "Admin:\n  Endpoint: host:81\n  insecureskipverify: true\n")
    assert (config.endpoint, config.insecure_skip_verify) == ("host:81", True)


def test_the_environment_wins_over_the_file_and_each_source_is_told(tmp_path: Path) -> None:
    file = "admin:\n  endpoint: file.example.com\n  insecure: true\n"
    config = read(tmp_path, file, FLYTE_PLATFORM_URL="env.example.com:81")
    assert (config.endpoint, config.insecure) == ("env.example.com:81", True)
    assert config.sources["endpoint"] == "env FLYTE_PLATFORM_URL"
    assert config.sources["insecure"] == f"{tmp_path / 'config.yaml'}: admin.insecure"
    assert config.sources["keepalive"] == "default"


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    config = read(tmp_path, "admin:\n  endpoint: host:81\n", FLYTE_PLATFORM_URL="")
    assert config.endpoint == "host:81"


def test_a_changed_setting_no_longer_claims_its_old_source() -> None:
    config = Config.auto(env={"FLYTE_PLATFORM_URL": "host:81", "FLYTE_PLATFORM_INSECURE": "1"})
    changed = dataclasses.replace(config, endpoint="other:81", client_id="me")
    assert changed.sources["endpoint"] == changed.sources["client_id"] == "argument"
    assert changed.sources["insecure"] == "env FLYTE_PLATFORM_INSECURE"


def test_files_are_looked_for_in_the_order_of_flytekit(home: Path, tmp_path: Path) -> None:
    def endpoint(**env: str) -> str:
        return Config.auto(env=env).endpoint

    with pytest.raises(FlyteConfigError, match=r"set FLYTE_PLATFORM_URL, or admin\.endpoint"):
        endpoint()
    write(home / ".flyte" / "config.yaml", "admin:\n  endpoint: yaml:1\n")
    assert endpoint() == "yaml:1"
    write(home / ".flyte" / "config", "[platform]\nurl = ini:1\n")
    assert endpoint() == "ini:1"
    write(Path("flytekit.config"), "[platform]\nurl = here:1\n")
    assert endpoint() == "here:1"
    named = write(tmp_path / "named.yml", "admin:\n  endpoint: named:1\n")
    assert endpoint(FLYTECTL_CONFIG=named) == "named:1"
    override = write(tmp_path / "override.yaml", "admin:\n  endpoint: override:1\n")
    assert (
        endpoint(FLYTECTL_CONFIG=named, _FLYTECTL_CONFIG_PYFLYTE_OVERRIDE=override) == "override:1"
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("command = print-token,--password,hush", "has 'print-token' run for tokens"),
        ("proxy_command = print-token --password hush", "has 'print-token' run for tokens"),
        ("command = \x1b[2Jevil", r"has '\x1b[2Jevil' run for tokens"),
        ("client_secret_location = ~/.ssh/id_rsa", "has the file '~/.ssh/id_rsa' sent as a secret"),
        ("client_secret_env_var = AWS_KEY", "has the variable 'AWS_KEY' sent as a secret"),
    ],
)
def test_what_lies_in_the_working_directory_runs_nothing_without_a_word(
    home: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    said: str,
) -> None:
    content = f"[platform]\nurl = here:1\n[credentials]\n{setting}\n"
    path = write(Path("flytekit.config"), content)
    write(home / ".flyte" / "config", content)
    for _ in range(2):
        assert Config.auto(env={}).endpoint == "here:1"
    (record,) = caplog.records
    words = f"{Path(path).absolute()} lies in the working directory, and {said}; to have it so,"
    assert record.getMessage().startswith(words)
    assert "hush" not in record.getMessage()
    with monkeypatch.context() as others:
        others.setattr("os.getuid", lambda: 1000, raising=False)
        others.setattr("os.fstat", lambda _: SimpleNamespace(st_uid=1001))
        with pytest.raises(FlyteConfigError, match=r"flytekit\.config is another user's, and has"):
            Config.auto(env={})
    assert Config.auto(env={"FLYTECTL_CONFIG": path}).endpoint == "here:1"
    Path(path).unlink()
    assert Config.auto(env={}).endpoint == "here:1"
    assert len(caplog.records) == 1


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    with pytest.raises(FlyteConfigError, match=r"missing\.yaml: cannot be read: No such file.*"):
        Config.auto(missing)
    with pytest.raises(FlyteConfigError, match="the variable FLYTECTL_CONFIG led to it"):
        Config.auto(env={"FLYTECTL_CONFIG": missing})


def test_a_file_without_an_endpoint_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(FlyteConfigError, match=r"config\.yaml has none"):
        read(tmp_path, "admin:\n  insecure: true\n")
    with pytest.raises(FlyteConfigError, match="no server to connect to"):
        read(tmp_path, "")


def test_misspelt_keys_are_warned_about_and_those_of_others_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = """
        admin:
          endpoint: host:81
          insecureSkipVerfy: true
          maxRetries: 4
          zzz: 1
        root: {output: table}
        storage: {kind: minio}
        logger:
        """
    read(tmp_path, file)
    messages = [record.getMessage() for record in caplog.records]
    path = tmp_path / "config.yaml"
    assert messages == [
        f"{path}: there is no setting admin.insecureSkipVerfy; "
        "did you mean 'admin.insecureSkipVerify'?",
        f"{path}: there is no setting admin.zzz",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("insecure: maybe", r"admin\.insecure: must be true or false, not 'maybe'"),
        ("insecure: 7", r"admin\.insecure: must be true or false, not 7"),
        ("caCertFilePath: [a]", r"admin\.caCertFilePath: must be text, not a list"),
        ("scopes: {a: b}", r"admin\.scopes: must be a list of texts"),
        ("scopes: [1]", r"admin\.scopes: must be a list of texts"),
        ("command: 7", r"admin\.command: must be a list of texts: a program and its arguments"),
        ('command: "a \'b"', r"admin\.command: cannot be split into words: No closing quotation"),
        ("maxMessageSizeBytes: big", r"admin\.maxMessageSizeBytes: must be a whole number"),
        ("maxMessageSizeBytes: true", r"admin\.maxMessageSizeBytes: must be a whole number"),
        ("maxMessageSizeBytes: 0", r"admin\.maxMessageSizeBytes: must be positive, or -1"),
        ("authType: Pkcee", r"admin\.authType: must be one of .*did you mean 'Pkce'\?"),
        ("endpoint: ftp://host", r"admin\.endpoint: 'ftp://host' begins with neither"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_that_names_file_and_key(
    tmp_path: Path, line: str, problem: str
) -> None:
    endpoint = "" if line.startswith("endpoint") else "endpoint: host:81"
    with pytest.raises(FlyteConfigError, match=rf"config\.yaml: {problem}"):
        read(tmp_path, f"admin:\n  {endpoint}\n  {line}\n")


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(FlyteConfigError, match=r"^env FLYTE_PLATFORM_INSECURE: must be true or"):
        Config.auto(env={"FLYTE_PLATFORM_URL": "host", "FLYTE_PLATFORM_INSECURE": "maybe"})
    with pytest.raises(FlyteConfigError, match=r"^env FLYTE_PLATFORM_KEEPALIVE: must be a number"):
        Config.auto(env={"FLYTE_PLATFORM_URL": "host", "FLYTE_PLATFORM_KEEPALIVE": "often"})


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("c.yaml", "admin:\n  endpoint: [hush\n", r"c\.yaml, line 3: this is no valid YAML"),
        ("c.yaml", "- hush\n", "must have sections such as `admin:`"),
        ("c.yaml", "admin: hush\n", "admin must be a section"),
        ("c.yaml", "admin: !!python/name:os.system hush", "line 1: this is no valid YAML"),
        ("c", "hush\n", "c, line 1: this is no valid ini file: MissingSectionHeaderError"),
        ("c", "[platform]\nurl = a\nhush\n", "c, line 3: this is no valid ini file: ParsingError"),
        ("c", "[platform]\nurl = a\nurl = hush\n", "line 3: .*DuplicateOptionError"),
    ],
)
def test_a_broken_file_is_an_error_that_shows_where_and_not_what(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(FlyteConfigError, match=problem) as caught:
        read(tmp_path, text, name)
    assert "hush" not in str(caught.value)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"admin: \xff")
    with pytest.raises(FlyteConfigError, match="it is not UTF-8 text"):
        Config.auto(path)


@pytest.mark.parametrize(
    ("given", "endpoint", "insecure"),
    [
        ("flyte.example.com", "flyte.example.com", False),
        (" flyte.example.com:443 ", "flyte.example.com:443", False),
        ("dns:///flyte.example.com:81", "flyte.example.com:81", False),
        ("https://flyte.example.com/", "flyte.example.com", False),
        ("HTTPS://flyte.example.com:8443", "flyte.example.com:8443", False),
        ("http://localhost:30080", "localhost:30080", True),
        ("http://flyte.example.com", "flyte.example.com:80", True),
        ("http://[::1]", "[::1]:80", True),
        ("[::1]:81", "[::1]:81", False),
        ("unix:/run/flyte.sock", "unix:/run/flyte.sock", False),
    ],
)
def test_endpoints_are_understood_as_people_write_them(
    given: str, endpoint: str, insecure: bool
) -> None:
    config = Config(given)
    assert (config.endpoint, config.insecure) == (endpoint, insecure)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "a b",
        "host:port",
        "host:99999",
        "https://host:99999",
        "https://host/console",
        "http://host/console",
        "HTTP://host/console",
        "dns:///host/console",
        "ftp://host",
        "dns://8/x",
        "http://",
        ":80",
        "http://host:",
    ],
)
def test_what_is_no_endpoint_is_refused_and_named_as_it_was_given(given: str) -> None:
    for make in (
        Config.for_endpoint,
        lambda endpoint: Config(platform=PlatformConfig(endpoint)),
        lambda endpoint: dataclasses.replace(Config("host"), endpoint=endpoint),
    ):
        with pytest.raises(FlyteConfigError, match="endpoint: ") as caught:
            make(given)
        assert repr(given) in str(caught.value)


def test_a_query_is_no_part_of_an_endpoint_and_is_not_shown() -> None:
    for given in ("http://host?token=hush", "host#hush"):
        with pytest.raises(FlyteConfigError, match="without a path or a query") as caught:
            Config.for_endpoint(given)
        assert "hush" not in str(caught.value)


def test_the_source_of_what_the_endpoint_implies_is_the_endpoint() -> None:
    config = Config.auto(env={"FLYTE_PLATFORM_URL": "http://localhost:81"})
    assert config.sources["insecure"] == config.sources["endpoint"] == "env FLYTE_PLATFORM_URL"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"insecure": True, "client_cert_file": "a"}, "client_cert_file: does not go with"),
        ({"auth_mode": "Pkcee"}, "auth_mode: must be one of"),
        ({"client_cert_file": "a"}, "client_cert_file: needs client_key_file too"),
        ({"client_key_file": "a"}, "client_key_file: needs client_cert_file too"),
        ({"transport": "http"}, "transport: must be grpc or connect, not 'http'"),
        ({"keepalive": -1}, "keepalive: must be a number of seconds, or 0 for never, not -1"),
        ({"keepalive": "6 min"}, "keepalive: must be a number of .*, not '6 min'"),
        ({"keepalive": float("nan")}, "keepalive: must be a number of seconds, or 0"),
        ({"max_message_bytes": -2}, "max_message_bytes: must be positive, or -1 .*, not -2"),
        ({"max_message_bytes": "64M"}, "max_message_bytes: must be positive, .*, not '64M'"),
        ({"insecure": "false"}, "insecure: must be True or False, not 'false'"),
        ({"auth_mode": 7}, "auth_mode: must be one of .*, not 7"),
        ({"scopes": 7}, "scopes: must be a tuple of texts, not 7"),
        ({"command": "print-token"}, "command: must be a tuple of texts, not one text"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, str], problem: str
) -> None:
    with pytest.raises(FlyteConfigError, match=problem):
        Config("host:81", **settings)  # type: ignore[arg-type] # what untyped callers do


def test_http_does_not_go_through_a_socket_of_this_machine() -> None:
    with pytest.raises(FlyteConfigError, match="transport: connect does not go with 'unix:"):
        Config("unix:/run/flyte", transport="connect")


def test_a_contradiction_names_both_sources(tmp_path: Path) -> None:
    file = "admin:\n  endpoint: host\n  insecure: true\n"
    variable = "FLYTE_PLATFORM_CLIENT_CERT_FILE_PATH"
    with pytest.raises(
        FlyteConfigError, match=rf"env {variable}: .* insecure \(.*config\.yaml: admin\.insecure\)"
    ):
        read(tmp_path, file, **{variable: "mine.pem"})


def test_a_ca_goes_with_every_way_to_the_server_since_it_may_be_the_identity_providers() -> None:
    assert Config("host", insecure=True, ca_cert_file="ca.pem").ca_cert_file == "ca.pem"
    assert Config("host", insecure_skip_verify=True, ca_cert_file="ca.pem").ca_cert_file == "ca.pem"


def test_https_and_insecure_contradict_each_other() -> None:
    with pytest.raises(FlyteConfigError, match="does not go with the endpoint 'https://host'"):
        Config("https://host", insecure=True)


def test_a_sandbox_is_on_this_machine_and_without_tls() -> None:
    assert Config.for_sandbox() == Config("localhost:30080", insecure=True)
    assert Config.for_sandbox(81) == Config.for_endpoint("localhost:81", insecure=True)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("standard", AuthMode.PKCE),
        ("pkce", AuthMode.PKCE),
        ("basic", AuthMode.CLIENT_SECRET),
        ("client_credentials", AuthMode.CLIENT_SECRET),
        ("ClientSecret", AuthMode.CLIENT_SECRET),
        ("external_process", AuthMode.EXTERNAL_COMMAND),
        ("ExternalCommand", AuthMode.EXTERNAL_COMMAND),
        ("device-flow", AuthMode.DEVICE_FLOW),
        ("none", AuthMode.NONE),
        ("Passthrough", AuthMode.NONE),
    ],
)
def test_modes_go_by_the_names_of_both_tools(name: str, mode: AuthMode) -> None:
    env = {"FLYTE_PLATFORM_URL": "host", "FLYTE_CREDENTIALS_AUTH_MODE": name}
    assert Config.auto(env=env).auth_mode is mode


@pytest.fixture
def secretive() -> Config:
    env = {
        "FLYTE_PLATFORM_URL": "host",
        "FLYTE_CREDENTIALS_CLIENT_SECRET": "hush",
        "FLYTE_CREDENTIALS_COMMAND": "print-token,--password,hush",
        "FLYTE_CREDENTIALS_PROXY_COMMAND": "print-token --password hush",
        "FLYTE_PLATFORM_HTTP_PROXY_URL": "http://me:hush@proxy:3128",
    }
    return Config.auto(env=env)


def test_secrets_are_nowhere_to_be_seen(secretive: Config) -> None:
    assert secretive.client_secret is not None
    assert secretive.client_secret.reveal() == "hush"
    shown = [repr(secretive), str(secretive), f"{secretive}", secretive.explain(), repr(secretive)]
    shown += [repr(secretive.client_secret), str(secretive.client_secret), str(secretive.sources)]
    assert not any("hush" in text for text in shown)


def test_the_table_shows_each_setting_and_its_source(secretive: Config) -> None:
    lines = [" ".join(line.split()) for line in secretive.explain().splitlines()]
    assert "endpoint host env FLYTE_PLATFORM_URL" in lines
    assert "client secret set env FLYTE_CREDENTIALS_CLIENT_SECRET" in lines
    assert "command print-token ... env FLYTE_CREDENTIALS_COMMAND" in lines
    assert "http proxy url http://...@proxy:3128 env FLYTE_PLATFORM_HTTP_PROXY_URL" in lines
    assert "insecure no default" in lines
    assert len(lines) == len({key.field for key in KEYS})


def test_a_secret_is_copied_and_never_pickled(secretive: Config) -> None:
    assert copy.deepcopy(secretive) == secretive == copy.copy(secretive)
    with pytest.raises(TypeError, match="is not pickled"):
        pickle.dumps(secretive)


def test_a_secret_given_as_text_is_hidden_too() -> None:
    config = Config("host", client_secret="hush")  # type: ignore[arg-type] # untyped callers do
    assert config.client_secret == Secret("hush")
    assert "hush" not in repr(config)


def test_a_config_without_a_secret_is_a_value(tmp_path: Path) -> None:
    config = read(tmp_path, "admin:\n  endpoint: host\n  scopes: [all]\n")
    assert pickle.loads(pickle.dumps(config)) == config == Config("host", scopes=("all",))
    assert hash(config) == hash(Config("host", scopes=("all",)))
    assert pickle.loads(pickle.dumps(config)).sources == config.sources
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.endpoint = "other"  # type: ignore[misc]


def test_a_mode_given_as_text_is_understood() -> None:
    config = Config("host", auth_mode="standard")  # type: ignore[arg-type] # untyped callers do
    assert config.auth_mode is AuthMode.PKCE


def test_a_socket_file_shows_no_certificate() -> None:
    with pytest.raises(FlyteConfigError, match="does not go with 'unix:/run/flyte'"):
        Config("unix:/run/flyte", insecure_skip_verify=True)


def test_lists_become_tuples() -> None:
    config = Config("host", scopes=["all"])  # type: ignore[arg-type] # untyped callers do
    assert config.scopes == ("all",)
