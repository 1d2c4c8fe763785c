"""The leaderboard: newest snapshot of a board, or a stored one, as a table. Nothing is fitted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena import access
from arena.evidence.import_reasons import reasons_on_boards
from arena.models import Arena, Visibility
from arena.prerequisites import next_step
from arena.statements.compiled_query import compiled
from arena.views.context import arena_or_404, page_context
from arena.views.private_boards import board_is_private, of_the_board
from arena.views.private_pages import etag_of, private
from arena.wording import figure, number
from judges.models import Judge
from judges.safeguards.constant_answer_flags import flags_of
from ranking.boards.asked.asked_definition import is_narrowed
from ranking.boards.asked.asking_state import AskedState, asking_for
from ranking.boards.asked.board_access import boards_for, snapshots_for
from ranking.boards.asked.board_choice import Choice, board_with_evidence, boards_of, chosen, of_board, same_method
from ranking.boards.asked.board_names import names_among, told_apart
from ranking.boards.asked.filters_in_words import in_words, title_of
from ranking.boards.empty_boards import why_empty
from ranking.boards.lag import votes_behind
from ranking.boards.snapshots.snapshot_keys import AmbiguousKey, snapshot_called
from ranking.boards.snapshots.snapshot_retention import keep
from ranking.models import SHORT_NAMES, Leaderboard, Snapshot
from ranking.views.board_parts.baseline import against, asked_baseline
from ranking.views.board_parts.earlier import earlier_than
from ranking.views.board_parts.ghosts import ghosts_of, judges_board
from ranking.views.board_parts.rows import options_of, rows_of
from ranking.views.board_parts.saying import said_of
from ranking.views.board_parts.timeline import timeline_of
from ranking.views.board_table import DEFAULT_SORT, SORTS, BoardTable, board_table, entries_of
from ranking.views.counted_words import counted_on, words_for
from ranking.views.filtering.filter_form import COVARIATES_IN_WORDS, PAGE_ONLY, FilterForm, filter_form
from ranking.views.filtering.style_effects import style_effects

POLL_SECONDS = 3
WAITING_POLL_SECONDS = 1
FEWEST_FOR_METHODS = 30  # results, before other methods are offered
SOURCES = {"people": gettext_lazy("People"), "judges": gettext_lazy("Judges"), "both": gettext_lazy("Combined")}
METHODS_IN_WORDS = SHORT_NAMES | {Leaderboard.Method.ELO: gettext_lazy("Elo (mean over random orders)")}
CLUSTERS_IN_WORDS = {"prompt": "cluster", "none": "alone"}  # see `words_for`
INTERVALS_IN_WORDS = {"sandwich": gettext_lazy("sandwich"), "bootstrap": gettext_lazy("bootstrap")}
# Notes on judges, and on votes and verdicts together, which do not come from the method of the fit.


@require_safe
@of_the_board
def leaderboard(request: HttpRequest, arena: Arena) -> HttpResponse:
    boards = boards_of(arena)
    choice = chosen(request, arena, boards)
    asking, n_behind = asking_for(arena, choice, timezone.now()), _behind(choice.board)
    newest = choice.board.newest if choice.board else None  # type: ignore[attr-defined]
    etag = _etag(request, boards, choice.board, newest, n_behind, asking)
    if request.headers.get("HX-Request") and (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return private(unchanged)
    hidden = asking is not None and asking.hides_board
    snapshot = _newest(choice.board, arena) if choice.board and not hidden else None
    if "baseline" in request.GET and snapshot is not None:
        return _against(request, arena, choice, snapshot, board_with_evidence(boards))
    form = filter_form(arena, choice, boards, snapshot, request.user, request.GET)
    shown = _board_context(request, arena, boards, choice, snapshot) | _asked_context(
        request, arena, boards, choice, asking, form
    )
    shown |= {"etag": etag, "n_behind": n_behind}
    is_for_curator = access.is_curator(request.user) and not request.headers.get("HX-Request")
    step = next_step(arena) if is_for_curator else None
    answer = _answer(request, page_context(request, "leaderboard", arena, is_live=True, next_step=step, **shown))
    if request.headers.get("HX-Trigger") == "filters":
        answer["HX-Push-Url"] = f"{request.path}?{form.query}" if form.query else request.path
    return answer


def _newest(board: Leaderboard, arena: Arena) -> Snapshot | None:
    """With what holds its neighbours apart, and its arena, in one query."""
    board.arena = arena
    for newest in newest_of(board=board.pk):
        newest.leaderboard = board
        return newest
    return None


@compiled
def newest_of(*, board: int) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(leaderboard=board).select_related("neighbours").order_by("-pk")[:1]


def _against(request: HttpRequest, arena: Arena, choice: Choice, shown: Snapshot, opens_on: Leaderboard | None) -> HttpResponse:
    """The board against one of its models."""
    entries = [entry for entry in entries_of(shown) if not entry.competitor.is_archived]
    baseline = asked_baseline(request.GET["baseline"], entries)
    if baseline is None:
        raise Http404("no such model on this board")
    context = against(shown, baseline, entries) | {
        "board": choice.board, "snapshot": shown, "evidence": words_for(counted_on(shown)),
        "kept_board": choice.board.slug if choice.board and choice.board != opens_on else "",
        "live_address": _live_address(arena, choice.board, opens_on),
        "models": sorted((entry.competitor for entry in entries), key=lambda each: each.name.casefold()),
    }  # fmt: skip
    return private(render(request, "ranking/baseline.html", page_context(request, "leaderboard", arena, **context)))


@require_safe
def snapshot(request: HttpRequest, key: str) -> HttpResponse:
    """A permanent link to what was shown then. Opening it makes the snapshot one that is kept."""
    shown = Snapshot.objects.select_related("leaderboard__arena", "neighbours").filter(key=key).first()
    if shown is None:
        return _by_beginning(request, key)
    board, arena = shown.leaderboard, shown.leaderboard.arena
    if not access.sees_board(request.user, arena):
        return board_is_private(request, arena_or_404(request, arena.slug))
    if board.is_asked and not boards_for(request.user).filter(pk=board.pk).exists():
        raise Http404
    if request.method == "GET":
        keep(shown, request, reason="linked")
    choice, boards = of_board(board), boards_of(arena)
    etag = _etag(request, boards, board, shown.pk, 0, None)
    context = _board_context(request, arena, boards, choice, shown)
    context |= _asked_context(request, arena, boards, choice, None, FilterForm(choice.filters)) | {"etag": etag, "n_behind": 0}
    return _answer(request, page_context(request, "leaderboard", arena, is_live=False, **context))


@require_safe
def moment(request: HttpRequest) -> HttpResponse:
    """To the snapshot that was chosen on the slider, or to the board as it is now."""
    key = request.GET.get("key", "")
    shown = snapshots_for(request.user).select_related("leaderboard__arena").filter(key=key).first() if key.isalnum() else None
    if shown is None:
        raise Http404
    board = shown.leaderboard
    newest = None if board.is_asked else board.newest_snapshot()
    return redirect(_live_address(board.arena, board, None) if newest == shown else shown)


def _by_beginning(request: HttpRequest, key: str) -> HttpResponse:
    """To the snapshot that begins so, among those that this visitor may see."""
    try:
        meant = snapshot_called(key, snapshots_for(request.user))
    except AmbiguousKey as reason:
        return render(request, "404.html", {"told": str(reason)}, status=404)
    if meant is None:
        raise Http404
    return redirect(meant)


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The whole page or, for a poll, only the board with an ETag. (A whole page has none: its nonce is used once.)"""
    if not request.headers.get("HX-Request"):
        return private(render(request, "ranking/leaderboard.html", context))
    unchanged = get_conditional_response(request, etag=context["etag"])
    if unchanged is not None:
        return private(unchanged)
    response = render(request, "ranking/live_board.html", context)
    response["ETag"] = context["etag"]
    return private(response)


