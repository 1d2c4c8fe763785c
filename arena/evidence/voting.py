"""What a voter may do with a ballot: vote, take the vote back, skip, flag. The only writer of votes cast here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.clock import is_older
from arena.evidence.ledger import record_vote
from arena.models import Ballot, Event, Vote, Voter, Voting
from arena.outcomes import Outcome
from arena.statements.vote_statements import TAKEN_BACK, ballot_moved, ballots_called, new_vote

UNDO_WITHIN = timedelta(seconds=10)
LONGEST_NOTE = 500


class Reason(models.TextChoices):
    CORRECT = "correct", gettext_lazy("correct")
    COMPLETE = "complete", gettext_lazy("complete")
    INSTRUCTIONS = "instructions", gettext_lazy("follows instructions")
    CLEAR = "clear", gettext_lazy("clear")
    SAFE = "safe", gettext_lazy("safe")


class BallotUnknown(Exception):
    """No such ballot was served to this voter."""


class BallotSpent(Exception):
    """The ballot was skipped or flagged, so it takes no vote."""


class VotingClosed(Exception):
    """The arena takes no votes now."""


class TooLate(Exception):
    """The time for taking a vote back is over."""


@dataclass(frozen=True)
class CastVote:
    """A vote that stands. `is_new` is false where it stood already: a double click, a replayed form."""

    vote: Vote
    ballot: Ballot
    is_new: bool


def cast_vote(
    ballot_key: str,
    voter: Voter,
    shown: Outcome,
    *,
    strength: int | None = None,
    reasons: Sequence[str] = (),
    comment: str = "",
    now: datetime,
) -> CastVote:
    """Take the vote on a ballot, once. `shown` speaks of the sides as shown: A is the answer shown first.

    Which answer that was is known to the server alone. The first vote stands, whatever comes after it.
    """
    _check(shown, strength, reasons)
    ballot = ballot_of(ballot_key, voter)
    arena = ballot.battle.arena
    if (arena.voting == Voting.CLOSED or arena.is_archived) and ballot.state != Ballot.State.VOTED:
        raise VotingClosed(_("It was closed meanwhile: your vote was not counted."))
    # No savepoint inside a caller's transaction: nothing is refused within, and what fails there undoes all of it.
    with transaction.atomic(savepoint=False):
        if _move(ballot, Ballot.State.VOTED):
            vote = new_vote(
                battle_id=ballot.battle_id, voter=voter, outcome=ballot.outcome_for(shown), first_shown=ballot.first_shown,
                strength=strength if shown in {Outcome.A, Outcome.B} else None,
                reasons=sorted(set(reasons)), comment=comment[:LONGEST_NOTE], dwell_ms=_dwell_ms(ballot, now), voted_at=now,
            )  # fmt: skip
            record_vote(Event.Kind.VOTE_CAST, vote, arena_id=ballot.battle.arena_id, before="")
            return CastVote(vote, ballot, is_new=True)
    return CastVote(standing_vote(ballot), ballot, is_new=False)


def take_back(ballot_key: str, voter: Voter, *, now: datetime) -> Vote:
    """Set the voter's own vote aside, within ten seconds. The names were seen, so the pair does not come again.

    This also works if voting was closed meanwhile: the vote was cast while it was open, and its voter may still regret it.
    """
    with transaction.atomic():
        ballot = ballot_of(ballot_key, voter)
        vote = Vote.objects.select_for_update(no_key=True).filter(battle_id=ballot.battle_id, voter=voter).first()
        if vote is None:
            raise BallotUnknown(_("There is no vote on this pair to take back."))
        if not vote.is_counted:
            return vote
        if is_older(vote.voted_at, now, UNDO_WITHIN):
            raise TooLate(_("A vote can be taken back for ten seconds; this one counts."))
        vote.is_counted, vote.set_aside_reason = False, TAKEN_BACK
        vote.save(update_fields=["is_counted", "set_aside_reason"])
        record_vote(
            Event.Kind.VOTE_SET_ASIDE, vote, arena_id=ballot.battle.arena_id,
            before=vote.outcome, reason=TAKEN_BACK, actor=voter.user,
        )  # fmt: skip
        return vote


def skip(ballot_key: str, voter: Voter) -> Ballot:
    """The voter does not want to judge this pair. What was done with the ballot before stands."""
    ballot = ballot_of(ballot_key, voter)
    _move(ballot, Ballot.State.SKIPPED)
    return ballot


def flag(ballot_key: str, voter: Voter, *, note: str) -> Ballot:
    """Something is wrong with this pair: a curator should look. What was done with the ballot before stands."""
    ballot = ballot_of(ballot_key, voter)
    _move(ballot, Ballot.State.FLAGGED, note=note[:LONGEST_NOTE])
    return ballot


def ballot_of(ballot_key: str, voter: Voter) -> Ballot:
    """The voter's own ballot with this key. Somebody else's is treated as one that does not exist."""
    ballots = ballots_called(key=ballot_key, voter=voter.pk)
    if not ballots:
        raise BallotUnknown(
            _("This pair is not open to you: it was served to another browser or account, or the link is incomplete.")
        )
    ballots[0].voter = voter
    return ballots[0]


def _move(ballot: Ballot, state: Ballot.State, note: str = "") -> bool:
    """Move the ballot out of OPEN, unless another request was quicker: then the ballot tells its outcome."""
    if ballot_moved(ballot=ballot.pk, state=state, note=note):
        ballot.state, ballot.note = state, note
        return True
    ballot.refresh_from_db(fields=["state", "note"])
    return False


def standing_vote(ballot: Ballot) -> Vote:
    if ballot.state != Ballot.State.VOTED:
        if ballot.state == Ballot.State.FLAGGED:
            raise BallotSpent(_("You flagged this pair, so it can no longer be voted on. Continue with the next one."))
        if ballot.state == Ballot.State.CLOSED:
            raise BallotSpent(
                _(
                    "Meanwhile an answer was corrected, or something that you saw was archived: your vote was not "
                    "counted. Continue with the next pair."
                )
            )
        raise BallotSpent(_("You skipped this pair, so it can no longer be voted on. Continue with the next one."))
    return Vote.objects.get(battle_id=ballot.battle_id, voter_id=ballot.voter_id)


def _dwell_ms(ballot: Ballot, now: datetime) -> int | None:
    if ballot.shown_at is None:
        return None
    return min(2**31 - 1, max(0, round((now - ballot.shown_at).total_seconds() * 1000)))


def _check(shown: Outcome, strength: int | None, reasons: Sequence[str]) -> None:
    if shown not in Outcome.values:
        raise ValueError(f"outcome {shown!r} is unknown: use one of {', '.join(Outcome.values)}")
    if strength not in {None, 1, 2}:
        raise ValueError(f"strength {strength!r} is unknown: use 1 (better) or 2 (much better)")
    if unknown := set(reasons) - set(Reason.values):
        raise ValueError(f"reason {sorted(unknown)[0]!r} is unknown: use some of {', '.join(Reason.values)}")
