"""Step 2's result: the whole library as plain data, ready to print.

Every decision has been made: names are escaped, and annotations and docstrings are written. This
is also all that a template sees, so each attribute is documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from flytegen.common.code import Code, Name, names_in, or_none

Kind = Literal["scalar", "bool", "enum", "message", "native", "wrapper", "bool_wrapper"]
"""How a value is read and written. A ``native`` is a message with functions of its own (Timestamp
as datetime); a wrapper is a message that boxes one scalar. Templates ask the booleans of a field
instead."""

Shape = Literal["single", "repeated", "map", "pairs"]
"""What a field holds. ``pairs`` are a list of messages with a key and a value, as a mapping."""

Reshape = Literal["", "content", "pairs", "choice"]
"""How a field is shown otherwise than the message has it: ``content`` shows the only field of the
message that it holds, ``pairs`` a list of messages with a key and a value as a mapping, ``choice``
each element of a list as the value of the only oneof that it has."""

Takes = Literal["", "message", "one", "zero", "false"]
"""What a constructor takes for a field beside its own type: ``message`` protobuf's own message,
``one`` an element in place of a list of one, ``zero`` 0 for none, ``false`` a False beside another
member of the oneof, which is as good as none."""


@dataclass(frozen=True, order=True)
class Import:
    """``from module import name as alias``; without a name ``import module as alias``."""

    module: str
    """The module, by its full dotted name."""
    name: str
    """The name to import from it; empty for the module itself."""

    @property
    def alias(self) -> Code:
        """What it is called in the generated module."""
        return Name(self.module, self.name, "name" if self.name else "module")


@dataclass(frozen=True)
class Field:
    """One field of a message, which becomes a parameter and a property."""

    name: str
    """The Python name."""
    proto_name: str
    """The name in the .proto file."""
    number: int
    """The field number."""
    proto_type: str
    """As the .proto would say it: ``map<string, Literal>``."""
    kind: Kind
    """Of the value, or of each element, or of each value of a map."""
    shape: Shape
    """Whether it is shown as one value, a list or a mapping."""
    type: Code
    """The annotation of what is there when it is set."""
    given: Code
    """The annotation of what may be given to set it."""
    model: Code
    """The class of a message, as the body of a method spells it; empty for other kinds."""
    wrap: Code
    """The name of the callable that converts protobuf's value into ours; empty where none is
    needed."""
    write: Code
    """The function that stores a value in its message; empty where a statement does."""
    check: Code
    """The check of ``flytebind.runtime.checks`` that a value goes through before it is stored;
    empty where protobuf's own are enough."""
    is_required: bool
    """The parameter has no default."""
    is_nullable: bool
    """The parameter takes None, for unset."""
    is_optional: bool
    """The property asks whether the field is set, and is None when it is not."""
    is_text: bool
    """The elements are text or bytes, so that a lone string could pass for a sequence of them."""
    oneof: str
    """The proto name of the oneof; empty outside of one."""
    is_later_member: bool
    """Another member of the oneof comes before it in the constructor."""
    is_unwritable: bool
    """Protobuf's attribute cannot be written after a dot: its name is a keyword (``class``), begins
    with an underscore, or belongs to protobuf's own ``Message``. Or its stub would not let us, as
    it wants an enum of protobuf's own."""
    path: str
    """Where protobuf has what is read and written: ``inputs``, or ``inputs.variables``."""
    pair: tuple[str, str] | None
    """The fields of each message of the list that key and value of the mapping are, where it is
    ``is_pairs``."""
    reshape: Reshape
    """How it is shown otherwise than the message has it."""
    takes: Takes
    """What else the constructor takes."""
    raw: Field | None
    """The field as the message has it, under a name of its own, where it is reshaped."""
    default: Code
    """The default of the constructor's parameter, as a signature spells it; may be empty."""
    has_setter: bool
    """The property can be assigned to."""
    alias: str
    """A second property under the proto name, where the overlay renames the field; else empty."""
    deprecated: str
    """The deprecation message; empty when it is not deprecated."""
    doc: tuple[str, ...]
    """The lines of the property's docstring."""

    @property
    def label(self) -> str:
        """What the .proto says before the type: ``repeated``, or nothing."""
        is_list = self.is_repeated or self.is_pairs
        return "repeated" if is_list and not self.is_content else ""

    @property
    def property_type(self) -> Code:
        """The annotation of the property, Optional included."""
        return or_none(self.type, self.is_optional)

    @property
    def parameter_type(self) -> Code:
        """The annotation of the parameter, Optional included."""
        return or_none(self.given, self.is_nullable)

    @property
    def is_single(self) -> bool:
        """It holds one value."""
        return self.shape == "single"

    @property
    def is_repeated(self) -> bool:
        """It holds a list, and is not a map."""
        return self.shape == "repeated"

    @property
    def is_map(self) -> bool:
        """It holds a map."""
        return self.shape == "map"

    @property
    def is_pairs(self) -> bool:
        """It holds a list of messages with a key and a value, and is shown as a mapping."""
        return self.shape == "pairs"

    @property
    def is_content(self) -> bool:
        """It shows the only field of the message that it holds."""
        return self.reshape == "content"

    @property
    def takes_message(self) -> bool:
        """The constructor takes protobuf's message as well."""
        return self.takes == "message"

    @property
    def takes_zero(self) -> bool:
        """The constructor takes 0 for none."""
        return self.takes == "zero"

    @property
    def takes_false(self) -> bool:
        """The constructor takes False beside another member of the oneof, for none."""
        return self.takes == "false"

    @property
    def is_message(self) -> bool:
        """The value is a model."""
        return self.kind == "message"

    @property
    def is_native(self) -> bool:
        """The value is a message that Python has a type of its own for."""
        return self.kind == "native"

    @property
    def is_wrapper(self) -> bool:
        """The value is a message that boxes one scalar."""
        return self.kind in ("wrapper", "bool_wrapper")

    @property
    def is_bool(self) -> bool:
        """The value is a bool, boxed or not."""
        return self.kind in ("bool", "bool_wrapper")


