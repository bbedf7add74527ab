"""The library as a whole: its modules, and the classes in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FileDescriptor,
)

from flytegen._version import __version__
from flytegen.common.code import Generic, Name
from flytegen.common.descriptors import nested, nested_enums, nested_messages, top_level, walk
from flytegen.common.home import Home
from flytegen.common.names import value_name
from flytegen.common.problems import Problems
from flytegen.common.unwritable import is_fatal, is_lost
from flytegen.decide import docstrings
from flytegen.decide.enums import further_names
from flytegen.decide.fields import Fields, field_names
from flytegen.decide.oneofs import Accessor, accessors, make_oneof
from flytegen.decide.pb2 import pb2_modules, pb2_packages
from flytegen.decide.places import class_names, find_homes, module_names, submodules
from flytegen.decide.required import Required
from flytegen.decide.scope import Scope
from flytegen.decide.services import service_modules, service_packages
from flytegen.decide.unwritable import UnwritableClasses
from flytegen.overlay.entries import (
    NO_WORDS,
    EnumOverlay,
    FileOverlay,
    LayoutOverlay,
    MessageOverlay,
    Overlay,
)
from flytegen.overlay.fit import check
from flytegen.read.comments import name_of_file
from flytegen.read.source import Source
from flytegen.schema import (
    Alias,
    Constant,
    Enum,
    EnumValue,
    Import,
    LazyModule,
    Library,
    Message,
    Module,
    Requirement,
)

_PLAIN_BASE = Home("flytebind.runtime.model", "Model")

# A constructor with an `if` for each of 193 fields is "too complex to analyze" for pyright.
_MANY_FIELDS = 100


def build(source: Source, overlay: Overlay) -> Library:
    """Decide everything about the library.

    Raises:
        GenerationError: If names clash, or the overlay names what the package does not have.
    """
    problems = Problems()
    check(overlay, source, problems)
    _refuse_itself(source, overlay, problems)
    problems.raise_if_any()
    library = _Builder(source, overlay, problems).library()
    problems.raise_if_any()
    return library


class _Builder:
    def __init__(self, source: Source, overlay: Overlay, problems: Problems) -> None:
        self._source = source
        self._overlay = overlay
        self._problems = problems
        self._root = _root(source, overlay)
        self._layout = {f"{self._root}.{name}": item for name, item in overlay.layout.items()}
        self._modules = module_names(source, self._root, source.files, class_names, problems)
        self._inside = submodules(self._root, (*self._modules.values(), *self._layout))
        self._required = Required()
        self._homes = source.bases.homes() | find_homes(source, self._modules, problems)
        self._words = {**source.comments, **overlay.words()}
        self._fields = Fields(self._homes, source, overlay.enums, self._words, problems)
        self._base = Home.said(overlay.package.base) if overlay.package.base else _PLAIN_BASE

    def library(self) -> Library:
        services = service_modules(
            self._source, self._overlay, self._words, self._homes, self._problems
        )
        packages = service_packages(self._source, self._overlay, services)
        pb2 = pb2_modules(self._source)
        pb2_homes = pb2_packages(self._source.home("protos"), pb2)
        lazy = (*self._lazy_modules(), *packages, *pb2_homes)
        return Library(
            source=f"{self._source.package} {self._source.version}".rstrip(),
            requires=_requirement(self._source),
            runtime=".".join(__version__.split(".")[:2]),
            remake=self._overlay.package.remake,
            root=self._root,
            base=Import(self._base.module, self._base.qualname),
            base_packages=self._source.bases.roots,
            modules=tuple(self._module(file) for file in self._source.files),
            service_modules=services,
            pb2_modules=pb2,
            lazy_modules=(*lazy, *self._package_root(lazy)),
            index=tuple(sorted(self._index())),
        )

    # ---- Modules ----------------------------------------------------------------------------

    def _module(self, file: FileDescriptor) -> Module:
        name = self._modules[file.name]
        own_names = frozenset(self._home(item).qualname for item in top_level(file))
        inside = self._inside.get(name, ())
        scope = Scope(name, own_names.union(inside))
        pb2 = Name(self._source.pb2(file), "", "module")
        for message in filter(is_lost, file.message_types_by_name):
            what = f"hides {message} of the Python module that protoc makes of its file"
            hint = "No Python code can use such a message."
            self._problems.add(file.message_types_by_name[message].full_name, what, hint)
        unwritable = UnwritableClasses(name)
        aliases = self._aliases(name, scope, own_names)
        return Module(
            name=name,
            proto_file=file.name,
            pb2_module=self._source.pb2(file),
            modules=inside,
            enums=tuple(self._enum(item) for item in file.enum_types_by_name.values()),
            messages=tuple(
                self._message(item, scope, pb2, unwritable)
                for item in file.message_types_by_name.values()
            ),
            unwritable=unwritable.all(),
            aliases=aliases,
            exports=tuple(sorted(own_names | {alias.name for alias in aliases})),
            doc=docstrings.paragraphs(
                self._overlay.files.get(file.name, FileOverlay()).doc
                or self._said(name_of_file(file.name))
                or f"``{file.name}``."
            ),
        )

    def _aliases(self, module: str, scope: Scope, own_names: frozenset[str]) -> tuple[Alias, ...]:
        """The names that the layout adds to a module which has some of them already."""
        found = []
        layout = self._layout.get(module, LayoutOverlay())
        for name, full_name in sorted(layout.names.items()):
            home = self._target(full_name)
            if home == Home(module, name):
                continue
            if name in own_names:
                what = f"{name!r} of {module} is taken; it cannot stand for {full_name}"
                self._problems.add(layout.where, what)
            found.append(Alias(name, home.module, home.qualname, scope.of_class(home)))
        return tuple(found)

    def _lazy_modules(self) -> Iterator[LazyModule]:
        for name in sorted({*self._inside, *self._layout} - set(self._modules.values())):
            layout = self._layout.get(name, LayoutOverlay())
            below = name.removeprefix(self._root)
            yield LazyModule(
                name=name,
                modules=self._inside.get(name, ()),
                aliases=tuple(
                    _lazy_alias(alias, self._target(full_name))
                    for alias, full_name in sorted(layout.names.items())
                ),
                is_package=name in self._inside,
                is_root=name == self._root,
                doc=docstrings.paragraphs(
                    layout.doc or f"Models of ``{self._source.package}{below}``."
                ),
            )

    def _package_root(self, inside: Iterable[LazyModule]) -> Iterator[LazyModule]:
        """The package of the user's own that holds the others, if there is one."""
        root = self._source.package_root
        if root:
            held = submodules(root, (module.name for module in inside))[root]
            doc = docstrings.paragraphs(f"What is generated from ``{self._source.package}``.")
            yield LazyModule(root, held, (), is_package=True, is_root=False, doc=doc)

    def _index(self) -> Iterator[tuple[str, str]]:
        for file in self._source.files:
            for item in walk(file):
                if isinstance(item, Descriptor):
                    home = self._home(item)
                    module = home.module.removeprefix(f"{self._root}.")
                    yield item.full_name, f"{module}:{home.qualname}"

    def _said(self, full_name: str) -> str:
        """What a person says about something: in the overlay, or else in the .proto file."""
        return self._words.get(full_name, "")

    def _target(self, name: str) -> Home:
        """What the layout says that a name stands for."""
        return Home.said(name) if ":" in name else self._homes[name]

    def _home(self, item: Descriptor | EnumDescriptor) -> Home:
        return self._homes[item.full_name]

    # ---- Enums ------------------------------------------------------------------------------

    def _enum(self, descriptor: EnumDescriptor) -> Enum:
        overlay = self._overlay.enums.get(descriptor.full_name, EnumOverlay())
        home = self._home(descriptor)
        deprecated = descriptor.GetOptions().deprecated
        return Enum(
            name=home.name,
            qualname=home.qualname,
            full_name=descriptor.full_name,
            mixins=_named(overlay.mixins),
            values=tuple(
                EnumValue(
                    name=value_name(value.name, overlay.strip_prefix),
                    proto_name=value.name,
                    number=value.number,
                    doc=docstrings.value_doc(
                        self._said(f"{descriptor.full_name}.{value.name}"),
                        value.GetOptions().deprecated,
                    ),
                )
                for value in descriptor.values
            ),
            names=further_names(descriptor, overlay, self._problems),
            deprecated=docstrings.retired(deprecated, descriptor.full_name),
            doc=docstrings.class_doc(
                self._said(descriptor.full_name), descriptor.full_name, deprecated
            ),
        )

    def _constant(self, name: str, target: str, scope: Scope) -> Constant:
        """A name in a class body for a message or an enum, or for a value of an enum."""
        if target in self._homes:
            return Constant(name, scope.in_default(self._homes[target]), is_class=True)
        enum, _, value = target.rpartition(".")
        owner = scope.in_default(self._homes[enum])
        said = self._overlay.enums.get(enum, EnumOverlay())
        return Constant(name, owner.member(value_name(value, said.strip_prefix)), is_class=False)

    # ---- Messages ---------------------------------------------------------------------------

    def _message(
        self, descriptor: Descriptor, module_scope: Scope, pb2: Name, unwritable: UnwritableClasses
    ) -> Message:
        overlay = self._overlay.messages.get(descriptor.full_name, MessageOverlay())
        home = self._home(descriptor)
        pb_type = unwritable.named(pb2, descriptor.name)
        oneofs = accessors(descriptor, overlay, self._words)
        scope = module_scope.inside(home.qualname, self._members(descriptor, overlay, oneofs))
        fields = self._fields.of(descriptor, overlay, scope)
        deprecated = descriptor.GetOptions().deprecated
        base = Home.said(overlay.base) if overlay.base else self._base
        return Message(
            name=home.name,
            qualname=home.qualname,
            full_name=descriptor.full_name,
            pb_type=pb_type,
            bases=(*_named(overlay.mixins), Generic(Name(base.module, base.qualname), (pb_type,))),
            property=scope.builtin("property"),
            enums=tuple(self._enum(item) for item in nested_enums(descriptor)),
            messages=tuple(
                self._message(item, module_scope, pb_type, unwritable)
                for item in nested_messages(descriptor)
            ),
            names=tuple(
                self._constant(name, target, scope) for name, target in overlay.names.items()
            ),
            is_large=len(fields) > _MANY_FIELDS and all(field.is_nullable for field in fields),
            positional=fields[: len(overlay.positional)],
            keyword_only=fields[len(overlay.positional) :],
            renamed=tuple(
                (field.proto_name, field.name) for field in fields if field.proto_name != field.name
            ),
            reshaped=tuple((field.name, field.reshape) for field in fields if field.reshape),
            takes=tuple((field.name, field.takes) for field in fields if field.takes),
            oneofs=tuple(make_oneof(oneof, fields, scope) for oneof in oneofs),
            has_required=self._required.in_message(descriptor),
            deprecated=docstrings.retired(deprecated, descriptor.full_name),
            doc=docstrings.class_doc(
                self._said(descriptor.full_name), descriptor.full_name, deprecated
            ),
        )

    def _members(
        self, descriptor: Descriptor, overlay: MessageOverlay, oneofs: tuple[Accessor, ...]
    ) -> frozenset[str]:
        """The names of everything in the class body; a clash between two is a problem."""
        taken: dict[str, str] = {}

        def add(name: str, owner: str, table: str) -> None:
            if name in taken:
                what = f"{taken[name]} and {owner} would both be called {name!r}"
                key = f'[messages."{descriptor.full_name}".{table}]'
                hint = f'Name one of them in the overlay: {key} name = "..."'
                self._problems.add(descriptor.full_name, what, hint)
            taken[name] = owner

        for item in (*descriptor.fields, *nested(descriptor)):
            if is_fatal(item.name, is_nested=isinstance(item, Descriptor)):
                what = f"hides {item.name} of protobuf's own class, which models cannot do without"
                hint = "No Python code can use such a message."
                self._problems.add(item.full_name, what, hint)
        for item in nested(descriptor):
            add(self._home(item).name, item.full_name, "fields.FIELD")
        for field in descriptor.fields:
            said = overlay.fields.get(field.name, NO_WORDS)
            name, alias = field_names(field.name, said)
            add(name, f"the field {field.name!r}", f"fields.{field.name}")
            if alias:
                add(alias, f"the alias of {name!r}", f"fields.{field.name}")
            if said.raw:
                add(said.raw, f"the raw form of {name!r}", f"fields.{field.name}")
        for name in overlay.names:
            add(name, f"the name {name!r}", "names")
        for accessor in oneofs:
            oneof = accessor.oneof.name
            add(accessor.name, f"the oneof {oneof!r}", f"oneofs.{oneof}")
            add(f"which_{accessor.name}", f"the oneof {oneof!r}", f"oneofs.{oneof}")
        return frozenset(taken)


def _root(source: Source, overlay: Overlay) -> str:
    """The package that holds all models."""
    return (not source.package_root and overlay.package.root) or source.home("models")


def _refuse_itself(source: Source, overlay: Overlay, problems: Problems) -> None:
    root = _root(source, overlay)
    if root in source.bases.roots:
        hint = "Leave it out; a base is another package."
        problems.add(root, "is a base, and what would be written", hint)


def _requirement(source: Source) -> Requirement | None:
    if source.distribution and source.version:
        return Requirement(source.package, source.distribution, source.version)
    return None


def _lazy_alias(name: str, home: Home) -> Alias:
    # Where it is nested, what holds it is imported for it alone: others may have the same name.
    spelled = Name(home.module, f"_{name}.{home.inner}" if home.inner else name, "here")
    return Alias(name, home.module, home.qualname, spelled)


def _named(places: Sequence[str]) -> tuple[Name, ...]:
    homes = map(Home.said, places)
    return tuple(Name(home.module, home.qualname) for home in homes)