@dataclass(frozen=True, slots=True)
class TableRequest:
    """What a request asks the table to show, and in which order."""

    sort: str
    descending: bool
    with_retired: bool
    with_archived: bool
    search: str

    @classmethod
    def by(cls, request: HttpRequest) -> "TableRequest":
        sort = request.GET.get("sort", DEFAULT_SORT)
        sort = sort if sort in SORTS else DEFAULT_SORT
        return cls(
            sort=sort,
            descending=request.GET.get("dir", "desc" if SORTS[sort] else "asc") == "desc",
            with_retired="filtered" not in request.GET or "retired" in request.GET,
            with_archived="archived" in request.GET or _is_snapshot(request),
            search=request.GET.get("q", "").replace("\0", "").strip()[:100],
        )


def _table_context(
    request: HttpRequest, arena: Arena, boards: list[Leaderboard], shown: Snapshot, wanted: TableRequest
) -> dict[str, Any]:
    """The table, and all that the board says beside it."""
    is_live, stored, earlier = not _is_snapshot(request), entries_of(shown), earlier_than(shown)
    flagged = flags_of(arena.pk) if any(each.n_flagged for each in boards) else {}  # type: ignore[attr-defined]
    table = board_table(
        shown, sort=wanted.sort, descending=wanted.descending, with_retired=wanted.with_retired, search=wanted.search,
        older=earlier.ratings(), with_archived=wanted.with_archived, stored=stored,
        alike={pk: max(one["n_prompts"] for one in flags) for pk, flags in flagged.items()},
        ghosts=ghosts_of(judges_board(boards, shown.leaderboard), stored) if is_live else {},
    )  # fmt: skip
    short, shows_all = words_for(counted_on(shown))["short"], request.GET.get("neighbours") == "all"
    rows = rows_of(table, arena, short=short, is_live=is_live) | {"table": table, "options": options_of(table)}
    return rows | said_of(shown, stored, arena, earlier, is_live=is_live, shows_all=shows_all)