@dataclass(frozen=True)
class Oneof:
    """A oneof with an accessor of its own."""

    name: str
    """The accessor's Python name."""
    proto_name: str
    """The name in the .proto file."""
    members: tuple[Field, ...]
    """Its fields, by number."""
    is_unwritable: bool
    """A member is unwritable, and so may be the oneof for type checkers."""
    is_untyped: bool
    """Type checkers are not shown which member is set: one is unwritable, or they are too many."""
    type: Code
    """The union of the members' types, and None."""
    tagged_type: Code
    """The union of (name, value) pairs, and None."""
    doc: tuple[str, ...]
    """The lines of the accessor's docstring."""


@dataclass(frozen=True)
class EnumValue:
    """One value of an enum."""

    name: str
    """The Python name."""
    proto_name: str
    """The name in the .proto file."""
    number: int
    """The number on the wire."""
    doc: str
    """A comment to print beside it; may be empty."""


@dataclass(frozen=True)
class Enum:
    """An enum, which becomes an ``OpenEnum``."""

    name: str
    """The name of the class."""
    qualname: str
    """With the classes it is nested in: ``WorkflowExecution.Phase``."""
    full_name: str
    """The full proto name."""
    mixins: tuple[Code, ...]
    """The hand-written base classes."""
    values: tuple[EnumValue, ...]
    """In the order of the .proto file."""
    names: tuple[tuple[str, str], ...]
    """Pairs of a further name and the name of the value that it stands for."""
    deprecated: str
    """The deprecation message; empty when it is not deprecated."""
    doc: tuple[str, ...]
    """The lines of the class's docstring."""


@dataclass(frozen=True)
class Constant:
    """A name in a class body for something that lives elsewhere."""

    name: str
    """The name in the class body."""
    spelled: Code
    """What it stands for, as the class body spells it."""
    is_class: bool
    """It stands for a class, and not for a value of an enum."""


