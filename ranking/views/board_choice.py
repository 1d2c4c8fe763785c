"""Which board a reader asks for by method, category and language; if none has them all, a sentence says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext as _

from arena.models import Arena
from arena.statements.compiled_query import compiled
from arena.texts.languages import language_shown
from judges.models import ConstantAnswers
from ranking.boards.lag import unread_since
from ranking.models import Leaderboard, Snapshot

HOW = ("sources", "method", "intervals", "covariates", "combiner", "jury", "own_answers", "marked", "clusters")
MOST_OFFERED = 6


@dataclass(frozen=True)
class Choice:
    """The request, and the board that matches it; if there is none, a sentence and the nearest boards."""

    like: Leaderboard | None  # the board of the asked method, over whatever prompts
    category: str
    language: str
    board: Leaderboard | None
    sentence: str = ""
    nearest: Sequence[Leaderboard] = ()


def boards_of(arena: Arena) -> list[Leaderboard]:
    """The arena's boards, its own first, in one query; each with what its page depends on.

    `newest` is the number of its newest snapshot, `counted` how much counts there, `unread_since` when the first event came
    that it has not read, `n_flagged` how many competitors say the same to many prompts, and `looked_at` when that was last
    looked into.
    """
    return boards_with_news(arena=arena.pk)


@compiled  # every open tab asks it every few seconds
def boards_with_news(*, arena: int) -> QuerySet[Leaderboard]:
    newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by("-pk")
    looks = ConstantAnswers.objects.filter(competitor__arena=OuterRef("arena")).order_by("-looked_at")
    flagged = looks.exclude(found=[]).order_by().values("competitor__arena")
    gone = Q(is_by_itself=True, is_live=False)  # its category or language has too few prompts by now
    boards = Leaderboard.objects.filter(arena=arena).exclude(gone)
    annotated = boards.annotate(
        newest=Subquery(newest.values("pk")[:1]),
        counted=Subquery(newest.values("n_votes")[:1]),
        unread_since=unread_since(),
        n_flagged=Subquery(flagged.annotate(n=Count("pk")).values("n")),
        looked_at=Subquery(looks.values("looked_at")[:1]),
    )
    return annotated.order_by("-is_default", "pk")


def board_with_evidence(boards: Sequence[Leaderboard]) -> Leaderboard | None:
    """The one of `boards_of` that an arena opens on: its own; where no vote counts there, that of its judges."""
    own = next((board for board in boards if board.is_default), None)
    if own is None or own.sources != Leaderboard.Sources.PEOPLE or own.counted:  # type: ignore[attr-defined]
        return own
    judged = (
        board for board in boards if board.sources == Leaderboard.Sources.JUDGES and not (board.category or board.language)
    )
    return next((board for board in judged if board.counted is not None), own)  # type: ignore[attr-defined]


def chosen(query: QueryDict, boards: Sequence[Leaderboard]) -> Choice:
    """The board with the requested method and prompts; whatever is not requested is as on the arena's own board."""
    slug, category, language = (query.get(name, "").replace("\0", "")[:200] for name in ("board", "category", "language"))
    if slug or category or language:
        like = next((board for board in boards if (board.slug == slug if slug else board.is_default)), None)
    else:
        like = board_with_evidence(boards)
    if like is None:
        sentence = _("There is no board “%(slug)s” here: it may have been removed.") % {"slug": slug} if slug else ""
        return Choice(None, category, language, None, sentence, boards[:1])
    if slug and "category" not in query and "language" not in query:
        category, language = like.category, like.language
    same = [board for board in boards if _how(board) == _how(like)]
    board = next((each for each in same if (each.category, each.language) == (category, language)), None)
    if board is not None:
        return Choice(like, category, language, board)
    return Choice(
        like, category, language, None, _sentence(like, category, language), _nearest(boards, like, category, language)
    )


def same_method(boards: Sequence[Leaderboard], like: Leaderboard | None) -> Leaderboard | None:
    """The first board that is fitted like this one."""
    return next((board for board in boards if like is not None and _how(board) == _how(like)), None)


def _how(board: Leaderboard) -> tuple[object, ...]:
    return tuple(getattr(board, name) for name in HOW)


def _sentence(like: Leaderboard, category: str, language: str) -> str:
    if category and language:
        text = _("No board combines %(method)s with the prompts on %(category)s in %(language)s. These come nearest:")
    elif category:
        text = _("No board combines %(method)s with the prompts on %(category)s. These come nearest:")
    elif language:
        text = _("No board combines %(method)s with the prompts in %(language)s. These come nearest:")
    else:
        text = _("No board combines %(method)s with the prompts of all kinds. These come nearest:")
    return text % {"method": like.method_name, "category": category, "language": language_shown(language)}


def _nearest(boards: Sequence[Leaderboard], like: Leaderboard, category: str, language: str) -> list[Leaderboard]:
    """The boards that match most of the request."""

    def n_shared(board: Leaderboard) -> int:
        if (board.category and board.category != category) or (board.language and board.language != language):
            return 0
        has_category, has_language = board.category == category, board.language == language
        return (_how(board) == _how(like)) + has_category + has_language

    nearest = sorted((board for board in boards if n_shared(board)), key=lambda board: (-n_shared(board), not board.is_default))
    return nearest[:MOST_OFFERED]
