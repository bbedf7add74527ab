"""Decisions about services: where clients and servicers live, and what their RPCs are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.descriptor import (
    Descriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from flytegen.common.code import NOTHING, Code, Generic, Name, Union
from flytegen.common.home import Home
from flytegen.common.names import escape, snake_case
from flytegen.common.problems import Problems
from flytegen.common.well_known import BUILT_IN
from flytegen.decide import docstrings
from flytegen.decide.places import module_names, submodules
from flytegen.decide.scope import Scope
from flytegen.overlay.entries import FileOverlay, MethodOverlay, Overlay, ServiceOverlay
from flytegen.read.source import Source
from flytegen.schema import Alias, LazyModule, Method, Service, ServiceModule, Signature

#: Names of the run-time library that its users need beside the clients and servicers.
COMPANIONS = ("AsyncResponseStream", "ResponseStream", "StatusError", "status_details")
_RUNTIME = "flytebind.runtime.rpc"
_ABC = "collections.abc"


def service_modules(
    source: Source,
    overlay: Overlay,
    words: Mapping[str, str],
    homes: Mapping[str, Home],
    problems: Problems,
) -> tuple[ServiceModule, ...]:
    """A module for each file of the package that has services."""
    builder = _Builder(source, overlay, words, homes, problems)
    return tuple(builder.module(file) for file in builder.files)


def service_packages(
    source: Source, overlay: Overlay, modules: tuple[ServiceModule, ...]
) -> Iterator[LazyModule]:
    """The packages that hold the modules; none when there are none.

    The outermost names what goes with the classes, and with ``flat_services`` the classes as well.
    """
    if not modules:
        return
    root = _root(source, overlay)
    own = {module.name for module in modules}
    for name, inside in submodules(root, own).items():
        if name in own:
            continue
        aliases: list[Alias] = []
        if name == root:
            aliases = [_alias(item, _RUNTIME) for item in COMPANIONS]
            for module in modules if overlay.package.flat_services else ():
                aliases.extend(_alias(item, module.name) for item in module.exports)
        yield LazyModule(
            name=name,
            modules=inside,
            aliases=tuple(sorted(aliases, key=lambda alias: alias.name)),
            is_package=True,
            is_root=False,
            doc=docstrings.paragraphs(
                "Typed clients and servicers.",
                "Each service has a client for threads and one for asyncio, and a base class for"
                " servers of either kind. Over gRPC they need grpcio.",
            ),
        )


def _root(source: Source, overlay: Overlay) -> str:
    return (not source.package_root and overlay.package.services) or source.home("services")


def _class_names(file: FileDescriptor) -> frozenset[str]:
    return frozenset(
        f"{escape(name, 'class')}{kind}"
        for name in file.services_by_name
        for kind in ("Client", "AsyncClient", "Servicer", "AsyncServicer")
    )


class _Builder:
    def __init__(
        self,
        source: Source,
        overlay: Overlay,
        words: Mapping[str, str],
        homes: Mapping[str, Home],
        problems: Problems,
    ) -> None:
        self._source = source
        self._overlay = overlay
        self._words = words
        self._homes = homes
        self._problems = problems
        self._root = _root(source, overlay)
        self.files = [
            file
            for file in source.files
            if file.services_by_name and file.name not in source.foreign
        ]
        modules = module_names(source, self._root, self.files, _class_names, problems)
        for name, module in modules.items():
            said = overlay.files.get(name, FileOverlay()).services
            if said or overlay.package.flat_services:
                modules[name] = f"{self._root}.{said or module.rpartition('.')[2]}"
        self._modules = modules
        self._inside = submodules(self._root, modules.values())
        self._owners: dict[str, str] = {}

    def module(self, file: FileDescriptor) -> ServiceModule:
        name = self._modules[file.name]
        package = self._root if self._overlay.package.flat_services else name
        self._claim(name, file.name, f'[files."{file.name}"] services')
        services = list(file.services_by_name.values())
        scope = Scope(name)
        made = tuple(self._service(service, scope) for service in services)
        for service in made:
            for class_name in service.classes:
                key = f'[services."{service.full_name}"] name'
                self._claim(f"{package}.{class_name}", service.full_name, key)
        plural = "s" if len(made) > 1 else ""
        named = ", ".join(f"``{service.full_name}``" for service in made)
        return ServiceModule(
            name=name,
            proto_file=file.name,
            pb2_module=self._source.pb2(file),
            modules=self._inside.get(name, ()),
            services=made,
            exports=tuple(sorted(item for service in made for item in service.classes)),
            doc=docstrings.paragraphs(f"Clients and servicers of the service{plural} {named}."),
        )

    def _service(self, service: ServiceDescriptor, scope: Scope) -> Service:
        overlay = self._overlay.services.get(service.full_name, ServiceOverlay())
        deprecated = service.GetOptions().deprecated
        said = self._words.get(service.full_name, "")
        name = overlay.name or escape(service.name, "class")
        taken: dict[str, str] = {}
        methods = []
        for descriptor in service.methods:
            method = self._method(descriptor, overlay, scope, f"{name}Client")
            owner = taken.setdefault(method.name, descriptor.full_name)
            if owner != descriptor.full_name:
                what = f"{owner} and {descriptor.full_name} would both be called {method.name!r}"
                key = f'[services."{service.full_name}".methods.{descriptor.name}]'
                hint = f'Name one of them in the overlay: {key} name = "..."'
                self._problems.add(service.full_name, what, hint)
            methods.append(method)
        return Service(
            name=name,
            full_name=service.full_name,
            methods=tuple(methods),
            deprecated=docstrings.retired(deprecated, service.full_name),
            client_doc=docstrings.client_doc(said, service.full_name, deprecated),
            async_client_doc=docstrings.async_client_doc(said, service.full_name, f"{name}Client"),
            servicer_doc=docstrings.servicer_doc(said, service.full_name, deprecated),
        )

    def _method(
        self, method: MethodDescriptor, service: ServiceOverlay, scope: Scope, client: str
    ) -> Method:
        overlay = service.methods.get(method.name, MethodOverlay())
        service_name = method.containing_service.full_name
        path = f"/{service_name}/{method.name}"
        request = self._class_of(method.input_type, method, scope)
        response = self._class_of(method.output_type, method, scope)
        deprecated = method.GetOptions().deprecated
        said = self._words.get(method.full_name, "")
        name = overlay.name or escape(snake_case(method.name), "method")
        doc = docstrings.rpc_doc(
            said,
            method.name,
            path,
            _described(method.input_type, method.client_streaming),
            _described(method.output_type, method.server_streaming),
            overlay.raises,
            deprecated,
        )
        async_doc = docstrings.async_rpc_doc(said, method.name, f"{client}.{name}")
        servicer_doc = docstrings.servicer_rpc_doc(method.name, f"{client}.{name}")
        context = Name(_RUNTIME, "ServicerContext")
        async_context = Generic(Name(_RUNTIME, "AsyncServicerContext"), (request, response))

        def signature(
            streams: Sequence[str], answer: Name, doc: tuple[str, ...], context: Code = NOTHING
        ) -> Signature:
            sent = tuple(Generic(Name(_ABC, stream), (request,)) for stream in streams)
            return Signature(
                takes=Union(sent) if method.client_streaming else request,
                context=context,
                gives=Generic(answer, (response,)) if method.server_streaming else response,
                is_async=streams[0].startswith("Async") and not method.server_streaming,
                doc=doc,
            )

        return Method(
            name=name,
            proto_name=method.name,
            path=path,
            request=request,
            response=response,
            client_streaming=method.client_streaming,
            server_streaming=method.server_streaming,
            client=signature(["Iterable"], Name(_RUNTIME, "ResponseStream"), doc),
            async_client=signature(
                ["AsyncIterable", "Iterable"], Name(_RUNTIME, "AsyncResponseStream"), async_doc
            ),
            servicer=signature(["Iterator"], Name(_ABC, "Iterator"), servicer_doc, context),
            async_servicer=signature(
                ["AsyncIterator"], Name(_ABC, "AsyncIterator"), servicer_doc, async_context
            ),
            deprecated=docstrings.retired(deprecated, method.full_name),
        )

    def _class_of(self, message: Descriptor, method: MethodDescriptor, scope: Scope) -> Code:
        if message.full_name in BUILT_IN:
            return BUILT_IN[message.full_name]
        home = self._homes.get(message.full_name)
        if home is None:
            what = f"takes or answers {message.full_name}, which is not in the package"
            self._problems.add(method.full_name, what)
            return Name("builtins", "object", "here")
        return scope.of_class(home)

    def _claim(self, name: str, owner: str, key: str) -> None:
        first = self._owners.setdefault(name, owner)
        if first != owner:
            what = f"{first} and {owner} would both be written to it"
            self._problems.add(name, what, f'Name one of them in the overlay: {key} = "..."')


def _alias(name: str, module: str) -> Alias:
    return Alias(name, module, name, Name(module, name))


def _described(message: Descriptor, streams: bool) -> str:
    name = message.full_name.removeprefix(f"{message.file.package}.")
    return f"a stream of ``{name}``" if streams else f"``{name}``"
