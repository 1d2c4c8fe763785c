"""The boards that every arena has: the main one, one for each category and language, other methods, judges."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import override

from arena.models import Arena, Battle, Vote
from arena.texts.languages import language_name
from ranking.boards.asked.asked_definition import STYLE
from ranking.boards.asked.board_queue import free_slug, keep_under_a_name
from ranking.boards.slices import slices_of
from ranking.comparisons.judge_comparisons import has_games
from ranking.models import Leaderboard

MOST_VOTES_FOR_BOOTSTRAPS = 200_000
MOST_VOTES_BESIDE_GAMES = 1_000_000


BOOTSTRAP = {"intervals": Leaderboard.IntervalMethod.BOOTSTRAP}
OTHER_METHODS: dict[str, dict[str, Any]] = {
    "bootstrap": {"method": Leaderboard.Method.BRADLEY_TERRY, **BOOTSTRAP},
    # Refits of Davidson's model take ten times as long as those of the others: by itself it has the sandwich.
    "davidson": {"method": Leaderboard.Method.DAVIDSON},
    "elo": {"method": Leaderboard.Method.ELO, **BOOTSTRAP},
    "style": dict(STYLE),
}
JUDGES: dict[str, Any] = {"sources": Leaderboard.Sources.JUDGES, "method": Leaderboard.Method.SLOTS}
COMBINED: dict[str, Any] = {"sources": Leaderboard.Sources.BOTH, "method": Leaderboard.Method.PREDICTION}
TOURNAMENT: dict[str, dict[str, Any]] = {"tournament": {"method": Leaderboard.Method.TOURNAMENT}}


def ensure_boards(arena: Arena) -> list[Leaderboard]:
    """The arena's live boards, created if missing; the default board has the arena's slug."""
    _ensure(arena, arena.slug, arena.name, is_default=True)
    _ensure_slices(arena)
    _ensure_other_methods(arena)
    if has_games(arena.pk):
        _ensure(arena, f"{arena.slug}-judges", f"{arena.name}: judges", **JUDGES)
        _ensure_combined(arena)
    return list(Leaderboard.objects.live().filter(arena=arena))


def _ensure_slices(arena: Arena) -> None:
    """Boards of categories and languages appear and disappear by the rule, except those that a curator made or saved."""
    slices = slices_of(arena)
    for category in slices.categories:
        slug, name = f"{arena.slug}-{slugify(category)}", f"{arena.name}: {category}"
        _ensure(arena, slug, name, category=category, is_by_itself=True)
    for language in slices.languages:
        slug, name = f"{arena.slug}-in-{slugify(language)}", _named_in(arena, language_name(language))
        _ensure(arena, slug, name, language=language, is_by_itself=True)
        # An older version named them by the code.
        Leaderboard.objects.filter(arena=arena, name=_named_in(arena, language), is_by_itself=True).update(name=name)
    mine = Leaderboard.objects.filter(arena=arena, is_by_itself=True)
    fits = Q(category__in=slices.categories, language="") | Q(category="", language__in=slices.languages)
    mine.filter(fits, is_live=False).update(is_live=True)
    mine.live().exclude(fits).update(is_live=False)


def _named_in(arena: Arena, language: str) -> str:
    return f"{arena.name}, in {language}"[:120]


def _ensure_other_methods(arena: Arena) -> None:
    """Made with the first votes, where they are few enough for a bootstrap at every change."""
    methods = OTHER_METHODS | (TOURNAMENT if arena.is_sample else {})
    here = _methods_here(arena)
    missing = {part: fields for part, fields in methods.items() if (fields["method"], fields.get("intervals")) not in here}
    votes = Vote.objects.filter(battle__arena=arena)
    if not missing or not votes.exists() or votes[MOST_VOTES_FOR_BOOTSTRAPS:].exists():
        return
    if "style" in missing and not _has_texts(arena):  # asked last: among millions of battles it looks at each
        del missing["style"]
    for part, fields in missing.items():
        with override("en"):  # names of boards are stored, for readers of all languages
            name = f"{arena.name}: {Leaderboard(**fields).method_name}"
        _ensure(arena, f"{arena.slug}-{part}", name, is_default=False, **fields)


def _has_texts(arena: Arena) -> bool:
    """Whether there is a battle whose two answers are stored: a method that reads texts has nothing to read elsewhere."""
    return Battle.objects.filter(arena=arena, response_a__isnull=False, response_b__isnull=False).published().exists()


def _ensure_combined(arena: Arena) -> None:
    """People's votes and judges' games side by side; votes are read one by one here, so there may not be millions."""
    votes = Vote.objects.filter(battle__arena=arena)
    if votes.exists() and not votes[MOST_VOTES_BESIDE_GAMES:].exists():
        _ensure(arena, f"{arena.slug}-combined", f"{arena.name}: people and judges", **COMBINED)


def _methods_here(arena: Arena) -> set[tuple[str, str | None]]:
    """Of boards of all people's votes, each with its intervals, and with None for whatever it has."""
    people = Leaderboard.objects.named().filter(arena=arena, sources=Leaderboard.Sources.PEOPLE)
    pairs = set(people.filter(category="", language="", filters="").values_list("method", "intervals"))
    return pairs | {(method, None) for method, _ in pairs}


def _ensure(
    arena: Arena, slug: str, name: str, *, is_default: bool = False, is_by_itself: bool = False, **definition: Any
) -> None:
    plain = {"method": Leaderboard.Method.BRADLEY_TERRY, "intervals": Leaderboard.IntervalMethod.SANDWICH, "covariates": ""}
    people = {
        "sources": Leaderboard.Sources.PEOPLE,
        "combiner": Leaderboard.Combiner.GAMES,
        "jury": "",
        "own_answers": "flag",
        "marked": "",
    }
    fields = {
        "category": "",
        "language": "",
        "filters": "",
        "clusters": Leaderboard.Clusters.PROMPT,
        **people,
        **plain,
        **definition,
    }
    if Leaderboard.objects.named().filter(arena=arena, **fields).exists():
        return
    made_as = {"is_default": is_default, "is_by_itself": is_by_itself}
    asked = Leaderboard.objects.filter(arena=arena, is_asked=True, counts_external=True, **fields).first()
    if asked is not None:  # a reader was earlier
        keep_under_a_name(asked, name, slug=slug, **made_as)
        return
    try:
        with transaction.atomic():
            known_as = {"slug": free_slug(slug), "name": name[:120]}
            Leaderboard.objects.create(arena=arena, **made_as, **known_as, **fields)
    except IntegrityError:
        pass  # another worker made it first
