"""Finds and reads the configuration files of flytectl and flytekit."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from flytebind.remote.config._hiding import without_quotes
from flytebind.remote.config._keys import KEYS, OTHERS, Key
from flytebind.remote.errors import FlyteConfigError
from flytebind.runtime.fields import did_you_mean
from flytebind.runtime.screens import harmless

_log = logging.getLogger("flytebind.remote")

# These name a file, which must then exist.
_VARIABLES = ("_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", "FLYTECTL_CONFIG")
_HERE = "flytekit.config"
_HOME = (os.path.join("~", ".flyte", "config"), os.path.join("~", ".flyte", "config.yaml"))

# The SDK of Flyte 2 has places of its own. Unlike there, a variable wins over what lies around.
_VARIABLES_2 = ("UCTL_CONFIG", *_VARIABLES)
_OF_FLYTE_2 = os.path.join(".flyte", "config.yaml")
_HOME_2 = (os.path.join("~", ".union", "config.yaml"), *reversed(_HOME))

# Who led to a file that nobody has named, and where it lies if it may be somebody else's.
_BY_FOLDER = "the folder that this program is in"
_BY_REPOSITORY = "the repository that this program is in"
_BY_HOME = "the usual places"
_UNASKED = {
    _BY_FOLDER: "lies in the working directory",
    _BY_REPOSITORY: "lies in the repository of the working directory",
}
# What a file may have this program do with whatever else there is on this machine.
_POWERFUL = ("command", "proxy_command", "client_secret_file", "client_secret_env")


class Setting(NamedTuple):
    """A value that a file or the environment has."""

    key: Key
    value: object
    source: str


def find(env: Mapping[str, str], *, flyte2: bool = False) -> tuple[str, str] | None:
    """The file that settings are read from, and what led to it; None if there is none."""
    for name in _VARIABLES_2 if flyte2 else _VARIABLES:
        if env.get(name):
            return env[name], f"the variable {name}"
    usual = [os.path.abspath(os.path.expanduser(place)) for place in (_HOME_2 if flyte2 else _HOME)]
    own = {os.path.realpath(path) for path in usual}  # whoever is at home has them around, too
    around = _around() if flyte2 else [(os.path.abspath(_HERE), _BY_FOLDER)]
    for path, named_by in (*around, *((path, _BY_HOME) for path in usual)):
        if os.path.isfile(path):
            return path, _BY_HOME if os.path.realpath(path) in own else named_by
    return None


def _around() -> Iterator[tuple[str, str]]:
    """Where files for Flyte 2 may lie around a program."""
    plain = os.path.abspath("config.yaml")
    if os.path.isfile(plain) and _names_a_server(plain):
        yield plain, _BY_FOLDER
    yield os.path.abspath(_OF_FLYTE_2), _BY_FOLDER
    folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, ".git")) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    if os.path.exists(os.path.join(folder, ".git")):
        yield os.path.join(folder, _OF_FLYTE_2), _BY_REPOSITORY
    yield os.path.abspath(_HERE), _BY_FOLDER


def _names_a_server(path: str) -> bool:
    """Whether a file is one of Flyte's: many programs have a ``config.yaml``."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        # The first look is for large ones: YAML is slow.
        return "endpoint" in text and bool(_parse_yaml(path, text).get("admin", {}).get("endpoint"))
    except (OSError, UnicodeDecodeError, FlyteConfigError):
        return False


def places(*, flyte2: bool = False) -> str:
    """Where a file is looked for, for messages."""
    if not flyte2:
        return f"{', '.join((_HERE, *_HOME))} or what FLYTECTL_CONFIG names"
    around = (_OF_FLYTE_2, "config.yaml", _HERE)
    return f"{', '.join((*around, *_HOME_2))} or what FLYTECTL_CONFIG or UCTL_CONFIG names"


def read_env(env: Mapping[str, str]) -> Iterator[Setting]:
    """The settings that the environment has. An empty variable counts as absent."""
    for key in KEYS:
        value = env.get(key.env) if key.env else None
        if value:
            yield Setting(key, value, f"env {key.env}")


