"""What the values of an enum are called, too."""

from __future__ import annotations

from google.protobuf.descriptor import EnumDescriptor

from flytegen.common.names import escape, value_name
from flytegen.common.problems import Problems
from flytegen.overlay.entries import EnumOverlay


def further_names(
    enum: EnumDescriptor, overlay: EnumOverlay, problems: Problems
) -> tuple[tuple[str, str], ...]:
    """Pairs of a further name and the name of the value that it stands for.

    These are the full names of values that have a shorter one, and what the overlay adds. A name
    that two values would share is a problem, and so is a prefix that no value has.
    """
    names = {value.name: value_name(value.name, overlay.strip_prefix) for value in enum.values}
    if not any(value.startswith(overlay.strip_prefix) for value in names):
        what = f"no value of {enum.full_name} begins with {overlay.strip_prefix!r}"
        problems.add(overlay.where, what, "Take its strip_prefix out of the overlay, or mend it.")
    full = [(escape(value, "enum_value"), value) for value in names]
    said = [*full, *overlay.names.items()]
    further = [(name, value) for name, value in said if name != names[value]]
    owners: dict[str, str] = {}
    for name, value in (*((name, value) for value, name in names.items()), *further):
        owner = owners.setdefault(name, value)
        if owner != value:
            what = f"{owner} and {value} would both be called {name!r}"
            hint = f'Leave out strip_prefix, or the name, in [enums."{enum.full_name}"].'
            problems.add(enum.full_name, what, hint)
    return tuple((name, names[value]) for name, value in further)
