"""The settings of a connection."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flytebind.remote._advice import advised
from flytebind.remote.config import _files as files
from flytebind.remote.config._api_key import VARIABLE, settings_of
from flytebind.remote.config._hiding import has_password, in_words, without_password
from flytebind.remote.config._modes import AuthMode, auth_mode
from flytebind.remote.config._secret import Secret
from flytebind.remote.errors import FlyteConfigError
from flytebind.runtime.homes import public_in
from flytebind.runtime.typing import Self

_MIB = 1024 * 1024

Transport: TypeAlias = Literal["grpc", "connect"]

#: Where ``Config`` has another name.
_OURS = {"ca_cert_file_path": "ca_cert_file", "client_credentials_secret": "client_secret"}


@public_in("flytebind.remote.config")
@dataclass(frozen=True)
class PlatformConfig:
    """What flytekit says of a connection, for ``Config(platform=PlatformConfig(...))``.

    The settings are those of ``Config``, which documents them.
    """

    endpoint: str = "localhost:30080"
    """See ``Config.endpoint``."""
    insecure: bool = False
    """See ``Config.insecure``."""
    insecure_skip_verify: bool = False
    """See ``Config.insecure_skip_verify``."""
    ca_cert_file_path: str | None = None
    """See ``Config.ca_cert_file``."""
    console_endpoint: str | None = None
    """See ``Config.console_endpoint``."""
    command: Sequence[str] | None = None
    """See ``Config.command``."""
    proxy_command: Sequence[str] | None = None
    """See ``Config.proxy_command``."""
    client_id: str | None = None
    """See ``Config.client_id``."""
    client_credentials_secret: Secret | str | None = field(default=None, repr=False)
    """See ``Config.client_secret``."""
    scopes: Sequence[str] = ()
    """See ``Config.scopes``."""
    auth_mode: AuthMode | str | None = None
    """See ``Config.auth_mode``."""
    audience: str | None = None
    """See ``Config.audience``."""
    rpc_retries: int = 3
    """Taken, and not used: ``CallPolicy.max_attempts`` of a remote says how often it tries."""
    http_proxy_url: str | None = None
    """See ``Config.http_proxy_url``."""

    @classmethod
    def auto(cls, config_file: str | os.PathLike[str] | None = None) -> PlatformConfig:
        """The settings of ``Config.auto``.

        Args:
            config_file: See there.

        Raises:
            FlyteConfigError: See there.
        """
        return cls(**_flytekits(vars(Config.auto(config_file))))

    @classmethod
    def for_endpoint(cls, endpoint: str, insecure: bool = False) -> PlatformConfig:
        """Settings for a server whose address is known.

        Args:
            endpoint: ``host:port``.
            insecure: Whether to talk without TLS.
        """
        return cls(endpoint, insecure)

    @property
    def is_derived(self) -> bool:
        """Whether it only shows what a ``Config`` says, and nobody has made it by hand."""
        return "_derived" in vars(self)

    def settings(self) -> Mapping[str, object]:
        """What it says, under the names of ``Config``."""
        given = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.default is MISSING or getattr(self, each.name) not in (each.default, None)
        }
        given.pop("rpc_retries", None)
        for name in ("command", "proxy_command", "scopes"):
            if name in given and not isinstance(given[name], str):
                given[name] = tuple(given[name])
        # Members of flytekit's own enum say their name as their value.
        if "auth_mode" in given and not isinstance(given["auth_mode"], AuthMode):
            given["auth_mode"] = getattr(given["auth_mode"], "value", given["auth_mode"])
        return {_OURS.get(name, name): value for name, value in given.items()}


def _flytekits(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a ``Config`` under flytekit's names."""
    theirs = {each.name: _OURS.get(each.name, each.name) for each in fields(PlatformConfig)}
    return {name: settings[ours] for name, ours in theirs.items() if ours in settings}


def _derived(settings: Mapping[str, Any]) -> PlatformConfig:
    """What shows the settings of a ``Config``, which are given by name; none for no platform."""
    platform = PlatformConfig(**_flytekits(settings))
    object.__setattr__(platform, "_derived", True)
    return platform


def _no_platform() -> PlatformConfig:
    return _derived({})