def read_file(path: str, named_by: str) -> list[Setting]:
    """The settings in a file: YAML if its name says so, otherwise ini.

    Args:
        path: The file.
        named_by: Who wants it to be read, for messages.

    Raises:
        FlyteConfigError: If it cannot be read, or somebody else would have a program run by it.
    """
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            owner = os.fstat(file.fileno()).st_uid
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FlyteConfigError(f"{path}: cannot be read: {reason}; {named_by} led to it") from error
    is_yaml = path.lower().endswith((".yaml", ".yml"))
    content = _parse_yaml(path, text) if is_yaml else _parse_ini(path, text)
    settings = list(_settings(path, content, yaml=is_yaml))
    if named_by in _UNASKED:
        _beware(path, _UNASKED[named_by], owner, settings)
    return settings


def _beware(path: str, lies: str, owner: int, settings: Iterable[Setting]) -> None:
    """Tell what a file does that nobody has named: it is there for whoever comes by.

    Raises:
        FlyteConfigError: If it is somebody else's.
    """
    powerful = [setting for setting in settings if setting.key.field in _POWERFUL]
    if not powerful:
        return
    does = "; ".join(map(_power, powerful))
    advice = f"to have it so, name the file: FLYTECTL_CONFIG={shlex.quote(os.path.relpath(path))}"
    if hasattr(os, "getuid") and owner not in (os.getuid(), 0):
        raise FlyteConfigError(f"{path} is another user's, and {does}; {advice}")
    if path not in _told:
        _told.add(path)
        words = f"{path} {lies}, and {does}; {advice}"
        _log.warning("%s", harmless(words))


_told: set[str] = set()


def _power(setting: Setting) -> str:
    """What a setting has this program do, in words. Arguments of programs may be secrets."""
    value = setting.value
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    first = repr(str(words[0])) if isinstance(words, list) and words else "something"
    match setting.key.field:
        case "command" | "proxy_command":
            return f"has {first} run for tokens"
        case "client_secret_file":
            return f"has the file {value!r} sent as a secret"
        case _:
            return f"has the variable {value!r} sent as a secret"


def _settings(
    path: str, content: Mapping[str, Mapping[str, object]], yaml: bool
) -> Iterator[Setting]:
    known = {(key.yaml if yaml else key.ini).lower(): key for key in KEYS}
    known.pop("", None)
    spelt = [key.yaml if yaml else key.ini for key in KEYS]
    ignored = {f"{section}.{name}".lower() for section in OTHERS for name in OTHERS[section]}
    sections = {name.partition(".")[0] for name in known}
    for section, values in content.items():
        if section.lower() not in sections:
            continue
        for name, value in values.items():
            # Both tools read their files without regard to case.
            full_name = f"{section}.{name}"
            key = known.get(full_name.lower())
            if key is None:
                if full_name.lower() not in ignored:
                    hint = did_you_mean(full_name, _of_section(section, spelt))
                    _log.warning("%s: there is no setting %s%s", path, full_name, hint)
            elif value is not None and value != "":
                yield Setting(key, value, f"{path}: {full_name}")


def _of_section(section: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.lower().startswith(f"{section.lower()}.")]


def _parse_yaml(path: str, text: str) -> dict[str, Mapping[str, object]]:
    try:
        import yaml
    except ImportError as error:
        raise FlyteConfigError(
            f"{path}: reading YAML needs PyYAML: pip install 'flytebind[remote]'"
        ) from error
    try:
        content: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f", line {mark.line + 1}"
        what = without_quotes(getattr(error, "problem", None) or type(error).__name__)
        # Not the error itself: it quotes the text around, in which there may be secrets.
        raise FlyteConfigError(f"{path}{where}: this is no valid YAML: {what}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise FlyteConfigError(f"{path}: must have sections such as `admin:` at its top level")
    sections: dict[str, Mapping[str, object]] = {}
    for section, values in content.items():
        if isinstance(values, dict):
            sections[str(section)] = {str(name): value for name, value in values.items()}
        elif values is not None and str(section).lower() in ("admin", "console"):
            raise FlyteConfigError(f"{path}: {section} must be a section with keys below it")
    return sections


def _parse_ini(path: str, text: str) -> dict[str, Mapping[str, object]]:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next(
            (number for number, _ in getattr(error, "errors", ())), None
        )
        where = "" if line is None else f", line {line}"
        raise FlyteConfigError(
            f"{path}{where}: this is no valid ini file: {type(error).__name__}; "
            "a file is read as YAML if its name ends with .yaml"
        ) from None
    return {section: dict(parser.items(section)) for section in parser.sections()}