@dataclass(frozen=True)
class Message:
    """A message, which becomes a model class."""

    name: str
    """The name of the class."""
    qualname: str
    """With the classes it is nested in: ``WorkflowExecution.Phase``."""
    full_name: str
    """The full proto name."""
    pb_type: Code
    """The protobuf class, as generated code calls it."""
    bases: tuple[Code, ...]
    """The base classes, as the class statement spells them."""
    property: Code
    """How to spell the ``property`` decorator inside of this class."""
    enums: tuple[Enum, ...]
    """The enums nested in it."""
    messages: tuple[Message, ...]
    """The messages nested in it, without the entries of maps."""
    names: tuple[Constant, ...]
    """Further names for classes and values of enums that live elsewhere."""
    is_large: bool
    """Its fields are so many that its constructor stores them by name, not with a line for each."""
    positional: tuple[Field, ...]
    """The fields that lead in the constructor, and may be given by position."""
    keyword_only: tuple[Field, ...]
    """The rest of the fields."""
    renamed: tuple[tuple[str, str], ...]
    """Pairs of proto name and Python name, where they differ."""
    reshaped: tuple[tuple[str, Reshape], ...]
    """The Python names of the fields that are reshaped, and how."""
    takes: tuple[tuple[str, Takes], ...]
    """The Python names of the fields that the constructor takes otherwise, too, and how."""
    oneofs: tuple[Oneof, ...]
    """The oneofs that have accessors."""
    has_required: bool
    """It, or something in it, has fields that the .proto calls required."""
    deprecated: str
    """The deprecation message; empty when it is not deprecated."""
    doc: tuple[str, ...]
    """The lines of the class's docstring."""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the constructor's parameters."""
        return self.positional + self.keyword_only

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields in the order in which the constructor stores them."""
        # A False that yields to another member has to see whether there is one.
        return tuple(sorted(self.fields, key=lambda field: field.takes_false))


@dataclass(frozen=True)
class Signature:
    """The method that one of a service's classes has for an RPC."""

    takes: Code
    """The annotation of what goes in."""
    context: Code
    """The annotation of a servicer's context; empty for clients."""
    gives: Code
    """The annotation of what comes out."""
    is_async: bool
    """It is a coroutine."""
    doc: tuple[str, ...]
    """The lines of its docstring."""


@dataclass(frozen=True)
class Method:
    """One RPC, which becomes a method of clients and servicers."""

    name: str
    """The Python name."""
    proto_name: str
    """The name in the .proto file."""
    path: str
    """As gRPC has it: ``/package.Service/Method``."""
    request: Code
    """The class of what goes in, as the module spells it."""
    response: Code
    """The class of what comes out, as the module spells it."""
    client_streaming: bool
    """The client sends a stream of requests."""
    server_streaming: bool
    """The server answers a stream of responses."""
    client: Signature
    """In the client over ``grpc.Channel``."""
    async_client: Signature
    """In the client over ``grpc.aio.Channel``."""
    servicer: Signature
    """In the base class of servers with threads."""
    async_servicer: Signature
    """In the base class of servers with asyncio."""
    deprecated: str
    """The deprecation message; empty when it is not deprecated."""

    @property
    def doc(self) -> tuple[str, ...]:
        """The lines of the client method's docstring."""
        return self.client.doc

    @property
    def parameter(self) -> str:
        """What methods call what goes in."""
        return "requests" if self.client_streaming else "request"

    @property
    def is_streaming(self) -> bool:
        """A side streams."""
        return self.client_streaming or self.server_streaming

    @property
    def cardinality(self) -> str:
        """Which side streams, as grpcio calls it: ``unary_stream``."""
        sides = (self.client_streaming, self.server_streaming)
        return "_".join("stream" if streams else "unary" for streams in sides)


