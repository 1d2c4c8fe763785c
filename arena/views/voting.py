"""The vote page. Nothing sent before the vote tells which model is which: only a random key leaves the server."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from math import ceil
from random import SystemRandom

from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from arena import access, prerequisites
from arena.evidence import voting
from arena.models import Arena, Ballot, Prompt, Response, Vote, Voter, Voting
from arena.outcomes import Outcome, Side
from arena.pairing import matchmaking
from arena.statements.vote_statements import TAKEN_BACK, ballots_called, battles_with_texts, tallies_beside, votes_cast_by
from arena.texts.languages import language_shown
from arena.texts.rendering import alike, is_folded, turns_of, visible_controls
from arena.views.context import arena_or_404, page_context
from arena.views.voting_refusals import (
    KEY,
    OVER,
    REFUSALS,
    MalformedForm,
    SignInFirst,
    onward,
    title_of,
    true_cause,
    where_no_arena,
)
from arena.visitors import rate_windows, voter_identity
from arena.wording import counted

PAGE = "arena/vote.html"
RNG = SystemRandom()
MINUTE = 60
CHOICES = {
    "a2": (gettext_lazy("A much better"), Outcome.A, 2),
    "a1": (gettext_lazy("A better"), Outcome.A, 1),
    "tie": (gettext_lazy("Both good"), Outcome.TIE, None),
    "both_bad": (gettext_lazy("Both bad"), Outcome.BOTH_BAD, None),
    "b1": (gettext_lazy("B better"), Outcome.B, 1),
    "b2": (gettext_lazy("B much better"), Outcome.B, 2),
}
# the same objects at every rendering: `{% constant %}` goes by that
BUTTONS, REASONS = CHOICES.items(), voting.Reason.choices


class VoteForm(forms.Form):
    """It has no sides: only the server knows which answer was shown first.

    Every request copies the fields of a form, and choices with them unless a function gives them.
    """

    ballot = forms.RegexField(rf"\A{KEY}\Z")
    act = forms.ChoiceField(choices=lambda: [("skip", "skip"), ("flag", "flag")], required=False)
    outcome = forms.ChoiceField(choices=lambda: [(value, label) for value, (label, *_) in BUTTONS], required=False)
    why = forms.MultipleChoiceField(choices=lambda: REASONS, required=False)
    comment = forms.CharField(max_length=voting.LONGEST_NOTE, required=False)

    def clean(self) -> None:
        super().clean()
        if not self.cleaned_data.get("act") and not self.cleaned_data.get("outcome"):
            raise forms.ValidationError(_("Nothing was chosen."))


class UndoForm(forms.Form):
    voted = forms.RegexField(rf"\A{KEY}\Z")


Page = Callable[..., HttpResponse]


def voting_page(view: Page) -> Callable[..., HttpResponse]:
    """Finds the arena, sets the cookie of a new voter, and turns refusals into a page that says why."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, slug: str, **more: str) -> HttpResponse:
        try:
            arena = arena_or_404(request, slug)
        except Http404:
            if _wants_fragment(request):
                return render(request, f"{PAGE}#refusal", where_no_arena(request, key=_sent_key(request, more)), status=404)
            raise
        try:
            response = view(request, arena, **more)
        except voting.BallotUnknown as refusal:
            response = _refused(request, arena, true_cause(request, arena, refusal, key=_sent_key(request, more)))
        except tuple(REFUSALS) as refusal:
            response = _refused(request, arena, refusal)
        return voter_identity.remember(request, response)

    return page


@require_GET
@voting_page
def vote(request: HttpRequest, arena: Arena) -> HttpResponse:
    """The pair that is open to this voter; with `?ahead` the one after it, to be shown without waiting."""
    now, ahead = timezone.now(), "ahead" in request.GET
    voter = voter_identity.voter_of(request, arena, create=True) if access.may_vote(request.user, arena) else None
    if voter is None:
        return _not_here(request, arena, now)
    ballot = matchmaking.serve_ballot(voter, ahead=ahead, rng=RNG, now=now)
    if ahead:
        return (
            render(request, f"{PAGE}#pair", {"arena": arena, "sheet": _sheet(ballot)}) if ballot else HttpResponse(status=204)
        )
    if ballot is None:
        return _nothing_left(request, arena, strip=_done_before(request, voter, now))
    context = page_context(
        request, "vote", arena, sheet=_sheet(ballot), strip=_done_before(request, voter, now), n_cast=_n_cast(voter),
        choices=BUTTONS, reasons=REASONS, sees_board=access.sees_board(request.user, arena),
    )  # fmt: skip
    return render(request, PAGE, context)


