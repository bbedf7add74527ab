"""What a remote does, written once for both faces: coroutines that wait through ``session.io``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

if TYPE_CHECKING:
    from flytebind.remote._operations import (
        data as data,
        downloads as downloads,
        entities as entities,
        fetch as fetch,
        folders as folders,
        inputs as inputs,
        launch as launch,
        links as links,
        metrics as metrics,
        offloaded as offloaded,
        register as register,
        signals as signals,
        sync as sync,
        uploads as uploads,
        urls as urls,
        wait as wait,
    )
else:
    _OPERATIONS = [
        "data",
        "downloads",
        "entities",
        "fetch",
        "folders",
        "inputs",
        "launch",
        "links",
        "metrics",
        "offloaded",
        "register",
        "signals",
        "sync",
        "uploads",
        "urls",
        "wait",
    ]
    __getattr__, __dir__ = _lazy_module(__name__, _OPERATIONS)
