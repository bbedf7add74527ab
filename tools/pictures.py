"""Draw the pictures of the README: recorded executions, as flytebind shows them.

`docs/pictures/tree.svg` is what a terminal shows, `docs/pictures/timeline.svg` what
`execution.timeline().svg()` gives.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence

from rich.console import Console

from flytebind.cli._looking import bring_names
from flytebind.looks import Tree
from flytebind.remote import Config, FlyteRemote, FlyteWorkflowExecution
from tests.real.recordings import EXECUTIONS
from tests.real.server import RecordedServer
from tools.written import ROOT, Command, Contents

FOLDER = ROOT / "docs" / "pictures"
PROJECT, DOMAIN = "flytesnacks", "development"
#: A task that fails, and dynamic workflows in one another.
TREE, TIMELINE = "f63fe122d26bf808d87b", "f7846033f7545276bea2"

_COLUMNS = 108  # the links to logs are as long
#: rich gets a font from elsewhere, which no registry allows; any monospaced one will do.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    command = Command("pictures", __doc__, mend="python -m tools.pictures --write")
    return command.run(command.parser.parse_args(arguments), pictures)


def pictures() -> Contents:
    """The pictures, by path."""
    with RecordedServer(EXECUTIONS) as server:
        config = Config.for_endpoint(server.endpoint, insecure=True)
        with FlyteRemote(config, PROJECT, DOMAIN) as remote:
            drawn = {
                "tree.svg": screen(brought(remote, TREE).tree()),
                "timeline.svg": brought(remote, TIMELINE).timeline().svg(),
            }
    return {FOLDER / name: text.encode() for name, text in drawn.items()}


def brought(remote: FlyteRemote, name: str) -> FlyteWorkflowExecution:
    """An execution with its nodes, and the names of what they run."""
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    bring_names(execution)
    return execution


def screen(tree: Tree) -> str:
    """A terminal that shows a tree."""
    console = Console(
        record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    console.print(tree)
    title = "flytebind execution tree"
    return _FONTS.sub("", console.export_svg(title=title, unique_id="tree"))


if __name__ == "__main__":
    sys.exit(main())
