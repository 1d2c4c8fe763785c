"""Which boards an arena has by itself: its own, one for each category and language, its votes by other methods, its judges."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from arena.models import Arena, Prompt, Vote
from ranking.judged import has_games
from ranking.models import Leaderboard

MOST_SLICES = 12
MOST_VOTES_FOR_BOOTSTRAPS = 200_000
MOST_VOTES_BESIDE_GAMES = 1_000_000


BOOTSTRAP = {"intervals": Leaderboard.Intervals.BOOTSTRAP}
OTHER_METHODS: dict[str, dict[str, str]] = {
    "bootstrap": {"method": Leaderboard.Method.BRADLEY_TERRY, **BOOTSTRAP},
    "davidson": {"method": Leaderboard.Method.DAVIDSON, **BOOTSTRAP},
    "elo": {"method": Leaderboard.Method.ELO, **BOOTSTRAP},
    "style": {"method": Leaderboard.Method.STYLE, "covariates": "length headers lists bold", **BOOTSTRAP},
}
JUDGES: dict[str, Any] = {"sources": Leaderboard.Sources.JUDGES, "method": Leaderboard.Method.SLOTS}
COMBINED: dict[str, Any] = {"sources": Leaderboard.Sources.BOTH, "method": Leaderboard.Method.SLOTS}
TOURNAMENT: dict[str, dict[str, str]] = {"tournament": {"method": Leaderboard.Method.TOURNAMENT}}


def ensure_boards(arena: Arena) -> list[Leaderboard]:
    """The arena's live boards, made where they are missing; the default board has the arena's slug."""
    _ensure(arena, arena.slug, arena.name, is_default=True)
    categories = _values(arena, "category")
    for category in dict.fromkeys(value.partition("/")[0] for value in categories):
        _ensure(arena, f"{arena.slug}-{slugify(category)}", f"{arena.name}: {category}", category=category)
    for language in _values(arena, "language"):
        _ensure(arena, f"{arena.slug}-in-{slugify(language)}", f"{arena.name}, in {language}", language=language)
    _ensure_other_methods(arena)
    if has_games(arena.pk):
        _ensure(arena, f"{arena.slug}-judges", f"{arena.name}: judges", **JUDGES)
        _ensure_combined(arena)
    return list(Leaderboard.objects.live().filter(arena=arena))


def _ensure_other_methods(arena: Arena) -> None:
    """Made with the first votes, where they are few enough for a bootstrap at every change."""
    methods = OTHER_METHODS | (TOURNAMENT if arena.is_sample else {})
    missing = {part: fields for part, fields in methods.items() if not _has(arena, fields)}
    votes = Vote.objects.filter(battle__arena=arena)
    if not missing or not votes.exists() or votes[MOST_VOTES_FOR_BOOTSTRAPS:].exists():
        return
    for part, fields in missing.items():
        name = f"{arena.name}: {Leaderboard(**fields).method_name}"
        _ensure(arena, f"{arena.slug}-{part}", name, is_default=False, **fields)


def _ensure_combined(arena: Arena) -> None:
    """People's votes and judges' games side by side; votes are read one by one here, so there may not be millions."""
    votes = Vote.objects.filter(battle__arena=arena)
    if votes.exists() and not votes[MOST_VOTES_BESIDE_GAMES:].exists():
        _ensure(arena, f"{arena.slug}-combined", f"{arena.name}: people and judges", **COMBINED)


def _has(arena: Arena, fields: dict[str, str]) -> bool:
    alike = {name: fields[name] for name in ("method", "intervals") if name in fields}
    people = Leaderboard.objects.filter(arena=arena, sources=Leaderboard.Sources.PEOPLE, category="", language="")
    return people.filter(**alike).exists()


def _values(arena: Arena, field: str) -> list[str]:
    """The values that divide the prompts; one value alone divides nothing, and too many would be boards of noise."""
    prompts = Prompt.objects.filter(arena=arena).order_by(field)
    values = [value for value in prompts.values_list(field, flat=True).distinct()[: 50 * MOST_SLICES] if value]
    n_parts = len({value.partition("/")[0] for value in values})
    return values if 1 < n_parts <= MOST_SLICES else []


def _ensure(arena: Arena, slug: str, name: str, *, is_default: bool = False, **definition: Any) -> None:
    plain = {"method": Leaderboard.Method.BRADLEY_TERRY, "intervals": Leaderboard.Intervals.SANDWICH, "covariates": ""}
    people = {"sources": Leaderboard.Sources.PEOPLE, "combiner": Leaderboard.Combiner.GAMES, "jury": "", "own_answers": "flag"}
    fields = {"category": "", "language": "", "clusters": Leaderboard.Clusters.PROMPT, **people, **plain, **definition}
    if Leaderboard.objects.filter(arena=arena, **fields).exists():
        return
    try:
        with transaction.atomic():
            Leaderboard.objects.create(arena=arena, slug=_free(slug), name=name[:120], is_default=is_default, **fields)
    except IntegrityError:
        pass  # another worker made it first


def _free(slug: str) -> str:
    """The slug, or the slug with a number where another arena's board has it."""
    slug, number = slug[:110], 1
    while Leaderboard.objects.filter(slug=slug if number == 1 else f"{slug}-{number}").exists():
        number += 1
    return slug if number == 1 else f"{slug}-{number}"