def _board_context(
    request: HttpRequest, arena: Arena, boards: list[Leaderboard], choice: Choice, shown: Snapshot | None
) -> dict[str, Any]:
    wanted, board, opens_on = TableRequest.by(request), choice.board, board_with_evidence(boards)
    over_all = [other for other in boards if not is_narrowed(other)][:50]
    beside = {"table": None} if shown is None else _table_context(request, arena, boards, shown, wanted)
    table = beside["table"]
    return beside | {
        "board": board,
        "choice": choice,
        "nearest": _named(choice.nearest),
        "method": same_method(over_all, choice.like),
        "snapshot": shown,
        "has_filters": bool((table and table.n_rated) or request.GET or choice.sentence),
        "too_large": board.error if board and board.error_code == "too_large" else "",
        "board_is_public": arena.board_visibility == Visibility.PUBLIC,
        "sources": _by_sources(over_all),
        "methods": _methods(over_all, choice) if _has_methods(shown, table, is_usual=board == opens_on) else [],
        "style_effects": style_effects(shown) if shown else [],
        "jurors": shown.parameters.get("judges", []) if shown else [],
        "on_marked": _on_marked(request, arena, board, shown),
        "empty": why_empty(board, shown, arena, request.user) if table is None or not table.groups else None,
        "opens_on": opens_on,
        "live_address": _live_address(arena, board, opens_on),
        "definition": _definition(shown) if shown else [],
        "evidence": _evidence(shown) if shown else {},
        **(_about_set_aside(request, shown) if shown and shown.n_set_aside else {}),
        "timeline": timeline_of(shown, n_models=table.n_models) if shown and table else [],
        "query": _query(request),
        "poll_query": request.GET.urlencode(),
        "with_retired": wanted.with_retired,
        "with_archived": wanted.with_archived,
        "search": wanted.search,
    }


def _is_snapshot(request: HttpRequest) -> bool:
    """Whether the page shows a stored snapshot, which never changes."""
    return request.resolver_match is not None and request.resolver_match.url_name == "snapshot"


def _live_address(arena: Arena, board: Leaderboard | None, opens_on: Leaderboard | None) -> str:
    """The address of this board as it is now."""
    is_named = board is not None and (opens_on is None or board.pk != opens_on.pk)
    return f"{arena.get_absolute_url()}?{urlencode({'board': board.slug})}" if board and is_named else arena.get_absolute_url()


def _behind(board: Leaderboard | None) -> int:
    """Of one of `boards_of`."""
    return votes_behind(board, now=timezone.now(), unread_since=board.unread_since) if board else 0  # type: ignore[attr-defined]


def _etag(
    request: HttpRequest,
    boards: list[Leaderboard],
    board: Leaderboard | None,
    newest: int | None,
    n_behind: int,
    asking: AskedState | None,
) -> str:
    """A tag of everything the page depends on, known before any of it is read."""
    parts = [request.get_full_path(), str(request.user.pk), str(newest), board.error if board else "", str(n_behind)]
    parts += [str(asking and (asking.sentence, asking.may_ask, asking.is_waiting))]
    parts += [str([(each.pk, each.name, each.n_flagged, each.looked_at, each.models_then) for each in boards])]  # type: ignore[attr-defined]
    beside = judges_board(boards, board) if board else None
    parts += [str(beside.newest) if beside else ""]  # type: ignore[attr-defined]
    return etag_of(*parts)


def _query(request: HttpRequest) -> str:
    """The filters as they are, for links that only change the order."""
    kept = request.GET.copy()
    for name in ("sort", "dir"):
        kept.pop(name, None)
    return kept.urlencode()


