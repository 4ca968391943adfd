"""Searching the catalog, and what a mistyped search was meant to be: another spelling is tried only when the given one
finds nothing, and suggested when it finds little (shop.md §1)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from subgraphs.kernel.context import RunningRoom
from subgraphs.kernel.outages import unexpected
from subgraphs.kernel.pagination import Page, PageRequest
from subgraphs.product.domain.catalog import Found, ProductFilter, ProductSort
from subgraphs.product.domain.spelling import corrected, lost, words_of
from subgraphs.product.repository import search, spelling, trigrams

logger = logging.getLogger("stoa.product.search")

_LITTLE = 3
_REFRESH_SECONDS = 60.0
_NO_HITS: Page[Found] = Page([], False, False)


@dataclass(frozen=True, slots=True)
class Search:
    """What a client asks for."""

    text: str
    wanted: ProductFilter
    sort: ProductSort
    request: PageRequest
    page: bool
    """Whether a page is wanted at all, or only counts and facets."""
    highlights: bool
    suggestion: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One page of hits, and the spelling that found them."""

    text: str
    page: Page[Found] = field(default=_NO_HITS)
    corrected: str | None = None
    suggestion: str | None = None


async def find(asked: Search) -> Result:
    """Search as given; when that finds nothing at all, search for the nearest words of the shop's vocabulary."""
    if not asked.text:
        return Result("")
    page = await _page(asked, asked.text)
    if page.edges:
        all_of_it = asked.request.position is None and not page.has_next
        suggest = asked.suggestion and all_of_it and len(page.edges) < _LITTLE
        return Result(asked.text, page, suggestion=await _other_spelling(asked.text) if suggest else None)
    found_before = asked.request.position is not None or not asked.page
    if found_before and await search.count(asked.text, asked.wanted):
        return Result(asked.text, page)
    other = await _other_spelling(asked.text, further=True)
    if other is None:
        return Result(asked.text, page)
    page = await _page(asked, other)
    if page.edges or (found_before and await search.count(other, asked.wanted)):
        return Result(other, page, corrected=other)
    return Result(asked.text)


async def _page(asked: Search, text: str) -> Page[Found]:
    if not asked.page:
        return _NO_HITS
    return await search.page(text, asked.wanted, asked.sort, asked.request, highlights=asked.highlights)


async def _other_spelling(text: str, *, further: bool = False) -> str | None:
    """By the vocabulary; ``further`` looks for what is too far off for it by trigrams, too, in two statements more."""
    words = words_of(text)
    if not words:
        return None
    vocabulary = await spelling.alike(words)
    far_off = lost(words, vocabulary) if further and trigrams.are_there() else []
    return corrected(words, vocabulary, await trigrams.near(far_off) if far_off else None)


async def keep_vocabulary(room: RunningRoom) -> None:
    """The worker: keep the vocabulary in step with the catalog, and its trigrams where it can, until cancelled."""
    told: str | None = ""
    while True:
        try:
            if (reason := await trigrams.provide()) != told:
                told = reason
                logger.info("%s: trigrams of the vocabulary: %s", room.name, reason or "there")
            if changed := await spelling.refresh():
                logger.info("%s: %d words of the vocabulary changed", room.name, changed)
        except Exception as error:
            problem = "%s: the vocabulary stays as it is for now: %s"
            logger.warning(problem, room.name, error, exc_info=unexpected(error))
        await asyncio.sleep(_REFRESH_SECONDS)
