"""Names that tell the boards of an arena apart: by filters, by method, and by whatever else they differ in."""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from judges.models import Judge
from ranking.boards.asked.filters_in_words import filters_of, in_words
from ranking.models import Leaderboard


def told_apart(boards: Sequence[Leaderboard]) -> dict[int, str]:
    """The name of each board's method; where several share it, with that in which they differ."""
    return _apart(boards, {board.pk: board.method_name for board in boards})


def names_among(boards: Sequence[Leaderboard]) -> dict[int, str]:
    """
    The name of each board in a list of all kinds: its filters, and its method unless that is the plain one.

    Boards that share such a name get that in which they differ, as in `told_apart`.
    """
    return _apart(boards, {board.pk: _filters_and_method(board) for board in boards})


def _filters_and_method(board: Leaderboard) -> str:
    filters = in_words(filters_of(board))
    if not filters or not board.is_plain:
        return ", ".join(filter(None, [filters, board.method_name]))
    return filters


def _apart(boards: Sequence[Leaderboard], names: dict[int, str]) -> dict[int, str]:
    shared = {name for name, n in Counter(names.values()).items() if n > 1}
    alike = [board for board in boards if names[board.pk] in shared]
    judges, given = _judges(alike), dict(names)
    for board in alike:
        rivals = [other for other in alike if given[other.pk] == given[board.pk]]
        if differences := list(_differences(board, rivals, judges)):
            names[board.pk] = f"{given[board.pk]} ({', '.join(differences)})"
    return names | {pk: f"{name} · {slug}" for pk, name, slug in _still_alike(boards, names)}


def _judges(boards: Sequence[Leaderboard]) -> dict[int, str]:
    named = {pk for board in boards for pk in board.jurors}
    return {judge.pk: str(judge) for judge in Judge.objects.filter(pk__in=named)} if named else {}


def _differences(board: Leaderboard, rivals: Sequence[Leaderboard], judges: dict[int, str]) -> Iterator[str]:
    """In words, the usual state of things included: it tells this board from the others."""

    def differs(name: str) -> bool:
        return len({getattr(other, name) for other in rivals}) > 1

    if differs("jury"):
        yield ", ".join(judges.get(pk, str(pk)) for pk in board.jurors) or _("all judges")
    if differs("own_answers"):
        yield {
            "off": _("own answers count"), "flag": _("own answers are marked"), "exclude": _("without own answers"),
        }[board.own_answers]  # fmt: skip
    if differs("marked"):
        yield _("marked answers: %(rule)s") % {"rule": Leaderboard.Marked(board.marked).label}
    if differs("counts_external"):
        yield _("with votes of programs") if board.counts_external else _("without votes of programs")
    if differs("covariates"):
        yield board.covariates or _("no covariates")
    if differs("clusters"):
        yield _("clustered by prompt") if board.clusters == Leaderboard.Clusters.PROMPT else _("not clustered")
    if differs("intervals"):
        yield _("bootstrap") if board.intervals == Leaderboard.IntervalMethod.BOOTSTRAP else _("sandwich")


def _still_alike(boards: Sequence[Leaderboard], names: dict[int, str]) -> Iterator[tuple[int, str, str]]:
    """Boards that are named as another one is all the same."""
    n_called = Counter(names.values())
    for board in boards:
        if n_called[names[board.pk]] > 1 and not board.is_default:
            yield board.pk, names[board.pk], board.name