def _asked_context(
    request: HttpRequest,
    arena: Arena,
    boards: list[Leaderboard],
    choice: Choice,
    asking: AskedState | None,
    form: FilterForm,
) -> dict[str, Any]:
    """The filters, and what becomes of a board that a reader asks for."""
    is_own = choice.board is not None and choice.board.is_asked
    title = title_of(choice.board) if is_own and choice.board is not None else _title(arena, choice)
    waits = asking is not None and asking.is_under_way
    return {
        "filters": form,
        "filters_in_words": in_words(choice.filters, pools=form.pool_names),
        "has_retired": any(board.has_retired for board in boards),  # type: ignore[attr-defined]
        "asking": asking,
        "asked_fields": parse_qsl(form.query),
        "share_query": _share_query(form),
        "title": title,
        "poll_seconds": WAITING_POLL_SECONDS if waits else POLL_SECONDS,
        "is_filtered": bool(request.GET),
        "may_keep": is_own and not arena.is_archived and access.is_curator(request.user),
    }


def _share_query(form: FilterForm) -> str:
    """What says which board it is, and not how a page shows it."""
    pairs = [pair for pair in parse_qsl(form.query) if pair[0] not in (*PAGE_ONLY, "filtered")]
    return f"?{urlencode(pairs)}" if pairs else ""


def _title(arena: Arena, choice: Choice) -> str:
    if choice.board is None and choice.definition is not None:
        return title_of(Leaderboard(arena=arena, **choice.definition))
    return choice.board.name if choice.board else arena.name


def _has_methods(shown: Snapshot | None, table: BoardTable | None, *, is_usual: bool) -> bool:
    """No method says much of so few results. Whoever reads another board than the usual one is led back."""
    if shown is None or table is None:
        return True
    return table.n_rated > 0 and (not is_usual or shown.n_votes >= FEWEST_FOR_METHODS)


def _methods(boards: list[Leaderboard], choice: Choice) -> list[tuple[Leaderboard, str]]:
    """Boards of the same evidence, each with a name of its own."""
    offered = [other for other in boards if choice.like is None or other.sources == choice.like.sources]
    styled = next((other for other in offered if other.method == Leaderboard.Method.STYLE), None)  # it has a switch
    offered = [other for other in offered if styled is None or other.pk != styled.pk]
    names = told_apart(offered)
    return [(other, names[other.pk]) for other in offered]


def _named(boards: Sequence[Leaderboard]) -> list[tuple[Leaderboard, str]]:
    names = names_among(boards)
    return [(board, names[board.pk]) for board in boards]


def _by_sources(boards: list[Leaderboard]) -> list[tuple[str, Leaderboard]]:
    """The first board of people's votes, of judges and of both, where there are any."""
    first = {board.sources: board for board in reversed(boards)}
    return [(str(name), first[sources]) for sources, name in SOURCES.items() if sources in first]


def _on_marked(request: HttpRequest, arena: Arena, board: Leaderboard | None, shown: Snapshot | None) -> dict[str, str]:
    """Where marked verdicts are listed, and where a curator chooses that they count."""
    if board is None or shown is None or not shown.tells_of("marked"):
        return {}
    if access.is_curator(request.user):
        chosen_games = urlencode({"marked": "yes", "battle__arena__id__exact": str(arena.pk)})
        listed = f"{reverse('admin:judges_game_changelist')}?{chosen_games}"
        return {"listed": listed, "choose": f"{reverse('admin:ranking_leaderboard_change', args=[board.pk])}#id_marked"}
    if access.sees_content(request.user, arena):
        return {"listed": f"{reverse('api-games')}?{urlencode({'arena': arena.slug, 'is_tainted': 'true'})}"}
    return {}


def _definition(shown: Snapshot) -> list[tuple[str, str]]:
    """How these numbers were made, in words."""
    parameters = shown.parameters
    lines = {
        _("Method"): METHODS_IN_WORDS[Leaderboard.Method("bradley_terry" if _is_of_people_alone(shown) else shown.method)],
        _("Ties"): _stored(parameters.get("ties", "")),
        _("Levelled"): _levelled(shown) if shown.method == "style_controlled" else "",
        _("Clusters"): words_for(counted_on(shown)).get(CLUSTERS_IN_WORDS.get(parameters.get("clusters", ""), ""), ""),
        _("Intervals"): _intervals(parameters),
        _("Rank ranges"): _rank_ranges(shown) if parameters.get("n_draws") else "",
        _("Sources"): _sources(shown) if "sources" in parameters else "",
        **_judged(parameters),
    }
    return [(name, str(value)) for name, value in lines.items() if value]


