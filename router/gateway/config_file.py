"""Reads ``router.yaml`` into a ``GatewayConfig``, strictly: an unknown name or a wrong type is one clear sentence.

``${NAME}`` is replaced by the environment variable, which must exist; ``${NAME:-text}`` has a default; ``$$`` is a
dollar sign. Paths are relative to the file.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from router.gateway.config import ConfigError, GatewayConfig

__all__ = ["parse_config", "read_config_file"]

_Record = TypeVar("_Record")
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})")


class _Substituted(str):
    """A text out of which environment variables were replaced: may stand for a number or a truth value."""

    __slots__ = ()


def read_config_file(path: Path, environment: Mapping[str, str] | None = None) -> GatewayConfig:
    """The configuration in the file; raises ``ConfigError``."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    try:
        return parse_config(text, folder=path.parent, environment=os.environ if environment is None else environment)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse_config(text: str, folder: Path, environment: Mapping[str, str]) -> GatewayConfig:
    """The configuration in a YAML text; raises ``ConfigError`` without the file's name."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {' '.join(str(error).split())}") from error
    return _Reader(folder, environment).record(GatewayConfig, {} if document is None else document, "")


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    environment: Mapping[str, str]

    def record(self, kind: type[_Record], value: Any, at: str) -> _Record:
        """A mapping as the dataclass ``kind``; ``at`` is its dotted name in messages."""
        if not isinstance(value, dict):
            raise ConfigError(f"{at or 'the document'} must be a mapping, not {_describe(value)}")
        hints = get_type_hints(kind)
        fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # always a dataclass
        for name in value:
            if name not in fields:
                raise ConfigError(_unknown(str(name), at, list(fields)))
        for name, field in fields.items():
            if name not in value and not _has_default(field):
                raise ConfigError(f"{_join(at, name)} is missing")
        return kind(**{name: self.value(hints[name], item, _join(at, name)) for name, item in value.items()})

    def value(self, kind: Any, value: Any, at: str) -> Any:
        """A YAML value as the annotated type ``kind``."""
        if isinstance(value, str):
            value = self.substitute(value, at)
        if get_origin(kind) in (Union, types.UnionType):
            if value is None:
                return None
            (kind,) = (option for option in get_args(kind) if option is not type(None))
        if dataclasses.is_dataclass(kind):
            return self.record(typing.cast("type[Any]", kind), value, at)
        origin = get_origin(kind)
        if origin is Literal:
            return _choice(get_args(kind), value, at)
        if origin is tuple:
            return self.sequence(get_args(kind)[0], value, at)
        if origin is Mapping:
            return self.mapping(get_args(kind)[1], value, at)
        if kind is Path:
            return self.folder / _SCALARS[str](value, at)
        return _SCALARS[kind](value, at)

    def sequence(self, kind: Any, value: Any, at: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ConfigError(f"{at} must be a list, not {_describe(value)}")
        return tuple(self.value(kind, item, f"{at}[{index}]") for index, item in enumerate(value))

    def mapping(self, kind: Any, value: Any, at: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ConfigError(f"{at} must be a mapping, not {_describe(value)}")
        return types.MappingProxyType(
            {str(name): self.value(kind, item, _join(at, str(name))) for name, item in value.items()}
        )

    def substitute(self, text: str, at: str) -> str:
        def replace(match: re.Match[str]) -> str:
            name, default = match.groups()
            if name is None:
                return "$"
            found = self.environment.get(name, default)
            if found is None:
                raise ConfigError(f"{at} needs the environment variable {name}, which is not set")
            return found

        return _Substituted(_VARIABLE.sub(replace, text)) if "$" in text else text


def _plain(value: Any) -> Any:
    return yaml.safe_load(value) if isinstance(value, _Substituted) else value


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{at} must be a text, not {_describe(value)}")
    return str(value)


def _truth(value: Any, at: str) -> bool:
    plain = _plain(value)
    if not isinstance(plain, bool):
        raise ConfigError(f"{at} must be true or false, not {_describe(value)}")
    return plain


def _whole(value: Any, at: str) -> int:
    plain = _plain(value)
    if not isinstance(plain, int) or isinstance(plain, bool) or plain < 0:
        raise ConfigError(f"{at} must be a whole number from 0, not {_describe(value)}")
    return plain


def _number(value: Any, at: str) -> float:
    plain = _plain(value)
    if not isinstance(plain, int | float) or isinstance(plain, bool) or not 0 <= plain < float("inf"):
        raise ConfigError(f"{at} must be a number from 0, not {_describe(value)}")
    return float(plain)


_SCALARS: dict[Any, Callable[[Any, str], Any]] = {str: _text, bool: _truth, int: _whole, float: _number}


def _choice(options: tuple[Any, ...], value: Any, at: str) -> Any:
    if value not in options:
        raise ConfigError(f"{at} must be {' or '.join(map(repr, options))}, not {_describe(value)}")
    return value if not isinstance(value, _Substituted) else str(value)


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _describe(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else repr(value)


def _unknown(name: str, at: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
    return f"{_join(at, name)} is not a setting ({hint})"


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
