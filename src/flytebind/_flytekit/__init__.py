"""What flytekit's names are called here, as data; its public face is ``flytebind.migrate``."""

from __future__ import annotations

from flytebind._flytekit.names import Row, Verdict, row_of, rows

__all__ = ["Row", "Verdict", "advice", "instead", "no_attribute", "row_of", "rows"]


def instead(name: str) -> str:
    """What to write instead of something of flytekit's; empty where there is nothing to say.

    Args:
        name: The class and its member: ``FlyteRemote.fetch_execution``.
    """
    row = row_of(name)
    if row is None or not row.write:
        return ""
    why = f": {row.why}" if row.why else ""
    return f"write {row.write}{why}".replace("`", "")


def advice(name: str) -> str:
    """The same for those who may come from flytekit, or not.

    Args:
        name: The class and its member: ``FlyteRemote.fetch_execution``.
    """
    hint = instead(name)
    return f"if this comes from flytekit, {hint}" if hint else ""


def no_attribute(owner: object, kind: str, name: str) -> AttributeError:
    """The error for a name that something has in flytekit alone, or nowhere.

    Args:
        owner: What has no such name.
        kind: The class that flytekit has it in: ``FlyteRemote``.
        name: The name.
    """
    what = f"{type(owner).__name__!r} object has no attribute {name!r}"
    hint = advice(f"{kind}.{name}")
    return AttributeError(f"{what}; {hint}" if hint else what, name=name, obj=owner)
