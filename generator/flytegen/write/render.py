"""Step 3: from the schema to source text, through Jinja."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from flytegen.common.code import Code, plain, spelled
from flytegen.common.imports import Imports
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.schema import Import, Library
from flytegen.write.runtime import rt

#: The templates that a run prints by itself, and those whose macros they take.
TEMPLATES = (
    "enum.py.j2",
    "field.py.j2",
    "header.py.j2",
    "index.py.j2",
    "lazy.py.j2",
    "message.py.j2",
    "module.py.j2",
    "pb2.py.j2",
    "service.py.j2",
)


def render(library: Library, templates: Sequence[Path]) -> dict[str, str]:
    """The text of every file of the library, by path below the output folder; not formatted.

    Args:
        library: What to print.
        templates: Folders to look for templates in; the first that has one wins. A template that
            is none of ours makes a file of its own, unless its name begins with an underscore.

    Raises:
        GenerationError: If a template is missing, is not Jinja, fails, or uses what it was not
            given.
    """
    return dict(_Renderer(library, templates).files(_own_pages(templates)))


def template_of(library: Library, templates: Sequence[Path], path: str, line: int) -> str:
    """The template, and its line, that printed a line of a file; empty if none did."""
    renderer = _Renderer(library, templates, [_Traced])
    text = dict(renderer.files(_own_pages(templates))).get(path, "")
    printed = text.splitlines()[line - 1 : line]
    marks = [part for part in printed[0].split(_MARK)[1::2] if part] if printed else []
    return marks[0] if marks else ""


def _own_pages(templates: Sequence[Path]) -> list[str]:
    """The templates that are none of ours and make files of their own."""
    problems = Problems()
    pages = []
    for folder in templates:
        if not folder.is_dir():
            problems.add(str(folder), "is not a folder", "Name one of templates with --templates.")
        for path in sorted(folder.rglob("*.j2")):
            name = path.relative_to(folder).as_posix()
            if name in TEMPLATES or path.name.startswith("_"):
                continue
            near = get_close_matches(name, TEMPLATES, 1, 0.85)
            if near:
                hint = f"Did you mean {near[0]!r}? If not, name it less alike."
                problems.add(str(path), "is none of our templates, but almost", hint)
            pages.append(name)
    problems.raise_if_any()
    return list(dict.fromkeys(pages))


class _Environment(Environment):
    """Gives templates text wherever the schema has code, spelled as the file at hand spells it."""

    spell: Callable[[Code], str] = staticmethod(plain)

    def getattr(self, obj: object, attribute: str) -> object:
        return self._told(super().getattr(obj, attribute))

    def getitem(self, obj: object, argument: object) -> object:
        return self._told(super().getitem(obj, argument))

    def _told(self, value: object) -> object:
        if isinstance(value, Code):
            return self.spell(value)
        return tuple(map(self._told, value)) if isinstance(value, tuple) else value


class _Renderer:
    def __init__(
        self,
        library: Library,
        templates: Iterable[Path],
        extensions: Sequence[type[Extension]] = (),
    ) -> None:
        self._library = library
        self._imports = Imports()
        self._jinja = _Environment(
            loader=FileSystemLoader([str(folder) for folder in templates]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            extensions=extensions,
        )
        self._jinja.globals["library"] = library
        self._jinja.globals["use"] = self._use
        self._jinja.globals["rt"] = rt
        self._jinja.filters["docstring"] = _docstring

    def files(self, pages: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        library = self._library
        for module in library.modules:
            origin = f"{module.proto_file} ({library.source})"
            body = self._body("module.py.j2", module.imports, module=module)
            path = _path(module.name, is_package=bool(module.modules))
            exports = (*module.exports, *module.modules)
            yield path, self._whole(body, origin, module.doc, exports)
        for service_module in library.service_modules:
            origin = f"{service_module.proto_file} ({library.source})"
            body = self._body("service.py.j2", service_module.imports, module=service_module)
            path = _path(service_module.name, is_package=bool(service_module.modules))
            exports = (*service_module.exports, *service_module.modules)
            yield path, self._whole(body, origin, service_module.doc, exports)
        for pb2_module in library.pb2_modules:
            origin = f"{pb2_module.proto_file} ({library.source})"
            body = self._body("pb2.py.j2", pb2_module.imports, module=pb2_module)
            yield _path(pb2_module.name), self._whole(body, origin, pb2_module.doc)
        for lazy in library.lazy_modules:
            body = self._body("lazy.py.j2", module=lazy)
            names = tuple(sorted((*lazy.modules, *(alias.name for alias in lazy.aliases))))
            exports = (*names, "model_for") if lazy.is_root else names
            text = self._whole(body, library.source, lazy.doc, exports)
            if lazy.is_package:
                yield _path(lazy.name, is_package=True), text
                yield f"{lazy.name.replace('.', '/')}/py.typed", ""
            else:
                yield _path(lazy.name), text
        body = self._body("index.py.j2")
        yield _path(f"{library.root}._index"), self._whole(
            body, library.source, ("Where each model lives.",)
        )
        for page in pages:
            path, body = page.removesuffix(".j2"), self._body(page)
            if path.endswith(".py"):
                body = self._whole(body, library.source, (f"Printed by ``{page}``.",))
            yield path, body

    def _use(self, module: str, name: str = "") -> str:
        """For templates: import a name under a private alias, and say which."""
        return self._imports.use(module, name)

    def _spell(self, code: Code) -> str:
        return spelled(code, lambda name: self._use(name.module, name.qualname))

    def _body(self, template: str, imports: tuple[Import, ...] = (), **context: object) -> str:
        self._imports = Imports(imports)
        self._jinja.spell = self._spell
        return self._print(template, **context)

    def _whole(
        self, body: str, origin: str, doc: tuple[str, ...], exports: tuple[str, ...] = ()
    ) -> str:
        imports = list(_import_lines(self._imports.all(), self._library.root.partition(".")[0]))
        head = self._print(
            "header.py.j2",
            origin=origin,
            doc=doc,
            imports=imports,
            exports=exports,
            # The statement would take the name of a submodule. Only a package of nothing else has
            # such a one, and can do without.
            has_future="annotations" not in exports,
        )
        return f"{head.strip()}\n\n{body.strip()}\n"

    def _print(self, template: str, **context: object) -> str:
        try:
            return self._jinja.get_template(template).render(**context)
        except TemplateSyntaxError as error:
            where = f"{error.name or template}, line {error.lineno}"
            what = f"is not a Jinja template ({error.message})"
            raise GenerationError(Problem(where, what)) from None
        except TemplateNotFound as error:
            what = f"there is no template called {error.name!r}"
            hint = did_you_mean(str(error.name), self._jinja.list_templates())
            raise GenerationError(Problem(_where(error, template), what, hint)) from None
        except UnicodeDecodeError as error:
            what = f"it or a template that it takes in is not UTF-8 ({error.reason})"
            raise GenerationError(Problem(_where(error, template), what)) from None
        except Exception as error:  # whatever the expressions of a template raise
            what = str(error) or type(error).__name__
            hint = "docs/templates.md says what a template is given."
            raise GenerationError(Problem(_where(error, template), what, hint)) from None


_MARK = "\0"


class _Traced(Extension):
    """Puts into each line of text that a template prints which line of which template it is."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type == "data":
                marked = []
                for offset, line in enumerate(token.value.splitlines(keepends=True)):
                    text = line.lstrip()
                    mark = f"{_MARK}{stream.name}, line {token.lineno + offset}{_MARK}"
                    marked.append(line[: len(line) - len(text)] + (mark + text if text else ""))
                token = Token(token.lineno, "data", "".join(marked))
            yield token


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


def _path(module: str, is_package: bool = False) -> str:
    return module.replace(".", "/") + ("/__init__.py" if is_package else ".py")


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


def _docstring(lines: tuple[str, ...], indent: int = 0) -> str:
    """Print a docstring whose first line stands where the caller is, and the others below it."""
    margin = " " * indent
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    first, *rest = lines
    below = "\n".join(margin + line if line else "" for line in rest)
    return f'"""{first}\n{below}\n{margin}"""'
