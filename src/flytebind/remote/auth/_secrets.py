"""The client's secret, wherever it is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flytebind.remote.auth._tokens import refused
from flytebind.remote.config import Config


def has_client_secret(config: Config) -> bool:
    """Whether the settings have a secret, or tell where one is."""
    return bool(config.client_secret or config.client_secret_file or config.client_secret_env)


def client_secret(config: Config, env: Mapping[str, str] | None = None) -> str | None:
    """The client's secret; None if there is to be none. It is read anew each time: files change.

    Args:
        config: Tells where it is.
        env: The environment variables; by default those of this process.

    Raises:
        FlyteAuthenticationError: If it is not where it is said to be.
    """
    if config.client_secret is not None:
        return config.client_secret.reveal()
    if config.client_secret_env:
        name = config.client_secret_env
        secret = (os.environ if env is None else env).get(name, "").strip()
        if not secret:
            where = config.sources["client_secret_env"]
            raise refused(f"the variable {name} has no client secret ({where})")
        return secret
    if not config.client_secret_file:
        return None
    path, where = config.client_secret_file, config.sources["client_secret_file"]
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            secret = file.read().strip()
    except OSError as error:
        problem = f"the client secret in {path} cannot be read: {error.strerror} ({where})"
        raise refused(problem) from error
    except UnicodeDecodeError:
        raise refused(f"the client secret in {path} is no UTF-8 text ({where})") from None
    if not secret:
        raise refused(f"there is no client secret in {path} ({where})")
    return secret