@require_POST
@voting_page
def cast(request: HttpRequest, arena: Arena) -> HttpResponse:
    """One vote, skip or flag. The same form a second time changes nothing and gets the same answer."""
    voter, form, now = _voter(request, arena), VoteForm(request.POST), timezone.now()
    if not form.is_valid():
        raise MalformedForm(_first_error(form))
    with transaction.atomic():
        _limit(voter, now)
        ballot, vote, is_new = _act(form, voter, now)
        if _wants_fragment(request):
            matchmaking.show_next(voter, now=now)
    return _answered(request, arena, ballot, now, vote=vote, is_new=is_new)


@require_POST
@voting_page
def undo(request: HttpRequest, arena: Arena) -> HttpResponse:
    voter, form, now = voter_identity.known_voter(request, arena), UndoForm(request.POST), timezone.now()
    if not form.is_valid():
        raise MalformedForm(_("The form did not say which vote: load the page again."))
    if voter is None:
        raise voting.BallotUnknown(_("You have cast no vote in this arena."))
    voting.take_back(form.cleaned_data["voted"], voter, now=now)
    return _answered(request, arena, voting.ballot_of(form.cleaned_data["voted"], voter), now)


@require_GET
@voting_page
def whole_text(request: HttpRequest, arena: Arena, key: str, part: str) -> HttpResponse:
    """What the pair's page folds away: the prompt or the answer on one side, as it was written."""
    if not re.fullmatch(KEY, key):
        raise voting.BallotUnknown(_("There is no such pair."))
    ballot = voting.ballot_of(key, _voter(request, arena))
    if part not in {"prompt", *Side.values} or ballot.state != Ballot.State.OPEN:
        raise voting.BallotUnknown(_("This text is shown only with its pair, and the pair is not open to you."))
    prompt, first, second = _texts(ballot)
    return plain_text({"prompt": prompt, Side.A: first, Side.B: second}[part])


def plain_text(row: Prompt | Response | None) -> HttpResponse:
    """It is served as plain text, so nothing in it runs."""
    return HttpResponse(visible_controls(row.text) if row else "", content_type="text/plain; charset=utf-8")


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _sent_key(request: HttpRequest, more: dict[str, str]) -> str:
    return more.get("key") or request.POST.get("ballot") or request.POST.get("voted") or ""


def _voter(request: HttpRequest, arena: Arena) -> Voter:
    voter = voter_identity.voter_of(request, arena, create=False)
    if voter is None:
        raise voting.BallotUnknown(_("You have no open pair in this arena."))
    return voter


def _act(form: VoteForm, voter: Voter, now: datetime) -> tuple[Ballot, Vote | None, bool]:
    """The ballot as it stands now, its vote if one was sent, and whether it stands so because of this form."""
    cleaned = form.cleaned_data
    if cleaned["act"] == "skip":
        ballot, state = voting.skip(cleaned["ballot"], voter), Ballot.State.SKIPPED
    elif cleaned["act"] == "flag":
        ballot, state = voting.flag(cleaned["ballot"], voter, note=cleaned["comment"]), Ballot.State.FLAGGED
    else:
        _, shown, strength = CHOICES[cleaned["outcome"]]
        cast = voting.cast_vote(
            cleaned["ballot"], voter, shown, strength=strength, reasons=cleaned["why"], comment=cleaned["comment"], now=now
        )
        same = (cast.vote.outcome, cast.vote.strength) == (cast.ballot.outcome_for(shown), strength)
        return cast.ballot, cast.vote, cast.is_new or (same and cast.vote.is_counted)
    return ballot, None, ballot.state == state


