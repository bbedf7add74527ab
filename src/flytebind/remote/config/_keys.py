"""The names that settings go by in files and in the environment, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flytebind.remote.config._hiding import in_words
from flytebind.remote.config._modes import auth_mode
from flytebind.remote.config._secret import Secret

_FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {in_words(value)}")
    return value.strip()


def _flag(value: object) -> bool:
    known = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
    if known is None:
        raise ValueError(f"must be true or false, not {in_words(value)}")
    return known


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(_text(value))
    except ValueError:
        raise ValueError(f"must be a whole number, not {in_words(value)}") from None


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    try:
        return float(_text(value))
    except ValueError:
        raise ValueError(f"must be a number, not {in_words(value)}") from None


def _items(value: object) -> tuple[str, ...]:
    """A list as YAML has it, or text with commas or spaces between the items."""
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError(f"must be a list of texts, not {in_words(value)}")


def _words(value: object) -> tuple[str, ...]:
    """A command: a list, words between commas as flytekit has it or, without commas, a shell's.

    The value stays out of the errors: commands may hold secrets.
    """
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if not isinstance(value, str):
        raise ValueError("must be a list of texts: a program and its arguments")
    if "," in value:
        return tuple(word.strip() for word in value.split(","))
    import shlex

    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}") from None


def _secret(value: object) -> Secret:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return Secret(value)


class Key(NamedTuple):
    """One setting."""

    field: str
    """Its attribute of ``Config``."""
    read: Callable[[object], object]
    """Makes the value of what a file or the environment has, or raises ``ValueError``."""
    yaml: str
    """Where flytectl has it in its file; empty if nowhere."""
    ini: str
    """Where flytekit has it in its ini file; the variable follows from it. Empty if nowhere."""

    @property
    def env(self) -> str:
        """The environment variable; empty if there is none."""
        return "FLYTE_" + self.ini.replace(".", "_").upper() if self.ini else ""


# The files are flytectl's and flytekit's: where they have no key of their own, there is none in
# YAML, which flytectl reads too and need not understand.
KEYS = (
    Key("endpoint", _text, "admin.endpoint", "platform.url"),
    Key("insecure", _flag, "admin.insecure", "platform.insecure"),
    Key(
        "insecure_skip_verify",
        _flag,
        "admin.insecureSkipVerify",
        "platform.insecure_skip_verify",
    ),
    Key("ca_cert_file", _text, "admin.caCertFilePath", "platform.ca_cert_file_path"),
    Key("client_cert_file", _text, "", "platform.client_cert_file_path"),
    Key("client_key_file", _text, "", "platform.client_key_file_path"),
    Key("console_endpoint", _text, "console.endpoint", "platform.console_endpoint"),
    Key(
        "max_message_bytes",
        _integer,
        "admin.maxMessageSizeBytes",
        "platform.max_message_size_bytes",
    ),
    Key("transport", _text, "", "platform.transport"),
    Key("keepalive", _number, "", "platform.keepalive"),
    Key("auth_mode", auth_mode, "admin.authType", "credentials.auth_mode"),
    Key("client_id", _text, "admin.clientId", "credentials.client_id"),
    Key("client_secret", _secret, "", "credentials.client_secret"),
    Key(
        "client_secret_file",
        _text,
        "admin.clientSecretLocation",
        "credentials.client_secret_location",
    ),
    Key(
        "client_secret_env",
        _text,
        "admin.clientSecretEnvVar",
        "credentials.client_secret_env_var",
    ),
    Key("scopes", _items, "admin.scopes", "credentials.scopes"),
    Key("audience", _text, "admin.audience", "credentials.audience"),
    Key("token_url", _text, "admin.tokenUrl", "credentials.token_url"),
    Key("command", _words, "admin.command", "credentials.command"),
    Key("proxy_command", _words, "admin.proxyCommand", "credentials.proxy_command"),
    Key("http_proxy_url", _text, "admin.httpProxyURL", "platform.http_proxy_url"),
    Key(
        "authorization_header",
        _text,
        "admin.authorizationHeader",
        "credentials.authorization_header",
    ),
    Key("project", _text, "root.project", ""),
    Key("domain", _text, "root.domain", ""),
    # As flyte has them, the SDK of Flyte 2, in the same files.
    Key("project", _text, "task.project", ""),
    Key("domain", _text, "task.domain", ""),
    Key("org", _text, "task.org", ""),
)

# What flytectl has beside these in the same sections: known, and of no use here.
OTHERS: Mapping[str, tuple[str, ...]] = {
    "admin": (
        "authorizationServerUrl",
        "defaultServiceConfig",
        "deviceFlowConfig",
        "maxBackoffDelay",
        "maxRetries",
        "perRetryTimeout",
        "pkceConfig",
        "tokenRefreshWindow",
        "useAudienceFromAdmin",
        "useAuth",
    ),
    "root": ("interactive", "output"),
}
