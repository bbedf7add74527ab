"""Errors of executions in notebooks."""

from __future__ import annotations

import re

from flyteidl.core import execution_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.text import PRE

# What terminals obey: colours and the like, titles and links, all else, and the sign alone.
# Not compiled here: every program that imports models would pay for it.
_TERMINAL = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?"


class FailureInNotebook(FlyteIdlEntity[execution_pb2.ExecutionError]):
    """For ``ExecutionError``: its message as the program printed it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        import html

        pb = self._pb
        kind = models.core.execution.ExecutionError.ErrorKind.from_number(pb.kind)
        code, message = (html.escape(re.sub(_TERMINAL, "", text)) for text in (pb.code, pb.message))
        return f"<b>{code}</b> <i>{kind.name}</i> {PRE}{message}</pre>"