def _limit(voter: Voter, now: datetime) -> None:
    if not rate_windows.allow(f"acts:{voter.pk}", at_most=settings.VOTES_PER_MINUTE, seconds=MINUTE, now=now):
        wait = rate_windows.retry_after(MINUTE, now)
        raise rate_windows.TooOften(
            _("You answered %(pairs)s within this minute. Continue in %(seconds)s: this pair stays open.")
            % {
                "pairs": counted(settings.VOTES_PER_MINUTE, "pair", "pairs"),
                "seconds": counted(wait, "second", "seconds"),
            },
            retry_after=wait,
        )


def _first_error(form: forms.Form) -> str:
    field, errors = next(iter(form.errors.items()))
    fault = errors[0] if field == "__all__" else f"{field}: {errors[0]}"
    return _("%(fault)s Go back to the pair and choose again.") % {"fault": fault}


# --- what the pages show ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A pair as its voter may see it: texts and a key, no names and no numbers."""

    key: str
    category: str
    language: str
    system_prompt: str
    prompt: list[SafeString]
    answers: list[tuple[Side, list[SafeString]]]
    folded: list[str]  # parts of which only the beginning is shown: prompt, a, b


@dataclass(frozen=True)
class Strip:
    """What the page shows after the vote."""

    state: str
    key: str
    n_cast: int
    choice: str = ""
    first: str = ""
    second: str = ""
    n_agree: int = 0
    n_others: int = 0
    n_simulated: int = 0  # of the others, in the sample arena
    undo_seconds: int = 0
    stood: bool = False  # it was voted on before, and this request changed nothing

    @property
    def n_people(self) -> int:
        return self.n_others - self.n_simulated


def _sheet(ballot: Ballot) -> Sheet:
    prompt, *answers = _texts(ballot)
    shown = alike(answers)
    folded = [prompt is not None and is_folded(prompt), *(answer is not None and answer.is_folded for answer in shown)]
    return Sheet(
        key=ballot.key,
        category=prompt.category if prompt else "",
        language=language_shown(prompt.language) if prompt else "",
        system_prompt=prompt.system_prompt if prompt else "",
        prompt=turns_of(prompt) if prompt else [],
        answers=[(side, answer.turns if answer else []) for side, answer in zip(Side, shown, strict=True)],
        folded=[part for part, is_so in zip(["prompt", *Side.values], folded, strict=True) if is_so],
    )


def _texts(ballot: Ballot) -> tuple[Prompt | None, Response | None, Response | None]:
    """The prompt, and the answers in the order in which they are shown."""
    (battle,) = battles_with_texts(battle=ballot.battle_id)
    pair = [battle.response_a, battle.response_b]
    if ballot.first_shown == Side.B:
        pair.reverse()
    return battle.prompt, pair[0], pair[1]


def _done_before(request: HttpRequest, voter: Voter, now: datetime) -> Strip | None:
    """Without JavaScript the page after a vote shows the next pair, and reports on the last one."""
    key = request.GET.get("done", "")
    ballot = next(iter(ballots_called(key=key, voter=voter.pk)), None) if re.fullmatch(KEY, key) else None
    if ballot is None or ballot.state == Ballot.State.OPEN:
        return None
    ballot.voter = voter
    return replace(_strip(ballot, now), stood="stood" in request.GET)


def _strip(ballot: Ballot, now: datetime, *, vote: Vote | None = None) -> Strip:
    """`vote` is the one on this ballot, where it was read already."""
    if ballot.state != Ballot.State.VOTED:
        return Strip(ballot.state, ballot.key, _n_cast(ballot.voter))
    own = vote or voting.standing_vote(ballot)
    names = [ballot.battle.competitor_a.name, ballot.battle.competitor_b.name]
    ((n_others, n_agree, n_cast),) = tallies_beside(vote=own.pk)
    return Strip(
        state="voted" if own.is_counted else "taken_back" if own.set_aside_reason == TAKEN_BACK else "set_aside",
        key=ballot.key,
        n_cast=n_cast,
        choice=_choice(own, ballot),
        first=names[ballot.first_shown == Side.B],
        second=names[ballot.first_shown == Side.A],
        n_agree=n_agree,
        n_others=n_others,
        n_simulated=_n_simulated(own) if ballot.battle.arena.is_sample else 0,
        undo_seconds=_undo_seconds(own, now),
    )