def _stored(text: str) -> str:
    """A text that snapshots keep among their parameters, and that is marked where it is made."""
    return _(text) if text else ""


def _intervals(parameters: dict[str, Any]) -> str:
    how, level = parameters.get("intervals", ""), figure(f"{100 * parameters.get('level', 0):g}")
    if "n_replicates" in parameters:
        return _("%(n)s bootstrap replicates, %(level)s %%") % {"n": parameters["n_replicates"], "level": level}
    return _("%(how)s, %(level)s %%") % {"how": INTERVALS_IN_WORDS.get(how, how), "level": level} if how else ""


def _rank_ranges(shown: Snapshot) -> str:
    text = _("all ratings drawn together, %(n)s times") if shown.way else _("max-t, %(n)s draws")
    return text % {"n": number(shown.parameters["n_draws"])}


def _levelled(shown: Snapshot) -> str:
    covariates = [] if shown.tells_of("no_texts") else shown.parameters.get("covariates", ())
    return ", ".join([*(str(COVARIATES_IN_WORDS.get(name, name)) for name in covariates), _("side shown first")])


def _is_of_people_alone(shown: Snapshot) -> bool:
    """A board by prediction on which verdicts add nothing."""
    return shown.tells_of("votes_alone")


def _judged(parameters: dict[str, Any]) -> dict[str, str]:
    """What games of judges became, whose they are, and what became of those on their own answers."""
    if "combiner" not in parameters:
        return {}
    jurors = [str(judge) for judge in Judge.objects.filter(pk__in=parameters["jury"])] if parameters.get("jury") else []
    own = str(Leaderboard.OwnAnswers(parameters["own_answers"]).label) if "own_answers" in parameters else ""
    combiner = parameters["combiner"]
    if "verdicts" in parameters and combiner == Leaderboard.Combiner.GAMES:
        combiner = Leaderboard.Combiner.MEAN  # all games on a battle are one opinion; no slot is fitted
    return {
        _("Verdicts"): _within(str(Leaderboard.Combiner(combiner).label)),
        _("Jury"): ", ".join(jurors) or _("all judges with games, except baselines"),
        _("On their own answers"): _within(own),
        _("On marked answers"): _within(str(Leaderboard.Marked(parameters.get("marked", "")).label)),
    }


def _within(label: str) -> str:
    """A label within a line: English writes it with a small initial, other languages may not."""
    is_english = (get_language() or "en").startswith("en")
    return f"{label[:1].lower()}{label[1:]}" if is_english else label


def _evidence(shown: Snapshot) -> dict[str, str]:
    """What counts on this board, in words; its mark is a diamond for people, a dot for judges, a square for both."""
    sources = shown.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    return words_for(counted_on(shown)) | {"sources": sources, "of": _sources(shown)}


def _set_aside(shown: Snapshot) -> str:
    """How many are set aside, with a complete sentence for each kind, because languages inflect nouns and verbs together."""
    n, counted = shown.n_set_aside, counted_on(shown)
    if counted == Leaderboard.Sources.JUDGES:
        text = ngettext(
            "%(n)s verdict is set aside and counted nowhere.", "%(n)s verdicts are set aside and counted nowhere.", n
        )
    elif counted == Leaderboard.Sources.BOTH:
        text = ngettext(
            "%(n)s vote or verdict is set aside and counted nowhere.",
            "%(n)s votes and verdicts are set aside and counted nowhere.", n,
        )  # fmt: skip
    else:
        text = ngettext("%(n)s vote is set aside and counted nowhere.", "%(n)s votes are set aside and counted nowhere.", n)
    return text % {"n": number(n)}


def _about_set_aside(request: HttpRequest, shown: Snapshot) -> dict[str, Any]:
    return {"set_aside": _set_aside(shown), "why_set_aside": [] if _is_snapshot(request) else _why_set_aside(shown)}


def _why_set_aside(shown: Snapshot) -> list[str]:
    """Of whole imports, as it stands now (a snapshot's own page never changes): one reason is given for all rows of a file."""
    counted = counted_on(shown)
    of_people, of_judges = counted != Leaderboard.Sources.JUDGES, counted != Leaderboard.Sources.PEOPLE
    return reasons_on_boards(shown.leaderboard.arena_id, of_people=of_people, of_judges=of_judges)


def _sources(shown: Snapshot) -> str:
    sources = shown.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    if sources != Leaderboard.Sources.PEOPLE and not _is_of_people_alone(shown):
        return _within(str(Leaderboard.Sources(sources).label))
    return _("simulated votes and those cast here") if shown.leaderboard.arena.is_sample else _("people’s votes")
