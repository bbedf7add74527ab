"""The command ``flytebind register``."""

from __future__ import annotations

import sys

from flytebind.cli._connect import connect, place
from flytebind.cli._exits import DONE, FAILED
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document
from flytebind.looks._labels import label
from flytebind.looks._words import harmless
from flytebind.remote import FlyteVersionConflictError, RegisteredEntity, Registration


def register(
    call: Call,
    *,
    path: str,
    version: str | None,
    destination: str,
    activate: bool,
    dry_run: bool,
) -> int:
    """Register what pyflyte has packaged or serialized."""

    def tell(entity: RegisteredEntity) -> None:
        if call.is_for_people and not call.quiet:
            print(harmless(str(entity)), flush=True)

    with connect(call) as (remote, config):
        project, domain = place(config)
        try:
            done = remote.register(
                path,
                version=version,
                project=project,
                domain=domain,
                destination=destination,
                activate=activate,
                dry_run=dry_run,
                progress=tell,
            )
        except FlyteVersionConflictError as error:
            print(f"flytebind: {error}", file=sys.stderr)  # which has lines, and is harmless
            return FAILED
    if not call.is_for_people:
        print_document(call, _document(done), name="\n".join(label(each) for each in done.new))
    elif not call.quiet:
        if done.code is not None:
            print(harmless(f"{'code':9}  {done.code}"))
        print(done)
    return DONE


def _document(done: Registration) -> dict[str, object]:
    return {
        "new": done.new,
        "unchanged": done.unchanged,
        "code": done.code,
        "dryRun": done.is_dry_run,
    }
