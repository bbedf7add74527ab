"""Which server and which execution a command is about."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flytebind.cli._exits import CommandError
from flytebind.cli._options import Call
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.remote import Config, FlyteRemote

#: /console/projects/PROJECT/domains/DOMAIN/executions/NAME, and whatever follows.
_PAGE = re.compile(r"https?://[^?#]*/projects/([^/?#]+)/domains/([^/?#]+)/executions/([^/?#]+)")


def settings(call: Call, *, flyte2: bool = False) -> Config:
    """The settings of a command: options win over variables, and these over files.

    Args:
        call: The command.
        flyte2: Whether it is about a server of Flyte 2: then its SDK's files count and, unless
            ``--endpoint`` names another server, ``FLYTE_API_KEY``.

    Raises:
        FlyteConfigError: If they make no sense.
    """
    env = dict(os.environ)
    if call.endpoint is not None:
        Config.for_endpoint(call.endpoint, call.insecure)  # or its error would blame the variable
        env["FLYTE_PLATFORM_URL"] = call.endpoint
    by_key = flyte2 and call.endpoint is None
    config = Config.auto(call.config, env=env, flyte2=flyte2, api_key=by_key)
    origins = dict(config._origins)
    if call.endpoint is not None:
        del origins["endpoint"]  # the variable is made up
    return replace(
        config,
        _origins=origins,
        insecure=call.insecure or config.insecure,
        project=call.project or config.project,
        domain=call.domain or config.domain,
    )


@contextmanager
def connect(call: Call) -> Iterator[tuple[FlyteRemote, Config]]:
    """The server of a command, and its settings.

    Raises:
        FlyteConfigError: If the settings make no sense.
    """
    config = settings(call)
    with told_calls(call), FlyteRemote(config, token=token()) as remote:
        yield remote, config


def token() -> str | None:
    """A token in place of a login, if there is one."""
    return os.environ.get("FLYTEBIND_TOKEN") or None


@contextmanager
def told_calls(call: Call) -> Iterator[None]:
    """Have each call told on stderr, if that is wanted."""
    if not call.verbose:
        yield
        return
    log = logging.getLogger("flytebind.remote")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def place(config: Config) -> tuple[str, str]:
    """The project and the domain that a command is about.

    Raises:
        CommandError: If one is neither given nor configured.
    """
    if not config.project:
        raise CommandError("which project? Give -p PROJECT")
    if not config.domain:
        raise CommandError("which domain? Give -d DOMAIN")
    return config.project, config.domain


def execution_id(text: str, config: Config) -> WorkflowExecutionIdentifier:
    """The execution that a command is about.

    Raises:
        CommandError: If its argument is none of the ways to say that.
    """
    page = _PAGE.match(text)
    if page is not None:
        return WorkflowExecutionIdentifier(*page.groups())
    parts = text.split("/")
    if len(parts) == 3 and all(parts):
        return WorkflowExecutionIdentifier(*parts)
    if len(parts) != 1 or not text:
        raise CommandError(
            f"{text!r} is no execution: give its name, PROJECT/DOMAIN/NAME, or the URL of its page "
            "in the console"
        )
    try:
        return WorkflowExecutionIdentifier(*place(config), text)
    except CommandError as error:
        raise CommandError(f"{error}, or the execution as PROJECT/DOMAIN/NAME") from None
