"""Models of the messages that come with protobuf, and of messages that have them."""

from __future__ import annotations

import copy
import html
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import (
    BoolValue,
    BytesValue,
    DoubleValue,
    FloatValue,
    Int32Value,
    Int64Value,
    StringValue,
    UInt32Value,
    UInt64Value,
)

from flytebind.runtime import NULL
from tests.generator.foreign import Generated, generate_from_set, importable
from tests.generator.protos import file

_PARTS = ("duration", "empty", "field_mask", "struct", "timestamp", "wrappers")

#: A service makes a model of each, which a field does not.
_ASKED = (
    *("Duration", "FieldMask", "Timestamp", "Value", "ListValue", "Struct", "Empty"),
    *("BoolValue", "BytesValue", "DoubleValue", "FloatValue", "Int32Value", "Int64Value"),
    *("StringValue", "UInt32Value", "UInt64Value"),
)

_TEXT = f"""
message M {{
  google.protobuf.Value v = 1;
  oneof o {{
    google.protobuf.Value ov = 2;
    string text = 3;
  }}
  repeated google.protobuf.Value rv = 4;
  map<string, google.protobuf.Value> mv = 5;
  google.protobuf.Timestamp t = 6;
  oneof p {{ google.protobuf.Timestamp ot = 7; google.protobuf.Duration od = 8; }}
  repeated google.protobuf.Timestamp rt = 9;
  map<string, google.protobuf.Timestamp> mt = 10;
  google.protobuf.Duration d = 11;
  repeated google.protobuf.Duration rd = 12;
  map<int32, google.protobuf.Duration> md = 13;
  M inner = 14;
  repeated M ms = 15;
  map<string, M> mm = 16;
}}
service S {{
  {"".join(f"rpc R{i}(google.protobuf.{name}) returns (M);" for i, name in enumerate(_ASKED))}
}}
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    imports = [f"google/protobuf/{name}.proto" for name in _PARTS]
    made = file(_TEXT, "known/m.proto", package="known", imports=imports)
    folder = tmp_path_factory.mktemp("known") / "out"
    with importable(folder):
        yield generate_from_set(folder, "known", FileDescriptorSet(file=[made]))


@pytest.fixture
def m(known: Generated) -> Any:
    return known.model_classes["known.M"]


def _list(*items: Value) -> ListValue:
    return ListValue(values=items)


FORMS: list[tuple[Message, object]] = [
    (FieldMask(), ""),
    (FieldMask(paths=["a", "b_c.d"]), "a,bC.d"),
    (Timestamp(seconds=1, nanos=5), "1970-01-01T00:00:01.000000005Z"),
    (Duration(seconds=-1), "-1s"),
    (Value(null_value=NULL_VALUE), None),
    (Value(number_value=1.5), 1.5),
    (Value(string_value="a"), "a"),
    (Value(bool_value=True), True),
    (Value(struct_value=Struct(fields={"value": Value(bool_value=False)})), {"value": False}),
    (Value(list_value=_list(Value(string_value="a"))), ["a"]),
    (ListValue(), []),
    (_list(Value(null_value=NULL_VALUE), Value(list_value=_list())), [None, []]),
    (BoolValue(value=True), True),
    (BytesValue(value=b"a"), "YQ=="),
    (DoubleValue(value=float("inf")), "Infinity"),
    (FloatValue(value=0.5), 0.5),
    (Int32Value(value=-1), -1),
    (Int64Value(value=2**60), str(2**60)),
    (StringValue(value="a\n"), "a\n"),
    (UInt32Value(), 0),
    (UInt64Value(value=2**64 - 1), str(2**64 - 1)),
]


@pytest.mark.parametrize(("message", "form"), FORMS, ids=lambda item: type(item).__name__)
def test_what_is_no_object_in_json_is_read_again(
    known: Generated, message: Message, form: object
) -> None:
    model_class = known.model_classes[message.DESCRIPTOR.full_name]
    model = model_class.from_pb(message)
    assert model.to_dict() == {"value": form}
    for again in (
        model_class.from_json(model.to_json(indent=1)),
        model_class.from_dict(model.to_dict()),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
    ):
        assert again == model


@pytest.mark.parametrize("data", [{}, {"value": 1, "other": 1}, {"other": 1}, {"value": object()}])
def test_plain_values_of_these_have_one_key(known: Generated, data: dict[str, object]) -> None:
    for name in ("FieldMask", "Value", "Int32Value", "ListValue", "Timestamp"):
        with pytest.raises(ValueError, match=f"^{name}: "):
            known.model_classes[f"google.protobuf.{name}"].from_dict(data)


@pytest.mark.parametrize(
    "text", ["", "[", "1e", '{"a": 1, "a": 1}', "NaN", '"\\ud800"', "[" * 9_000]
)
def test_what_is_no_json_is_none_of_these(known: Generated, text: str) -> None:
    for name in ("FieldMask", "Value", "StringValue", "ListValue", "Struct", "Empty"):
        with pytest.raises(ValueError, match=f"^{name}: "):
            known.model_classes[f"google.protobuf.{name}"].from_json(text)


def test_an_object_in_json_stays_one(known: Generated) -> None:
    struct = known.model_classes["google.protobuf.Struct"].from_dict({"value": 1, "other": [None]})
    assert struct.to_dict() == {"value": 1, "other": [None]}
    assert known.model_classes["google.protobuf.Empty"].from_dict({}).to_dict() == {}


class TestNull:
    @pytest.mark.parametrize("name", ["v", "ov"])
    def test_a_null_can_be_built_and_its_repr_builds_it(self, m: Any, name: str) -> None:
        read = m.from_dict({name: None})
        assert repr(read) == f"M({name}=NULL)"
        assert eval(repr(read), {"M": m, "NULL": NULL}) == read
        for made in (m(**{name: NULL}), m().replace(**{name: NULL}), m.from_json(read.to_json())):
            assert made == read
            assert made.to_pb().HasField(name)
            assert getattr(made, name) is None
            assert f"{name}: NULL" in made.verbose_string()
            assert f"{name}: NULL" in made._repr_html_()
            assert list(made.__rich_repr__()) == [(name, NULL)]
        assert not read.replace(**{name: None}).to_pb().HasField(name)

    def test_it_is_a_member_of_its_oneof(self, m: Any) -> None:
        assert m(ov=NULL).which_o == ("ov", None)
        assert m(ov=None).which_o is None
        with pytest.raises(ValueError, match="one member of 'o'"):
            m(ov=NULL, text="a")

    def test_in_lists_maps_and_json_it_is_none_too(self, m: Any) -> None:
        made = m(rv=[NULL, {"a": NULL}], mv={"a": NULL, "b": [NULL]}, v=[NULL])
        assert made == m(rv=[None, {"a": None}], mv={"a": None, "b": [None]}, v=[None])
        assert eval(repr(made), {"M": m, "NULL": NULL}) == made

    def test_there_is_one_null(self) -> None:
        assert pickle.loads(pickle.dumps(NULL)) is NULL
        assert copy.deepcopy(NULL) is NULL
        assert not NULL


FAR = 253_402_300_800


class TestTimesThatPythonCannotHold:
    @pytest.fixture(params=["t", "ot", "rt", "mt", "d", "od", "rd", "md"])
    def name(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def far(self, m: Any, name: str) -> Any:
        pb = m._pb_type(text="seen")
        seconds = FAR if name.endswith("t") else 2**60
        if name.startswith("r"):
            getattr(pb, name).add(seconds=5)
            getattr(pb, name).add(seconds=seconds)
        elif name.startswith("m"):
            getattr(pb, name)["k" if name == "mt" else 1].seconds = seconds
        else:
            getattr(pb, name).seconds = seconds
        return m.from_pb(pb)

    @pytest.mark.parametrize("nest", ["", "inner", "ms", "mm"])
    def test_are_shown(self, m: Any, far: Any, name: str, nest: str) -> None:
        made = {
            "": lambda: far,
            "inner": lambda: m(inner=far),
            "ms": lambda: m(ms=[far]),
            "mm": lambda: m(mm={"a": far}),
        }[nest]()
        for text in (repr(made), str(made), html.unescape(made._repr_html_())):
            assert "<out of range: seconds: " in text
            assert "seen" in text
        assert repr(dict(far.__rich_repr__())).count("out of range") == 1

    def test_can_be_compared_copied_and_pickled(self, far: Any) -> None:
        for again in (copy.copy(far), pickle.loads(pickle.dumps(far)), far.replace()):
            assert again == far
            assert hash(again) == hash(far)
        with pytest.raises(ValueError, match=r"^M: "):
            far.to_json()

    def test_a_list_of_them_shows_itself(self, far: Any, name: str) -> None:
        if name[0] in "rm":
            assert "out of range" in repr(getattr(far, name))
