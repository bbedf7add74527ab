"""Which server and which execution a command is about."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import replace

from flytebind.cli._exits import CommandError
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.remote import Config

#: /console/projects/PROJECT/domains/DOMAIN/executions/NAME, and whatever follows.
_PAGE = re.compile(r"https?://[^?#]*/projects/([^/?#]+)/domains/([^/?#]+)/executions/([^/?#]+)")


def settings(options: argparse.Namespace) -> Config:
    """The settings of a command: options win over variables, and these over files.

    Raises:
        FlyteConfigError: If they make no sense.
    """
    env = dict(os.environ)
    if options.endpoint is not None:
        Config.for_endpoint(options.endpoint)  # or its error would blame the variable
        env["FLYTE_PLATFORM_URL"] = options.endpoint
    config = Config.auto(options.config, env=env)
    return replace(
        config,
        insecure=options.insecure or config.insecure,
        project=options.project or config.project,
        domain=options.domain or config.domain,
    )


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
