"""The identity provider, as authlib speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.auth.tokens import Token, away, refused, token_of
from flytebind.remote.auth.web import skips_verification, tls_context
from flytebind.remote.config import Config
from flytebind.remote.config.secret import Secret
from flytebind.remote.errors import FlyteAuthenticationError, FlyteConfigError

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

_TIMEOUT = 30.0
_MAX_ERROR = 200


class Login(NamedTuple):
    """What a login brings."""

    token: Token
    refresh_token: Secret | None


class Refusal(FlyteAuthenticationError):
    """The provider has said no, and why.

    Args:
        error: Its code, as in OAuth 2: ``access_denied``.
        description: Its words.
    """

    def __init__(self, error: str, description: str = "") -> None:
        problem = refused(
            f"the identity provider refuses: {error}{description and ': '}{description}"
        )
        super().__init__(problem.code, problem.details)
        self.error = error


class Provider:
    """Asks the provider that the Flyte server names.

    Args:
        config: The settings.
        discovery: Names the endpoints, the client and the scopes.
        clock: Tells the time.
        timeout: How many seconds an answer may take.
    """

    def __init__(
        self,
        config: Config,
        discovery: Discovery,
        clock: Callable[[], float],
        timeout: float = _TIMEOUT,
    ) -> None:
        self.discovery = discovery
        self._config = config
        self._clock = clock
        self._timeout = timeout

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock()

    def authorization_url(self, redirect_uri: str, state: str, code_verifier: str) -> str:
        """Where a person logs in with a browser."""
        url = self.discovery.endpoint("authorization_endpoint")
        extra = {"audience": self.discovery.audience} if self.discovery.audience else {}
        with self._session(url, redirect_uri) as session:
            address, _ = session.create_authorization_url(
                url, state=state, code_verifier=code_verifier, **extra
            )
        return address

    def exchange(self, redirect_uri: str, query: str, state: str, code_verifier: str) -> Login:
        """Get a token for what the provider has sent back with the browser."""
        return self._token(
            redirect_uri,
            authorization_response=f"{redirect_uri}?{query}",
            state=state,
            code_verifier=code_verifier,
        )

    def begin_device(self) -> Mapping[str, Any]:
        """Ask for codes with which a person may log in on another device."""
        url = self.discovery.endpoint("device_authorization_endpoint")
        form = {"client_id": self.discovery.client_id, "scope": " ".join(self.discovery.scopes)}
        if self.discovery.audience:
            form["audience"] = self.discovery.audience
        with self._session(url) as session:
            answer = session.request(
                "POST",
                url,
                withhold_token=True,
                data=form,
                headers={"Accept": "application/json"},
                **self._options(url),
            )
            codes: object = answer.json()
        if not isinstance(codes, dict):
            raise refused(f"{url} gives no codes: HTTP {answer.status_code}")
        if "error" in codes:
            raise Refusal(_short(codes["error"]), _short(codes.get("error_description")))
        if not codes.get("device_code") or not codes.get("user_code"):
            raise refused(f"{url} gives no codes: HTTP {answer.status_code}")
        return codes

    def poll_device(self, device_code: str) -> Login:
        """Get a token, once the person has logged in."""
        return self._token(
            None,
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=device_code,
        )

    def refresh(self, refresh_token: Secret) -> Login:
        """Get a token without anybody logging in."""
        url = self.discovery.endpoint("token_endpoint")
        now = self._clock()
        with self._session(url) as session:
            answer: object = session.refresh_token(
                url,
                refresh_token=refresh_token.reveal(),
                **self._options(url),
            )
        login = _login(url, answer, now)
        return login if login.refresh_token else login._replace(refresh_token=refresh_token)

    def _token(self, redirect_uri: str | None, **parameters: str) -> Login:
        url = self.discovery.endpoint("token_endpoint")
        now = self._clock()
        with self._session(url, redirect_uri) as session:
            answer: object = session.fetch_token(url, **parameters, **self._options(url))
        return _login(url, answer, now)

    def _options(self, url: str) -> dict[str, Any]:
        """What every request of requests' is to be told; it heeds `verify` nowhere else."""
        verify = not skips_verification(self._config, url)
        # A redirect would carry secrets to somebody else.
        return {"timeout": self._timeout, "allow_redirects": False, "verify": verify}

    @contextmanager
    def _session(self, url: str, redirect_uri: str | None = None) -> Iterator[OAuth2Session]:
        """A session with the host of a URL, whose errors are ours."""
        try:
            from authlib.common.errors import AuthlibBaseError
            from authlib.integrations.requests_client import OAuth2Session
            from requests import RequestException
            from requests.adapters import HTTPAdapter
        except ImportError as error:
            raise FlyteConfigError(
                "logging in needs authlib, requests and keyring: pip install 'flytebind[auth]'"
            ) from error
        context = tls_context(self._config, url)

        class Adapter(HTTPAdapter):
            def init_poolmanager(self, *args: Any, **options: Any) -> None:
                super().init_poolmanager(*args, **options, ssl_context=context)

        session = OAuth2Session(
            self.discovery.client_id,
            scope=" ".join(self.discovery.scopes) or None,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        session.mount("https://", Adapter())
        if self._config.http_proxy_url:
            session.proxies = dict.fromkeys(("http", "https"), self._config.http_proxy_url)
        with session:
            try:
                yield session
            except AuthlibBaseError as error:
                raise Refusal(_short(error.error), _short(error.description)) from None
            except RequestException as error:
                if isinstance(error, ValueError):
                    raise refused(f"{url} answers something else than JSON") from None
                # Not its own text, nor itself: there may be secrets in them.
                answer = error.response
                what = type(error).__name__ if answer is None else f"HTTP {answer.status_code}"
                raise away(f"{url} gives no answer: {what}") from None
            except ValueError:
                raise refused(f"{url} answers something else than JSON") from None


def _login(url: str, answer: object, now: float) -> Login:
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise refused(f"{url} gives no token: there is no access_token in its answer")
    token = token_of(answer["access_token"])
    lifetime = answer.get("expires_in")
    if isinstance(lifetime, (int, float)):
        token = Token(token.reveal(), now + lifetime)
    refresh_token = answer.get("refresh_token")
    return Login(token, Secret(refresh_token) if isinstance(refresh_token, str) else None)


def _short(text: object) -> str:
    return " ".join(str(text or "").split())[:_MAX_ERROR]
