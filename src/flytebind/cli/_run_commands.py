"""The commands ``flytebind run ...``, their arguments and options."""

from __future__ import annotations

import click

from flytebind.cli import _parameters as parameters
from flytebind.cli._options import Command

RUN_COMMANDS = [
    Command(
        "get",
        "print what a run has come to",
        "_runs:get",
        [parameters.run(), parameters.web()],
        examples="""
flytebind run get flytesnacks/development/r7a9c2
flytebind run get r7a9c2 -p flytesnacks -d development --json
flytebind run get r7a9c2 --web""",
    ),
    Command(
        "list",
        "list runs",
        "_runs:list_",
        [
            parameters.limit(),
            parameters.phases(),
            click.Option(["--task"], metavar="NAME", help="only those of this task"),
            parameters.filter(),
            parameters.sort("ended_at"),
            parameters.columns("name, phase, task, created, ended, duration, trigger"),
        ],
        examples="""
flytebind run list -p flytesnacks -d development
flytebind run list --phase failed --phase aborted --limit 5
flytebind run list --task train.fit --columns name,phase,duration
flytebind run list --filter 'gte(created_at,2026-01-01T00:00:00Z)'""",
    ),
    Command(
        "tree",
        "print a run and its actions as a tree",
        "_runs:tree",
        [parameters.run(), parameters.whole()],
        examples="""
flytebind run tree flytesnacks/development/r7a9c2
flytebind run tree r7a9c2 --all""",
    ),
    Command(
        "timeline",
        "draw where the time of a run went",
        "_runs:timeline",
        [parameters.run(), *parameters.drawing()],
        examples="""
flytebind run timeline flytesnacks/development/r7a9c2
flytebind run timeline r7a9c2 --svg r7a9c2.svg --html r7a9c2.html""",
    ),
    Command(
        "wait",
        "wait until a run is done; the exit code tells how",
        "_runs:wait",
        [parameters.run(), parameters.timeout()],
        examples="""
flytebind run wait flytesnacks/development/r7a9c2 && echo succeeded
flytebind run wait r7a9c2 --timeout 600 -q""",
    ),
    Command(
        "watch",
        "show a run until it is done: live, or in a pipe each change of phase",
        "_runs:watch",
        [parameters.run(), parameters.timeout()],
        examples="""
flytebind run watch flytesnacks/development/r7a9c2
flytebind run watch r7a9c2 --json | jq -r .phase""",
    ),
    Command(
        "inputs",
        "print what went into a run",
        "_runs:inputs",
        [parameters.run()],
        examples="flytebind run inputs flytesnacks/development/r7a9c2 --json > inputs.json",
    ),
    Command(
        "outputs",
        "print what came out of a run",
        "_runs:outputs",
        [parameters.run()],
        examples="flytebind run outputs flytesnacks/development/r7a9c2 --json | jq .o0",
    ),
    Command(
        "logs",
        "print what an action of a run has logged, and what it logs until it is done",
        "_runs:logs",
        [
            parameters.run(),
            click.Option(
                ["--action"], metavar="ACTION", help="which one (default: that it begins with)"
            ),
            click.Option(
                ["--attempt"],
                type=click.IntRange(min=1),
                metavar="N",
                help="which attempt (default: the last)",
            ),
        ],
        examples="""
flytebind run logs flytesnacks/development/r7a9c2
flytebind run logs r7a9c2 --action 8xrv074d23axzuuqivlzy4ick --attempt 1""",
    ),
    Command(
        "abort",
        "end a run",
        "_runs:abort",
        [
            parameters.run(),
            click.Option(
                ["--reason"],
                default="ended with `flytebind run abort`",
                show_default=True,
                metavar="TEXT",
                help="why, for people to read",
            ),
        ],
        examples="flytebind run abort r7a9c2 --reason 'wrong inputs'",
    ),
    Command(
        "rerun",
        "run the same again, with the same inputs",
        "_runs:rerun",
        [
            parameters.run(),
            click.Option(
                ["--run-name"], metavar="NAME", help="what to call it (default: a new name)"
            ),
            *parameters.wait(),
        ],
        examples="flytebind run rerun r7a9c2 --wait --timeout 600",
    ),
]
