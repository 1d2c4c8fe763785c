"""Why a board shows no rating: one sentence with the cause, and links to remedies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.http import urlencode

from arena import access
from arena.models import Arena, Event, Run
from arena.pairing.pair_candidates import offers_vote
from arena.texts.languages import language_shown
from arena.wording import counted, ngettext, number
from arena.wording import gettext as _
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.note_texts.words import gettext_noop

AT_WORK = (Run.State.RUNNING, Run.State.PAUSED)
LEFT_OUT = {
    "marked": gettext_noop("%(n)s on answers that seem to speak to a judge"),
    "of_judges": gettext_noop("%(n)s of judges that do not count"),
    "own": gettext_noop("%(n)s on answers of the judge’s own model or family"),
    "set_aside": gettext_noop("%(n)s set aside"),
}


@dataclass(frozen=True, slots=True)
class Empty:
    """What is missing, in one or two sentences, and (label, address) of remedies."""

    cause: str
    cures: tuple[tuple[str, str], ...]
    is_coming: bool = False  # the board is being fitted


def why_empty(board: Leaderboard | None, shown: Snapshot | None, arena: Arena, visitor: User | AnonymousUser) -> Empty:
    """Why this board rates nobody, and the links that help."""
    is_curator = access.is_curator(visitor)
    if board is not None and shown is not None and (reason := why_unfitted(shown)):
        sentence = _("%(method)s rates nobody here: %(reason)s.") % {"method": board.method_name, "reason": reason}
        return Empty(sentence, tuple(_rated_boards(arena)))
    if board is not None and shown is not None and board.sources == Leaderboard.Sources.JUDGES:
        return Empty(_of_judges(shown, arena), tuple(_cures_of_judges(shown, board, arena, is_curator)))
    if shown is None and _is_under_way(arena):
        return Empty(_("The board is being fitted and will appear here in a moment."), (), is_coming=True)
    return Empty(_of_people(board, shown, arena), tuple(_cures_of_people(shown, arena, visitor)))


def why_unfitted(shown: Snapshot) -> str:
    """Why the method itself gave no ratings, in the reader's language; "" if it did."""
    return next((note.translated for note in shown.coded_notes if note.code == "unfitted"), "")


def _rated_boards(arena: Arena) -> Iterator[tuple[str, str]]:
    """The first of the arena's boards over all prompts whose newest snapshot rates somebody."""
    boards = Leaderboard.objects.named().filter(arena=arena, category="", language="", filters="").order_by("-is_default", "pk")
    for board in boards:
        newest = board.newest_snapshot()
        if newest is not None and Entry.objects.filter(snapshot=newest, rating__isnull=False).exists():
            address = f"{arena.get_absolute_url()}?{urlencode({'board': board.slug})}"
            yield _("The board by %(method)s rates them") % {"method": board.method_name}, address
            return


def _is_under_way(arena: Arena) -> bool:
    return Event.objects.filter(arena=arena).exists()


# --- people's votes ---------------------------------------------------------------------------------------------------


def _of_people(board: Leaderboard | None, shown: Snapshot | None, arena: Arena) -> str:
    where = _where(board)
    if shown is not None and shown.n_votes:
        return _unconnected_votes(shown.n_votes, where)
    if shown is not None and shown.n_set_aside:
        values = {"where": where, "votes": counted(shown.n_set_aside, "vote", "votes")}
        if where:
            return _("No vote counts %(where)s, so nobody has a rating: %(votes)s set aside.") % values
        return _("No vote counts, so nobody has a rating: %(votes)s set aside.") % values
    none = _("No votes have come in yet, so people have rated nobody.")
    if where:
        none = _("No votes have come in yet %(where)s, so people have rated nobody.") % {"where": where}
    judged = _("Judges have compared answers here: see their board.")
    return f"{none} {judged}" if _has_judges_board(arena) else none


def _unconnected_votes(n: int, where: str) -> str:
    if where:
        text = ngettext(
            "The %(n)s vote %(where)s does not connect the models yet, so that each has won, lost or tied on the way to every "
            "other: nobody has a rating.",
            "The %(n)s votes %(where)s do not connect the models yet, so that each has won, lost or tied on the way to every "
            "other: nobody has a rating.",
            n,
        )
    else:
        text = ngettext(
            "The %(n)s vote does not connect the models yet, so that each has won, lost or tied on the way to every other: "
            "nobody has a rating.",
            "The %(n)s votes do not connect the models yet, so that each has won, lost or tied on the way to every other: "
            "nobody has a rating.",
            n,
        )
    return text % {"n": number(n), "where": where}


def _where(board: Leaderboard | None) -> str:
    """On which prompts; "" for all."""
    if board is None:
        return ""
    values = {"category": board.category, "language": language_shown(board.language)}
    if board.category and board.language:
        return _("on %(category)s in %(language)s") % values
    if board.category:
        return _("on %(category)s") % values
    return _("in %(language)s") % values if board.language else ""


