"""``@link``: which specifications a schema uses and under which names (https://specs.apollo.dev/link/v1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from graphql import (
    ConstDirectiveNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    ListValueNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    ValueNode,
    print_ast,
)

from router.specs.feature import SPECS, FeatureUrl, InvalidFeatureUrlError
from router.specs.federation import FEDERATION_IDENTITY, FEDERATION_VERSIONS, federation_elements, federation_version_of
from router.specs.shared import LINK_URL

__all__ = ["Link", "LinkProblem", "Links", "read_links"]

_PURPOSES = {"SECURITY", "EXECUTION"}
_LINK_ELEMENTS = {"@link", "Purpose", "Import"}
_FEDERATION_ONLY = {"inaccessible", "authenticated", "requiresScopes", "policy", "cost", "cacheTag"}
"""Specifications a federation 2 subgraph reaches through its federation link, never by linking them itself."""


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """Why a ``@link`` cannot be used: a composition error code and a message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Link:
    """One linked specification. ``imports`` maps an element to its local name, directives with their ``@``."""

    url: FeatureUrl
    alias: str | None = None
    imports: dict[str, str] = field(default_factory=dict)
    purpose: str | None = None

    @property
    def name(self) -> str:
        """What the specification is called here: the default prefix of its elements."""
        return self.alias or self.url.name

    def local_name(self, element: str) -> str:
        """``@key`` is ``@key`` if imported, else ``@federation__key``; the directive named as its spec needs none."""
        if element in self.imports:
            return self.imports[element]
        if element == "@" + self.url.name:
            return "@" + self.name
        sigil, bare = ("@", element[1:]) if element.startswith("@") else ("", element)
        return f"{sigil}{self.name}__{bare}"


class Links:
    """All links of one schema, and what each name means by them."""

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self._links = tuple(links)
        self._imported = {local: (link, element) for link in self._links for element, local in link.imports.items()}
        self._by_name = {link.name: link for link in self._links}

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links)

    def by_identity(self, identity: str) -> Link | None:
        """The link of a specification, whatever its version."""
        return next((link for link in self._links if link.url.identity == identity), None)

    @property
    def federation(self) -> Link | None:
        """The link that makes a subgraph federation 2."""
        return self.by_identity(FEDERATION_IDENTITY)

    def origin(self, local_name: str) -> tuple[Link, str] | None:
        """The specification and canonical element behind a local name (``@`` for directives), or None."""
        imported = self._imported.get(local_name)
        if imported is not None:
            return imported
        sigil, bare = ("@", local_name[1:]) if local_name.startswith("@") else ("", local_name)
        if sigil and bare in self._by_name:
            link = self._by_name[bare]
            return link, "@" + link.url.name
        prefix, separator, rest = bare.partition("__")
        if separator and prefix in self._by_name and rest:
            return self._by_name[prefix], sigil + rest
        return None


def read_links(document: DocumentNode) -> tuple[Links, list[LinkProblem]]:
    """The links of a document's schema definition and extensions, and all that is wrong with them:
    INVALID_LINK_DIRECTIVE_USAGE, INVALID_LINK_IDENTIFIER, UNKNOWN_LINK_VERSION, UNKNOWN_FEDERATION_LINK_VERSION."""
    applications = [
        application
        for node in document.definitions
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode)
        for application in node.directives or ()
    ]
    directive = _link_directive_name(applications)
    problems: list[LinkProblem] = []
    links: list[Link] = []
    for application in applications:
        if application.name.value == directive:
            link = _read_link(application, problems)
            if link is not None:
                clashes = list(_clashes(link, links))
                problems += clashes or _version_problems(link)
                links.append(link)
    found = Links(links)
    problems.extend(_direct_links(found))
    return found, problems


def _link_directive_name(applications: Iterable[DirectiveNode]) -> str:
    """``@link`` may be renamed by the application that links the link specification itself."""
    for application in applications:
        arguments = {argument.name.value: argument.value for argument in application.arguments or ()}
        url, alias = arguments.get("url"), arguments.get("as")
        if isinstance(url, StringValueNode) and url.value.startswith(LINK_URL.identity + "/"):
            expected = alias.value if isinstance(alias, StringValueNode) else "link"
            if application.name.value == expected:
                return expected
    return "link"


def _usage(message: str) -> LinkProblem:
    return LinkProblem("INVALID_LINK_DIRECTIVE_USAGE", message)


