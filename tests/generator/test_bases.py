"""Packages that are generated on top of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.literals import LiteralMap
from flytebind.models.core.tasks import Resources, TaskTemplate
from flytebind.runtime.any import AnyMessage
from flytegen.cli import main
from flytegen.read.manifest import MANIFEST
from flytegen.read.source import file_proto
from flytegen.write.files import RECORD
from tests.generator.foreign import (
    Generated,
    generate,
    generate_from_set,
    importable,
    whole_messages,
    write_modules,
)
from tests.generator.protos import file
from tests.generator.sources import flyteidl
from tests.support.fill import add_unknown_fields
from tests.support.folders import snapshot
from tests.support.messages import deterministic
from tests.support.models import models_in, rebuild

FLYTE = "flytebind.models"


LENT = file(
    """
    message Lent { string name = 1; message Inner { int32 x = 1; } }
    enum Size { SMALL = 0; LARGE = 1; }
    """,
    "lent/lent.proto",
    package="lent",
)

MIDDLE = file(
    "message Middle { lent.Lent.Inner inner = 1; map<string, lent.Lent> lent = 2; }",
    "middle/middle.proto",
    package="middle",
    imports=["lent/lent.proto"],
    known=[LENT],
)


@cache
def flyteidl_protos() -> list[FileDescriptorProto]:
    return list(map(file_proto, flyteidl().closure))


def on_top(
    package: str = "ontop", name: str = "ontop/core/identifier.proto"
) -> FileDescriptorProto:
    """A file whose messages and RPCs use flyteidl's in every way there is."""
    return file(
        """
        message Job {
          flyteidl.core.TaskTemplate task = 1;
          repeated flyteidl.core.Identifier ids = 2;
          map<string, flyteidl.core.LiteralMap> inputs = 3;
          flyteidl.core.ResourceType kind = 4;
          repeated flyteidl.core.Resources.ResourceName scarce = 5;
          map<string, flyteidl.core.CatalogCacheStatus> cached = 6;
          oneof result {
            flyteidl.core.LiteralMap outputs = 7;
            flyteidl.core.ExecutionError error = 8;
          }
          google.protobuf.Any any = 9;
          Identifier own = 10;
        }
        message Identifier { string id = 1; }
        service Jobs { rpc Start(Job) returns (stream flyteidl.core.TaskTemplate); }
        """,
        # A module that is called like one of the base, and a message, too.
        name,
        package=package,
        imports=[
            "flyteidl/core/tasks.proto",
            "flyteidl/core/identifier.proto",
            "flyteidl/core/literals.proto",
            "flyteidl/core/catalog.proto",
            "flyteidl/core/execution.proto",
            "google/protobuf/any.proto",
        ],
        known=flyteidl_protos(),
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of packages that are installed."""
    folder = tmp_path_factory.mktemp("site")
    with importable(folder):
        yield folder


@pytest.fixture(scope="module")
def ontop(site: Path) -> Generated:
    """A package of modules on top of flytebind's models."""
    write_modules(site, on_top())
    return generate(site, "ontop", "--base", FLYTE)


def model(ontop: Generated, name: str) -> Any:
    return ontop.model_classes[f"ontop.{name}"]


class TestOnTopOfFlytebind:
    def test_nothing_but_the_package_is_written(self, ontop: Generated) -> None:
        written = json.loads((ontop.folder / "flytegen.lock").read_text())["files"]
        assert {path.partition("/")[0] for path in written} == {
            "ontop_models",
            "ontop_services",
            "ontop-stubs",
        }
        models = {path for path in written if path.startswith("ontop_models/")}
        assert not [path for path in models if "flyte" in path and not path.endswith(MANIFEST)]
        assert set(ontop.model_classes) == {"ontop.Job", "ontop.Identifier"}

    def test_every_reference_leads_to_the_class_of_the_base(self, ontop: Generated) -> None:
        job = model(ontop, "Job")
        for pb in whole_messages(job):
            made = job.from_pb(pb)
            assert type(made.task) is TaskTemplate
            assert type(made.ids[0]) is Identifier
            assert type(made.own) is model(ontop, "Identifier")
            assert {type(item) for item in made.inputs.values()} == {LiteralMap}
            assert type(made.kind) is ResourceType
            assert {type(item) for item in made.scarce} == {Resources.ResourceName}
            assert {type(item) for item in made.cached.values()} == {CatalogCacheStatus}
            assert type(made.result) in (LiteralMap, ExecutionError)

    def test_it_comes_out_equal_to_the_byte(self, ontop: Generated) -> None:
        for model_class in ontop.model_classes.values():
            for pb in whole_messages(model_class):
                assert rebuild(model_class.from_pb(pb)).to_bytes() == deterministic(pb)
                add_unknown_fields(pb)
                made = model_class.from_pb(pb)
                assert made.to_pb() == pb
                assert model_class.from_bytes(deterministic(pb)).to_bytes() == deterministic(pb)
                assert all(repr(part) for part in models_in(made))

    def test_a_mistake_is_told_by_the_class_that_was_wanted(self, ontop: Generated) -> None:
        job, own = (model(ontop, name) for name in ("Job", "Identifier"))
        with pytest.raises(TypeError, match=r"Job\.task .*TaskTemplate.*Identifier"):
            job(task=own(id="a"))

    def test_model_for_knows_its_own_models_and_those_of_the_base(self, ontop: Generated) -> None:
        model_for = import_module("ontop_models").model_for
        assert model_for("ontop.Identifier").__module__ == "ontop_models.core.identifier"
        assert model_for("flyteidl.core.Identifier") is Identifier
        with pytest.raises(LookupError, match=r"did you mean 'flyteidl\.core\.Identifier'"):
            model_for("flyteidl.core.Identifer")
        with pytest.raises(LookupError, match=r"did you mean 'ontop\.Job'"):
            model_for("ontop.Jop")

    def test_what_is_packed_is_found_by_its_name(self, ontop: Generated) -> None:
        job = model(ontop, "Job")
        model_for = import_module("ontop_models").model_for
        for packed in (LiteralMap({}), job(kind=ResourceType.TASK)):
            read = job.from_bytes(job(any=AnyMessage.pack(packed)).to_bytes()).any
            assert read.unpack(model_for(read.type_name)) == packed

    def test_rpcs_take_and_answer_models_of_both(self, ontop: Generated) -> None:
        services = import_module("ontop_services.core.identifier")
        start = services._JobsMethods.start
        assert (start.request, start.response) == (model(ontop, "Job"), TaskTemplate)

    def test_check_and_list_know_it_too(
        self, ontop: Generated, capsys: pytest.CaptureFixture[str]
    ) -> None:
        options = ["--package", "ontop", "--base", FLYTE]
        assert main(["check", *options, "--out", str(ontop.folder)]) == 0
        assert main(["list", *options]) == 0
        said = capsys.readouterr().out
        assert "1 task: flyteidl.core.TaskTemplate" in said
        assert "2 messages, 0 enums" in said


def test_a_descriptor_set_needs_nothing_that_the_base_has(tmp_path: Path) -> None:
    job = on_top("onset", "onset/job.proto")
    whole = FileDescriptorSet(file=[*flyteidl_protos(), job])
    lone = FileDescriptorSet(file=[job])
    outputs = []
    for name, descriptors in (("whole", whole), ("lone", lone)):
        path = tmp_path / f"{name}.binpb"
        path.write_bytes(descriptors.SerializeToString())
        options = ["--quiet", "--descriptor-set", str(path), "--base", FLYTE]
        assert main(["generate", *options, "--out", str(tmp_path / name)]) == 0
        outputs.append(snapshot(tmp_path / name))
        del outputs[-1][RECORD]  # knows in which order the files came
    assert outputs[0] == outputs[1]
    with importable(tmp_path / "lone"):
        made = import_module("onset_models.job").Job(kind=ResourceType.TASK)
        pb = import_module("onset_protos.onset.job_pb2").Job(kind=1)
        assert made.to_pb() == pb


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stack")
    low, middle = folder / "low", folder / "middle"
    with importable(low, middle):
        generate_from_set(low, "low", FileDescriptorSet(file=[LENT]))
        on_low = FileDescriptorSet(file=[MIDDLE])
        generate_from_set(middle, "middle", on_low, "--base", "low_models")
        yield folder


class TestOnTopOfOthers:
    """Bases need not be Flyte's, and may stand on others themselves."""

    def test_classes_without_flyte_s_names_will_do(self, stack: Path) -> None:
        lent, middle = (
            import_module(name) for name in ("low_models.lent.lent", "middle_models.middle")
        )
        made = middle.Middle(inner=lent.Lent.Inner(x=1), lent={"a": lent.Lent(name="b")})
        assert type(middle.Middle.from_bytes(made.to_bytes()).inner) is lent.Lent.Inner
        assert made.to_pb().lent["a"] == lent.Lent(name="b").to_pb()

    def test_a_base_brings_what_it_stands_on(self, stack: Path, tmp_path: Path) -> None:
        top = file(
            """
            message Top {
              middle.Middle middle = 1;
              lent.Lent lent = 2;
              lent.Size size = 3;
              flyteidl.core.Identifier id = 4;
            }
            """,
            "top/top.proto",
            package="top",
            imports=["middle/middle.proto", "lent/lent.proto", "flyteidl/core/identifier.proto"],
            known=[*flyteidl_protos(), LENT, MIDDLE],
        )
        bases = ("--base", "middle_models", "--base", FLYTE)
        made = generate_from_set(tmp_path / "out", "top", FileDescriptorSet(file=[top]), *bases)
        with importable(made.folder):
            models = import_module("top_models")
            lent = import_module("low_models.lent.lent")
            whole = models.top.Top(
                lent=lent.Lent(name="a"),
                size=lent.Size.LARGE,
                id=Identifier(ResourceType.TASK, "p", "d", "n", "v"),
            )
            assert models.top.Top.from_bytes(whole.to_bytes()) == whole
            assert models.model_for("lent.Lent") is lent.Lent
            assert models.model_for("flyteidl.core.Identifier") is Identifier
            assert models.model_for("middle.Middle").__module__ == "middle_models.middle"
            assert whole.size is lent.Size.LARGE

    def test_what_no_base_has_is_written_as_ever(self, stack: Path, tmp_path: Path) -> None:
        other = file("message Other { string name = 1; }", "other/other.proto", package="other")
        user = file(
            "message User { lent.Lent lent = 1; other.Other other = 2; }",
            "uses/user.proto",
            package="uses",
            imports=["lent/lent.proto", "other/other.proto"],
            known=[LENT, other],
        )
        write_modules(tmp_path / "site", LENT, other, user)
        with importable(tmp_path / "site"):
            made = generate(tmp_path / "out", "uses", "--base", "low_models")
        models = {path.as_posix() for path in (made.folder / "uses_models").rglob("*.py")}
        models = {path.rpartition("uses_models/")[2] for path in models}
        assert {"user.py", "other/other.py"} <= models
        assert not [path for path in models if path.startswith("lent")]


# ---- What is refused ---------------------------------------------------------------------------


def change(name: str, spoil: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Makes a package that says about itself what flytebind's models say, but for something."""

    def make(folder: Path) -> None:
        (base,) = import_module(FLYTE).__path__
        contents = json.loads(Path(base, MANIFEST).read_text(encoding="utf-8"))
        spoil(contents)
        (folder / name).mkdir()
        (folder / name / MANIFEST).write_text(json.dumps(contents))

    return make


def lacks(*names: str) -> Callable[[dict[str, Any]], object]:
    return lambda contents: [contents["classes"].pop(name) for name in names]


def differs(*names: str) -> Callable[[dict[str, Any]], object]:
    def spoil(contents: dict[str, Any]) -> None:
        contents["source"] = "flyteidl 1.15.0"
        for name in names:
            contents["classes"][name][1] = "another"

    return spoil


def holds(name: str, **files: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).mkdir()
        for stem, text in files.items():
            (folder / name / stem.replace("__dot__", ".")).write_text(text)

    return make


FITS = f"built against flyteidl {version('flyteidl')}. Take flyteidl"


@pytest.mark.parametrize(
    ("base", "make", "where", "what", "hint"),
    [
        ("nowhere", None, "nowhere", "is not installed", FLYTE),
        ("nowhere.models", None, "nowhere.models", "is not installed", FLYTE),
        ("no-name", None, "no-name", "cannot be the name of a Python package", FLYTE),
        ("json", None, "json", "is no package of models that flytegen generated", FLYTE),
        ("this", None, "this", "is no package of models that flytegen generated", FLYTE),
        ("flytebind", None, "flytebind", "is no package", "Did you mean 'flytebind.models'?"),
        (
            "broken.models",
            holds("broken", __init____dot__py="1 / 0"),
            "broken.models",
            "cannot be imported (division by zero)",
            FLYTE,
        ),
        (
            "older",
            holds("older", _index__dot__py="MODELS = {}"),
            "older",
            "has no flytegen.json",
            "Generate it with a newer flytegen",
        ),
        (
            "damaged",
            holds("damaged", flytegen__dot__json="{"),
            "damaged",
            "has a flytegen.json that cannot be read",
            "Install it anew",
        ),
        (
            "hollow",
            change("hollow", lambda contents: contents.pop("classes")),
            "hollow",
            "has a flytegen.json that cannot be read",
            "Install it anew",
        ),
        (
            "newer",
            change("newer", lambda contents: contents.update(format=2)),
            "newer",
            "was generated by another flytegen",
            "Update both",
        ),
        (
            "floating",
            change("floating", lambda contents: contents.update(bases=["nowhere"])),
            "nowhere",
            "is not installed",
            FLYTE,
        ),
        (
            "lacking",
            change("lacking", lacks("flyteidl.core.TaskTemplate")),
            "ontop.Job.task",
            "refers to flyteidl.core.TaskTemplate, which lacking (flyteidl",
            FITS,
        ),
        (
            "lacking_file",
            change(
                "lacking_file",
                lambda contents: (
                    contents["files"].pop("flyteidl/core/catalog.proto"),
                    lacks("flyteidl.core.CatalogCacheStatus")(contents),
                ),
            ),
            "ontop.Job.cached",
            "refers to flyteidl.core.CatalogCacheStatus, which lacking_file",
            FITS,
        ),
        (
            "differing",
            change("differing", differs("flyteidl.core.Container", "flyteidl.core.ResourceType")),
            "differing",
            "has another version of flyteidl.core.Container, flyteidl.core.ResourceType",
            f"generated from flyteidl 1.15.0, and ontop is {FITS}",
        ),
    ],
)
def test_a_base_that_does_not_fit_is_named_and_nothing_is_written(
    base: str,
    make: Callable[[Path], None] | None,
    where: str,
    what: str,
    hint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, folder = tmp_path / "out", tmp_path / "site"
    write_modules(folder, on_top())
    if make is not None:
        make(folder)
    with importable(folder):
        code = main(["generate", "--package", "ontop", "--base", base, "--out", str(out)])
    said = capsys.readouterr().err
    assert code == 2
    assert "1 problem; nothing was written" in said
    assert f"\n  {where}: {what}" in said
    assert hint in said
    assert not out.exists()


def test_a_package_is_not_its_own_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_modules(tmp_path, on_top("own", "own/job.proto"))
    change("own_models", lambda contents: None)(tmp_path)
    with importable(tmp_path):
        assert main(["list", "--package", "own", "--base", "own_models"]) == 2
    assert "own_models: is a base, and what would be written" in capsys.readouterr().err


def test_what_the_package_does_not_use_may_differ(tmp_path: Path) -> None:
    write_modules(tmp_path, on_top())
    change("loose", differs("flyteidl.admin.Execution"))(tmp_path)
    with importable(tmp_path):
        assert main(["list", "--quiet", "--package", "ontop", "--base", "loose"]) == 0


@pytest.mark.parametrize("package", ["flyteidl", "flyteidl.core"])
def test_a_package_that_a_base_has_already_is_refused(
    package: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--package", package, "--base", FLYTE]) == 2
    what = f"{package}: has nothing that does not belong to {FLYTE}"
    assert what in capsys.readouterr().err


def test_so_is_a_set_of_nothing_but_the_base_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "set.binpb"
    path.write_bytes(FileDescriptorSet(file=flyteidl_protos()).SerializeToString())
    assert main(["list", "--descriptor-set", str(path), "--base", FLYTE]) == 2
    assert "set.binpb: has nothing that does not belong to" in capsys.readouterr().err


def test_a_set_with_another_version_of_the_base_s_messages_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = FileDescriptorSet(file=[*flyteidl_protos(), on_top(name="elsewhere/job.proto")])
    for proto in whole.file:
        for item in proto.message_type:
            if f"{proto.package}.{item.name}" == "flyteidl.core.ContainerPort":
                item.field.add(name="added", number=99, type=9, label=1)
    path = tmp_path / "set.binpb"
    path.write_bytes(whole.SerializeToString())
    assert main(["list", "--descriptor-set", str(path), "--base", FLYTE]) == 2
    said = capsys.readouterr().err
    assert f"{FLYTE}: has another version of flyteidl.core.ContainerPort\n" in said
    assert "ontop is built against what set.binpb has" in said