def _has_judges_board(arena: Arena) -> bool:
    return Leaderboard.objects.named().filter(arena=arena, sources=Leaderboard.Sources.JUDGES).exists()


def _cures_of_people(shown: Snapshot | None, arena: Arena, visitor: User | AnonymousUser) -> Iterator[tuple[str, str]]:
    if access.may_vote(visitor, arena) and offers_vote(arena):
        first = shown is None or not shown.n_votes
        yield _("Cast the first vote") if first else _("Vote on a pair"), reverse("vote", args=[arena.slug])
    judges = Leaderboard.objects.named().filter(arena=arena, sources=Leaderboard.Sources.JUDGES).order_by("pk").first()
    if judges is not None:
        yield _("The judges’ board"), f"{arena.get_absolute_url()}?{urlencode({'board': judges.slug})}"
    if access.is_curator(visitor):
        yield _("Import battles"), reverse("imports")


# --- judges' verdicts -------------------------------------------------------------------------------------------------


def _of_judges(shown: Snapshot, arena: Arena) -> str:
    if shown.n_votes:
        text = ngettext(
            "The %(n)s verdict that counts does not connect the models yet, so that each has won, lost or tied on the way to "
            "every other: nobody has a rating.",
            "The %(n)s verdicts that count do not connect the models yet, so that each has won, lost or tied on the way to "
            "every other: nobody has a rating.",
            shown.n_votes,
        )
        return text % {"n": number(shown.n_votes)}
    jurors: list[dict[str, Any]] = shown.parameters.get("judges", [])
    if not jurors:
        if _is_at_work(arena):
            return _("No judge of this board has compared answers here yet; a run of judges is under way.")
        return _("No judge of this board has compared answers here yet.")
    if not any(juror["counts"] for juror in jurors):
        text = ngettext(
            "The board’s only judge does not count, so nobody has a rating: the notes say why.",
            "None of the board’s %(n)s judges counts, so nobody has a rating: the notes say why.",
            len(jurors),
        )
        return text % {"n": number(len(jurors))}
    return _of_left_out(shown.parameters.get("left_out", {}), arena)


def _of_left_out(left_out: dict[str, int], arena: Arena) -> str:
    """Judges count, and none of their verdicts does."""
    outside = ", ".join(_(text) % {"n": number(left_out[name])} for name, text in LEFT_OUT.items() if left_out.get(name))
    if n_undecided := left_out.get("undecided", 0):
        values = {"battles": counted(n_undecided, "battle", "battles"), "verdicts": outside}
        if outside:
            text = _(
                "The board’s rule decides none of %(battles)s, so nobody has a rating; beside them are verdicts %(verdicts)s."
            )
            return text % values
        return _("The board’s rule decides none of %(battles)s, so nobody has a rating.") % values
    if outside:
        return _("No verdict counts, so nobody has a rating: %(verdicts)s.") % {"verdicts": outside}
    values = {"games": counted(left_out.get("without_verdict", 0), "game", "games")}
    if _is_at_work(arena):
        return (
            _("No game of a judge has a verdict, so nobody has a rating: %(games)s without one; a run of judges is under way.")
            % values
        )
    return _("No game of a judge has a verdict, so nobody has a rating: %(games)s without one.") % values


def _is_at_work(arena: Arena) -> bool:
    return arena.runs.filter(kind=Run.Kind.JUDGE, state__in=AT_WORK).exists()


def _cures_of_judges(shown: Snapshot, board: Leaderboard, arena: Arena, is_curator: bool) -> Iterator[tuple[str, str]]:
    yield _("The judges and their figures"), reverse("judges", args=[arena.slug])
    if is_curator:
        jurors, left_out = shown.parameters.get("judges", []), shown.parameters.get("left_out", {})
        if without := [juror["judge"] for juror in jurors if not juror["counts"]]:
            yield _("Include a judge"), include_address(arena, without[0] if len(without) == 1 else None)
        if left_out.get("marked") or left_out.get("undecided") or left_out.get("own"):
            yield _("Change what the board counts"), reverse("admin:ranking_leaderboard_change", args=[board.pk])
        if not arena.is_archived:
            yield _("Ask judges"), f"{reverse('new-run')}?{urlencode({'arena': arena.slug})}"


def include_address(arena: Arena, judge: int | None = None) -> str:
    """The form that includes a judge, filled in but for the reason, and for the judge where several may be meant."""
    chosen: dict[str, str | int] = {"arena": arena.pk, "says": "include"}
    if judge is not None:
        chosen["judge"] = judge
    return f"{reverse('admin:judges_judgechoice_add')}?{urlencode(chosen)}"
