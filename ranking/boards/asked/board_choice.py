"""Which board a reader asks for by method, filters, judges and style; if none has them all, a sentence says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, StringAgg, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from arena.models import Arena, Competitor, CompetitorStatus
from arena.statements.compiled_query import compiled
from arena.texts.languages import language_shown
from judges.models import ConstantAnswers
from ranking.boards.asked.asked_definition import (
    combiner_of,
    covariates_of,
    definition_like,
    is_narrowed,
    is_of,
    jury_of,
    quickly_fitted,
    styled,
)
from ranking.boards.asked.board_access import boards_for, may_filter
from ranking.boards.asked.filter_options import Options, options_of
from ranking.boards.asked.filters_in_words import filters_of, in_words
from ranking.boards.lag import unread_since
from ranking.filters import NAMES, Filters, WrongFilter, check_characters
from ranking.models import Leaderboard, Snapshot

MOST_OFFERED = 6
NO_FILTERS = Filters()
FILTERING = (*NAMES, "judge", "style", "combiner", "covariates")
"""The parameters of an address that narrow a board, level style on it, or choose what verdicts become."""


@dataclass(frozen=True)
class Choice:
    """The request, and the board that matches it; if there is none, a sentence and the nearest boards.

    `like` is the board of the asked method, over whatever prompts. `definition` is there where the board could be asked for.
    """

    like: Leaderboard | None
    board: Leaderboard | None
    filters: Filters = NO_FILTERS
    jury: str = ""
    is_styled: bool = False
    definition: Mapping[str, Any] | None = None
    sentence: str = ""
    nearest: Sequence[Leaderboard] = ()
    combiner: str = ""
    covariates: str = ""

    @property
    def category(self) -> str:
        return self.filters.category

    @property
    def language(self) -> str:
        return self.filters.language

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filters or self.jury or self.is_styled or self.combiner or self.covariates)


def boards_of(arena: Arena) -> list[Leaderboard]:
    """The arena's boards, its own first, in one query; each with what its page depends on. Those that readers asked for are
    not among them.

    `newest` is the number of its newest snapshot, `counted` how much counts there, `unread_since` when the first event came
    that it has not read, `has_retired` whether a model is retired, `n_flagged` how many competitors say the same to
    many prompts, and `looked_at` when that was last looked into. The arena's own has in `models_then` all that a table says of
    models themselves.
    """
    return boards_with_news(arena=arena.pk)


@compiled  # every open tab asks it every few seconds
def boards_with_news(*, arena: int) -> QuerySet[Leaderboard]:
    gone = Q(is_by_itself=True, is_live=False)  # its category or language has too few prompts by now
    return _with_news(Leaderboard.objects.named().filter(arena=arena).exclude(gone)).order_by("-is_default", "pk")


def _with_news(boards: QuerySet[Leaderboard]) -> QuerySet[Leaderboard]:
    newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by("-pk")
    looks = ConstantAnswers.objects.filter(competitor__arena=OuterRef("arena")).order_by("-looked_at")
    flagged = looks.exclude(found=[]).order_by().values("competitor__arena")
    return boards.annotate(
        newest=Subquery(newest.values("pk")[:1]),
        counted=Subquery(newest.values("n_votes")[:1]),
        unread_since=unread_since(),
        n_flagged=Subquery(flagged.annotate(n=Count("pk")).values("n")),
        has_retired=Exists(Competitor.objects.filter(arena=OuterRef("arena"), status=CompetitorStatus.RETIRED)),
        looked_at=Subquery(looks.values("looked_at")[:1]),
        models_then=Case(When(is_default=True, then=Subquery(_models_in_words())), default=Value(""), output_field=TextField()),
    )


def _models_in_words() -> QuerySet[Any, Any]:
    """Of an arena's models, in one text: each with its number, and what a board shows of it beside the figures."""
    shown = ("pk", "name", "organisation", "licence", "status", "price_out", "archived_at")
    fields = [part for name in shown for part in (Cast(name, TextField()), Value("\t", TextField()))]
    models = Competitor.objects.filter(arena=OuterRef("arena")).order_by().values("arena")
    return models.annotate(told=StringAgg(Concat(*fields, output_field=TextField()), Value("\n", TextField()))).values("told")


def board_with_evidence(boards: Sequence[Leaderboard]) -> Leaderboard | None:
    """The one of `boards_of` that an arena opens on: its own; where no vote counts there, that of its judges."""
    own = next((board for board in boards if board.is_default), None)
    if own is None or own.sources != Leaderboard.Sources.PEOPLE or own.counted:  # type: ignore[attr-defined]
        return own
    judged = (board for board in boards if board.sources == Leaderboard.Sources.JUDGES and not is_narrowed(board))
    return next((board for board in judged if board.counted is not None), own)  # type: ignore[attr-defined]


