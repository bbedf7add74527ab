"""Print what differs, or write it down: ``python -m tests.sandbox.replay [--write | FILE...]``."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from tests.sandbox.replay import known
from tests.sandbox.replay.recorded import FILES
from tests.sandbox.replay.replaying import differences, replay


def main(arguments: list[str]) -> None:
    """Replay recordings, all unless some are named."""
    found: defaultdict[known.Kind, Counter[str]] = defaultdict(Counter)
    labels: defaultdict[known.Kind, list[str]] = defaultdict(list)
    calls = 0
    for file in [name for name in arguments if name != "--write"] or FILES:
        for row, answer in replay(file):
            calls += 1
            if shows := differences(row, answer):
                kind = known.Kind(row.rpc, shows)
                found[kind][file] += 1
                labels[kind].append(f"{file}: {row.label}")
    for kind, rows in sorted(found.items(), key=lambda item: -item[1].total()):
        print(rows.total(), kind, *labels[kind][:12], sep="\n    ")
    print(f"{sum(rows.total() for rows in found.values())} of {calls} calls differ")
    if "--write" in arguments:
        known.write(found)


main(sys.argv[1:])