@dataclass(frozen=True)
class Service:
    """A service, which becomes two clients and two servicers."""

    name: str
    """The name that its classes begin with."""
    full_name: str
    """The full proto name."""
    methods: tuple[Method, ...]
    """Its RPCs, in the order of the .proto file."""
    deprecated: str
    """The deprecation message; empty when it is not deprecated."""
    client_doc: tuple[str, ...]
    """The lines of the docstring of the client over ``grpc.Channel``."""
    async_client_doc: tuple[str, ...]
    """The lines of that of the client over ``grpc.aio.Channel``."""
    servicer_doc: tuple[str, ...]
    """The lines of the servicers' docstrings."""

    @property
    def table(self) -> str:
        """The private class that lists the RPCs."""
        # With two underscores at its head, Python would give it another name inside of classes.
        return f"_Methods{self.name}" if self.name.startswith("_") else f"_{self.name}Methods"

    @property
    def client(self) -> str:
        """The client over ``grpc.Channel``."""
        return f"{self.name}Client"

    @property
    def async_client(self) -> str:
        """The client over ``grpc.aio.Channel``."""
        return f"{self.name}AsyncClient"

    @property
    def servicer(self) -> str:
        """The base class of servers with threads."""
        return f"{self.name}Servicer"

    @property
    def async_servicer(self) -> str:
        """The base class of servers with asyncio."""
        return f"{self.name}AsyncServicer"

    @property
    def classes(self) -> tuple[str, ...]:
        """The public classes."""
        return (self.client, self.async_client, self.servicer, self.async_servicer)


@dataclass(frozen=True)
class Alias:
    """A name in one place for a class that lives in another."""

    name: str
    """The name in this module."""
    module: str
    """The module the class lives in."""
    qualname: str
    """Its name there, with the classes it is nested in."""
    spelled: Code
    """The class, as an annotation beside the alias spells it."""

    @property
    def imported(self) -> str:
        """What to import to have it: ``Execution``, or ``Outer as _Name`` for a nested class."""
        outer = self.qualname.partition(".")[0]
        alias = f"_{self.name}" if self.is_nested else self.name
        return outer if outer == alias else f"{outer} as {alias}"

    @property
    def is_nested(self) -> bool:
        """The class is nested in another."""
        return "." in self.qualname


@dataclass(frozen=True)
class UnwritableClass:
    """A message class of protobuf's that a class body cannot name, and the name it gets instead."""

    alias: str
    """The name that it gets."""
    spelled: Code
    """What finds it at run time."""
    typed: Code
    """What its stub calls it."""

    @property
    def is_typed_as_it_is(self) -> bool:
        """Its stub calls it what it is called at run time."""
        return self.typed == self.spelled


@dataclass(frozen=True)
class Pb2Module:
    """A module of message classes that is written beside the models."""

    name: str
    """Full dotted name."""
    proto_file: str
    """The .proto file: ``acme/types.proto``."""
    original: str
    """The module that protoc made, if there is one: then this one only hands it over."""
    imports: tuple[Import, ...]
    """The modules of the files that this file imports."""
    public: tuple[str, ...]
    """Those of them that it imports publicly."""
    serialized: tuple[Code, ...]
    """The file's descriptor, as literals of bytes."""
    doc: tuple[str, ...]
    """The lines of the module's docstring."""


@dataclass(frozen=True)
class Module:
    """One Python module of models, made of one .proto file."""

    name: str
    """Full dotted name."""
    proto_file: str
    """The .proto file: ``acme/core/types.proto``."""
    pb2_module: str
    """The module that protoc made of it, by its full dotted name."""
    modules: tuple[str, ...]
    """Its submodules, where there is a folder of the same name: then it is a package as well."""
    unwritable: tuple[UnwritableClass, ...]
    """The message classes that need another name here, in the order in which to define them."""
    enums: tuple[Enum, ...]
    """The enums that are not nested."""
    messages: tuple[Message, ...]
    """The messages that are not nested."""
    aliases: tuple[Alias, ...]
    """The classes of other modules that it names too."""
    exports: tuple[str, ...]
    """The names for ``__all__``, sorted."""
    doc: tuple[str, ...]
    """The lines of the module's docstring."""

    @property
    def imports(self) -> tuple[Import, ...]:
        """What the annotations need; templates add what they need themselves."""
        return _imports_of((self.unwritable, self.enums, self.messages, self.aliases))


