"""Step 4: black, in process and exactly pinned: the output is the same on every machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor

from flytegen.problems import Problems

LINE_LENGTH = 100


def format_all(
    texts: Mapping[str, str], progress: Callable[[], None] = lambda: None
) -> dict[str, str]:
    """Format Python sources, with as many processes as there are cores.

    Args:
        texts: Sources by path.
        progress: Called after each file.

    Raises:
        GenerationError: If a source is not Python; says which, and where in it.
    """
    # Largest first, so that no process is left with a long one at the end.
    paths = sorted(texts, key=lambda path: (-len(texts[path]), path))
    problems = Problems()
    formatted: dict[str, str] = {}
    with ProcessPoolExecutor(min(os.cpu_count() or 1, max(len(paths), 1))) as pool:
        results = pool.map(_format, [texts[path] for path in paths])
        for path, (text, complaint) in zip(paths, results, strict=True):
            if complaint:
                problems.add(
                    path,
                    f"is not Python ({complaint})",
                    "A template printed it; look at that line.",
                )
            formatted[path] = text
            progress()
    problems.raise_if_any()
    return formatted


def _format(text: str) -> tuple[str, str]:
    """The formatted text, or why there is none."""
    import black
    from black.mode import TargetVersion
    from black.parsing import InvalidInput

    mode = black.Mode(target_versions={TargetVersion.PY310}, line_length=LINE_LENGTH)
    try:
        return black.format_str(text, mode=mode), ""
    except InvalidInput as error:
        return "", str(error)
