"""Votes as rows. Single votes are for accounts; voter, time taken and comment are for curators only."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.evidence.import_reasons import reason_of_import
from arena.exporting.access import Reader
from arena.exporting.battles import (
    AT_ONCE,
    BATTLE_COLUMNS,
    COUNTING_COLUMNS,
    BattleNames,
    loaded_votes,
    readable_battles,
    with_names,
    withheld_battles,
)
from arena.exporting.names import pseudonyms
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted, walk
from arena.models import Arena, Import, Vote
from arena.models.found_rows import state_of_source

VOTES_AT_ONCE = 2_000
WITHOUT_REASON = "set aside"
WITH_ITS_IMPORT = "with its whole import"
LONGEST_REASON = Vote._meta.get_field("set_aside_reason").max_length
COLUMNS = (
    FileColumn("vote", Holds.INTEGER, gettext_lazy("Its number on this site.")),
    *BATTLE_COLUMNS,
    FileColumn("winner", Holds.TEXT, gettext_lazy("a, b, tie (both good) or both_bad.")),
    FileColumn("first_shown", Holds.TEXT, gettext_lazy("a or b, whichever stood first; empty where nobody knows.")),
    FileColumn("strength", Holds.INTEGER, gettext_lazy("1 better, 2 much better; empty where it was not asked.")),
    FileColumn("reasons", Holds.TEXTS, gettext_lazy("What was ticked.")),
    FileColumn("voted_at", Holds.TIME, gettext_lazy("When.")),
    FileColumn("voter_kind", Holds.TEXT, gettext_lazy("account, anonymous, imported or external (sent by a program).")),
    *COUNTING_COLUMNS,
    FileColumn(
        "voter",
        Holds.TEXT,
        gettext_lazy("A pseudonym: the same in all files of this arena, another one elsewhere."),
        for_curators=True,
    ),
    FileColumn("dwell_ms", Holds.INTEGER, gettext_lazy("Milliseconds from shown to voted."), for_curators=True),
    FileColumn("comment", Holds.TEXT, gettext_lazy("What the voter remarked."), for_curators=True),
)


class VoteTable(ExportTable):
    key = "votes"
    title = gettext_lazy("Votes")
    description = gettext_lazy("What each voter said of each battle, with those that were set aside, and why.")
    columns = COLUMNS
    goes_in_as = "import_battles"

    def refusal(self, reader: Reader, arena: Arena) -> str:
        if not reader.visitor.is_authenticated:
            return _("single votes are for people with an account; the table of battles has their sums")
        return super().refusal(reader, arena)

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(Vote.objects.filter(battle__in=readable_battles(reader, arena).values("pk")))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        return loaded_votes(withheld_battles(reader, arena)).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        namer, pseudonym = BattleNames(arena), pseudonyms(arena)
        for battles in walk(lambda: with_names(readable_battles(reader, arena)), AT_ONCE):
            battle_rows = {battle.pk: namer.row(battle) for battle in battles}
            votes = loaded_votes(battles).select_related("voter").order_by("battle", "pk")
            votes = votes.only(*_OWN, "voter__kind").annotate(state=state_of_source("vote"), import_reason=reason_of_import())
            for vote in votes.iterator(VOTES_AT_ONCE):
                yield battle_rows[vote.battle_id] | _vote_row(vote) | {"voter": pseudonym(vote.voter_id)}


_OWN = (
    "battle_id", "outcome", "first_shown", "strength", "reasons", "comment", "dwell_ms", "is_counted", "set_aside_reason",
    "voted_at",
)  # fmt: skip


def _vote_row(vote: Any) -> Row:
    why = why_set_aside(vote)
    return {
        "vote": vote.pk, "winner": vote.outcome, "first_shown": vote.first_shown or None, "strength": vote.strength,
        "reasons": vote.reasons, "voted_at": vote.voted_at, "voter_kind": vote.voter.kind if vote.voter else None,
        "is_counted": not why, "set_aside_reason": why or None, "dwell_ms": vote.dwell_ms, "comment": vote.comment or None,
    }  # fmt: skip


def why_set_aside(vote: Any) -> str:
    """In English, as the ledger has it: a file reads the same for all. Empty where the vote counts."""
    if vote.state == Import.State.SET_ASIDE:
        reason = vote.import_reason
        return f"{WITH_ITS_IMPORT}: {reason}"[:LONGEST_REASON] if reason else WITH_ITS_IMPORT
    return "" if vote.is_counted else vote.set_aside_reason or WITHOUT_REASON
