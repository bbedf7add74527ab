"""Step 3: from the schema to source text, through Jinja.

To print is the longest part of a run. So a page says what it is made of before it is printed, and
who has it already need not have it printed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TypeVar

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    pass_eval_context,
)
from jinja2.ext import Extension
from jinja2.filters import do_indent
from jinja2.lexer import Token, TokenStream
from jinja2.meta import find_referenced_templates
from jinja2.nodes import EvalContext
from markupsafe import Markup

from flytegen.common.code import Code, plain
from flytegen.common.digest import digest
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.common.texts import quoted, visible
from flytegen.schema import LazyModule, Library, Module, Pb2Module, ServiceModule
from flytegen.write.importer import Importer
from flytegen.write.runtime import rt

T = TypeVar("T")

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


@dataclass(frozen=True)
class Page:
    """A file that is to be printed."""

    made_from: str
    """Digest of what it tells of: of all that its text depends on, but templates and ourselves."""
    print: Callable[[], str]
    """Prints it, not formatted; fails as ``render`` does."""
    is_laid_out: bool
    """It has black's form already, but for lines that are too long, as our templates have it."""

    @classmethod
    def of(cls, text: str) -> Page:
        """A page that is known already."""
        return cls(digest(text), lambda: text, is_laid_out=False)


def pages(library: Library, templates: Sequence[Path]) -> dict[str, Page]:
    """The files of the library, by path below the output folder.

    Args:
        library: What to print.
        templates: Folders to look for templates in; the first that has one wins. A template that
            is none of ours makes a file of its own, unless its name begins with an underscore.

    Raises:
        GenerationError: If there is no such folder, or a template in it is called almost like one
            of ours, or fails as in ``render``.
    """
    return dict(_Renderer(library, templates).pages(_own_pages(templates)))


def render(library: Library, templates: Sequence[Path]) -> dict[str, str]:
    """The text of each of these files, not formatted.

    Raises:
        GenerationError: As above, or if a template is missing, is not Jinja, fails, or uses what it
            was not given.
    """
    return {path: page.print() for path, page in pages(library, templates).items()}


def template_of(library: Library, templates: Sequence[Path], path: str, line: int) -> str:
    """The template, and its line, that printed a line of a file; empty if none did."""
    page = dict(_Renderer(library, templates, [_Traced]).pages(_own_pages(templates))).get(path)
    printed = page.print().splitlines()[line - 1 : line] if page else []
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
    """Gives templates text wherever the schema has code, spelled as the file at hand spells it.

    In a Python file only that, names and numbers are printed as they are, and what a filter has
    made harmless: all other text is someone else's. Jinja's own marks say which is which.
    """

    spell: Callable[[Code], str] = staticmethod(plain)

    def getattr(self, obj: object, attribute: str) -> object:
        try:
            value: object = getattr(obj, attribute)
        except AttributeError:
            value = super().getattr(obj, attribute)
        return value if isinstance(value, (str, bool)) else self._told(value)

    def getitem(self, obj: object, argument: object) -> object:
        return self._told(super().getitem(obj, argument))

    def _told(self, value: object) -> object:
        if isinstance(value, Code):
            return Markup(self.spell(value))
        return tuple(map(self._told, value)) if isinstance(value, tuple) else value


