"""Everything below a package of one's own, which then needs nothing beside it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytegen.cli import main
from tests.generator.foreign import Project, importable, write_modules
from tests.generator.protos import compiled
from tests.typing.checkers import mypy, pyright

#: A message of others, of which everybody has one class.
DATE = import_module("google.type.date_pb2")

TEXTS = {
    "NAME/kinds.proto": """
        syntax = "proto3";
        package NAME;
        enum Kind { NONE = 0; SOME = 1; }
    """,
    "NAME/x.proto": """
        syntax = "proto3";
        package NAME;
        import public "NAME/kinds.proto";
        import "google/type/date.proto";
        import "google/protobuf/timestamp.proto";
        message A {
          optional string name = 1;
          google.protobuf.Timestamp at = 2;
          Kind kind = 3;
          google.type.Date date = 4;
          message In { int32 x = 1; }
          repeated In ins = 5;
          map<string, A> more = 6;
        }
        service S { rpc Echo(A) returns (stream A); }
    """,
}
PROGRAM = """
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
from flytebind.runtime.rpc import ServicerContext
from APP.gen import models
from APP.gen.models.x import A
from APP.gen.protos.NAME.x_pb2 import A as Message
from APP.gen.services.x import SClient, SServicer


class Echo(SServicer):
    def echo(self, a: A, context: ServicerContext, /) -> Iterator[A]:
        yield a
        yield a.replace(kind=models.kinds.Kind.SOME)


def talk() -> list[A]:
    server = grpc.server(ThreadPoolExecutor(1))
    Echo().add_to_server(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            message: Message = A(name="n").to_pb()
            return list(SClient(channel).echo(A.from_pb(message)))
    finally:
        server.stop(None)
"""


#: What is generated: of .proto files, or of an installed package.
KINDS = ("of_files", "of_modules")


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``src`` has a package of ours for each kind, and ``site`` what is installed."""
    folder = tmp_path_factory.mktemp("root")
    (folder / "site").mkdir()
    for kind in KINDS:
        name, ours = f"rooted_{kind}", folder / "src" / f"app_{kind}"
        texts = {each.replace("NAME", name): TEXTS[each].replace("NAME", name) for each in TEXTS}
        ours.mkdir(parents=True)
        (ours / "__init__.py").touch()
        (ours / "program.py").write_text(PROGRAM.replace("NAME", name).replace("APP", ours.name))
        said = ["--quiet", "--package-root", f"{ours.name}.gen", "--out", str(folder / "src")]
        if kind == "of_files":
            for path, text in texts.items():
                (folder / "protos" / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / "protos" / path).write_text(text)
            assert main(["generate", *said, "--input", str(folder / "protos")]) == 0
        else:
            known = FileDescriptorProto.FromString(DATE.DESCRIPTOR.serialized_pb)
            write_modules(folder / "site", *compiled(texts, [known]))
            with importable(folder / "site"):
                assert main(["generate", *said, "--package", name]) == 0
    return folder


@pytest.fixture
def imported(folder: Path) -> Iterator[None]:
    with importable(folder / "src", folder / "site"):
        yield


def test_one_folder_has_all_of_it(folder: Path, kind: str) -> None:
    assert {path.name for path in (folder / "src").iterdir()} == {f"app_{each}" for each in KINDS}
    inside = {path.name for path in (folder / "src" / f"app_{kind}").iterdir()}
    assert inside - {"__pycache__"} == {"__init__.py", "gen", "program.py"}
    inside = {path.name for path in (folder / "src" / f"app_{kind}" / "gen").iterdir()}
    expected = {"__init__.py", "flytegen.lock", "models", "protos", "py.typed", "services"}
    assert inside - {"__pycache__"} == expected


@pytest.mark.usefixtures("imported")
def test_models_messages_and_pickles_work_from_there(kind: str) -> None:
    name, generated = f"rooted_{kind}", import_module(f"app_{kind}.gen")
    x, kinds = generated.models.x, generated.models.kinds
    date = generated.models.google.type.date.Date(year=2020)
    now = datetime.now(timezone.utc)
    a = x.A(name="n", at=now, kind=kinds.Kind.SOME, date=date, ins=[x.A.In(x=3)])
    a = a.replace(more={"a": a})
    assert a.at == now
    assert a.more["a"].date == date
    assert type(date.to_pb()) is DATE.Date
    message = a.to_pb()
    assert x.A.from_bytes(a.to_bytes()) == x.A.from_pb(message) == a
    assert pickle.loads(pickle.dumps(a)) == a
    assert pickle.loads(pickle.dumps(message)) == message
    assert generated.models.model_for(f"{name}.A") is x.A
    assert getattr(generated.protos, name).x_pb2.A is type(message)
    if kind == "of_files":  # what we write hands on what is imported so
        assert getattr(generated.protos, name).x_pb2.SOME == kinds.Kind.SOME


@pytest.mark.usefixtures("imported")
def test_services_work_from_there(kind: str) -> None:
    first, second = import_module(f"app_{kind}.program").talk()
    some = import_module(f"app_{kind}.gen.models.kinds").Kind.SOME
    assert (first.name, first.kind, second.kind) == ("n", 0, some)


def test_type_checkers_see_all_of_it_from_there(folder: Path, tmp_path: Path) -> None:
    project = Project(tmp_path, folder / "src", site=folder / "site")
    assert "\n".join(map(str, project.check(mypy) + project.check(pyright))) == ""


def test_a_second_package_does_not_take_the_place_of_the_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["--package", "opentelemetry.proto", "--package-root", "app_of_files.gen"]
    assert main(["generate", "--quiet", *said, "--out", str(folder / "src")]) == 2
    assert "gen: is where models is generated to, from rooted_of_" in capsys.readouterr().err


def test_what_can_be_no_package_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["list", "--package", "opentelemetry.proto", "--package-root"]
    for root in ("my-app", "a..b", "acme.import"):
        assert main([*said, root]) == 2
        assert f"{root}: cannot be the name of a Python package" in capsys.readouterr().err
