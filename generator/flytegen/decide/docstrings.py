"""The wording of generated docstrings: the overlay's words, then what the descriptor knows."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

_WIDTH = 88


def paragraphs(*texts: str, width: int = _WIDTH) -> tuple[str, ...]:
    """The lines of a docstring: each text wrapped, with an empty line between two."""
    lines: list[str] = []
    for text in filter(None, texts):
        for paragraph in text.split("\n\n"):
            if lines:
                lines.append("")
            lines.extend(_wrap(paragraph, width))
    return tuple(line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines)


def _wrap(paragraph: str, width: int) -> list[str]:
    return textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)


def class_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a class."""
    retired = "Deprecated in the IDL." if deprecated else ""
    summary = doc or f"``{full_name.rpartition('.')[2]}`` of ``{full_name.rpartition('.')[0]}``."
    return paragraphs(summary, retired, f"Proto: ``{full_name}``")


def field_doc(
    doc: str,
    declaration: str,
    *,
    is_time: bool,
    oneof: str,
    is_optional: bool,
    zero: str,
    raw: str,
    deprecated: bool,
) -> tuple[str, ...]:
    """The docstring of a property: its meaning, then its declaration and what that implies."""
    facts = {
        "in UTC": is_time and "UTC" not in doc,
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


def servicer_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a servicer."""
    usage = "Override the methods that you serve; the others answer ``UNIMPLEMENTED``."
    return _service_doc(doc, full_name, usage, deprecated)


def _service_doc(doc: str, full_name: str, usage: str, deprecated: bool) -> tuple[str, ...]:
    retired = "Deprecated in the IDL." if deprecated else ""
    summary = doc or f"``{full_name.rpartition('.')[2]}`` of ``{full_name.rpartition('.')[0]}``."
    return paragraphs(summary, retired, usage, f"Proto: ``{full_name}``")


def rpc_doc(
    doc: str, path: str, takes: str, answers: str, raises: Mapping[str, str], deprecated: bool
) -> tuple[str, ...]:
    """The docstring of a client's method: its meaning, where it goes, and how it can fail."""
    retired = "Deprecated in the IDL." if deprecated else ""
    summary = doc or f"Call ``{path.rpartition('/')[2]}``."
    call = f"RPC: ``{path}``, from {takes} to {answers}."
    lines = [*paragraphs(summary, retired, call), "", "Raises:"]
    if not raises:
        return (*lines, "    grpc.RpcError: If the call fails.")
    lines.append("    grpc.RpcError: If the call fails; from this server also with")
    for code, reason in raises.items():
        wrapped = paragraphs(f"``{code}``: {reason}", width=_WIDTH - 12)
        lines.extend(" " * (8 if line is wrapped[0] else 12) + line for line in wrapped)
    return tuple(lines)


def retired(deprecated: bool, full_name: str) -> str:
    """What to tell who uses a thing that the IDL has retired; empty for the others."""
    return f"{full_name} is deprecated in the IDL" if deprecated else ""
