"""Pages of messages, enums and RPCs: flytegen knows all of them, and where each type leads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flytegen.common.code import Code, Name, plain, spelled
from flytegen.decide.build import build
from flytegen.overlay.fit import fit
from flytegen.read.package import load_package
from flytegen.schema import Enum, Field, LazyModule, Library, Message, Module, ServiceModule
from tools.site.objects import Objects
from tools.site.pages import Page, cell, printed, signature
from tools.site.places import FOLDER, Places, source_of
from tools.targets import Followed

LAYOUT = f"{FOLDER}/models/flytekit.md"


def load_library(followed: Followed) -> Library:
    """All that flytegen knows of a target."""
    source = load_package(followed.package)
    return build(source, fit(followed.overlay, source).overlay)


class ModelPages:
    """The pages of a library.

    Making them says where everything is described; printing them needs that of all other pages.
    """

    def __init__(self, followed: Followed, suffix: str, objects: Objects, places: Places) -> None:
        """Make them.

        Args:
            followed: The target that the library is generated from.
            suffix: What tells the titles of its sections from those of others.
            objects: The pages of what people wrote.
            places: Where everything is described.
        """
        self._library = library = load_library(followed)
        self._folder = followed.target.output()
        self._protos = f"{followed.package}/"
        self._services = followed.overlay.package.services
        self._suffix = suffix
        self._objects = objects
        self._places = places
        self._modules = [each for each in library.modules if each.messages or each.enums]
        #: A module of flytekit's layout has names for what lives elsewhere.
        self._layout = [
            each for each in library.lazy_modules if each.aliases and not each.is_package
        ]
        for module in self._modules:
            for item in _all_in(module):
                places.add(f"{module.name}.{item.qualname}", _page_of(module), item.qualname)
        for services in library.service_modules:
            self._place_services(services)
        for layout in self._layout:
            self._place_layout(layout)

    def _place_services(self, module: ServiceModule) -> None:
        page = _page_of(module)
        for service in module.services:
            for kind in ("Client", "AsyncClient", "Servicer", "AsyncServicer"):
                name = f"{service.name}{kind}"
                self._places.add(f"{module.name}.{name}", page, name)
                self._places.also(f"{self._services}.{name}", f"{module.name}.{name}")
            for method in service.methods:
                name = f"{service.name}Client.{method.name}"
                self._places.add(f"{module.name}.{name}", page, name)

    def _place_layout(self, module: LazyModule) -> None:
        for alias in module.aliases:
            path = f"{alias.module}.{alias.qualname}"
            if self._places.link(path, LAYOUT) is None:  # written by people, and public here alone
                self._places.add(path, LAYOUT, alias.qualname)
            self._places.also(f"{module.name}.{alias.name}", path)

    def pages(self) -> Iterator[Page]:
        """All of them."""
        if self._layout:
            yield self._layout_page()
        for module in self._modules:
            yield self._module_page(module)
        for services in self._library.service_modules:
            yield self._service_page(services)

    def _module_page(self, module: Module) -> Page:
        page = _page_of(module)
        text = printed(
            "models.md.j2",
            module=module,
            layouts=self._layouts_of(module),
            source=partial(source_of, self._file_of(module.name)),
            build=_call,
            code=partial(self._code, page=page),
            words=lambda lines: self._words(lines, page, module.name),
            extras=lambda message: self._extras(message, page),
            cell=cell,
        )
        path = module.proto_file.removeprefix(self._protos).removesuffix(".proto")
        return Page(page, path, f"Models{self._suffix}", text)

    def _layouts_of(self, module: Module) -> list[str]:
        """The modules of flytekit's layout that have a name for something in this one."""
        return [
            each.name
            for each in self._layout
            if any(alias.module == module.name for alias in each.aliases)
        ]

    def _service_page(self, module: ServiceModule) -> Page:
        page = _page_of(module)
        text = printed(
            "services.md.j2",
            module=module,
            package=self._services,
            source=partial(source_of, self._file_of(module.name)),
            code=partial(self._code, page=page),
            doc=lambda lines: self._objects.docstring("\n".join(lines), page, module.name),
        )
        title = module.name.removeprefix(f"{self._services}.")
        return Page(page, title, f"Services{self._suffix}", text)

    def _layout_page(self) -> Page:
        described = set()

        def written(path: str) -> str:
            """The description of a class that people wrote; nothing if it is elsewhere."""
            is_here = (self._places.link(path, LAYOUT) or "").startswith("#")
            if not is_here or path in described:
                return ""
            described.add(path)
            return self._objects.described(path, LAYOUT, 3)

        text = printed(
            "layout.md.j2",
            modules=self._layout,
            code=lambda alias: self._places.code(
                f"{alias.module}.{alias.qualname}", f"{alias.module}.{alias.qualname}", LAYOUT
            ),
            written=written,
        )
        return Page(LAYOUT, "flytekit's modules", f"Models{self._suffix}", text)

    def _file_of(self, module: str) -> Path:
        path = self._folder / module.replace(".", "/")
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def _code(self, code: Code, page: str) -> str:
        """A type as HTML, each name a link where it is described."""

        def spell(name: Name) -> str:
            shown = name.qualname or name.module
            return self._places.code(f"{name.module}.{name.qualname}", shown, page)

        return f"<code>{spelled(code, spell).replace('|', '&#124;')}</code>"

    def _words(self, lines: tuple[str, ...], page: str, context: str) -> str:
        """A docstring, without the proto name that stands at its end."""
        kept = [line for line in lines if not line.startswith("Proto: ")]
        return self._places.linked("\n".join(kept), page, context)

    def _extras(self, message: Message, page: str) -> str:
        """What a message can do beside its fields: the methods of its mixins."""
        paths = [
            f"{base.module}.{base.qualname}"
            for base in message.bases
            if isinstance(base, Name) and base.module.startswith("flytebind.behaviour.")
        ]
        return "\n\n".join(
            self._objects.members(path, page, f"{message.qualname}.", 3) for path in paths
        )


def _call(message: Message) -> str:
    def parameter(field: Field) -> str:
        default = "" if field.is_required else f" = {plain(field.default) or 'None'}"
        return f"{field.name}: {plain(field.parameter_type)}{default}"

    parts = [parameter(field) for field in message.positional]
    if message.keyword_only:
        parts += ["*", *(parameter(field) for field in message.keyword_only)]
    return signature(message.qualname, parts)


def _all_in(module: Module) -> Iterator[Message | Enum]:
    yield from module.enums
    for message in module.messages:
        yield from _with_nested(message)


def _with_nested(message: Message) -> Iterator[Message | Enum]:
    yield message
    yield from message.enums
    for nested in message.messages:
        yield from _with_nested(nested)


def _page_of(module: Module | ServiceModule) -> str:
    return f"{FOLDER}/{module.name.removeprefix('flytebind.').replace('.', '/')}.md"
