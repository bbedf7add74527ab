"""What a run makes again, and what it leaves as it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen import locate
from flytegen.common.digest import digest
from flytegen.overlay.entries import Overlay
from flytegen.read.descriptor_set import source_of_set
from flytegen.run import Draft, draft, generate, whole
from flytegen.write import identity
from tests.generator.protos import compiled
from tests.support.folders import snapshot

TEXTS = {
    "acme/low.proto": 'syntax = "proto3"; package acme; message Low { string name = 1; }',
    "acme/high.proto": (
        'syntax = "proto3"; package acme; import "acme/low.proto"; message High { Low low = 1; }'
        " service Greeter { rpc Greet(Low) returns (High); }"
    ),
    "acme/other.proto": 'syntax = "proto3"; package acme; enum Other { NONE = 0; }',
}


class Steps:
    """Keeps how much there was to do in each step."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}

    def step(self, title: str, total: int = 0) -> None:
        self.totals[title] = total

    def advance(self) -> None:
        pass


@pytest.fixture
def files() -> list[FileDescriptorProto]:
    made = FileDescriptorSet(file=compiled(TEXTS))  # what is compiled is shared
    return list(FileDescriptorSet.FromString(made.SerializeToString()).file)


def plan(files: list[FileDescriptorProto], templates: tuple[Path, ...] = ()) -> Draft:
    source = source_of_set("a test", files, "acme")
    return draft(source, Overlay(), (*templates, locate.templates()))


def add_field(file: FileDescriptorProto) -> None:
    file.message_type[0].field.add(name="more", number=99, type=5, label=1)


def add_message(file: FileDescriptorProto) -> None:
    file.message_type.add(name="More")


def add_comment(file: FileDescriptorProto) -> None:
    file.source_code_info.location.add(path=[4, 0], leading_comments=" Said of it. ")


MODELS, PROTOS = "acme_models/low.py", "acme_protos/acme/low_pb2.py"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (add_field, {MODELS, PROTOS}),
        (add_comment, {MODELS}),
        (add_message, {MODELS, PROTOS, "acme_models/__init__.py", "acme_models/_index.py"}),
    ],
)
def test_a_change_in_one_file_has_only_its_modules_printed_again(
    files: list[FileDescriptorProto],
    tmp_path: Path,
    change: Callable[[FileDescriptorProto], None],
    expected: set[str],
) -> None:
    generate(plan(files), tmp_path, Steps())
    before = snapshot(tmp_path)
    change(files[0])
    steps, after = Steps(), plan(files)
    generate(after, tmp_path, steps)
    assert steps.totals["Printing"] == len(expected)
    made = {path: text.encode() for path, text in whole(after, Steps()).items()}
    assert snapshot(tmp_path) == made
    changed = {path for path in made if path.endswith(".py") and made[path] != before[path]}
    assert {MODELS} <= changed <= expected


def test_what_another_edition_of_ours_wrote_is_made_anew(
    files: list[FileDescriptorProto], tmp_path: Path
) -> None:
    generate(plan(files), tmp_path, Steps())
    made = snapshot(tmp_path)
    path, record = "acme_models/low.py", tmp_path / "flytegen.lock"
    (tmp_path / path).write_text("LOOKED = 'otherwise'\n")
    said = json.loads(record.read_text())
    said["files"][path][1] = digest("LOOKED = 'otherwise'\n")
    record.write_text(json.dumps(said))
    assert generate(plan(files), tmp_path, Steps()).written == ()  # it is believed
    said["tools"] = said["tools"].replace("flytegen ", "flytegen 0.0.")
    record.write_text(json.dumps(said))
    assert generate(plan(files), tmp_path, Steps()).written == (path,)
    assert snapshot(tmp_path) == made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates."""
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def test_what_a_template_of_ones_own_has_a_part_in_is_printed_each_time(
    files: list[FileDescriptorProto], tmp_path: Path, folder: Path
) -> None:
    ours = (locate.templates() / "enum.py.j2").read_text()
    assert "    {{ item.doc" in ours
    noted = ours.replace("    {{ item.doc", '    # {% include "note" %}\n\n    {{ item.doc')
    (folder / "enum.py.j2").write_text(noted)
    for note in ("One.", "Two."):
        (folder / "note").write_text(note)
        generate(plan(files, (folder,)), tmp_path / "out", Steps())
        assert note in (tmp_path / "out/acme_models/other.py").read_text()


def test_what_no_template_of_ones_own_has_a_part_in_is_left_as_it_is(
    files: list[FileDescriptorProto], tmp_path: Path, folder: Path
) -> None:
    generate(plan(files), tmp_path / "out", Steps())
    ours = (locate.templates() / "index.py.j2").read_text()
    (folder / "index.py.j2").write_text(f"{ours}EXTRA=1\n")
    (folder / "names.txt.j2").write_text("{{ library.modules | length }} modules\n")
    steps = Steps()
    made = generate(plan(files, (folder,)), tmp_path / "out", steps)
    assert made.written == ("acme_models/_index.py", "names.txt")
    assert steps.totals["Printing"] == 1
    assert "\nEXTRA = 1\n" in (tmp_path / "out/acme_models/_index.py").read_text()


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("schema.py", True),
        ("common/code.py", True),
        ("write/render.py", True),
        ("templates/enum.py.j2", True),
        ("decide/build.py", False),
        ("cli/words.py", False),
    ],
)
def test_an_edition_is_told_by_what_prints(
    path: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, ignored = identity.identity(), shutil.ignore_patterns("__pycache__")
    for name, folder in (("", identity._PACKAGE), ("templates", locate.templates())):
        shutil.copytree(folder, tmp_path / name, ignore=ignored, dirs_exist_ok=True)
    monkeypatch.setattr(identity, "_PACKAGE", tmp_path)
    monkeypatch.setattr(locate, "templates", lambda: tmp_path / "templates")
    (tmp_path / "write/.render.py.swp").write_bytes(b"b0VIM \xff")
    assert identity.identity() == here
    changed = tmp_path / path
    changed.write_text(changed.read_text() + "\n")
    assert (identity.identity() != here) == counts
