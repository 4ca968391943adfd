"""Every remark composition makes without failing: code, level and meaning."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HINT_CODES", "Hint", "HintCode"]


@dataclass(frozen=True, slots=True)
class HintCode:
    """A code as documented; level is WARN, INFO or DEBUG."""

    code: str
    level: str
    description: str


@dataclass(frozen=True, slots=True)
class Hint:
    """One remark about one element."""

    code: str
    message: str
    coordinate: str | None = None

    @property
    def level(self) -> str:
        """WARN, INFO or DEBUG."""
        return HINT_CODES[self.code].level


_CODES = (
    ("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", "INFO", "Field or input field types differ but one covers them."),
    ("INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", "INFO", "Argument types differ but one fits all."),
    ("INCONSISTENT_DEFAULT_VALUE_PRESENCE", "WARN", "A default exists in some subgraphs only."),
    ("INCONSISTENT_ENTITY", "INFO", "A type has keys in some subgraphs only."),
    ("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", "DEBUG", "A field of a keyless object is not everywhere."),
    ("INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", "DEBUG", "A field of a keyless interface is not everywhere."),
    ("INCONSISTENT_INPUT_OBJECT_FIELD", "WARN", "An input field was dropped: it is not everywhere."),
    ("INCONSISTENT_ARGUMENT_PRESENCE", "WARN", "An optional argument was dropped: it is not everywhere."),
    ("INCONSISTENT_UNION_MEMBER", "DEBUG", "A union member is not everywhere."),
    ("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", "WARN", "A value of an input enum was dropped: it is not everywhere."),
    ("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", "DEBUG", "A value of an output enum is not everywhere."),
    ("UNUSED_ENUM_TYPE", "DEBUG", "Nothing uses an enum: it was merged as output."),
    (
        "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE",
        "DEBUG",
        "A composed directive is repeatable, though not in its newest definition.",
    ),
    (
        "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS",
        "DEBUG",
        "A composed directive has more locations than its newest definition.",
    ),
    ("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", "WARN", "An executable directive was dropped: not everywhere."),
    ("NO_EXECUTABLE_DIRECTIVE_INTERSECTION", "WARN", "An executable directive was dropped: no common location."),
    ("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", "WARN", "An executable directive is repeatable in some only."),
    ("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", "WARN", "The locations of an executable directive differ."),
    ("INCONSISTENT_DESCRIPTION", "WARN", "Descriptions differ: the most frequent was taken."),
    ("FROM_SUBGRAPH_DOES_NOT_EXIST", "WARN", "An @override names no known subgraph."),
    ("OVERRIDDEN_FIELD_CAN_BE_REMOVED", "INFO", "The overridden copy of a field is dead."),
    ("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", "INFO", "The source of an @override no longer has the field."),
    ("OVERRIDE_MIGRATION_IN_PROGRESS", "INFO", "An @override has a label."),
    ("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "WARN", "Arguments of a directive differ: one was taken."),
    ("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "INFO", "Arguments of a directive differ: they were merged."),
    ("DIRECTIVE_COMPOSITION_INFO", "INFO", "A remark on a composed directive."),
    ("DIRECTIVE_COMPOSITION_WARN", "WARN", "A directive is lost where it is applied."),
    ("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", "WARN", "A shared abstract field returns different types."),
    ("IMPLICITLY_UPGRADED_FEDERATION_VERSION", "INFO", "A linked feature raised the federation version."),
    ("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", "INFO", "An optional contextual argument was dropped."),
)

HINT_CODES: dict[str, HintCode] = {code[0]: HintCode(*code) for code in _CODES}
"""All hints."""
