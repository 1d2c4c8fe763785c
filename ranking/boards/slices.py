"""Categories and languages that have enough prompts for a board of their own.

An arena makes such a board by itself on at least 30 prompts (the sample arena, which is small, on 10). Those of a language that
was only recognised from their texts must also be 5 % of all prompts, or 300. A curator can make any board.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q

from arena.models import Arena, Prompt

LEAST_PROMPTS = 30
LEAST_IN_SAMPLE = 10  # one prompt filed elsewhere by hand makes no board
LEAST_SHARE_OF_GUESSES = 0.05
ENOUGH_GUESSES = 300
MOST_SLICES = 12
"""Of categories, and of languages: more would be boards of noise."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The values with a default board: codes of languages, and first parts of categories."""

    categories: tuple[str, ...]
    languages: tuple[str, ...]


def slices_of(arena: Arena) -> Slices:
    return Slices(_dividing(_categories(arena)), _dividing(_languages(arena)))


def _dividing(values: list[str]) -> tuple[str, ...]:
    """A single value would be the same board."""
    return tuple(values) if 1 < len(values) <= MOST_SLICES else ()


def _categories(arena: Arena) -> list[str]:
    n_prompts: Counter[str] = Counter()
    prompts = Prompt.objects.filter(arena=arena).exclude(category="").order_by()
    for category, n in prompts.values_list("category").annotate(n=Count("pk")):
        n_prompts[category.partition("/")[0]] += n
    return sorted(category for category, n in n_prompts.items() if n >= least_prompts(arena))


def _languages(arena: Arena) -> list[str]:
    prompts = Prompt.objects.filter(arena=arena).order_by()
    counts = prompts.values_list("language").annotate(n=Count("pk"), given=Count("pk", filter=Q(is_language_guessed=False)))
    rows = list(counts)
    n_all = sum(n for _, n, _ in rows)
    return sorted(language for language, n, n_given in rows if language and _is_enough(n, n_given, n_all, least_prompts(arena)))


def _is_enough(n: int, n_given: int, n_all: int, least: int) -> bool:
    """
    Examples
    --------
    >>> _is_enough(30, 30, 10_000, 30), _is_enough(30, 29, 10_000, 30), _is_enough(300, 0, 10_000, 30)
    (True, False, True)
    """
    return n_given >= least or n >= ENOUGH_GUESSES or (n >= least and n >= LEAST_SHARE_OF_GUESSES * n_all)


def least_prompts(arena: Arena) -> int:
    return LEAST_IN_SAMPLE if arena.is_sample else LEAST_PROMPTS