def chosen(request: HttpRequest, arena: Arena, boards: Sequence[Leaderboard], query: QueryDict | None = None) -> Choice:
    """The board with the requested method and filters; whatever is not requested is as on the arena's own board.

    `boards` are those of `boards_of`; `query` is that of the address unless it is given.
    """
    query = request.GET if query is None else query
    slug = query.get("board", "").replace("\0", "")[:200]
    filters, is_styled, wrong, fitting = Filters(), query.get("style") == "on", "", ("", "", "")
    try:
        filters, fitting = Filters.of(dict(query.lists())), _fitting(query)
    except WrongFilter as reason:
        wrong = str(reason)
    jury, combiner, covariates = fitting
    is_narrowed_here = bool(filters or any(fitting) or is_styled or wrong)
    if slug and not any(name in query for name in FILTERING):
        return _called(request, arena, boards, slug)
    like = _like(boards, slug, is_narrowed_here=is_narrowed_here)
    if like is None:
        return _called(request, arena, boards, slug) if slug else Choice(None, None, filters)
    if wrong:
        return Choice(like, None, sentence=wrong, nearest=[like])
    if not may_filter(request.user, arena, filters):
        sentence = _("Tags, pools and groups of voters are for those who may read this arena’s prompts and votes.")
        return Choice(like, None, sentence=sentence, nearest=[like])
    return _narrowed(
        arena, boards, like, Choice(like, None, filters, jury, is_styled, combiner=combiner, covariates=covariates)
    )


def _fitting(query: QueryDict) -> tuple[str, str, str]:
    """Jury, combiner and covariates; where style is not levelled there is nothing that covariates could say."""
    for name in ("judge", "combiner", "covariates"):
        check_characters(name, query.getlist(name))
    covariates = covariates_of(query.getlist("covariates")) if query.get("style") == "on" else ""
    return jury_of(query.getlist("judge")), combiner_of(query.get("combiner", "").strip()), covariates


def _like(boards: Sequence[Leaderboard], slug: str, *, is_narrowed_here: bool) -> Leaderboard | None:
    if not slug and not is_narrowed_here:
        return board_with_evidence(boards)
    return next((board for board in boards if (board.slug == slug if slug else board.is_default)), None)


def _called(request: HttpRequest, arena: Arena, boards: Sequence[Leaderboard], slug: str) -> Choice:
    """The board of this name, named or asked for, as it is."""
    board = next((board for board in boards if board.slug == slug), None)
    if board is None:
        board = _with_news(boards_for(request.user).filter(arena=arena, slug=slug, is_asked=True)).first()
    if board is None:
        sentence = _("There is no board “%(slug)s” here: it may have been removed.") % {"slug": slug} if slug else ""
        return Choice(None, None, sentence=sentence, nearest=boards[:1])
    return of_board(board)


def of_board(board: Leaderboard) -> Choice:
    """As if it had been asked for by all that it is."""
    return Choice(board, board, filters_of(board))


def _narrowed(arena: Arena, boards: Sequence[Leaderboard], like: Leaderboard, wanted: Choice) -> Choice:
    """The board of these filters, named or asked for, or what keeps it from being asked for."""
    filters = wanted.filters
    try:
        base = styled(boards, like) if wanted.is_styled else like
        definition = definition_like(base, filters, jury=wanted.jury, combiner=wanted.combiner, covariates=wanted.covariates)
    except WrongFilter as reason:
        return replace(wanted, sentence=str(reason), nearest=[like])
    board = next((board for board in boards if is_of(board, definition)), None)
    if board is None:
        definition = quickly_fitted(definition)
        asked = _with_news(Leaderboard.objects.filter(arena=arena, is_asked=True, **definition)).first()
        board = next((board for board in boards if is_of(board, definition)), asked)
    if board is not None:
        return replace(wanted, board=board, definition=definition)
    options = options_of(arena)
    if options.unknown(filters):
        sentence = _unknown(like, filters, options)
        return replace(wanted, sentence=sentence, nearest=_nearest(boards, like, filters))
    return replace(wanted, definition=definition)


def same_method(boards: Sequence[Leaderboard], like: Leaderboard | None) -> Leaderboard | None:
    """The first board that is fitted like this one."""
    return next((board for board in boards if like is not None and is_of(board, _how(like))), None)


def _how(board: Leaderboard) -> dict[str, Any]:
    """What defines it, whatever prompts it counts."""
    return definition_like(board, Filters())


def _unknown(like: Leaderboard, filters: Filters, options: Options) -> str:
    category, language = filters.category, filters.language
    if filters != Filters.of_board(category, language, ""):
        text = _("No board combines %(method)s with all of this, and no prompt here fits it: %(filters)s. These come nearest:")
    elif category and language:
        text = _("No board combines %(method)s with the prompts on %(category)s in %(language)s. These come nearest:")
    elif category:
        text = _("No board combines %(method)s with the prompts on %(category)s. These come nearest:")
    else:
        text = _("No board combines %(method)s with the prompts in %(language)s. These come nearest:")
    words = {"category": category, "language": language_shown(language), "filters": in_words(filters, pools=options.pool_names)}
    return text % {"method": like.method_name, **words}


def _nearest(boards: Sequence[Leaderboard], like: Leaderboard, filters: Filters) -> list[Leaderboard]:
    """The boards that match most of the request."""
    how, wanted = _how(like), set(filters.pairs)

    def n_shared(board: Leaderboard) -> int:
        own = set(filters_of(board).pairs)
        return 0 if own - wanted else is_of(board, how | {name: getattr(board, name) for name in COLUMNS}) + len(own)

    nearest = sorted((board for board in boards if n_shared(board)), key=lambda board: (-n_shared(board), not board.is_default))
    return nearest[:MOST_OFFERED]


COLUMNS = ("category", "language", "filters")
