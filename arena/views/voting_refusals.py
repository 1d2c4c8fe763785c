"""Refusals of the vote page: each names its true cause and a way on."""

import re

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import access
from arena.evidence import voting
from arena.models import Arena, Ballot, Vote, Voter, Voting
from arena.visitors import rate_windows, voter_identity

KEY = r"[A-Za-z0-9_-]{1,64}"
NOT_COUNTED = gettext_lazy("What you sent was not counted.")
STANDS = gettext_lazy("Your first vote on this pair counts.")
NOT_TAKEN_BACK = gettext_lazy("Your vote was not taken back; it counts.")


class MalformedForm(Exception):
    """The request is not one that the page's form sends."""


class SignInFirst(Exception):
    """The arena takes votes only from accounts, and this visitor is not signed in."""


REFUSALS: dict[type[Exception], tuple[int, Promise]] = {
    SignInFirst: (403, gettext_lazy("Sign in to vote")),
    voting.BallotUnknown: (404, gettext_lazy("This pair is not open to you")),
    voting.BallotSpent: (409, gettext_lazy("This pair is closed")),
    voting.TooLate: (409, gettext_lazy("Too late to take it back")),
    voting.VotingClosed: (403, gettext_lazy("Voting is closed")),
    rate_windows.TooOften: (429, gettext_lazy("Too many votes")),
    MalformedForm: (400, gettext_lazy("This vote could not be read")),
}
UNDO_TITLES: dict[type[Exception], Promise] = {
    SignInFirst: gettext_lazy("Sign in to take it back"),
    voting.BallotUnknown: gettext_lazy("This vote is not yours to take back"),
    MalformedForm: gettext_lazy("Nothing was taken back"),
}
OVER = (voting.BallotUnknown, voting.BallotSpent, voting.VotingClosed, SignInFirst)  # the pair can be voted on no more


def true_cause(request: HttpRequest, arena: Arena, refusal: voting.BallotUnknown, *, key: str) -> Exception:
    """Why this visitor has no such ballot: what changed about the arena or the visitor since the pair was shown."""
    voter = voter_identity.voter_of(request, arena, create=False)
    owner = Voter.objects.filter(arena=arena, ballots__key=key).first() if re.fullmatch(KEY, key) else None
    became = _what_became(key, undoing=is_undo(request))
    if owner is not None and owner == voter:
        return refusal
    if arena.voting == Voting.CLOSED or arena.is_archived:
        closed = _("It was closed meanwhile.")
        return voting.VotingClosed(f"{closed} {became}")
    if not access.may_vote(request.user, arena):
        return SignInFirst(f"{_who_must_sign_in(owner)} {became}")
    return voting.BallotUnknown(f"{_whose(request, owner)} {became}")


def is_undo(request: HttpRequest) -> bool:
    """Whether this request asks to take a vote back; asked of requests that found no arena, too."""
    return request.path.endswith("/undo/")


def _what_became(key: str, *, undoing: bool) -> str:
    """Of the vote on the ballot that was named, after a request that changed nothing."""
    votes = Vote.objects.counted().filter(battle__ballots__key=key, battle__ballots__voter=F("voter"))
    counts = re.fullmatch(KEY, key) is not None and votes.exists()
    if undoing:
        return str(NOT_TAKEN_BACK) if counts else _("Nothing was taken back.")
    return str(STANDS if counts else NOT_COUNTED)


def _who_must_sign_in(owner: Voter | None) -> str:
    if owner is not None and owner.kind == Voter.Kind.ACCOUNT:
        return _("You signed out after this pair was shown.")
    return _("This arena now takes votes only from people with an account.")


def _whose(request: HttpRequest, owner: Voter | None) -> str:
    if owner is None:
        return _("No such pair was shown in this arena: the address is incomplete, or the arena was set up anew.")
    if request.user.is_authenticated:
        if owner.kind == Voter.Kind.ANONYMOUS:
            return _("It was shown before you signed in, or in another browser.")
        return _("It was shown to another account.")
    if owner.kind == Voter.Kind.ACCOUNT:
        return _("It was shown to an account, and you have signed out since.")
    if voter_identity.COOKIE not in request.COOKIES:
        return _("This browser sent no cookie. Cookies must be allowed for voting without an account.")
    return _("It was shown in another browser, or the cookies of this one were cleared meanwhile.")


def title_of(request: HttpRequest, refusal: Exception) -> tuple[int, str]:
    """Status and heading."""
    kind = next(kind for kind in REFUSALS if isinstance(refusal, kind))
    status, title = REFUSALS[kind]
    return status, str(UNDO_TITLES.get(kind, title) if is_undo(request) else title)


def onward(request: HttpRequest, arena: Arena, refusal: Exception) -> tuple[str, str]:
    """Words and address of the link that leads on; an undo leads to a pair only where one is open."""
    pair = reverse("vote", args=[arena.slug])
    voter = voter_identity.known_voter(request, arena) if is_undo(request) else None
    has_none = voter is not None and not voter.ballots.filter(state=Ballot.State.OPEN).exists()
    if has_none or isinstance(refusal, voting.VotingClosed):
        return _("To the arenas"), reverse("arenas")
    if isinstance(refusal, SignInFirst):
        return _("Sign in"), reverse("login", query={"next": pair})
    return _("To the open pair"), pair


def where_no_arena(request: HttpRequest, *, key: str) -> dict[str, object]:
    """For the script of a page that is open while its arena goes away."""
    became = _what_became(key, undoing=is_undo(request))
    gone = _("It was removed or made private, or you signed out.")
    to_arenas = _("To the arenas"), reverse("arenas")
    to_entry = _("Sign in"), reverse("login", query={"next": re.sub(r"(cast|undo)/\Z", "", request.path)})
    return {
        "title": _("This arena is no longer open to you"),
        "sentence": f"{gone} {became}",
        "onward": to_arenas if request.user.is_authenticated else to_entry,
        "is_over": True,
    }
