"""Let older flytekits read what is written for their tasks, and compare what they write.

Tasks run with the flytekit that they were registered with. One that knew no MessagePack is
installed into .matrix/, and tests/parity/test_values.py runs there; `make parity` does so with the
newest. Environments need the package index once, and are kept.

exit codes:
  0  all is well
  1  a test failed
  2  an environment could not be made, or there is no Python for it
"""

from __future__ import annotations

import sys

from tools.environments import (
    HOME,
    LIBRARY,
    LOCK,
    CannotMakeError,
    Environment,
    find_interpreter,
    locked,
    name_of,
    run,
)

#: The last release before MessagePack.
OLD = "1.13.15"
PYTHONS = ("3.11", "3.12")
WANTED = (f"flytekit=={OLD}", "hypothesis>=6.100", "pytest>=9,<10", "setuptools", *LIBRARY)
TESTS = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/parity/test_values.py")
# Its dependencies have moved on, and say so.
QUIETLY = ("-W", "ignore::DeprecationWarning")


def main() -> int:
    """Try it.

    Returns:
        The exit code; the module says what each one means.
    """
    python = next((version for version in PYTHONS if find_interpreter(version)), None)
    interpreter = find_interpreter(python) if python else None
    if python is None or interpreter is None:
        print(f"flytekits: found no Python of {', '.join(PYTHONS)}", file=sys.stderr)
        return 2
    environment = Environment(HOME / f"flytekit-{OLD}", interpreter, python)
    # What it needs is what the newest flytekit needs.
    pins = [pin for pin in locked(LOCK.with_name("peers.lock")) if name_of(pin) != "flytekit"]
    try:
        environment.make(WANTED, pins, "\n".join(WANTED))
    except CannotMakeError as error:
        print(f"flytekits: {error}", file=sys.stderr)
        return 2
    done = run(environment.executable, *TESTS, *QUIETLY)
    print(f"flytekit {OLD}:", done.stdout.strip().rpartition("\n")[2])
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
