"""The commands ``flytebind config ...`` and ``flytebind login``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flytebind.cli._connect import connect, settings
from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._files import write
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document, print_fields
from flytebind.models.service.identity import UserInfoRequest, UserInfoResponse
from flytebind.remote import FlyteCallError


def show(call: Call, *, flyte2: bool) -> int:
    """Print all settings, and where each comes from."""
    config = settings(call, flyte2=flyte2)
    if call.is_for_people:
        print(config.explain())
    else:
        shown = {name: {"from": source} for name, source in config.sources.items()}
        print_document(call, shown, name=config.endpoint)
    return DONE


def init(call: Call, *, file: str | None, force: bool) -> int:
    """Write a file of settings, as flytectl reads them."""
    import yaml

    if not call.endpoint:
        raise CommandError("which server? Give --endpoint HOST:PORT")
    path = Path(file) if file else Path.home() / ".flyte" / "config.yaml"
    admin: dict[str, object] = {"endpoint": call.endpoint, "insecure": call.insecure}
    if not call.insecure:
        admin["authType"] = "Pkce"
    root = {"project": call.project, "domain": call.domain}
    table = {"admin": admin, "root": {key: value for key, value in root.items() if value}}
    text = yaml.safe_dump({key: value for key, value in table.items() if value}, sort_keys=False)
    if path.exists() and not force:
        raise CommandError(f"{path} is there already: see --force, or --file")
    path.parent.mkdir(parents=True, exist_ok=True)
    write(str(path), text)
    if not call.quiet:
        print(f"wrote {path}", file=sys.stderr)
    return DONE


def login(call: Call) -> int:
    """Log in to the server, if its settings ask for that, and remember it."""
    with connect(call) as (remote, config):
        remote.list_domains()  # the first call that needs a token
    if not call.quiet:
        mode = config.auth_mode
        how = f"as {mode.name.lower()}" if mode is not None else "as the settings suggest"
        if os.environ.get("FLYTEBIND_TOKEN"):
            how = "by the token in FLYTEBIND_TOKEN"
        print(f"{config.endpoint} answers; authenticated {how}")
    return DONE


def whoami(call: Call) -> int:
    """Print who the server takes the caller for."""
    with connect(call) as (remote, config):
        try:
            user = remote.identity.user_info(UserInfoRequest())
        except FlyteCallError as error:
            if error.code.name != "UNIMPLEMENTED":  # how a server says that it knows no users
                raise
            user = UserInfoResponse()
    if not call.is_for_people:
        print_document(call, user, name=user.subject)
        return DONE
    print_fields(
        {
            "server": config.endpoint,
            "subject": user.subject or "nobody: this server asks for no login",
            "name": user.name or f"{user.given_name} {user.family_name}".strip(),
            "user name": user.preferred_username,
            "email": user.email,
        }
    )
    return DONE
