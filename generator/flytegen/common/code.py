"""What generated code says, as values: a name stays what it stands for until it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, TypeAlias

from flytegen.common.texts import quoted


@dataclass(frozen=True)
class Name:
    """Something that a module has."""

    module: str
    """The module, by its full dotted name."""
    qualname: str
    """With the classes it is nested in: ``WorkflowExecution.Phase``. Empty for the module."""
    reach: Literal["here", "name", "module"] = "name"
    """How a file gets at it: it is there already, it is imported, or its module is."""

    @property
    def imported(self) -> tuple[str, str] | None:
        """What to import from where, if anything."""
        if self.reach == "here":
            return None
        if self.reach == "name":
            return self.module, self.qualname.partition(".")[0]
        return parts_of(self.module)

    def member(self, name: str) -> Name:
        """Something that this has."""
        qualname = f"{self.qualname}.{name}" if self.qualname else name
        return Name(self.module, qualname, self.reach)


def parts_of(module: str) -> tuple[str, str]:
    """What to import a module from, and its name there; one from nowhere has no name."""
    package, _, name = module.rpartition(".")
    return (package, name) if package else (name, "")


@dataclass(frozen=True)
class Text:
    """What reads the same everywhere: a number, a quoted text, ``None``."""

    text: str

    @classmethod
    def of(cls, value: object) -> Text:
        """A constant, spelled so that Python reads the same value; not for ``nan`` and ``inf``."""
        return cls(quoted(value) if isinstance(value, str) else repr(value))


@dataclass(frozen=True)
class Generic:
    """``origin[argument, argument]``."""

    origin: Name
    arguments: tuple[Code, ...]


@dataclass(frozen=True)
class Union:
    """``option | option``."""

    options: tuple[Code, ...]


@dataclass(frozen=True)
class Call:
    """``function(argument, argument)``."""

    function: Name
    arguments: tuple[Code, ...]


@dataclass(frozen=True)
class Keyword:
    """``name=value``, as an argument."""

    name: str
    value: Code


#: How many columns a line of generated code may have.
LINE_LENGTH = 100

Code: TypeAlias = Name | Text | Generic | Union | Call | Keyword

NONE = Text("None")
#: For what there is not.
NOTHING = Text("")


def or_none(code: Code, optional: bool) -> Code:
    """An annotation that is of None as well, if so."""
    return Union((code, NONE)) if optional else code


def spelled(code: Code, spell: Callable[[Name], str]) -> str:
    """The text of it, when it is known how to spell a name."""

    def each(parts: Iterable[Code], between: str) -> str:
        return between.join(spelled(part, spell) for part in parts)

    match code:
        case Name():
            return spell(code)
        case Text(text):
            return text
        case Union(options):
            return each(options, " | ")
        case Generic(origin, arguments):
            return f"{spell(origin)}[{each(arguments, ', ')}]"
        case Call(function, arguments):
            return f"{spell(function)}({each(arguments, ', ')})"
        case Keyword(name, value):
            return f"{name}={spelled(value, spell)}"


def plain(code: Code) -> str:
    """As a person would write it, who need not say where names are from.

    >>> literal = Name("acme_models.core.literals", "Literal", "module")
    >>> plain(or_none(Generic(Name("collections.abc", "Sequence"), (literal,)), optional=True))
    'Sequence[Literal] | None'
    """
    return spelled(code, lambda name: name.qualname)


def names_in(value: object) -> Iterator[Name]:
    """Every name in something that dataclasses and tuples make up."""
    if isinstance(value, Name):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from names_in(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from names_in(getattr(value, field.name))
