"""Definitions of boards, and what saving one does: the same for the admin's form and for programs."""

from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from arena.models import Arena, Prompt
from arena.texts.languages import code_of, language_shown
from judges.models import Judge
from ranking.models import DEFINING, Leaderboard, written_jury

WHAT_COUNTS = ("sources", "counts_external", "combiner", "jury", "own_answers", "marked", "category", "language", "filters")
HOW_IT_IS_FITTED = ("method", "covariates", "clusters", "intervals", "level", "seed")
MOST_NAMED = 40


def checked_category(arena: Arena | None, written: str, *, before: str = "") -> str:
    """One that prompts of the arena have, or the first parts of it; or what the board has. Raises ValidationError."""
    wanted, known = written.strip().strip("/"), _known(arena, "category")
    above = {"/".join(parts[: i + 1]) for parts in (value.split("/") for value in known) for i in range(len(parts))}
    if wanted not in {*above, "", before}:
        message = _("No prompt of this arena has the category %(wanted)r. There are: %(known)s.")
        raise ValidationError(message % {"wanted": wanted, "known": _listed(sorted(above))})
    return wanted


def checked_language(arena: Arena | None, written: str, *, before: str = "") -> str:
    """The language's code, from a code or an English name. Raises ValidationError."""
    written, known = written.strip(), _known(arena, "language")
    wanted = written if written in known else code_of(written)
    if wanted is None or wanted not in {*known, "", before}:
        named = [f"{code} ({language_shown(code)})" if language_shown(code) != code else code for code in sorted(known)]
        message = _("No prompt of this arena has the language %(wanted)r. There are: %(known)s.")
        raise ValidationError(message % {"wanted": written, "known": _listed(named)})
    return wanted


def _known(arena: Arena | None, field: str) -> set[str]:
    """What the arena's prompts say."""
    prompts = Prompt.objects.filter(arena=arena).exclude(**{field: ""}).order_by()
    return set(prompts.values_list(field, flat=True).distinct())


def _listed(known: Sequence[str]) -> str:
    return ", ".join(known[:MOST_NAMED]) + (" ..." if len(known) > MOST_NAMED else "") if known else _("none yet")


def checked_jury(numbers: Iterable[int]) -> str:
    """The numbers of judges that are here, as a board keeps them. Raises ValidationError."""
    wanted = set(numbers)
    known = set(Judge.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if absent := sorted(wanted - known):
        message = _("There is no judge with the number %(numbers)s here.")
        raise ValidationError(message % {"numbers": ", ".join(map(str, absent[:MOST_NAMED]))})
    return written_jury(wanted)


def twin_of(board: Leaderboard) -> Leaderboard | None:
    """The other board of its arena that is defined in the same way."""
    same = {name: getattr(board, name) for name in DEFINING}
    return Leaderboard.objects.filter(arena=board.arena_id, **same).exclude(pk=board.pk).first()


def check_alone(board: Leaderboard) -> None:
    """Whether no other board is defined in the same way; one that a reader asked for gives way to a new one. Raises
    ValidationError."""
    twin = twin_of(board)
    if twin is not None and not (twin.is_asked and board.pk is None):
        message = _("The board “%(name)s” (%(slug)s) is defined in the same way: use that, or change something in this.")
        raise ValidationError(message % {"name": twin.name, "slug": twin.slug})


def save_board(board: Leaderboard, changed: Collection[str]) -> bool:
    """Save it with these fields changed; returns whether its definition differs, so that it has to be fitted: its evidence may
    not
    change for a long time."""
    if changed:
        board.is_by_itself = False  # from now on it stays as the curator defined it
    if board.pk is None and (twin := twin_of(board)) is not None:
        board.pk, board.read_to, board._state.adding = twin.pk, twin.read_to, False  # what was asked for, under its new name
    board.save()
    return bool({*WHAT_COUNTS, *HOW_IT_IS_FITTED} & set(changed))
