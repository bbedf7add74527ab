"""The command ``flytebind demo``: a server, something that runs on it, and what became of that."""

from __future__ import annotations

from collections.abc import Sequence

from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._looking import bring_names
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document, print_drawing, print_text, print_values
from flytebind.remote import Config, FlyteRemote
from flytebind.runtime.fields import did_you_mean
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play import SCRIPTS

_DEFAULT = ("dynamic", "failure")
#: Waits for a person, so it would not end by itself.
_ENDLESS = "gate"
_POLL_SECONDS = 0.2
_NEXT = """\
Next: a server that stays, what runs there, and its console for browsers.

  python -m flytebind.sandbox --demo
  flytebind --endpoint 127.0.0.1:30080 --insecure \\
      -p flytesnacks -d development execution list
  http://127.0.0.1:30080/console

Or yours: `flytebind config init --endpoint HOST`."""


def demo(call: Call, *, scripts: Sequence[str], speed: float) -> int:
    """Start a sandbox, run scripted workflows on it, and show what becomes of them."""
    if given := [
        name for name in ("endpoint", "config", "project", "domain") if getattr(call, name)
    ]:
        raise CommandError(f"the demo brings a server of its own: leave out --{given[0]}")
    scripts = scripts or _DEFAULT
    for name in scripts:
        _check(name)
    is_told = call.is_for_people and not call.quiet
    results = []
    with Sandbox() as sandbox:
        engine = sandbox.engine(speed)
        config = Config.for_endpoint(sandbox.endpoint, insecure=True)
        with FlyteRemote(config) as remote:
            for name in scripts:
                id = engine.launch(name)
                if is_told:
                    print_text(f"{name}: {SCRIPTS[name].summary}", "bold")
                execution = remote.fetch_execution(id.name, project=id.project, domain=id.domain)
                remote.wait(execution, None, _POLL_SECONDS, progress=not call.quiet)
                outputs = execution.outputs.as_dict() if execution.is_successful else {}
                bring_names(execution)
                made = execution.tree()
                results.append({"script": name, "tree": made.to_dict(), "outputs": outputs})
                if call.is_for_people:
                    print_drawing(made)
                    print_values(outputs)
                    print()
                    print_drawing(execution.timeline())
                    print(flush=True)
    if not call.is_for_people:
        print_document(call, results, name="\n".join(scripts))
    elif is_told:
        print(_NEXT)
    return DONE


def _check(name: str) -> None:
    """Refuse a script that does not exist, or does not end.

    Raises:
        CommandError: If it is one of these.
    """
    if name not in SCRIPTS:
        names = ", ".join(each for each in SCRIPTS if each != _ENDLESS)
        hint = did_you_mean(name, {*SCRIPTS} - {_ENDLESS}) or f": there are {names}"
        raise CommandError(f"there is no script {name!r}{hint}")
    if name == _ENDLESS:
        raise CommandError(
            f"the script {name!r} waits for a person; `python -m flytebind.sandbox --demo` runs it"
        )
