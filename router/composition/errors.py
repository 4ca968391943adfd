"""Every reason for which composition fails: code, meaning, and the federation version that brought it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ERROR_CODES", "CompositionError", "ErrorCode"]


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code as documented; ``since`` is the federation version."""

    code: str
    description: str
    since: str = "2.0"


@dataclass(frozen=True, slots=True)
class CompositionError:
    """One reason. ``message`` names subgraphs and coordinates and says what to change."""

    code: str | None
    message: str
    coordinates: tuple[str, ...] = ()
    subgraphs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


_CODES = (
    ("INVALID_LINK_DIRECTIVE_USAGE", "A @link is malformed, imports what is not there, or clashes with another."),
    ("INVALID_LINK_IDENTIFIER", "The URL or version of a @link cannot be read."),
    ("UNKNOWN_LINK_VERSION", "The version of the link specification is not known."),
    ("UNKNOWN_FEDERATION_LINK_VERSION", "The federation version is not known."),
    ("INVALID_GRAPHQL", "A subgraph schema breaks a rule of the GraphQL specification."),
    ("DIRECTIVE_DEFINITION_INVALID", "A subgraph defines a directive of federation or of the supergraph differently."),
    ("TYPE_DEFINITION_INVALID", "A subgraph defines a type of federation or of the supergraph differently."),
    ("INVALID_SUBGRAPH_NAME", "A subgraph has a reserved name, or none."),
    ("ROOT_QUERY_USED", "A type is called Query but another type is the query root."),
    ("ROOT_MUTATION_USED", "A type is called Mutation but another type is the mutation root."),
    ("ROOT_SUBSCRIPTION_USED", "A type is called Subscription but another type is the subscription root."),
    ("KEY_INVALID_FIELDS", "The fields of a @key do not parse or select what is not there."),
    ("PROVIDES_INVALID_FIELDS", "The fields of a @provides do not parse or select what is not there."),
    ("REQUIRES_INVALID_FIELDS", "The fields of a @requires do not parse or select what is not there."),
    ("KEY_INVALID_FIELDS_TYPE", "The fields of a @key are no string."),
    ("PROVIDES_INVALID_FIELDS_TYPE", "The fields of a @provides are no string."),
    ("REQUIRES_INVALID_FIELDS_TYPE", "The fields of a @requires are no string."),
    ("KEY_DIRECTIVE_IN_FIELDS_ARG", "A directive is applied inside the fields of a @key."),
    ("PROVIDES_DIRECTIVE_IN_FIELDS_ARG", "A directive is applied inside the fields of a @provides."),
    ("REQUIRES_DIRECTIVE_IN_FIELDS_ARG", "A directive is applied inside the fields of a @requires."),
    ("KEY_FIELDS_HAS_ARGS", "A @key selects a field that takes arguments."),
    ("PROVIDES_FIELDS_HAS_ARGS", "A @provides selects a field that takes arguments."),
    ("KEY_FIELDS_SELECT_INVALID_TYPE", "A @key selects a field whose type is an interface or union."),
    ("PROVIDES_FIELDS_MISSING_EXTERNAL", "A @provides selects a field that is not @external."),
    ("REQUIRES_FIELDS_MISSING_EXTERNAL", "A @requires selects a field that is not @external."),
    ("KEY_UNSUPPORTED_ON_INTERFACE", "A @key is on an interface before federation 2.3."),
    ("PROVIDES_UNSUPPORTED_ON_INTERFACE", "A @provides is on a field of an interface."),
    ("REQUIRES_UNSUPPORTED_ON_INTERFACE", "A @requires is on a field of an interface."),
    ("PROVIDES_ON_NON_OBJECT_FIELD", "A @provides is on a field whose type has no fields."),
    ("EXTERNAL_UNUSED", "An @external field serves no key, requires, provides or interface."),
    ("EXTERNAL_ON_INTERFACE", "A field of an interface is @external."),
    ("EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", "A field is @external and has @requires or @provides.", "2.1"),
    ("INVALID_SHAREABLE_USAGE", "@shareable is on an interface, or twice on one element.", "2.2"),
    ("INTERFACE_OBJECT_USAGE_ERROR", "@interfaceObject is used without what it needs.", "2.3"),
    ("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", "An implementation lacks a key of its interface.", "2.3"),
    ("CONTEXT_NAME_INVALID", "A context name has characters that are not allowed.", "2.8"),
    ("CONTEXT_NOT_SET", "@fromContext names a context that nothing sets.", "2.8"),
    ("NO_CONTEXT_IN_SELECTION", "The value of @fromContext does not begin with a context.", "2.8"),
    ("CONTEXT_INVALID_SELECTION", "The selection of @fromContext is not exactly one field per type.", "2.8"),
    ("CONTEXT_NO_RESOLVABLE_KEY", "The type that uses a context has no resolvable key.", "2.8"),
    ("COST_APPLIED_TO_INTERFACE_FIELD", "@cost is on a field of an interface.", "2.9"),
    ("LIST_SIZE_APPLIED_TO_NON_LIST", "@listSize is on a field that is no list.", "2.9"),
    ("LIST_SIZE_INVALID_ASSUMED_SIZE", "The assumed size of @listSize is negative.", "2.9"),
    ("LIST_SIZE_INVALID_SIZED_FIELD", "A sized field of @listSize is no list field of the type.", "2.9"),
    ("LIST_SIZE_INVALID_SLICING_ARGUMENT", "A slicing argument of @listSize is no integer argument.", "2.9"),
    ("AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", "An auth directive is on an interface or interface object.", "2.5"),
    ("EXTENSION_WITH_NO_BASE", "A type is extended but defined nowhere."),
    ("TYPE_WITH_ONLY_UNUSED_EXTERNAL", "Nothing is left of a type without its unused @external fields."),
    ("TYPE_KIND_MISMATCH", "A name stands for different kinds of type."),
    ("FIELD_TYPE_MISMATCH", "The types of a field have no common type."),
    ("FIELD_ARGUMENT_TYPE_MISMATCH", "The types of an argument have no common type."),
    ("FIELD_ARGUMENT_DEFAULT_MISMATCH", "An argument has different defaults."),
    ("INPUT_FIELD_DEFAULT_MISMATCH", "An input field has different defaults."),
    ("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "A required argument is not in every subgraph of its field."),
    ("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", "A required input field is not in every subgraph of its type."),
    ("EMPTY_MERGED_INPUT_TYPE", "The subgraphs of an input type share no field."),
    ("EMPTY_MERGED_ENUM_TYPE", "The subgraphs of an enum share no value."),
    ("ENUM_VALUE_MISMATCH", "An enum used for input and output has different values."),
    ("NO_QUERIES", "No subgraph has a query."),
    ("EXTERNAL_MISSING_ON_BASE", "A field is @external in every subgraph that has it."),
    ("EXTERNAL_TYPE_MISMATCH", "The type of an @external field disagrees with the field."),
    ("EXTERNAL_ARGUMENT_MISSING", "An @external field lacks an argument."),
    ("EXTERNAL_ARGUMENT_TYPE_MISMATCH", "An argument of an @external field has another type."),
    ("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", "An argument of an @external field has another default."),
    ("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", "A merged directive is on an @external field."),
    ("INVALID_FIELD_SHARING", "Several subgraphs resolve a field without sharing it."),
    ("OVERRIDE_FROM_SELF_ERROR", "A field overrides itself."),
    ("OVERRIDE_ON_INTERFACE", "@override is on a field of an interface."),
    ("OVERRIDE_SOURCE_HAS_OVERRIDE", "An overridden field is itself an override."),
    ("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "@override stands beside external, provides or requires."),
    ("OVERRIDE_LABEL_INVALID", "The label of an @override is neither a name nor a percentage.", "2.7"),
    ("LINK_IMPORT_NAME_MISMATCH", "A merged directive has different names."),
    ("DIRECTIVE_COMPOSITION_ERROR", "@composeDirective cannot compose a directive.", "2.1"),
    ("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", "A required argument is contextual in some only.", "2.8"),
    ("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", "A keyed interface lacks an implementation of others.", "2.3"),
    ("MISSING_TRANSITIVE_AUTH_REQUIREMENTS", "A field uses protected data without demanding as much.", "2.9"),
    ("INTERFACE_FIELD_NO_IMPLEM", "An implementation lacks a field of its interface."),
    ("REFERENCED_INACCESSIBLE", "A visible element has an @inaccessible type."),
    ("IMPLEMENTED_BY_INACCESSIBLE", "An @inaccessible field implements a visible one."),
    ("DEFAULT_VALUE_USES_INACCESSIBLE", "A visible default uses an @inaccessible element."),
    ("REQUIRED_INACCESSIBLE", "A required argument or input field is @inaccessible."),
    ("ONLY_INACCESSIBLE_CHILDREN", "A visible type has nothing visible in it."),
    ("QUERY_ROOT_TYPE_INACCESSIBLE", "The query root is @inaccessible."),
    ("DISALLOWED_INACCESSIBLE", "An argument of a type system directive is @inaccessible."),
    ("SATISFIABILITY_ERROR", "Some query of the API cannot be planned."),
    ("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", "A shared abstract field has no runtime type in common."),
    ("MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED", "The satisfiability search reached its limit."),
)

ERROR_CODES: dict[str, ErrorCode] = {code[0]: ErrorCode(*code) for code in _CODES}
"""All codes, in order of the stages that report them.

Wrongly typed values of ``@cost`` and ``@listSize`` are INVALID_GRAPHQL, like those of any directive; that a linked
feature is not supported is met by who reads a supergraph, not by who composes it.
"""
