"""Variables in configuration files, as rover has them: ``${env.NAME}``, ``${env.NAME:-default}``, ``${file.path}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["ExpansionError", "expand"]

_VARIABLE = re.compile(r"\$\{(?P<name>[^{}:]*)(?::-(?P<default>[^{}]*))?\}")


class ExpansionError(ValueError):
    """A variable has no value, or is none that may be written."""


def expand(value: Any, environment: Mapping[str, str], directory: Path) -> Any:
    """The value with the variables in all its strings replaced; a file that is not there leaves its variable as is.

    Values are not expanded again, so what a variable holds cannot name another.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _replacement(found, environment, directory), value)
    if isinstance(value, Mapping):
        return {key: expand(entry, environment, directory) for key, entry in value.items()}
    if isinstance(value, list):
        return [expand(entry, environment, directory) for entry in value]
    return value


def _replacement(found: re.Match[str], environment: Mapping[str, str], directory: Path) -> str:
    kind, _, name = found["name"].partition(".")
    if kind == "env":
        text = environment.get(name, found["default"])
        if text is None:
            raise ExpansionError(
                f"{found[0]}: set the environment variable {name}, or write a default: ${{env.{name}:-default}}"
            )
        return text
    if kind != "file":
        raise ExpansionError(f"{found[0]}: a variable begins with env. or file.")
    path = directory / name
    if not path.exists():
        return found[0] if found["default"] is None else found["default"]
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpansionError(f"{found[0]}: {path} cannot be read as UTF-8 text") from error
