"""The leaderboard: newest snapshot of a board, or a stored one, as a table. Nothing is fitted here."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Visibility
from arena.views.context import arena_or_404, page_context
from judges.constants import flags_of
from judges.models import Judge
from ranking.keeping import keep
from ranking.models import Leaderboard, Snapshot
from ranking.views.table import DEFAULT_SORT, SORTS, board_table, tied_leaders

POLL_SECONDS = 3
MOST_ON_TIMELINE = 12
SOURCES = {"people": "People", "judges": "Judges", "both": "Combined"}
# What is told of judges, and not by the method of the fit.
OF_JUDGES = ("judge ", "coverage ", "weights of jurors", "games of judges", "never measured")


@require_safe
def leaderboard(request: HttpRequest, slug: str) -> HttpResponse:
    arena = arena_or_404(request, slug)
    if not access.sees_board(request.user, arena):
        return render(request, "ranking/private.html", page_context(request, "leaderboard", arena), status=403)
    board = _chosen_board(request, arena)
    snapshot = board.newest_snapshot() if board else None
    context = page_context(request, "leaderboard", arena, is_live=True, **_board_context(request, arena, board, snapshot))
    return _answer(request, context)


@require_safe
def snapshot(request: HttpRequest, key: str) -> HttpResponse:
    """A permanent link: what was shown then, for ever. Whoever opens it makes the snapshot one that is kept."""
    shown = get_object_or_404(Snapshot.objects.select_related("leaderboard__arena"), key=key)
    board, arena = shown.leaderboard, shown.leaderboard.arena
    if not access.sees_board(request.user, arena):
        raise Http404(f"no snapshot {key!r}")
    if request.method == "GET":
        keep(shown, request, reason="linked")
    context = page_context(request, "leaderboard", arena, is_live=False, **_board_context(request, arena, board, shown))
    return _answer(request, context)


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for a poll the board alone, with an ETag. (A whole page has none: its nonce is of one answer.)"""
    if not request.headers.get("HX-Request"):
        return _private(render(request, "ranking/leaderboard.html", context))
    unchanged = get_conditional_response(request, etag=context["etag"])
    if unchanged is not None:
        return _private(unchanged)
    response = render(request, "ranking/leaderboard.html#live", context)
    response["ETag"] = context["etag"]
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Vary"] = "HX-Request, Cookie"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _chosen_board(request: HttpRequest, arena: Arena) -> Leaderboard | None:
    """A category or a language has a board by the plain method; else one of the arena's boards, the default one first."""
    category, language, slug = (request.GET.get(name, "") for name in ("category", "language", "board"))
    boards = Leaderboard.objects.filter(arena=arena)
    if "\0" in category + language + slug:
        raise Http404("no such board")
    if category or language:
        board = boards.plain().filter(category=category, language=language).first()
    elif slug:
        board = boards.filter(slug=slug).first()
    else:
        return boards.filter(is_default=True).first()
    if board is None:
        raise Http404(f"no board {slug!r} for category {category!r} and language {language!r}")
    return board


def _board_context(request: HttpRequest, arena: Arena, board: Leaderboard | None, shown: Snapshot | None) -> dict[str, Any]:
    sort = request.GET.get("sort", DEFAULT_SORT)
    sort = sort if sort in SORTS else DEFAULT_SORT
    direction = request.GET.get("dir", "desc" if SORTS[sort] else "asc")
    with_retired = "filtered" not in request.GET or "retired" in request.GET
    search = request.GET.get("q", "").replace("\0", "").strip()[:100]
    table, boards, (categories, languages) = None, _boards(arena), _slices(arena)
    alike = {pk: max(one["n_prompts"] for one in found) for pk, found in flags_of(arena.pk).items()}
    if shown is not None:
        table = board_table(
            shown, sort=sort, descending=direction == "desc", with_retired=with_retired, search=search,
            older=_ratings_before(shown, timedelta(days=30)), alike=alike,
        )  # fmt: skip
    return {
        "board": board,
        "snapshot": shown,
        "table": table,
        "tied": tied_leaders(table) if table else None,
        "etag": _etag(request, shown, board, alike),
        "poll_seconds": POLL_SECONDS,
        "board_is_public": arena.board_visibility == Visibility.PUBLIC,
        "categories": categories,
        "languages": languages,
        "sources": _by_sources(boards),
        "methods": [other for other in boards if board is None or other.sources == board.sources],
        "notes": _notes(shown) if shown else [],
        "definition": _definition(shown) if shown else [],
        "evidence": _evidence(shown) if shown else {},
        "timeline": _timeline(shown) if shown else [],
        "query": _query(request),
        "poll_query": request.GET.urlencode(),
        "with_retired": with_retired,
        "search": search,
        "may_vote": access.may_vote(request.user, arena),
    }


def _etag(request: HttpRequest, shown: Snapshot | None, board: Leaderboard | None, alike: dict[int, int]) -> str:
    parts = [request.get_full_path(), str(request.user.pk), shown.key if shown else "", board.error if board else ""]
    parts.append(str(sorted(alike.items())))
    return f'"{sha256("|".join(parts).encode()).hexdigest()[:24]}"'


