"""Step 3: from the schema to source text, through Jinja."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)

from flytegen.docs import docstring
from flytegen.problems import GenerationError, Problem
from flytegen.schema import Import, Library
from flytegen.scope import Imports


def render(library: Library, templates: Iterable[Path]) -> dict[str, str]:
    """The text of every file of the library, by path below the output folder; not formatted.

    Args:
        library: What to print.
        templates: Folders to look for templates in; the first that has one wins.

    Raises:
        GenerationError: If a template is missing, is not Jinja, or uses what it was not given.
    """
    return dict(_Renderer(library, templates).files())


class _Renderer:
    def __init__(self, library: Library, templates: Iterable[Path]) -> None:
        self._library = library
        self._imports = Imports()
        self._jinja = Environment(
            loader=FileSystemLoader([str(folder) for folder in templates]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )
        self._jinja.globals["library"] = library
        self._jinja.globals["use"] = self._use
        self._jinja.filters["docstring"] = docstring

    def files(self) -> Iterator[tuple[str, str]]:
        library = self._library
        for module in library.modules:
            origin = f"{module.proto_file} ({library.source})"
            body = self._body("module.py.j2", module.imports, module=module)
            yield _path(module.name), self._whole(body, origin, module.doc, module.exports)
        for service_module in library.service_modules:
            origin = f"{service_module.proto_file} ({library.source})"
            body = self._body("service.py.j2", service_module.imports, module=service_module)
            text = self._whole(body, origin, service_module.doc, service_module.exports)
            yield _path(service_module.name), text
        for lazy in library.lazy_modules:
            body = self._body("lazy.py.j2", module=lazy)
            names = tuple(sorted((*lazy.modules, *(alias.name for alias in lazy.aliases))))
            exports = (*names, "model_for") if lazy.is_root else names
            text = self._whole(body, library.source, lazy.doc, exports)
            if lazy.is_package:
                yield _path(f"{lazy.name}.__init__"), text
                yield f"{lazy.name.replace('.', '/')}/py.typed", ""
            else:
                yield _path(lazy.name), text
        body = self._body("index.py.j2")
        yield _path(f"{library.root}._index"), self._whole(
            body, library.source, ("Where each model lives.",)
        )

    def _use(self, module: str, name: str = "") -> str:
        """For templates: import a name under a private alias, and say which."""
        return self._imports.use(module, name)

    def _body(self, template: str, imports: tuple[Import, ...] = (), **context: object) -> str:
        self._imports = Imports(imports)
        return self._print(template, **context)

    def _whole(
        self, body: str, origin: str, doc: tuple[str, ...], exports: tuple[str, ...] = ()
    ) -> str:
        imports = list(_import_lines(self._imports.all(), self._library.root.partition(".")[0]))
        head = self._print("header.py.j2", origin=origin, doc=doc, imports=imports, exports=exports)
        return f"{head.strip()}\n\n{body.strip()}\n"

    def _print(self, template: str, **context: object) -> str:
        try:
            return self._jinja.get_template(template).render(**context)
        except TemplateSyntaxError as error:
            where = f"{error.name or template}, line {error.lineno}"
            raise GenerationError(
                Problem(where, f"is not a Jinja template ({error.message})")
            ) from None
        except TemplateError as error:
            raise GenerationError(Problem(_where(error, template), f"{error.message}")) from None


def _import_lines(imports: Iterable[Import], own: str) -> Iterator[list[str]]:
    """Import statements as isort has them: standard library, others, our own."""

    def group(item: Import) -> int:
        top = item.module.partition(".")[0]
        return 0 if top in sys.stdlib_module_names else 2 if top == own else 1

    def key(item: Import) -> tuple[int, bool, str]:
        return group(item), bool(item.name), item.module

    for _, grouped in groupby(sorted(imports, key=key), group):
        lines = []
        for (_, from_module, module), items in groupby(grouped, key):
            names = sorted(items, key=_isort_order)
            if from_module:
                lines.append(f"from {module} import {', '.join(map(_imported, names))}")
            else:
                lines.extend(f"import {module} as {item.alias}" for item in names)
        yield lines


def _isort_order(item: Import) -> tuple[int, str]:
    kind = 0 if item.name.isupper() else 1 if item.name[:1].isupper() else 2
    return kind, item.name


def _imported(item: Import) -> str:
    return item.name if item.name == item.alias else f"{item.name} as {item.alias}"


def _path(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _where(error: Exception, template: str) -> str:
    """The template and line that an error of Jinja comes from."""
    trace = error.__traceback__
    where = template
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            where = f"{Path(name).name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return where
