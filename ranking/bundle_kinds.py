"""Boards and their snapshots in a bundle."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Required, TypedDict

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from arena.bundles.fields import NotAllowed
from arena.bundles.kinds import Arrival, BundleKind, Places, Values, add_kinds, add_shared
from ranking.filters import WrongFilter, check_filters
from ranking.models import (
    COVARIATES,
    Entry,
    KeptSnapshot,
    Leaderboard,
    NeighbourTable,
    Snapshot,
    check_covariates,
    snapshot_key,
    written_jury,
)

LONGEST_SLUG = 120


def _one_of(words: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError(f"one of these is allowed: {', '.join(words)}")
        return value

    return AfterValidator(check)


def _checked_filters(value: str) -> str:
    try:
        check_filters(value)
    except WrongFilter as wrong:
        raise ValueError(str(wrong)) from None
    return value


class _Parameters(TypedDict, total=False):
    """What fits that are made again, pages and programs read of a snapshot's parameters."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    level: Required[Annotated[float, Field(gt=0, lt=1)]]
    sources: Annotated[str, _one_of(Leaderboard.Sources.values)]
    category: str
    language: str
    clusters: Annotated[str, _one_of(Leaderboard.Clusters.values)]
    intervals: Annotated[str, _one_of(Leaderboard.IntervalMethod.values)]
    covariates: list[Annotated[str, _one_of(COVARIATES)]]
    combiner: Annotated[str, _one_of(Leaderboard.Combiner.values)]
    own_answers: str
    marked: str
    verdicts: str
    external: bool
    filters: Annotated[str, AfterValidator(_checked_filters)]
    prompts: list[int]
    one_text: bool | Annotated[int, Field(ge=0)]
    without: list[int]
    jury: list[int]
    judges: list[dict[str, Any]]
    own_competitors: dict[str, list[int]] | None
    juror_records: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]] | None
    lots_to: int | None
    tie_width: Annotated[float, Field(ge=0, le=1_000)] | None
    n_draws: int
    ties: str
    n_replicates: int
    lots_on: str
    left_out: dict[str, int]


def _as_tuple(part: object) -> object:
    return tuple(part) if isinstance(part, list) else part  # JSON knows lists alone


type _Part = Annotated[tuple[int, int, bool, float] | tuple[int, int, bool, float, int, int], BeforeValidator(_as_tuple)]


class _NeighbourRow(TypedDict):
    """One pair of a snapshot's neighbours."""

    above: int
    below: int
    n_to_swap: float | None
    is_verified: bool
    parts: list[_Part]
    n_more: float | None
    is_lasting: bool


def _names_its_rule(values: Values) -> None:
    parameters = values["parameters"]
    if parameters.get("sources", Leaderboard.Sources.PEOPLE) != Leaderboard.Sources.PEOPLE and "combiner" not in parameters:
        raise NotAllowed(gettext("where judges count, a combiner is needed"))


def _known_covariates(values: Values) -> None:
    try:
        check_covariates(values["covariates"])
    except ValidationError as error:
        raise NotAllowed(" ".join(error.messages)) from None


def _jury(values: Values, places: Places) -> None:
    values["jury"] = written_jury(places.place("judges", int(number)) for number in values["jury"].split())


def _parameters(values: Values, places: Places) -> None:
    """A snapshot's stored values name competitors, judges and lots; its watermark is a position in the ledger."""
    parameters: dict[str, Any] = dict(values["parameters"])
    for name, member in (("without", "competitors"), ("jury", "judges"), ("prompts", "prompts")):
        if parameters.get(name):
            parameters[name] = sorted(places.place(member, number) for number in parameters[name])
    if parameters.get("own_competitors"):
        parameters["own_competitors"] = {
            str(places.place("judges", int(judge))): sorted(places.place("competitors", each) for each in competitors)
            for judge, competitors in parameters["own_competitors"].items()
        }
    if parameters.get("juror_records"):
        parameters["juror_records"] = {
            str(places.place("judges", int(judge))): record for judge, record in parameters["juror_records"].items()
        }
    if parameters.get("judges"):
        parameters["judges"] = [juror | {"judge": places.place("judges", juror["judge"])} for juror in parameters["judges"]]
    if parameters.get("lots_to") is not None:
        parameters["lots_to"] = places.last_before("lots", parameters["lots_to"])
    values["parameters"] = parameters
    values["watermark"] = places.last_before("events", values["watermark"])


