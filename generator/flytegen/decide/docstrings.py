"""The wording of generated docstrings: what a person says, then what the descriptor knows."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

_WIDTH = 88

# Lines of Markdown that are no prose: what is indented, items of lists, tables, quotes, headings,
# rules, and lines that want to end where they do.
_NO_PROSE = re.compile(r"\s|[-*+] |\d+[.)] |[|>#]|[-=*_~ ]{3,}$|.*(?:\\|<br ?/?>)$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def paragraphs(*texts: str, width: int = _WIDTH) -> tuple[str, ...]:
    """The lines of a docstring, with an empty line between two texts.

    The texts are Markdown: their prose is wrapped, and all else stays as it is.
    """
    lines: list[str] = []
    for text in filter(None, texts):
        if lines:
            lines.append("")
        lines.extend([text] if _is_short(text, width) else _laid_out(text.strip("\n"), width))
    return tuple(lines)


def _laid_out(text: str, width: int) -> Iterator[str]:
    prose: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not (fence or mark or not line or _NO_PROSE.match(line)):
            prose.append(line)
            continue
        yield from _wrap("\n".join(prose), width)
        prose.clear()
        yield line
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence):
            fence = ""
    yield from _wrap("\n".join(prose), width)


def _is_short(text: str, width: int) -> bool:
    """Whether a text is a line that can stay as it is; most are, and looking closer takes long."""
    return len(text) <= width and text.isprintable() and text == text.strip()


def _wrap(paragraph: str, width: int) -> list[str]:
    if not paragraph or _is_short(paragraph, width):
        return [paragraph] if paragraph else []
    return textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)


def class_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a class."""
    return paragraphs(_meaning(doc, full_name), _retired(deprecated), _proto(full_name))


def value_doc(doc: str, deprecated: bool) -> str:
    """What is said below a value of an enum; may be empty."""
    return "\n".join(paragraphs(doc, _retired(deprecated)))


def field_doc(
    doc: str,
    declaration: str,
    *,
    zone: str,
    oneof: str,
    is_optional: bool,
    zero: str,
    raw: str,
    deprecated: bool,
) -> tuple[str, ...]:
    """The docstring of a property: its meaning, then its declaration and what that implies."""
    facts = {
        f"in {zone}": bool(zone) and zone not in doc,
        f"one of ``{oneof}``": bool(oneof),
        f"{'None' if is_optional else zero} when unset": True,
        f"``{raw}`` has it as the message does": bool(raw),
        "deprecated in the IDL": deprecated,
    }
    implied = ", ".join(fact for fact, is_so in facts.items() if is_so)
    return paragraphs(doc, f"``{declaration}``; {implied}.")


def raw_doc(name: str, declaration: str) -> tuple[str, ...]:
    """The docstring of the property that gives a reshaped field as the message has it."""
    return paragraphs(f"``{name}`` as the message has it: ``{declaration}``.")


def oneof_doc(doc: str, proto_name: str) -> tuple[str, ...]:
    """The docstring of the accessor of a oneof."""
    return paragraphs(doc, f"The member of ``oneof {proto_name}`` that is set, or None.")


def client_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a client, which tells what its methods have in common."""
    options = (
        "Every method takes ``timeout``, how many seconds the call may last, ``metadata``, pairs to"
        " send along, and ``wait_for_ready``, whether to wait for a connection where the call would"
        " fail with ``UNAVAILABLE``."
    )
    return _service_doc(doc, full_name, options, deprecated)


def async_client_doc(doc: str, full_name: str, client: str) -> tuple[str, ...]:
    """The docstring of a client with asyncio, which points to the other one."""
    pointer = f"``{client}`` with asyncio: see there what the methods do."
    return paragraphs(_summary(_meaning(doc, full_name)), pointer, _proto(full_name))


def servicer_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a servicer."""
    usage = "Override the methods that you serve; the others answer ``UNIMPLEMENTED``."
    return _service_doc(doc, full_name, usage, deprecated)


def _service_doc(doc: str, full_name: str, usage: str, deprecated: bool) -> tuple[str, ...]:
    return paragraphs(_meaning(doc, full_name), _retired(deprecated), usage, _proto(full_name))


def rpc_doc(
    doc: str,
    name: str,
    path: str,
    takes: str,
    answers: str,
    raises: Mapping[str, str],
    deprecated: bool,
) -> tuple[str, ...]:
    """The docstring of a client's method: its meaning, where it goes, and how it can fail."""
    call = f"RPC: ``{path}``, from {takes} to {answers}."
    meaning = doc or f"Call ``{name}``."
    lines = [*paragraphs(meaning, _retired(deprecated), call), "", "Raises:"]
    if not raises:
        return (*lines, "    grpc.RpcError: If the call fails.")
    lines.append("    grpc.RpcError: If the call fails; from this server also with")
    for code, reason in raises.items():
        wrapped = paragraphs(f"``{code}``: {reason}", width=_WIDTH - 12)
        lines.extend(" " * (8 if line is wrapped[0] else 12) + line for line in wrapped)
    return tuple(lines)


def async_rpc_doc(doc: str, name: str, method: str) -> tuple[str, ...]:
    """The docstring of the same method with asyncio, which points to that one."""
    return paragraphs(_summary(doc) or f"Call ``{name}``.", f"See ``{method}``.")


def servicer_rpc_doc(name: str, method: str) -> tuple[str, ...]:
    """The docstring of a servicer's method, which points to the client's."""
    return paragraphs(f"Answer ``{name}``; see ``{method}``.")


def retired(deprecated: bool, full_name: str) -> str:
    """What to tell who uses a thing that the IDL has retired; empty for the others."""
    return f"{full_name} is deprecated in the IDL" if deprecated else ""


def _meaning(doc: str, full_name: str) -> str:
    """What a person says, or at least whose it is."""
    owner, _, name = full_name.rpartition(".")
    return doc or f"``{name}`` of ``{owner}``."


def _summary(doc: str) -> str:
    """The first paragraph."""
    return doc.partition("\n\n")[0]


def _retired(deprecated: bool) -> str:
    return "Deprecated in the IDL." if deprecated else ""


def _proto(full_name: str) -> str:
    return f"Proto: ``{full_name}``"