def _query(request: HttpRequest) -> str:
    """The filters as they are, for links that only change the order."""
    kept = request.GET.copy()
    for name in ("sort", "dir"):
        kept.pop(name, None)
    return kept.urlencode()


def _slices(arena: Arena) -> tuple[list[str], list[str]]:
    """Categories and languages that have a board of their own."""
    boards = list(Leaderboard.objects.plain().filter(arena=arena).values_list("category", "language"))
    return sorted({category for category, _ in boards if category}), sorted({language for _, language in boards if language})


def _boards(arena: Arena) -> list[Leaderboard]:
    """The arena's boards over all prompts, its own first."""
    boards = Leaderboard.objects.filter(arena=arena, category="", language="").order_by("-is_default", "pk")
    return list(boards[:50])


def _by_sources(boards: list[Leaderboard]) -> list[tuple[str, Leaderboard]]:
    """The first board of people's votes, of judges and of both, where there are any."""
    first = {board.sources: board for board in reversed(boards)}
    return [(name, first[sources]) for sources, name in SOURCES.items() if sources in first]


def _notes(shown: Snapshot) -> list[tuple[str, str]]:
    """What a reader must know, each with where the method's page explains it."""
    of_judges = "judges" if shown.parameters.get("sources", "people") != Leaderboard.Sources.PEOPLE else ""
    return [(note, _explained(note, of_judges) or shown.method) for note in shown.notes]


def _explained(note: str, of_judges: str) -> str:
    if "holds for" in note:
        return "few-prompts"
    return of_judges if note.startswith(OF_JUDGES) or "battles decided" in note else ""


def _definition(shown: Snapshot) -> list[tuple[str, str]]:
    """How these numbers were made, in words."""
    said = shown.parameters
    clusters = {"prompt": "votes on one prompt hang together", "none": "every vote is taken as independent"}
    intervals = f"{said['n_replicates']} bootstrap replicates" if "n_replicates" in said else said.get("intervals", "")
    lines = {
        "Method": Leaderboard.Method(shown.method).label.partition(":")[0],
        "Ties": said.get("ties", ""),
        "Levelled": ", ".join([*said.get("covariates", ()), "side shown first"]) if shown.method == "style_controlled" else "",
        "Clusters": clusters.get(said.get("clusters", ""), ""),
        "Intervals": f"{intervals}, {100 * said.get('level', 0):g} %" if intervals else "",
        "Rank ranges": said.get("rank_ranges", ""),
        "Sources": _sources(shown) if "sources" in said else "",
        **_judged(said),
    }
    return [(name, value) for name, value in lines.items() if value]


def _judged(said: dict[str, Any]) -> dict[str, str]:
    """What games of judges became, whose they are, and what became of those on their own answers."""
    if "combiner" not in said:
        return {}
    jurors = [str(judge) for judge in Judge.objects.filter(pk__in=said["jury"])] if said.get("jury") else []
    own = str(Leaderboard.OwnAnswers(said["own_answers"]).label) if "own_answers" in said else ""
    return {
        "Verdicts": _within(str(Leaderboard.Combiner(said["combiner"]).label)),
        "Jury": ", ".join(jurors) or "all judges with games, but for baselines",
        "On their own answers": _within(own),
    }


def _within(label: str) -> str:
    """A label inside a line."""
    return f"{label[:1].lower()}{label[1:]}"


def _evidence(shown: Snapshot) -> dict[str, str]:
    """What counts on this board, in words; its mark is a diamond for people, a dot for judges, a square for both."""
    sources = shown.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    one, many = {"judges": ("verdict", "verdicts"), "both": ("vote or verdict", "votes and verdicts")}.get(
        sources, ("vote", "votes")
    )
    short = "counted" if sources == Leaderboard.Sources.BOTH else many  # for cards on phones
    return {"one": one, "many": many, "short": short, "sources": sources, "of": _sources(shown)}


def _sources(shown: Snapshot) -> str:
    sources = shown.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    if sources != Leaderboard.Sources.PEOPLE:
        return _within(str(Leaderboard.Sources(sources).label))
    return "simulated votes and those cast here" if shown.leaderboard.arena.is_sample else "people’s votes"


def _ratings_before(shown: Snapshot, age: timedelta) -> dict[int, float]:
    older = shown.leaderboard.snapshots.filter(created_at__lte=shown.created_at - age).order_by("-pk").first()
    if older is None:
        return {}
    rated = older.entries.exclude(rating=None).values_list("competitor_id", "rating")
    return {competitor: rating for competitor, rating in rated if rating is not None}


def _timeline(shown: Snapshot) -> list[dict[str, Any]]:
    """A dozen of the board's snapshots, evenly from the first to the newest, and the one shown."""
    rows = list(shown.leaderboard.snapshots.order_by("pk").values_list("pk", "key", "created_at"))
    step = max(1, -(-(len(rows) - 1) // (MOST_ON_TIMELINE - 1)))
    chosen = {row[0] for row in rows[::step]} | {rows[-1][0], shown.pk}
    return [
        {"key": key, "at": at, "is_shown": pk == shown.pk, "is_newest": pk == rows[-1][0]}
        for pk, key, at in rows
        if pk in chosen
    ]
