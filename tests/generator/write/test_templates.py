"""What people's own templates are promised."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from jinja2 import Environment, nodes

from flytegen import locate
from flytegen.cli import main
from flytegen.common.problems import GenerationError
from flytegen.comparison.facts import facts_of
from flytegen.comparison.sides import installed
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.schema import Library
from flytegen.write.render import TEMPLATES, render
from flytegen.write.runtime import RUNTIME
from tests.generator.sources import source_of
from tools import contract

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parents[1] / "golden/schema.txt"
EXAMPLE = ROOT / "examples/markdown_reference"

GONE = """\
Templates that people wrote use what is gone or has changed:
    {}
Keep it, as a property that gives the same under the old name if need be. If it has to go, it goes
with a new major version: change golden/schema.txt by hand, and tell users in CHANGELOG.md what to
write instead."""
NEW = """\
Templates are given something new:
    {}
Will it still be right in a year? Once it is released, it stays. Then add it to golden/schema.txt,
and run `make generate` for docs/templates.md."""


def promised() -> list[str]:
    kinds = contract.kinds(contract.SCHEMA.read_text(encoding="utf-8"))
    return [f"{kind.name}.{item.name}: {item.type}" for kind in kinds for item in kind.members]


def test_nothing_that_templates_were_given_is_removed_renamed_or_retyped() -> None:
    gone = set(GOLDEN.read_text().splitlines()) - set(promised())
    assert not gone, GONE.format("\n    ".join(sorted(gone)))


def test_what_templates_are_given_anew_becomes_part_of_the_promise() -> None:
    new = set(promised()) - set(GOLDEN.read_text().splitlines())
    assert not new, NEW.format("\n    ".join(sorted(new)))


def test_the_document_says_what_the_schema_says() -> None:
    assert contract.main(["--check"]) == 0


@pytest.fixture(scope="module")
def library() -> Library:
    file = FileDescriptorProto(name="acme/x.proto", package="acme", syntax="proto3")
    file.message_type.append(DescriptorProto(name="M"))
    file.service.add(name="S").method.add(name="Get", input_type=".acme.M", output_type=".acme.M")
    source = source_of(file)
    return build(source.with_written(source.modules), Overlay())


def printed(library: Library, folder: Path, **templates: str) -> dict[str, str]:
    """What is printed when some templates, named without their ending, are replaced."""
    for name, text in templates.items():
        (folder / f"{name}.py.j2").write_text(text)
    return render(library, [folder, locate.templates()])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("module", "acme_models/x.py"),
        ("service", "acme_services/x.py"),
        ("lazy", "acme_models/__init__.py"),
        ("pb2", "acme_protos/acme/x_pb2.py"),
        ("index", "acme_models/_index.py"),
        ("header", "acme_models/x.py"),
        ("yours", "yours.py"),
    ],
)
def test_a_template_is_given_what_the_document_says(
    library: Library, tmp_path: Path, name: str, path: str
) -> None:
    label = name if name == "yours" else f"`{name}.py.j2`"
    row = next(row for row in DOCUMENT.splitlines() if row.startswith(f"| {label} |"))
    names = [*re.findall(r"`(\w+)`", row.split(" | ")[2]), "library"]
    asked = "".join(f"# {name}: {{{{ {name} | string | length > 0 }}}}\n" for name in names)
    text = printed(library, tmp_path, **{name: asked})[path]
    assert [line for line in text.splitlines() if line.endswith(": True")] == [
        f"# {name}: True" for name in names
    ]


@pytest.mark.parametrize("template", ["message.py.j2", "enum.py.j2", "field.py.j2"])
def test_the_macros_that_the_document_names_are_all_that_others_call(template: str) -> None:
    row = next(row for row in DOCUMENT.splitlines() if row.startswith(f"| `{template}` | `"))
    documented = set(re.findall(r"`(\w+)\(", row))
    imports = re.compile(rf'from "{template}" import ([\w, ]+)')
    texts = [path.read_text() for path in locate.templates().glob("*.j2")]
    called = {
        name for text in texts for names in imports.findall(text) for name in names.split(", ")
    }
    assert documented == {name.strip() for name in called}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_decides_nothing_but_asks_the_schema(template: str) -> None:
    text = (locate.templates() / template).read_text()
    decisions = (nodes.Compare, nodes.Test, nodes.Add, nodes.Sub, nodes.Mul, nodes.Mod)
    found = Environment(autoescape=True).parse(text).find_all(decisions)
    assert [text.splitlines()[node.lineno - 1] for node in found] == []


def test_the_templates_that_the_command_knows_are_those_that_there_are() -> None:
    assert sorted(path.name for path in locate.templates().iterdir()) == sorted(TEMPLATES)


def test_a_template_with_a_name_of_its_own_makes_a_file_of_its_own(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below/_part.j2").write_text("{% macro hello() %}hello{% endmacro %}")
    (tmp_path / "below/notes.txt.j2").write_text(
        '{% from "below/_part.j2" import hello %}{{ hello() }} {{ library.root }}'
    )
    paths = printed(library, tmp_path)
    assert paths["below/notes.txt"] == "hello acme_models"
    assert not [path for path in paths if "_part" in path]


def test_a_python_file_of_ones_own_may_import(library: Library, tmp_path: Path) -> None:
    text = printed(library, tmp_path, extra='TIME = {{ use("time", "time") }}()')["extra.py"]
    assert "from time import time as _time\n" in text
    assert text.endswith("TIME = _time()\n")


def test_what_templates_take_from_the_run_time_library_is_there() -> None:
    texts = [path.read_text() for path in locate.templates().glob("*.j2")]
    used = {name for text in texts for name in re.findall(r"\brt\.(\w+)", text)}
    known = {name: module for module, names in RUNTIME.items() for name in names}
    assert known.keys() == used
    assert [
        name for name, module in known.items() if not hasattr(import_module(module), name)
    ] == []


def test_what_the_run_time_library_is_not_asked_for_is_refused_by_name(
    library: Library, tmp_path: Path
) -> None:
    with pytest.raises(GenerationError, match="no attribute 'fial'"):
        printed(library, tmp_path, extra="{{ rt.fial }}")


def test_code_is_spelled_as_the_file_at_hand_spells_it(library: Library, tmp_path: Path) -> None:
    bases = "library.all_messages() | map(attribute='bases') | first | join"
    own = "{{ library.base.alias ~ ': ' ~ " + bases + " }}"
    (tmp_path / "notes.md.j2").write_text(own)
    texts = printed(library, tmp_path, extra=own)
    assert texts["notes.md"] == "Model: Model[M]"
    assert "from flytebind.runtime.model import Model as _Model\n" in texts["extra.py"]
    assert texts["extra.py"].endswith("_Model: _Model[_acme_protos_acme_x_pb2.M]\n")


def test_a_module_says_what_its_annotations_need(library: Library, tmp_path: Path) -> None:
    template = (
        "{% for module in library.modules + library.service_modules %}"
        "{% for item in module.imports %}"
        "from {{ item.module }} import {{ item.name }} as {{ item.alias }}\n"
        "{% endfor %}{% endfor %}"
    )
    text = printed(library, tmp_path, needs=template)["needs.py"]
    for line in (
        "from acme_models import x as _x\n",
        "from acme_protos.acme import x_pb2 as _x_pb2\n",
        "from flytebind.runtime.model import Model as _Model\n",
    ):
        assert text.count(line) == 2  # at the head, too


def test_the_first_of_two_folders_wins(library: Library, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "notes.md.j2").write_text(folder.name)
    assert render(library, [*folders, locate.templates()])["notes.md"] == "one"


def test_the_example_prints_what_its_page_shows(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    page = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    command = re.search(r"```sh\n(.*)\n```", page)
    excerpt = re.search(r"<!-- excerpt -->\n(.*?)<!-- /excerpt -->", page, re.S)
    assert command
    assert excerpt
    program, *arguments = shlex.split(command[1])
    assert program == "flytegen"
    assert main([*arguments, "--quiet", "--out", str(output)]) == 0
    reference = (output / "reference.md").read_text(encoding="utf-8")
    assert excerpt[1] in reference
    assert main(["generate", "--quiet", "--target", "flyteidl", "--out", str(output)]) == 0
    assert not (output / "reference.md").exists()


def test_the_example_has_each_message_once_and_no_link_that_leads_nowhere(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--quiet", "--out", str(output), "--templates", str(EXAMPLE / "templates")]
    assert main(["generate", "--target", "flyteidl", *arguments]) == 0
    reference = (output / "reference.md").read_text(encoding="utf-8")
    titles = re.findall(r"^### (.*)$", reference, re.M)
    count = facts_of(installed("flyteidl").files).count()
    assert len(titles) == len(set(titles)) == count["message"] + count["enum"]
    anchors = {title.lower().replace(".", "") for title in titles}
    assert set(re.findall(r"\]\(#(.*?)\)", reference)) <= anchors
