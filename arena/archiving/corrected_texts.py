"""Which text of an answer is in use where imports that corrected it are set aside and restored.

An answer that was corrected names the one that corrects it. In one place (prompt, competitor, repeat) such answers are a chain,
and the newest of them whose import counts is in use.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from arena.models import Response
from arena.models.found_rows import of_counting_import

ROWS_A_QUERY = 500

type Place = tuple[int, int, int]  # prompt, competitor, repeat


@dataclass
class EarlierTexts:
    """What comes back where corrections go; all by number."""

    back: list[int] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)  # earlier texts whose own imports are set aside
    links: dict[int, int] = field(default_factory=dict)  # answers, each with the one that is in use in its place


@dataclass
class Returning:
    """What becomes of answers that were archived with their import; all by number."""

    returning: list[int] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)  # in use now, and corrected by those that return
    corrected_since: list[int] = field(default_factory=list)  # a newer text of theirs is in use
    taken: list[int] = field(default_factory=list)  # answers in use in their places that have nothing to do with them
    links: dict[int, int] = field(default_factory=dict)


class _Earlier(NamedTuple):
    pk: int
    counts: bool
    is_undone: bool


class _Archived(NamedTuple):
    pk: int
    place: Place
    superseded_by: int | None


def earlier_texts(gone: "QuerySet[Response]") -> EarlierTexts:
    """For answers that have just been archived."""
    texts = EarlierTexts()
    for newest, earlier in _chains(gone).items():
        candidates = sorted((each for each in earlier if each.pk < newest), reverse=True)
        back = next((each for each in candidates if each.counts), None)
        passed = [each for each in candidates if not each.counts and (back is None or each.pk > back.pk)]
        texts.passed += [each.pk for each in passed if not each.is_undone]
        if back is not None:
            texts.back.append(back.pk)
            texts.links |= dict.fromkeys([newest, *(each.pk for each in passed)], back.pk)
    return texts


def _chains(gone: "QuerySet[Response]") -> dict[int, list[_Earlier]]:
    """The earlier texts of each answer that had some."""
    chains: dict[int, list[_Earlier]] = {}
    heads = {old: new for old, new in _superseded(gone.values("pk")) if new is not None}
    while heads:
        for each in _as_they_are(heads):
            chains.setdefault(heads[each.pk], []).append(each)
        known = {each.pk for chain in chains.values() for each in chain} | chains.keys()
        heads = {
            old: heads[new] for some in batched(heads, ROWS_A_QUERY) for old, new in _superseded(some)
            if new is not None and old not in known
        }  # fmt: skip
    return chains


def _superseded(by: Any) -> "QuerySet[Response, tuple[int, int | None]]":
    return Response.objects.archived().filter(superseded_by__in=by).order_by("pk").values_list("pk", "superseded_by_id")


def _as_they_are(numbers: Iterable[int]) -> Iterator[_Earlier]:
    counts = ExpressionWrapper(of_counting_import("response"), BooleanField())
    for some in batched(numbers, ROWS_A_QUERY):
        rows = Response.objects.filter(pk__in=some).annotate(counts=counts).order_by("pk")
        for pk, is_counting, archived_with in rows.values_list("pk", "counts", "archived_with_id"):
            yield _Earlier(pk, bool(is_counting), archived_with is not None)


def places_of(archived: "QuerySet[Response]", *, corrects: bool) -> Returning:
    """For answers that are to come back; whether they may take the places of older texts that they corrected."""
    columns = ("pk", "prompt_id", "competitor_id", "repeat", "superseded_by_id")
    rows = [_Archived(pk, tuple(place), by) for pk, *place, by in archived.order_by("-pk").values_list(*columns)]
    standing = _standing(archived)
    places, newest = Returning(), dict[Place, int]()
    for row in rows:
        here = standing.get(row.place)
        if (newer := newest.get(row.place)) is not None:
            places.corrected_since.append(row.pk)
            places.links[row.pk] = newer
        elif here is None:
            _returns(places, newest, row)
        elif _end_of(row) != here or (here < row.pk and not corrects):
            places.taken.append(here)
        elif here > row.pk:
            places.corrected_since.append(row.pk)
        else:
            places.replaced.append(here)
            places.links[here] = row.pk
            newest[row.place] = row.pk
            places.returning.append(row.pk)
    return places


def _returns(places: Returning, newest: dict[Place, int], row: _Archived) -> None:
    newest[row.place] = row.pk
    places.returning.append(row.pk)
    if (end := _end_of(row)) is not None:
        places.links[end] = row.pk


def _standing(archived: "QuerySet[Response]") -> dict[Place, int]:
    """The answers in use to the prompts of these."""
    rows = Response.objects.in_use().filter(prompt__in=archived.values("prompt")).order_by()
    columns = ("prompt_id", "competitor_id", "repeat", "pk")
    return {(prompt, competitor, repeat): pk for prompt, competitor, repeat, pk in rows.values_list(*columns)}


def _end_of(row: _Archived) -> int | None:
    """The last answer of its chain."""
    at, seen = row.superseded_by, {row.pk}
    while at is not None and at not in seen:
        seen.add(at)
        further = Response.objects.filter(pk=at).values_list("superseded_by_id", flat=True).get()
        if further is None:
            return at
        at = further
    return at
