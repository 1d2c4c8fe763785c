"""Why a board shows no rating, and what would mend it: one sentence with a cause, and links to the cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.http import urlencode

from arena import access
from arena.models import Arena, Event, Run
from arena.pair_candidates import offers_vote
from arena.texts.languages import language_name
from arena.wording import agreeing, counted
from ranking.models import Entry, Leaderboard, Snapshot

AT_WORK = (Run.State.RUNNING, Run.State.PAUSED)
LEFT_OUT = {
    "marked": "on answers that seem to speak to a judge",
    "of_judges": "of judges that do not count",
    "own": "on answers of the judge’s own model or family",
    "set_aside": "set aside",
}


@dataclass(frozen=True, slots=True)
class Empty:
    """What is missing, in one or two sentences, and (label, address) of what would bring it."""

    cause: str
    cures: tuple[tuple[str, str], ...]


def why_empty(board: Leaderboard | None, shown: Snapshot | None, arena: Arena, visitor: User | AnonymousUser) -> Empty:
    """Of a board that rates nobody."""
    is_curator = access.is_curator(visitor)
    if board is not None and shown is not None and (reason := why_unfitted(shown)):
        return Empty(f"{board.method_name} rates nobody here: {reason}.", tuple(_rated_boards(arena)))
    if board is not None and shown is not None and board.sources == Leaderboard.Sources.JUDGES:
        return Empty(_of_judges(shown, arena), tuple(_cures_of_judges(shown, board, arena, is_curator)))
    if shown is None and _is_under_way(arena):
        return Empty("The board is being fitted: it appears here by itself in a moment.", ())
    return Empty(_of_people(board, shown, arena), tuple(_cures_of_people(shown, arena, visitor)))


def why_unfitted(shown: Snapshot) -> str:
    """Why the method itself came to no ratings; "" where it did."""
    return next((note for note, code in shown.coded_notes if code == "unfitted"), "")


def _rated_boards(arena: Arena) -> Iterator[tuple[str, str]]:
    """The first of the arena's boards over all prompts whose newest snapshot rates somebody."""
    boards = Leaderboard.objects.filter(arena=arena, category="", language="").order_by("-is_default", "pk")
    for board in boards:
        newest = board.newest_snapshot()
        if newest is not None and Entry.objects.filter(snapshot=newest, rating__isnull=False).exists():
            address = f"{arena.get_absolute_url()}?{urlencode({'board': board.slug})}"
            yield f"The board by {board.method_name} rates them", address
            return


def _is_under_way(arena: Arena) -> bool:
    return Event.objects.filter(arena=arena).exists()


# --- people's votes ---------------------------------------------------------------------------------------------------

UNCONNECTED = "not connect the models yet, so that each has won, lost or tied on the way to every other: nobody has a rating"


def _of_people(board: Leaderboard | None, shown: Snapshot | None, arena: Arena) -> str:
    where = _where(board)
    if shown is not None and shown.n_votes:
        return f"The {counted(shown.n_votes, 'vote', 'votes')}{where} {agreeing(shown.n_votes, 'does', 'do')} {UNCONNECTED}."
    if shown is not None and shown.n_set_aside:
        return f"No vote counts{where}, so nobody has a rating: {counted(shown.n_set_aside, 'vote', 'votes')} set aside."
    judged = " Judges have compared answers here: see their board." if _has_judges_board(arena) else ""
    return f"No votes have come in yet{where}, so people have rated nobody.{judged}"


def _where(board: Leaderboard | None) -> str:
    if board is None:
        return ""
    return (f" on {board.category}" if board.category else "") + (
        f" in {language_name(board.language)}" if board.language else ""
    )


def _has_judges_board(arena: Arena) -> bool:
    return Leaderboard.objects.filter(arena=arena, sources=Leaderboard.Sources.JUDGES).exists()


def _cures_of_people(shown: Snapshot | None, arena: Arena, visitor: User | AnonymousUser) -> Iterator[tuple[str, str]]:
    if access.may_vote(visitor, arena) and offers_vote(arena):
        first = shown is None or not shown.n_votes
        yield "Cast the first vote" if first else "Vote on a pair", reverse("vote", args=[arena.slug])
    judges = Leaderboard.objects.filter(arena=arena, sources=Leaderboard.Sources.JUDGES).order_by("pk").first()
    if judges is not None:
        yield "The judges’ board", f"{arena.get_absolute_url()}?{urlencode({'board': judges.slug})}"
    if access.is_curator(visitor):
        yield "Import battles", reverse("imports")


# --- judges' verdicts -------------------------------------------------------------------------------------------------


def _of_judges(shown: Snapshot, arena: Arena) -> str:
    if shown.n_votes:
        which = agreeing(shown.n_votes, "that counts does", "that count do")
        return f"The {counted(shown.n_votes, 'verdict', 'verdicts')} {which} {UNCONNECTED}."
    jurors: list[dict[str, Any]] = shown.parameters.get("judges", [])
    left_out: dict[str, int] = shown.parameters.get("left_out", {})
    if not jurors:
        return f"No judge of this board has compared answers here yet{_at_work(arena)}."
    if not any(juror["counts"] for juror in jurors):
        return (
            f"None of the board’s {counted(len(jurors), 'judge', 'judges')} counts, so nobody has a rating: the notes say why."
        )
    outside = ", ".join(f"{left_out[name]:,} {why}" for name, why in LEFT_OUT.items() if left_out.get(name))
    if n_undecided := left_out.get("undecided", 0):
        beside = f"; beside them are verdicts {outside}" if outside else ""
        return f"The board’s rule decides none of {counted(n_undecided, 'battle', 'battles')}, so nobody has a rating{beside}."
    if outside:
        return f"No verdict counts, so nobody has a rating: {outside}."
    n_silent = counted(left_out.get("without_verdict", 0), "game", "games")
    return f"No game of a judge has a verdict, so nobody has a rating: {n_silent} without one{_at_work(arena)}."


def _at_work(arena: Arena) -> str:
    is_at_work = arena.runs.filter(kind=Run.Kind.JUDGE, state__in=AT_WORK).exists()
    return "; a run of judges is under way" if is_at_work else ""


def _cures_of_judges(shown: Snapshot, board: Leaderboard, arena: Arena, is_curator: bool) -> Iterator[tuple[str, str]]:
    yield "The judges and their figures", reverse("judges", args=[arena.slug])
    if is_curator:
        jurors, left_out = shown.parameters.get("judges", []), shown.parameters.get("left_out", {})
        if jurors and not all(juror["counts"] for juror in jurors):
            yield "Include a judge", include_address(arena)
        if left_out.get("marked") or left_out.get("undecided") or left_out.get("own"):
            yield "Change what the board counts", reverse("admin:ranking_leaderboard_change", args=[board.pk])
        yield "Ask judges", f"{reverse('new-run')}?{urlencode({'arena': arena.slug})}"


def include_address(arena: Arena, judge: int | None = None) -> str:
    """The form that includes or excludes a judge."""
    chosen = {"arena": arena.pk} | ({} if judge is None else {"judge": judge})
    return f"{reverse('admin:judges_judgechoice_add')}?{urlencode(chosen)}"
