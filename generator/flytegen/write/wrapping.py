"""Black's form of what our own templates print, which has it but for lines that are too long.

black takes longer than all other steps together, mostly to find nothing to do. So the templates
print what it would, and only a statement with a line that is too long is given to it.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

#: Between two statements of a module where the second is a class or a function.
_GAP = re.compile(r"\n(?=\n\n(?:class |def |@))")
#: Makes a statement of the head of one.
_BODY = "\n    pass"

Wrap = Callable[[str, int], str]


def wrap_long_lines(text: str, width: int, wrap: Wrap) -> str:
    """Wrap each statement that has a line which is too long, and no other.

    Args:
        text: A module in black's form, but for long lines.
        width: How many columns a line may have.
        wrap: Gives a statement black's form, for so many columns.

    Raises:
        SyntaxError: If the text is not Python.
        ValueError: Likewise.
    """
    try:
        # In parts, because the tree of a large module takes a hundred times its room.
        return "\n".join([_wrapped(part, width, wrap) for part in _GAP.split(text)])
    except SyntaxError:  # also where a docstring has what looks like a gap
        return _wrapped(text, width, wrap)


def _wrapped(text: str, width: int, wrap: Wrap) -> str:
    tree = ast.parse(text)
    lines = text.split("\n")
    # Bytes, because black counts wide characters twice; what it is given in vain stays as it is.
    long = [number for number, line in enumerate(lines, 1) if len(line.encode()) > width]
    # From the end, so that the numbers of the lines before stay true.
    for first, last, is_head in reversed([*_statements(tree.body, long)]):
        statement = lines[first - 1 : last]
        margin = statement[0][: len(statement[0]) - len(statement[0].lstrip())]
        bare = "\n".join(line.removeprefix(margin) for line in statement)
        end = _BODY if is_head else ""
        made = wrap(f"{bare}{end}\n", width - len(margin)).removesuffix("\n").removesuffix(end)
        lines[first - 1 : last] = [margin + line for line in made.split("\n")]
    return "\n".join(lines)


def _statements(body: Sequence[ast.stmt], long: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """Where statements with long lines begin and end, and whether that is only the head of one.

    Docstrings are left out: they stay as they are.
    """
    for item in body:
        first, last = _first_line(item), item.end_lineno or item.lineno
        if not _is_any_within(long, first, last) or _is_docstring(item):
            continue
        inner = _inner(item)
        if not inner:
            yield first, last, False
            continue
        head = _first_line(inner[0]) - 1
        if _is_any_within(long, first, head):
            yield first, head, True
        yield from _statements(inner, long)


def _inner(item: ast.stmt) -> list[ast.stmt]:
    """The statements that another holds, if it is one that can be taken apart."""
    inner: list[ast.stmt] = []
    if not isinstance(item, ast.Match):
        for child in ast.iter_child_nodes(item):
            if isinstance(child, ast.stmt):
                inner.append(child)
            elif isinstance(child, ast.ExceptHandler):
                inner.extend(child.body)
    is_below = bool(inner) and inner[0].col_offset == item.col_offset + 4
    return inner if is_below else []


def _first_line(item: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(item, "decorator_list", [])
    return min([item.lineno, *(decorator.lineno for decorator in decorators)])


def _is_docstring(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)


def _is_any_within(numbers: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(numbers, first)
    return at < len(numbers) and numbers[at] <= last
