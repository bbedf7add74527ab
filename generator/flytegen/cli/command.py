"""From arguments to an exit code: what runs, and what is said when it cannot."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flytegen.cli.commands import COMMANDS
from flytegen.cli.options import DONE, make_parser
from flytegen.cli.words import hang_up, tell
from flytegen.common.problems import GenerationError, Problem
from flytegen.common.texts import counted, visible

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    options, strange = make_parser(COMMANDS).parse_known_args(arguments)
    if strange:  # said by the command, whose exit codes are its own
        options.parser.error(f"unrecognized arguments: {' '.join(strange)}")
    failed: int = options.parser.failed
    name, code = "", DONE
    try:
        for target in options.targets(options):
            name = target.name
            code = max(code, options.run(target, options))
        return code
    except GenerationError as error:
        return _complain(error, failed, name)
    except BrokenPipeError:  # `flytegen list | head` has seen enough
        hang_up()
        return DONE
    except OSError as error:
        where = str(error.filename or "flytegen")
        problem = Problem(where, error.strerror or str(error))
        return _complain(GenerationError(problem), failed, name)
    except KeyboardInterrupt:
        print("flytegen: interrupted; the output is whole", file=sys.stderr)
        return _INTERRUPTED


def _complain(error: GenerationError, code: int, target: str) -> int:
    result = "nothing was written" if error.is_whole else "something was written"
    of = f" of {visible(target)}" if target else ""
    tell(f"{counted(len(error.problems), 'problem')}; {result}{of}", error.problems)
    return code