def _read_link(application: ConstDirectiveNode | DirectiveNode, problems: list[LinkProblem]) -> Link | None:
    arguments = {argument.name.value: argument.value for argument in application.arguments or ()}
    url_node = arguments.get("url")
    if not isinstance(url_node, StringValueNode):
        problems.append(_usage("The url argument of @link must be a string: write the URL of the specification."))
        return None
    try:
        url = FeatureUrl.parse(url_node.value)
    except InvalidFeatureUrlError as error:
        problems.append(
            LinkProblem("INVALID_LINK_IDENTIFIER", f'Cannot read the @link url "{url_node.value}": {error}.')
        )
        return None
    alias = arguments.get("as")
    purpose = arguments.get("for")
    if purpose is not None and not (isinstance(purpose, EnumValueNode) and purpose.value in _PURPOSES):
        problems.append(_usage(f"The purpose of @link must be SECURITY or EXECUTION, found {print_ast(purpose)}."))
    return Link(
        url,
        alias.value if isinstance(alias, StringValueNode) else None,
        _read_imports(arguments.get("import"), problems),
        purpose.value if isinstance(purpose, EnumValueNode) else None,
    )


def _read_imports(value: ValueNode | None, problems: list[LinkProblem]) -> dict[str, str]:
    imports: dict[str, str] = {}
    if value is None:
        return imports
    for item in value.values if isinstance(value, ListValueNode) else (value,):
        imported = _read_import(item)
        if isinstance(imported, LinkProblem):
            problems.append(imported)
        else:
            imports[imported[0]] = imported[1]
    return imports


def _read_import(item: ValueNode) -> tuple[str, str] | LinkProblem:
    if isinstance(item, StringValueNode):
        return item.value, item.value
    if not isinstance(item, ObjectValueNode):
        return _usage(f"Invalid value {print_ast(item)} in @link(import:): write a string or {{name: ..., as: ...}}.")
    entries = {entry.name.value: entry.value for entry in item.fields}
    unknown = sorted(entries.keys() - {"name", "as"})
    if unknown:
        return _usage(f'Unknown field "{unknown[0]}" in {print_ast(item)} of @link(import:): only name and as.')
    name, alias = entries.get("name"), entries.get("as")
    if not isinstance(name, StringValueNode):
        return _usage(f"{print_ast(item)} in @link(import:) must name the imported element in a string.")
    if alias is None:
        return name.value, name.value
    if not isinstance(alias, StringValueNode):
        return _usage(f'The alias of "{name.value}" in @link(import:) must be a string.')
    if name.value.startswith("@") != alias.value.startswith("@"):
        return _usage(
            f'Cannot import "{name.value}" as "{alias.value}": a directive keeps its leading "@" and a type has none.'
        )
    return name.value, alias.value


def _version_problems(link: Link) -> Iterator[LinkProblem]:
    if link.url.identity == LINK_URL.identity:
        if link.url.version != LINK_URL.version:
            yield LinkProblem("UNKNOWN_LINK_VERSION", f"Unknown version {link.url.version} of the link specification.")
        yield from _unknown_imports(link, _LINK_ELEMENTS)
    elif link.url.identity == FEDERATION_IDENTITY:
        if link.url.version not in FEDERATION_VERSIONS:
            yield LinkProblem(
                "UNKNOWN_FEDERATION_LINK_VERSION",
                f"Unknown version {link.url.version} of the federation specification:"
                f" link one of {FEDERATION_VERSIONS[0]} to {FEDERATION_VERSIONS[-1]}.",
            )
        else:
            yield from _unknown_imports(link, federation_elements(link.url.version).keys())


def _unknown_imports(link: Link, known: Iterable[str]) -> Iterator[LinkProblem]:
    elements = set(known)
    for element in link.imports:
        if element not in elements:
            yield _usage(
                f'Cannot import unknown element "{element}" from {link.url}.{_remedy(link, element, elements)}'
            )


def _remedy(link: Link, element: str, known: set[str]) -> str:
    """What to import or link instead, if that can be told."""
    since = federation_version_of(element) if link.url.identity == FEDERATION_IDENTITY else None
    if since is not None:
        return f" It is there from {since} on: link that."
    close = ["@" + element] if "@" + element in known else get_close_matches(element, sorted(known), n=1)
    return f' Did you mean "{close[0]}"?' if close else " Remove it from import."


def _clashes(link: Link, earlier: list[Link]) -> Iterator[LinkProblem]:
    meanings: dict[str, str] = {}
    for element, local in link.imports.items():
        if meanings.setdefault(local, element) != element:
            yield _usage(
                f'"{meanings[local]}" and "{element}" of {link.url} are both imported as "{local}": rename one.'
            )
    for other in earlier:
        if other.url.identity == link.url.identity:
            yield _usage(f"{link.url.identity} is linked twice: keep one @link with all imports.")
        elif other.name == link.name:
            yield _usage(f'{link.url} and {other.url} are both called "{link.name}": give one another name with as.')
        for name in sorted(set(link.imports.values()) & set(other.imports.values())):
            yield _usage(f'"{name}" is imported from both {other.url} and {link.url}: rename one.')


def _direct_links(links: Links) -> Iterator[LinkProblem]:
    for link in links:
        if link.url.identity == SPECS + link.url.name and link.url.name in _FEDERATION_ONLY:
            yield _usage(
                f'Import "@{link.url.name}" from {FEDERATION_IDENTITY} instead of linking {link.url} directly.'
            )