def _n_simulated(own: Vote) -> int:
    return Vote.objects.counted().simulated().filter(battle=own.battle_id).exclude(pk=own.pk).count()


def _undo_seconds(own: Vote, now: datetime) -> int:
    """A second less than the server allows: the way to it takes time, too."""
    left = (own.voted_at + voting.UNDO_WITHIN - now).total_seconds()
    return max(0, ceil(left) - 1) if own.is_counted else 0


def _choice(own: Vote, ballot: Ballot) -> str:
    """The words on the button that was pressed."""
    shown = ballot.outcome_for(Outcome(own.outcome))
    return next(str(label) for label, outcome, strength in CHOICES.values() if (outcome, strength) == (shown, own.strength))


def _n_cast(voter: Voter) -> int:
    return next((n for (n,) in votes_cast_by(voter=voter.pk)), 0)


def _answered(
    request: HttpRequest, arena: Arena, ballot: Ballot, now: datetime, *, vote: Vote | None = None, is_new: bool = True
) -> HttpResponse:
    if _wants_fragment(request):
        strip = replace(_strip(ballot, now, vote=vote), stood=not is_new)
        return render(request, f"{PAGE}#strip", {"arena": arena, "strip": strip})
    return redirect(reverse("vote", args=[arena.slug], query={"done": ballot.key} | ({} if is_new else {"stood": 1})))


def _not_here(request: HttpRequest, arena: Arena, now: datetime) -> HttpResponse:
    """Without JavaScript, whoever voted or took a vote back before the arena closed is told that first."""
    voter = voter_identity.known_voter(request, arena)
    strip = _done_before(request, voter, now) if voter else None
    if arena.voting == Voting.ACCOUNTS and not request.user.is_authenticated:
        if strip is not None:
            refusal = SignInFirst(_("This arena now takes votes only from people with an account."))
            return _message(
                request, arena, title=_("Sign in to vote"), sentence=str(refusal), strip=strip,
                onward=onward(request, arena, refusal),
            )  # fmt: skip
        return redirect_to_login(request.get_full_path())
    sentence = _("This arena takes no votes. A curator can open it to everyone, or to people with an account, in the admin.")
    return _message(request, arena, title=_("Voting is closed"), sentence=sentence, strip=strip)


def _nothing_left(request: HttpRequest, arena: Arena, *, strip: Strip | None) -> HttpResponse:
    if why := prerequisites.why_no_pair(arena):
        return _message(
            request, arena, title=_("There is nothing to compare yet"), sentence=why.sentence, strip=strip,
            needs_answers=not why.is_out_of_play, is_switched_off=why.is_out_of_play,
            needs_texts=prerequisites.n_answered_without_text(arena) > 0,
        )  # fmt: skip
    title = _("No pair is left for you")
    sentence = _(
        "You have seen every pair that can be compared. Pairs that you skipped, flagged or took back are not shown again."
    )
    return _message(request, arena, title=title, sentence=sentence, strip=strip)


def _refused(request: HttpRequest, arena: Arena, refusal: Exception) -> HttpResponse:
    status, title = title_of(request, refusal)
    context = {
        "title": title, "sentence": str(refusal), "onward": onward(request, arena, refusal),
        "is_over": isinstance(refusal, OVER),
    }  # fmt: skip
    if _wants_fragment(request):
        response = render(request, f"{PAGE}#refusal", context, status=status)
    else:
        response = _message(request, arena, status=status, **context)
    if isinstance(refusal, rate_windows.TooOften):
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _message(request: HttpRequest, arena: Arena, *, status: int = 200, **more: object) -> HttpResponse:
    return render(request, PAGE, page_context(request, "vote", arena, **more), status=status)
