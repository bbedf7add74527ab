"""What an admin server is configured with; the defaults are those of a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flytebind.runtime.homes import public_in

MIB = 1024 * 1024


@public_in("flytebind.sandbox")
@dataclass(frozen=True)
class Settings:
    """Limits and fixed facts of the sandbox."""

    domains: Mapping[str, str] = field(
        default_factory=lambda: {
            "development": "development",
            "staging": "staging",
            "production": "production",
        }
    )
    """Ids and names; every project has all of them."""
    projects: tuple[str, ...] = ("flytesnacks",)
    """Projects that exist from the start."""
    max_inline_bytes: int = 2 * MIB
    """Inputs and outputs above this are not answered inline, and not taken inline in events."""
    max_download_bytes: int = 2 * MIB
    """Offloaded data above this reads as empty (admin logs a warning)."""
    signed_urls: bool = False
    """Whether offloaded data is answered with a signed link too."""
    signed_url_lifetime: timedelta = timedelta(minutes=3)
    """How long such a link is good."""
    max_list_error_bytes: int = 100
    """Error messages are cut to this in lists of executions and node executions."""
    max_message_bytes: int = 4 * MIB
    """The largest message that the server takes."""
    max_workflow_nodes: int = 100
    """The most nodes of a workflow, its start and end among them; 0 for any number."""
    task_limits: Mapping[str, str] = field(
        default_factory=lambda: {"CPU": "4", "MEMORY": "4Gi", "GPU": "1"}
    )
    """The most that a task may ask for, by the names of ``Resources.ResourceName``."""
    max_parallelism: int = 25
    """How many nodes of an execution may run at a time, where nobody says otherwise."""
    inline_event_data: bool = False
    """Whether data that events bring stays in the database, instead of in a file of its own."""

    @classmethod
    def flyteadmin(cls) -> Settings:
        """A real flyteadmin as it comes: the defaults, for tests that mean just these."""
        return cls()
