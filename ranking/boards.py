"""Which boards an arena has: its own, and one for each category and language that its prompts are filed under."""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from arena.models import Arena, Prompt
from ranking.models import Leaderboard

MOST_SLICES = 12


def ensure_boards(arena: Arena) -> list[Leaderboard]:
    """The arena's live boards, made where they are missing; the default board has the arena's slug."""
    _ensure(arena, arena.slug, arena.name, is_default=True)
    categories = _values(arena, "category")
    for category in dict.fromkeys(value.partition("/")[0] for value in categories):
        _ensure(arena, f"{arena.slug}-{slugify(category)}", f"{arena.name}: {category}", category=category)
    for language in _values(arena, "language"):
        _ensure(arena, f"{arena.slug}-in-{slugify(language)}", f"{arena.name}, in {language}", language=language)
    return list(Leaderboard.objects.live().filter(arena=arena))


def _values(arena: Arena, field: str) -> list[str]:
    """The values that divide the prompts; one value alone divides nothing, and too many would be boards of noise."""
    prompts = Prompt.objects.filter(arena=arena).order_by(field)
    values = [value for value in prompts.values_list(field, flat=True).distinct()[: 50 * MOST_SLICES] if value]
    n_parts = len({value.partition("/")[0] for value in values})
    return values if 1 < n_parts <= MOST_SLICES else []


def _ensure(arena: Arena, slug: str, name: str, *, category: str = "", language: str = "", is_default: bool = False) -> None:
    definition = {"arena": arena, "method": Leaderboard.Method.BRADLEY_TERRY, "category": category, "language": language}
    if Leaderboard.objects.filter(**definition).exists():
        return
    try:
        with transaction.atomic():
            Leaderboard.objects.create(slug=_free(slug), name=name[:120], is_default=is_default, **definition)
    except IntegrityError:
        pass  # another worker made it first


def _free(slug: str) -> str:
    """The slug, or the slug with a number where another arena's board has it."""
    slug, number = slug[:110], 1
    while Leaderboard.objects.filter(slug=slug if number == 1 else f"{slug}-{number}").exists():
        number += 1
    return slug if number == 1 else f"{slug}-{number}"