def _neighbours(values: Values, places: Places) -> None:
    """Its rows name competitors, and on boards of judges who said so."""
    values["rows"] = [
        row
        | {side: places.place("competitors", row[side]) for side in ("above", "below")}
        | {"parts": [_swap_part(part, places) for part in row["parts"]]}
        for row in values["rows"]
    ]


def _swap_part(part: Sequence[Any], places: Places) -> list[Any]:
    winner, loser, is_tie, n, *slot = part
    if slot and slot[0] >= 0:
        slot[0] = places.place("judges", slot[0])
    return [*(places.place("competitors", pk) for pk in (winner, loser)), is_tie, n, *slot]


def _in_juries(arena_id: int) -> Q:
    juries = Leaderboard.objects.filter(arena=arena_id).values_list("jury", flat=True)
    return Q(pk__in=[int(number) for jury in juries for number in jury.split()])


def _slug_here(values: Values, arrival: Arrival) -> None:
    """An arena's boards are called after it."""
    slug, before = values["slug"], arrival.slug_before
    if slug == before or slug.startswith(f"{before}-"):
        values["slug"] = (arrival.slug + slug[len(before) :])[:LONGEST_SLUG]


def _slug_apart(slug: str) -> str:
    return f"{slug[: LONGEST_SLUG - 9]}-{secrets.token_hex(4)}"


RANKING_KINDS = (
    BundleKind(
        "boards", Leaderboard, rename=_jury, names=("judges",), fit=_slug_here, once={"slug": _slug_apart},
        fields=("slug", "name", "category", "language", "filters", "method", "sources", "combiner", "jury", "own_answers",
                "marked", "counts_external", "covariates", "clusters", "intervals", "level", "seed", "is_default",
                "is_live", "is_by_itself", "is_asked", "used_at"),
        shapes={"level": Annotated[float, Field(gt=0, lt=1)], "filters": Annotated[str, AfterValidator(_checked_filters)]},
        rules={"covariates": _known_covariates},
        left_out=("asked_at", "asked_by", "too_little", "read_to", "last_fit_seconds", "not_before", "error", "error_code",
                  "lease_token", "lease_until", "n_attempts"),
    ),
    BundleKind(
        "snapshots", Snapshot, path="leaderboard__arena", rename=_parameters,
        names=("competitors", "judges", "lots", "events", "prompts"),
        once={"key": lambda key: snapshot_key()},
        fields=("key", "leaderboard", "method", "parameters", "seed", "watermark", "evidence_hash", "content_hash",
                "code_version", "n_votes", "n_voters", "n_prompts", "n_set_aside", "interval_kind", "notes", "note_codes",
                "note_parameters", "components", "fit_seconds", "created_at"),
        shapes={"method": Literal[*Leaderboard.Method.values], "parameters": _Parameters, "notes": list[str],
                "note_codes": list[str], "note_parameters": list[dict[str, Any] | None], "components": list[list[str]]},
        rules={"parameters": _names_its_rule},
    ),
    BundleKind(
        "kept-snapshots", KeptSnapshot, path="snapshot__leaderboard__arena", fields=("snapshot", "reason", "kept_at")
    ),
    BundleKind(
        "entries", Entry, path="snapshot__leaderboard__arena",
        fields=("snapshot", "competitor", "rating", "se", "low", "high", "rank", "rank_low", "rank_high", "p_best", "win_rate",
                "raw_win_rate", "n_votes", "n_prompts", "trust", "people_half_width", "unrated_because", "unrated_code",
                "unrated_parameters"),
        shapes={"unrated_parameters": dict[str, Any] | None},
    ),
    BundleKind(
        "neighbours", NeighbourTable, path="snapshot__leaderboard__arena", rename=_neighbours, names=("competitors", "judges"),
        fields=("snapshot", "rows"), shapes={"rows": list[_NeighbourRow]},
    ),
)  # fmt: skip


def add_ranking_kinds() -> None:
    add_kinds(RANKING_KINDS)
    add_shared("judges", _in_juries)