@dataclass(frozen=True)
class ServiceModule:
    """One Python module of clients and servicers, made of one .proto file."""

    name: str
    """Full dotted name."""
    proto_file: str
    """The .proto file: ``acme/service/admin.proto``."""
    pb2_module: str
    """The module that protoc made of it, by its full dotted name."""
    modules: tuple[str, ...]
    """As for ``Module``."""
    services: tuple[Service, ...]
    """Its services, in the order of the .proto file."""
    exports: tuple[str, ...]
    """The names for ``__all__``, sorted."""
    doc: tuple[str, ...]
    """The lines of the module's docstring."""

    @property
    def imports(self) -> tuple[Import, ...]:
        """The modules of the models that go in and out."""
        methods = [method for service in self.services for method in service.methods]
        return _imports_of(tuple((method.request, method.response) for method in methods))


@dataclass(frozen=True)
class LazyModule:
    """A package, or a second home for classes: what it names is imported when it is touched."""

    name: str
    """Full dotted name."""
    modules: tuple[str, ...]
    """The names of its direct submodules and sub-packages."""
    aliases: tuple[Alias, ...]
    """The classes that it names."""
    is_package: bool
    """It is a package, and not a module."""
    is_root: bool
    """The package of all models, which also has ``model_for``."""
    doc: tuple[str, ...]
    """The lines of the module's docstring."""

    @property
    def imports(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What type checkers import instead, and from where: sorted by where."""
        found = {self.name: list(self.modules)} if self.modules else {}
        for alias in self.aliases:
            found.setdefault(alias.module, []).append(alias.imported)
        return tuple((module, tuple(found[module])) for module in sorted(found))


@dataclass(frozen=True)
class Requirement:
    """What has to be installed, and not in an older version, where the models are imported."""

    package: str
    """The package of message classes."""
    distribution: str
    """What pip calls it."""
    version: str
    """The version that the models are made from."""


@dataclass(frozen=True)
class Library:
    """Everything that a run prints."""

    source: str
    """The distribution it comes from and its version: ``acme-idl 1.16.8``."""
    requires: Requirement | None
    """What to look for before any model is imported; None for a set of descriptors, and for a
    package whose version is unknown."""
    runtime: str
    """The runtime that models stand on, without its patch: ``0.1``."""
    remake: str
    """The command that prints it again."""
    root: str
    """The package that holds all models."""
    base: Import
    """The base class of every model."""
    base_packages: tuple[str, ...]
    """The packages of models that these stand on, by ``--base``."""
    modules: tuple[Module, ...]
    """One for each .proto file, by file name."""
    service_modules: tuple[ServiceModule, ...]
    """One for each .proto file with services."""
    pb2_modules: tuple[Pb2Module, ...]
    """The modules of message classes that have to be written, too."""
    lazy_modules: tuple[LazyModule, ...]
    """The packages, and the modules of the overlay's layout."""
    index: tuple[tuple[str, str], ...]
    """Full proto names and ``module:Class`` below the root, for ``model_for``."""

    def all_messages(self) -> tuple[Message, ...]:
        """Every message, nested ones after the one that holds them."""
        found: list[Message] = []

        def visit(messages: tuple[Message, ...]) -> None:
            for message in messages:
                found.append(message)
                visit(message.messages)

        for module in self.modules:
            visit(module.messages)
        return tuple(found)

    def all_enums(self) -> tuple[Enum, ...]:
        """Every enum, top-level ones of a module first."""
        nested = tuple(enum for message in self.all_messages() for enum in message.enums)
        return tuple(enum for module in self.modules for enum in module.enums) + nested


def _imports_of(parts: object) -> tuple[Import, ...]:
    targets = {name.imported for name in names_in(parts)}
    return tuple(sorted(Import(*target) for target in targets if target))
