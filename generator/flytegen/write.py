"""Step 5: files on disk, and the record of which of them are ours."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

RECORD = "flytegen.lock"


@dataclass(frozen=True)
class Recorded:
    """What the last run wrote to one file."""

    made_from: str
    """Digest of the text before formatting, and of the tool that formatted it."""
    content: str
    """Digest of the file itself."""


def digest(*parts: str | bytes) -> str:
    """A digest that tells versions of a file apart."""
    hashed = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:32]


def load_record(out: Path) -> dict[str, Recorded]:
    """What the last run wrote; empty when there was none, or when its record cannot be read."""
    try:
        table = json.loads((out / RECORD).read_text(encoding="utf-8"))
        return {path: Recorded(*digests) for path, digests in table["files"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def record_text(record: Mapping[str, Recorded]) -> str:
    """The record as it is kept: one line for each file, so that a diff of it can be read."""
    lines = [
        f"    {json.dumps(path)}: {json.dumps([item.made_from, item.content])}"
        for path, item in sorted(record.items())
    ]
    return '{\n  "files": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def read_text(path: Path) -> str | None:
    """The text of a file; None when there is none, or it is not text."""
    try:
        return path.read_bytes().decode()
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None


def write_files(out: Path, texts: Mapping[str, str]) -> None:
    """Write files so that each is whole at any moment: complete and then moved into place.

    Raises:
        OSError: If the folder cannot be written to; what was there before is still there.
    """
    staged: list[tuple[str, Path]] = []
    try:
        for name, text in texts.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".flytegen-")
            staged.append((temporary, path))
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
        while staged:
            temporary, path = staged[0]
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
            staged.pop(0)
    finally:
        for temporary, _ in staged:
            os.unlink(temporary)


def remove_files(out: Path, names: Iterable[str]) -> None:
    """Remove files, and the folders that they leave empty."""
    for name in names:
        path = out / name
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == out or any(folder.iterdir()):
                break
            folder.rmdir()
