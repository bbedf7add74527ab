"""Print what differs, or write it down."""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict

from tests.sandbox.replay import known
from tests.sandbox.replay.recorded import FILES
from tests.sandbox.replay.replaying import differences, replay


def main() -> None:
    """Replay recordings, all unless some are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.replay", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="recordings (default: all)")
    parser.add_argument("--write", action="store_true", help="count the lines of all anew")
    options = parser.parse_args()
    if options.write and options.files:
        parser.error("--write goes over all recordings")
    if unknown := set(options.files) - set(FILES):
        parser.error(f"no recording {', '.join(sorted(unknown))}; there are {', '.join(FILES)}")
    found: defaultdict[known.Kind, Counter[str]] = defaultdict(Counter)
    labels: defaultdict[known.Kind, list[str]] = defaultdict(list)
    calls = 0
    for file in options.files or FILES:
        for row, answer in replay(file):
            calls += 1
            if shows := differences(row, answer):
                kind = known.Kind(row.rpc, shows)
                found[kind][file] += 1
                labels[kind].append(f"{file}: {row.label}")
    for kind, rows in sorted(found.items(), key=lambda item: -item[1].total()):
        print(rows.total(), kind, *labels[kind][:12], sep="\n    ")
    print(f"{sum(rows.total() for rows in found.values())} of {calls} calls differ")
    if options.write:
        known.write(found)


main()
