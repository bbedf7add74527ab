"""The documentation as it is read: what can be found in it, and where its links lead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from inspect import isfunction, ismodule
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import click
import pytest

import flytebind.remote
import flytebind.sandbox
import flytebind.values
from flytebind import services
from flytebind.cli import main
from flytebind.cli._commands import COMMANDS
from tests.support.messages import ALL_MODEL_CLASSES
from tools.site.models import load_library
from tools.site.places import FILES
from tools.targets import FOLLOWED, Followed
from tools.written import ROOT

Found = dict[str, set[str]]
HOME = "https://site.test/"


@pytest.fixture(scope="module")
def found(site: Path) -> Found:
    """What the search knows: by title, where each is."""
    index: Found = {}
    for item in json.loads((site / "search.json").read_text(encoding="utf-8"))["items"]:
        title = re.sub(r"<[^>]+>", "", item["title"])
        index.setdefault(title, set()).add(item["location"])
    return index


def test_the_search_finds_every_message_on_the_page_of_its_module(found: Found) -> None:
    assert found["NodeExecutionClosure"] == {
        "reference/models/admin/node_execution/#NodeExecutionClosure"
    }
    for model in ALL_MODEL_CLASSES.values():
        module = model.__module__.removeprefix("flytebind.").replace(".", "/")
        name = model.__qualname__
        assert f"reference/{module}/#{name}" in found[name]


@pytest.mark.parametrize("followed", FOLLOWED.values(), ids=FOLLOWED)
def test_the_search_finds_every_enum_and_every_rpc(found: Found, followed: Followed) -> None:
    library = load_library(followed)
    assert {enum.qualname for enum in library.all_enums()} <= found.keys()
    for module in library.service_modules:
        for service in module.services:
            for method in service.methods:
                anchor = f"#{service.name}Client.{method.name}"
                assert any(place.endswith(anchor) for place in found[method.name])


def test_the_search_finds_every_public_name_of_the_library(found: Found) -> None:
    for package in (flytebind.remote, flytebind.sandbox, flytebind.values, services):
        public = [name for name in package.__all__ if not ismodule(getattr(package, name))]
        assert len(public) >= 5
        assert [name for name in public if name not in found] == []
    members = vars(flytebind.remote.FlyteRemote).items()
    verbs = {name for name, value in members if isfunction(value) and not name.startswith("_")}
    assert "fetch_execution" in verbs
    assert verbs <= found.keys()


def test_what_a_package_lends_to_others_is_described_with_it(found: Found) -> None:
    assert found["RemoteFile"] == {"reference/values/#RemoteFile"}
    assert found["NodeMapping"] == {"reference/looks/#NodeMapping"}
    assert "reference/remote/#FlyteWorkflowExecution" in found["FlyteWorkflowExecution"]


def test_every_package_that_people_wrote_has_a_page(site: Path) -> None:
    packages = [path.parent.name for path in (ROOT / "src" / "flytebind").glob("*/__init__.py")]
    public = [name for name in packages if not name.startswith("_") and name != "behaviour"]
    assert {"remote", "looks", "cli"} <= set(public)
    assert [name for name in public if not (site / "reference" / name).is_dir()] == []


def test_the_search_finds_every_command(found: Found) -> None:
    others = {"flytegen diff", "python -m flytebind.sandbox"}
    assert {"flytebind execution wait", *others} <= found.keys()
    assert set(commands(COMMANDS, "flytebind")) <= found.keys()


def commands(command: click.Command, path: str) -> Iterator[str]:
    yield path
    if isinstance(command, click.Group):
        for name, nested in command.commands.items():
            yield from commands(nested, f"{path} {name}")


def test_commands_are_shown_as_they_print_their_help(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["execution", "start", "--help"]) == 0
    text = shown(site / "reference" / "commands" / "flytebind" / "index.html")
    assert " ".join(capsys.readouterr().out.split()) in " ".join(text.split())


def test_a_verb_of_the_remote_is_shown_as_it_is_called(site: Path) -> None:
    text = shown(site / "reference" / "remote" / "index.html")
    assert "fetch_execution(" in text
    assert "async fetch_execution(" in text
    assert " object at 0x" not in text


@dataclass
class Html(HTMLParser):
    """What a page has of links, anchors and text."""

    links: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name == "href" and tag == "a":
                self.links.add(value or "")
            elif name in ("src", "href") and value:
                self.loaded.add(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@cache
def read(path: Path) -> Html:
    html = Html()
    html.feed(path.read_text(encoding="utf-8"))
    return html


def shown(path: Path) -> str:
    return "".join(read(path).text)


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if path.name != "404.html")


def links(site: Path, kind: Callable[[Html], set[str]]) -> Iterator[tuple[str, str]]:
    """Every page with every address that it names, made absolute."""
    for path in pages(site):
        page = HOME + path.relative_to(site).as_posix().removesuffix("index.html")
        for link in kind(read(path)):
            yield page, urljoin(page, link)


def test_every_link_within_the_site_leads_to_a_page_and_an_anchor(site: Path) -> None:
    broken = []
    for page, link in links(site, lambda html: html.links):
        address, anchor = urldefrag(link)
        if not address.startswith(HOME):
            continue
        path = site / unquote(urlsplit(address).path).removeprefix("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file() or (anchor and unquote(anchor) not in read(path).ids):
            broken.append((page, link))
    assert broken == []


def test_reading_fetches_nothing_from_elsewhere(site: Path) -> None:
    assert [link for _, link in links(site, lambda html: html.loaded) if HOME not in link] == []


def test_every_link_to_the_repository_leads_to_what_is_there(site: Path) -> None:
    seen = {link for _, link in links(site, lambda html: html.links) if link.startswith(FILES)}
    assert len(seen) > 500
    for link in seen:
        address, line = urldefrag(link)
        path = ROOT / address.removeprefix(f"{FILES}/")
        assert path.exists(), link
        if line:
            assert 0 < int(line.removeprefix("L")) <= len(path.read_bytes().splitlines()), link


def test_a_link_to_the_source_names_the_line_of_the_definition(site: Path) -> None:
    page = (site / "reference" / "models" / "admin" / "node_execution" / "index.html").read_text()
    section = page.partition('id="NodeExecutionClosure"')[2]
    (line,) = re.findall(r"node_execution\.py#L(\d+)", section)[:1]
    source = (
        ROOT / "generated" / "flyteidl" / "flytebind" / "models" / "admin" / "node_execution.py"
    )
    assert source.read_text().splitlines()[int(line) - 1].startswith("class NodeExecutionClosure(")


def test_code_can_be_copied_and_the_page_be_dark(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "content.code.copy" in html
    assert {"default", "slate"} <= set(re.findall(r'data-md-color-scheme="(\w+)"', html))
