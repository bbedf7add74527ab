"""Who we are, for records: what was printed by another edition of us may look otherwise now."""

from __future__ import annotations

from pathlib import Path

from flytegen import locate
from flytegen._version import __version__
from flytegen.common.digest import digest

_PACKAGE = Path(__file__).parents[1]
_PRINTING = (".j2", ".py", ".toml")  # and not what an editor keeps beside them


def identity() -> str:
    """Our version, and a digest of what prints: the templates, and the code between them and files.

    What is done before that shows in the schema.
    """
    code = [_PACKAGE / "schema.py", *_files(_PACKAGE / "common"), *_files(_PACKAGE / "write")]
    printing = digest(*(path.read_text("utf-8") for path in code + _files(locate.templates())))
    return f"flytegen {__version__} {printing[:8]}"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _PRINTING)