@public_in("flytebind.remote.config")
@dataclass(frozen=True)
class Config:
    """Where a Flyte server is, and how to talk to it.

    Raises:
        FlyteConfigError: If the settings make no sense.
    """

    endpoint: str = ""
    """``host:port``; a port of 443 may be left out. ``dns:///``, ``https://`` and ``http://``
    before it are understood, the last meaning ``insecure``."""
    _: KW_ONLY
    platform: PlatformConfig = field(default_factory=_no_platform, repr=False, compare=False)
    """The same settings as flytekit groups them; to be given in place of an endpoint."""
    insecure: bool = False
    """Whether to connect without TLS."""
    insecure_skip_verify: bool = False
    """Whether to accept any certificate of the server. For trials only."""
    ca_cert_file: str | None = None
    """PEM certificates of the authorities that the server is verified against; by default the
    system's. Identity providers and object stores are verified against both."""
    client_cert_file: str | None = None
    """A PEM certificate to show to the server (mutual TLS)."""
    client_key_file: str | None = None
    """The private key of ``client_cert_file``, PEM."""
    console_endpoint: str | None = None
    """Where the web console is, if not at ``endpoint``."""
    max_message_bytes: int = 64 * _MIB
    """The largest message to send or receive, in bytes; -1 for any size."""
    transport: Transport = "grpc"
    """What calls travel by: ``grpc``, or ``connect``, which is plain HTTP/1.1. Servers of Flyte 2
    take both, those of Flyte 1 gRPC alone."""
    # Servers written in Go allow one ping in five minutes.
    keepalive: float = 360.0
    """The interval of keepalive pings during calls, in seconds; 0 sends none."""
    auth_mode: AuthMode | None = None
    """Where tokens come from. By default what the other settings suggest: a command or a client
    secret; if they suggest nothing, calls go without a token."""
    client_id: str | None = None
    """The OAuth client ID. The interactive modes default to the server's public client."""
    client_secret: Secret | None = None
    """The OAuth client secret. Prefer to name a file or an environment variable."""
    client_secret_file: str | None = None
    """A file that holds the client secret."""
    client_secret_env: str | None = None
    """The name of an environment variable that holds the client secret."""
    scopes: tuple[str, ...] = ()
    """The OAuth scopes to request; by default those that the server names."""
    audience: str | None = None
    """The audience of the tokens; by default the one that the server names."""
    token_url: str | None = None
    """The URL of the token endpoint; by default the one that the server names."""
    command: tuple[str, ...] = ()
    """A program that prints an access token, and its arguments."""
    proxy_command: tuple[str, ...] = ()
    """A program that prints a token for a proxy in front of the server, and its arguments."""
    http_proxy_url: str | None = None
    """The HTTP proxy on the way to the token endpoint. gRPC itself heeds ``https_proxy``."""
    authorization_header: str | None = None
    """The metadata key that carries the token; by default the one that the server names, or
    ``authorization``."""
    project: str | None = None
    """The project of calls that name none."""
    domain: str | None = None
    """The domain of calls that name none."""
    org: str | None = None
    """The organization of all calls to a Flyte 2 server; open-source servers have none."""
    _origins: Mapping[str, tuple[object, str]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not self.platform.is_derived:
            if self.endpoint:
                raise self._error("platform", "does not go with an endpoint: choose one")
            for name, value in self.platform.settings().items():
                self._keep(name, value)
            if not self.endpoint:
                self._keep("endpoint", self.platform.endpoint)
        for name in ("insecure", "insecure_skip_verify"):
            if not isinstance(getattr(self, name), bool):
                raise self._wrong(name, "must be True or False")  # "false" would count as true
        for name in ("scopes", "command", "proxy_command"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable):
                what = "one text" if isinstance(value, str) else in_words(value)
                raise self._error(name, f"must be a tuple of texts, not {what}")
            self._keep(name, tuple(value))
        if isinstance(self.client_secret, str):
            self._keep("client_secret", Secret(self.client_secret))
        if not isinstance(self.auth_mode, (AuthMode, NoneType)):
            try:
                self._keep("auth_mode", auth_mode(self.auth_mode))
            except ValueError as error:
                raise self._error("auth_mode", str(error)) from None
        self._check_endpoint()
        self._check()
        self._keep("platform", _derived(vars(self)))

    @classmethod
    @advised
    def for_endpoint(cls, endpoint: str, insecure: bool = False) -> Config:
        """Settings for a server whose address is known; the constructor takes more.

        Args:
            endpoint: ``host:port``.
            insecure: Whether to talk without TLS.

        Raises:
            FlyteConfigError: If the address is none.
        """
        return cls(endpoint, insecure=insecure)

    @classmethod
    def for_sandbox(cls, port: int = 30080) -> Config:
        """Settings for the sandbox that ``flytectl demo start`` runs on this machine."""
        return cls(f"localhost:{port}", insecure=True)

    @classmethod
    def for_api_key(
        cls, api_key: str, *, project: str | None = None, domain: str | None = None
    ) -> Config:
        """Settings for a server of Flyte 2, from an API key.

        Args:
            api_key: The key: where the server is, and a client's identifier and secret.
            project: The project of calls that name none.
            domain: The domain of calls that name none.

        Raises:
            FlyteConfigError: If it is none.
        """
        settings: dict[str, Any] = {**settings_of(api_key, "api_key")}
        origins = {name: (value, "api_key") for name, value in settings.items()}
        return cls(**settings, project=project, domain=domain, _origins=origins)

    @classmethod
    def auto(
        cls,
        config_file: str | os.PathLike[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        flyte2: bool = False,
        api_key: bool | None = None,
    ) -> Config:
        """Settings from the environment and from a file of flytectl or flytekit.

        A ``FLYTE_*`` variable wins over the file; ``sources`` tells what came from where.

        Args:
            config_file: The file; by default the one that ``FLYTECTL_CONFIG`` names, or the first
                of ``./flytekit.config``, ``~/.flyte/config`` and ``~/.flyte/config.yaml``.
            env: The variables; by default those of this process.
            flyte2: Whether it is for a server of Flyte 2, as remotes for it have it. Then files
                count which its SDK makes: what ``UCTL_CONFIG`` or ``FLYTECTL_CONFIG`` names, a
                ``./config.yaml`` that has an ``admin.endpoint``, ``./.flyte/config.yaml``, the same
                at the root of the git repository, ``./flytekit.config``, ``~/.union/config.yaml``,
                ``~/.flyte/config.yaml``, ``~/.flyte/config``.
            api_key: Whether ``FLYTE_API_KEY`` counts, a key for a server of Flyte 2: where the
                server is, and a client's identifier and secret, before all else. By default if it
                is for one.

        Raises:
            FlyteConfigError: If the file cannot be read, a value makes no sense, there is no
                endpoint, or a file in the working directory or its repository is another user's
                and would have a program run, or a file or a variable sent as a secret.
        """
        env = os.environ if env is None else env
        found = (
            files.find(env, flyte2=flyte2)
            if config_file is None
            else (os.fspath(config_file), "an argument")
        )
        settings = [] if found is None else files.read_file(*found)
        values: dict[str, Any] = {}
        origins: dict[str, tuple[object, str]] = {}
        for key, raw, source in [*settings, *files.read_env(env)]:
            try:
                value = key.read(raw)
            except ValueError as error:
                raise FlyteConfigError(f"{source}: {error}") from None
            values[key.field] = value
            origins[key.field] = value, source
        if (flyte2 if api_key is None else api_key) and env.get(VARIABLE):
            source = f"env {VARIABLE}"
            for name in ("client_secret_file", "client_secret_env"):  # of another client
                values.pop(name, None)
            for name, value in settings_of(env[VARIABLE], source).items():
                values[name] = value
                origins[name] = value, source
        if "endpoint" not in values:
            where = (
                f"{found[0]} has none" if found else f"there is no {files.places(flyte2=flyte2)}"
            )
            raise FlyteConfigError(
                "no server to connect to: set FLYTE_PLATFORM_URL, or admin.endpoint in a "
                f"configuration file ({where})"
            )
        return cls(**values, _origins=origins)

    @property
    def sources(self) -> Mapping[str, str]:
        """Where each setting came from, such as ``env FLYTE_PLATFORM_URL`` or ``default``."""
        return {name: self._source(name) for name in _DEFAULTS}

    def explain(self) -> str:
        """All settings and where they came from, as a table to read. Secrets are not in it."""
        rows = [
            (name.replace("_", " "), self._shown(name), source)
            for name, source in self.sources.items()
        ]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(
            f"{name:{widths[0]}}  {value:{widths[1]}}  {source}" for name, value, source in rows
        )

    if not TYPE_CHECKING:  # or no name would be wrong

        def __getattr__(self, name: str) -> object:
            from flytebind._flytekit import no_attribute

            raise no_attribute(self, "Config", name)

    def __repr__(self) -> str:
        given = [
            f"{name}={self._shown(name)}"
            for name, default in _DEFAULTS.items()
            if getattr(self, name) != default
        ]
        return f"Config({', '.join(given)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __getstate__(self) -> dict[str, object]:
        for name in _ADDRESSES:
            if has_password(getattr(self, name)):
                raise TypeError(f"a Config is not pickled with a password in {name}")
        return dict(self.__dict__)

    def _shown(self, name: str) -> str:
        """A setting as people may see it."""
        value = getattr(self, name)
        if value is None or value == ():
            return "-"
        if isinstance(value, Secret):
            return "set"
        if isinstance(value, AuthMode):
            return value.value
        if isinstance(value, bool):
            return "yes" if value else "no"
        if name in ("command", "proxy_command"):  # arguments may be secrets
            return f"{value[0]} ..." if len(value) > 1 else str(value[0])
        if name in _ADDRESSES:
            return without_password(value)
        return " ".join(value) if isinstance(value, tuple) else str(value)

    def _source(self, name: str) -> str:
        is_default = getattr(self, name) == _DEFAULTS[name]
        return self._origin(name) or ("default" if is_default else "argument")

    def _origin(self, name: str) -> str:
        """What a value was read from; empty if it has been given or changed in a program."""
        value, source = self._origins.get(name, (None, ""))
        return source if value == getattr(self, name) else ""

    def _check_endpoint(self) -> None:
        """Take off what tells how to connect; what remains is an address of gRPC's."""
        given = self.endpoint
        if not isinstance(given, str):
            raise self._error("endpoint", f"must be text, not {in_words(given)}")
        endpoint, shown = given.strip(), repr(without_password(given.strip()))
        if "@" in endpoint and not endpoint.startswith("unix:"):
            problem = (
                "must not have a user or a password; tokens and proxies have their own settings"
            )
            raise self._error("endpoint", f"{problem}: {shown}")
        scheme, found, address = endpoint.partition("://")
        if found:
            scheme = scheme.lower()
            if scheme not in ("dns", "http", "https") or (scheme == "dns" and address[:1] != "/"):
                raise self._error(
                    "endpoint", f"{shown} begins with neither dns:///, https:// nor http://"
                )
            endpoint = address[1:] if scheme == "dns" else address.removesuffix("/")
            if scheme == "https" and self.insecure:
                raise self._error("insecure", f"does not go with the endpoint {shown}")
        if not endpoint or any(character.isspace() for character in endpoint):
            raise self._error("endpoint", f"must be host:port, not {shown}")
        if not endpoint.startswith("unix:"):
            if any(character in endpoint for character in "/?#"):
                raise self._error(
                    "endpoint", f"must be host:port without a path or a query, not {shown}"
                )
            if endpoint.startswith(":") or endpoint.endswith(":"):
                raise self._error("endpoint", f"must be host:port, not {shown}")
            port = _port_of(endpoint)
            if port and not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
                raise self._error("endpoint", f"{in_words(port)} is no port, in {shown}")
            if scheme == "http" and found and not port:
                endpoint += ":80"
        self._keep("endpoint", endpoint)
        if scheme == "http" and found and not self.insecure:
            self._keep("insecure", True, self._origin("endpoint"))

    def _check(self) -> None:
        endpoint = self.endpoint
        # But a CA does: it may be that of the identity provider, which speaks TLS all the same.
        for name in ("client_cert_file", "client_key_file"):
            if self.insecure and getattr(self, name):
                raise self._error(
                    name, f"does not go with insecure ({self._source('insecure')}): choose one"
                )
        if self.insecure_skip_verify and endpoint.startswith("unix:"):
            raise self._error("insecure_skip_verify", f"does not go with {endpoint!r}")
        for name, other in (
            ("client_cert_file", "client_key_file"),
            ("client_key_file", "client_cert_file"),
        ):
            if getattr(self, name) and not getattr(self, other):
                raise self._error(name, f"needs {other} too")
        size, pause = self.max_message_bytes, self.keepalive
        if not isinstance(size, int) or (size < 1 and size != -1):
            raise self._wrong("max_message_bytes", "must be positive, or -1 for any size")
        if self.transport not in ("grpc", "connect"):
            raise self._wrong("transport", "must be grpc or connect")
        if self.transport == "connect" and endpoint.startswith("unix:"):
            raise self._error("transport", f"connect does not go with {endpoint!r}")
        if not isinstance(pause, (int, float)) or not 0 <= pause < float("inf"):
            raise self._wrong("keepalive", "must be a number of seconds, or 0 for never")

    def _wrong(self, name: str, demand: str) -> FlyteConfigError:
        return self._error(name, f"{demand}, not {in_words(getattr(self, name))}")

    def _error(self, name: str, problem: str) -> FlyteConfigError:
        return FlyteConfigError(f"{self._origin(name) or name}: {problem}")

    def _keep(self, name: str, value: object, source: str = "") -> None:
        """Set an attribute in spite of everything being frozen; it keeps its source."""
        source = source or self._origin(name)
        object.__setattr__(self, name, value)
        if source:
            object.__setattr__(self, "_origins", {**self._origins, name: (value, source)})


_DEFAULTS = {
    setting.name: setting.default
    for setting in fields(Config)
    if setting.name not in ("_origins", "platform")
}


#: Those that may have a password in them.
_ADDRESSES = ("endpoint", "console_endpoint", "token_url", "http_proxy_url")


def _port_of(endpoint: str) -> str:
    """What follows the host's colon; an address in brackets has colons of its own."""
    host, _, port = endpoint.rpartition(":")
    return port if host and "]" not in port else ""