class _Renderer:
    def __init__(
        self,
        library: Library,
        templates: Iterable[Path],
        extensions: Sequence[type[Extension]] = (),
    ) -> None:
        self._library = library
        *others, self._ours = folders = list(templates)
        self._replaced = {name for name in TEMPLATES if any((at / name).exists() for at in others)}
        self._importer = Importer()
        self._busy = {module.name for module in library.modules if module.modules}
        self._jinja = _Environment(
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=_is_python,
            finalize=_printed,
            extensions=extensions,
        )
        self._jinja.globals["library"] = library
        self._jinja.globals["use"] = self._use
        self._jinja.globals["rt"] = rt
        self._jinja.filters |= {
            "comment": _comment,
            "docstring": _docstring,
            "indent": _indent,
            "text": _text,
        }

    def pages(self, own: Iterable[str] = ()) -> Iterator[tuple[str, Page]]:
        library = self._library
        around = repr((_without_pages(library), sorted(self._busy)))
        is_ours = cache(self._is_ours)

        def page(template: str, print_it: Callable[[T], str], about: T, *more: object) -> Page:
            if not is_ours(template):
                return Page.of(print_it(about))
            made_from = digest(around, repr(about), *map(repr, more))
            return Page(made_from, partial(print_it, about), is_laid_out=True)

        for module in library.modules:
            path = _path(module.name, is_package=bool(module.modules))
            yield path, page("module.py.j2", self._module, module)
        for services in library.service_modules:
            path = _path(services.name, is_package=bool(services.modules))
            yield path, page("service.py.j2", self._services, services)
        for pb2 in library.pb2_modules:
            yield _path(pb2.name), page("pb2.py.j2", self._pb2, pb2)
        for lazy in library.lazy_modules:
            path = _path(lazy.name, is_package=lazy.is_package)
            index = library.index if lazy.is_root else ()
            yield path, page("lazy.py.j2", self._lazy, lazy, index)
            if lazy.is_package:
                yield f"{lazy.name.replace('.', '/')}/py.typed", Page.of("")
        yield _path(f"{library.root}._index"), page("index.py.j2", self._index, library.index)
        for name in own:
            yield name.removesuffix(".j2"), Page.of(self._own(name))

    def _is_ours(self, template: str) -> bool:
        """Whether all that prints a page is ours; of other templates nobody knows what they see."""
        if not self._replaced:
            return True
        parts = {"header.py.j2", template}
        pending = list(parts)
        while pending and parts.isdisjoint(self._replaced):
            text = (self._ours / pending.pop()).read_text(encoding="utf-8")
            found = {*filter(None, find_referenced_templates(self._jinja.parse(text)))} - parts
            parts |= found
            pending.extend(found)
        return parts.isdisjoint(self._replaced)

    def _module(self, module: Module) -> str:
        called = {module.name: "_this", module.pb2_module: "_pb2"}
        return self._of_proto(self._body("module.py.j2", called, module=module), module)

    def _services(self, module: ServiceModule) -> str:
        return self._of_proto(self._body("service.py.j2", module=module), module)

    def _of_proto(self, body: str, module: Module | ServiceModule) -> str:
        exports = (*module.exports, *module.modules)
        return self._whole(body, self._origin(module.proto_file), module.doc, exports)

    def _pb2(self, module: Pb2Module) -> str:
        body = self._body("pb2.py.j2", module=module)
        for item in module.imports:
            self._importer.use(item.module, item.name)
        return self._whole(body, self._origin(module.proto_file), module.doc)

    def _lazy(self, module: LazyModule) -> str:
        body = self._body("lazy.py.j2", module=module)
        names = tuple(sorted((*module.modules, *(alias.name for alias in module.aliases))))
        exports = (*names, "model_for") if module.is_root else names
        return self._whole(body, self._library.source, module.doc, exports)

    def _index(self, _: object) -> str:
        body = self._body("index.py.j2")
        return self._whole(body, self._library.source, ("Where each model lives.",))

    def _own(self, template: str) -> str:
        """A page that somebody's own template makes alone."""
        if template.endswith(".py.j2"):
            doc = (f"Printed by ``{template}``.",)
            return self._whole(self._body(template), self._library.source, doc)
        self._jinja.spell = plain
        return self._print(template)

    def _origin(self, proto_file: str) -> str:
        return f"{proto_file} ({self._library.source})"

    def _use(self, module: str, name: str = "") -> str:
        """For templates: import a name under a private alias, and say which."""
        return Markup(self._importer.use(module, name))

    def _body(
        self, template: str, called: Mapping[str, str] | None = None, **context: object
    ) -> str:
        roots = (self._library.root, *self._library.base_packages)
        self._importer = Importer(roots, called, self._busy)
        self._jinja.spell = self._importer.spell
        return self._print(template, **context)

    def _whole(
        self, body: str, origin: str, doc: tuple[str, ...], exports: tuple[str, ...] = ()
    ) -> str:
        head = self._print(
            "header.py.j2",
            origin=origin,
            doc=doc,
            imports=[
                [Markup(line) for line in group]
                for group in self._importer.statements(self._library.root.partition(".")[0])
            ],
            exports=exports,
            # The statement would take the name of a submodule. Only a package of nothing else has
            # such a one, and can do without.
            has_future="annotations" not in exports,
        )
        head, body = head.strip(), body.strip()
        gap = "\n\n\n" if _DEFINITION.match(body) else "\n\n"
        return f"{head}{gap}{body}".strip() + "\n"

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

# What black wants two empty lines before, traced or not.
_DEFINITION = re.compile(rf"(?:{_MARK}[^{_MARK}]*{_MARK})*(?:class |def |@)")


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


def _without_pages(library: Library) -> Library:
    """What the page of a .proto file sees of the library beside its own module."""
    return replace(
        library, modules=(), service_modules=(), pb2_modules=(), lazy_modules=(), index=()
    )


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


# ---- What is printed --------------------------------------------------------------------------

# Names, also as statements list them: `Outer as _Name, Other`.
_NAMES = re.compile(r"(?:[\w.]+(?:(?:, | as )[\w.]+)*)?")

# What makes Python read a file in another encoding, if it stands in one of the first two lines.
_CODING = re.compile(r"(?<=coding)[:=]")


def _is_python(template: str | None) -> bool:
    return template is not None and template.endswith(".py.j2")


@pass_eval_context
def _printed(context: EvalContext, value: object) -> object:
    """What is printed for the value of an expression."""
    if not context.autoescape or isinstance(value, (Markup, Undefined, int)):
        return value
    return _name(str(value))


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    if not _NAMES.fullmatch(text):
        what = f"{text[:60]!r} is no name: print it with a filter, text, docstring or comment"
        raise ValueError(what)
    return Markup(text)


def _indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Jinja's filter, which takes five times as long where each line is marked as harmless."""
    indented = do_indent(str(text), width, first, blank)
    return Markup(indented) if isinstance(text, Markup) else indented


def _text(value: str) -> Markup:
    """A text as a literal."""
    return Markup(quoted(value))


def _comment(value: str) -> Markup:
    """A text for a comment: it stays in the line, and says nothing to Python."""
    return Markup(_CODING.sub(lambda found: f"\\x{ord(found[0]):x}", visible(value)))


def _docstring(lines: str | tuple[str, ...], indent: int = 0) -> Markup:
    """Print a docstring whose first line stands where the caller is, and the others below it."""
    margin = " " * indent
    first, *rest = lines.split("\n") if isinstance(lines, str) else lines
    if not rest:
        body, end = (first[:-1], '\\"') if first.endswith('"') else (first, "")
        return Markup(f'"""{_documented(body)}{end}"""')
    below = "\n".join(margin + _documented(line) if line else "" for line in rest)
    return Markup(f'"""{_documented(first)}\n{below}\n{margin}"""')


def _documented(line: str) -> str:
    """A line as a docstring has it, with as few backslashes as will do: people read it."""
    return visible(line.replace("\\", "\\\\")).replace('"""', '\\"\\"\\"')
