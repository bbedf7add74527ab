"""The commands that documents show are understood, and the tutorial's do what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import click
import pytest

from flytebind.cli import main
from flytebind.cli._commands import COMMANDS
from flytebind.remote import Config, FlyteRemote
from flytebind.sandbox import Sandbox
from flytegen.cli.commands import COMMANDS as FLYTEGEN
from flytegen.cli.options import make_parser
from flytegen.targets import configured
from tools.documents import DOCUMENTS, blocks_in
from tools.written import ROOT

PAGES = [*DOCUMENTS, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
LINES = [
    (document.relative_to(ROOT).as_posix(), line)
    for document in PAGES
    for _, block in blocks_in(document, "sh")
    for line in block.replace("\\\n", " ").splitlines()
]
#: What is named in a sentence, with what it is given.
QUOTED = [
    (document.relative_to(ROOT).as_posix(), code)
    for document in PAGES
    for code in re.findall(r"(?<!`)`([\w./-]+ [^`\n]+)`(?!`)", document.read_text("utf-8"))
]


def calls(program: str) -> Iterator[tuple[str, list[str]]]:
    """The arguments of each call of a program that a document shows."""
    for document, line in [*LINES, *QUOTED]:
        if re.search(rf"(^|[ (]){program}( |$)", line):
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            for is_sign, words in groupby(lexer, lambda word: word[0] in "();<>|&"):
                found = list(words)
                if not is_sign and found[0] == program:
                    yield document, found[1:]


def test_every_call_of_flytebind_is_understood() -> None:
    seen = list(calls("flytebind"))
    assert len(seen) > 20
    for document, arguments in seen:
        try:
            with suppress(click.exceptions.Exit):  # --help
                parse(COMMANDS, "flytebind", arguments)
        except click.UsageError as error:
            pytest.fail(f"{document}: flytebind {shlex.join(arguments)}: {error.message}")


def parse(command: click.Command, name: str, arguments: list[str]) -> None:
    """Read arguments as the command does, and run nothing."""
    if isinstance(command, click.Group) and not arguments:
        return  # it is spoken of
    context = command.make_context(name, list(arguments))
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        found, nested, rest = command.resolve_command(context, rest)
        assert nested is not None
        parse(nested, found or "", rest)


def test_every_call_of_flytegen_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    seen = list(calls("flytegen"))
    assert len(seen) > 5
    for document, arguments in seen:
        try:
            make_parser(FLYTEGEN).parse_args(arguments)
        except SystemExit:
            pytest.fail(f"{document}: {capsys.readouterr().err}")


def test_targets_are_configured_as_it_is_shown(tmp_path: Path) -> None:
    [(_, block)] = blocks_in(ROOT / "docs" / "generator.md", "toml")
    (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
    [target] = configured(tmp_path)
    assert (target.name, target.package, target.formatter) == ("acme", "acme.idl", "ruff")


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {arguments[0] for _, arguments in calls("make") if arguments}
    assert {"test", "docs"} <= targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def test_every_module_that_is_run_exists_and_has_the_options() -> None:
    shown: dict[str, set[str]] = {}
    for _, line in [*LINES, *QUOTED]:
        for module, rest in re.findall(
            r"python -m ((?:flytebind|tests|tools)\.[\w.]+)([^#|;&]*)", line
        ):
            shown.setdefault(module, set()).update(re.findall(r"--[\w-]+", rest))
    assert {"flytebind.migrate", "flytebind.sandbox", "tests.fuzz"} <= set(shown)
    for module, options in shown.items():
        if module.startswith("tests.parity."):
            continue  # with flytekit alone
        if not options:
            assert find_spec(module) is not None, module
            continue
        command = [sys.executable, "-m", module, "--help"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert [option for option in options if option not in run.stdout] == [], module


def test_the_tutorial_does_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shown = ""
    with Sandbox() as sandbox:
        sandbox.engine(speed=200)
        monkeypatch.setenv("FLYTE_PLATFORM_URL", sandbox.endpoint)
        monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
        name = ""
        for document, line in LINES:
            if document != "docs/tutorial.md":
                continue
            capture = line.startswith("name=$(")
            words = shlex.split(line.removeprefix("name=$(").rstrip(")").partition("||")[0])
            if words[0] == "sleep":
                until_a_gate_waits(sandbox, name)
            elif words[0] == "flytebind" and words[1] != "demo":
                code = main([word.replace("$name", name) for word in words[1:]])
                printed = capsys.readouterr().out
                assert code == (1 if "||" in line else 0), (line, printed)
                shown += printed
                if capture:
                    name = printed.strip()
    for _, output in blocks_in(ROOT / "docs" / "tutorial.md", ""):
        assert output in shown


def until_a_gate_waits(sandbox: Sandbox, name: str) -> None:
    config = Config.for_endpoint(sandbox.endpoint, insecure=True)
    project, domain, execution = name.split("/")
    with FlyteRemote(config, project, domain) as remote:
        for _ in range(1000):
            if any(signal.value is None for signal in remote.list_signals(execution)):
                return
            time.sleep(0.02)
    pytest.fail("no gate waits")
