"""Battles and votes by POST, on answers that are here."""

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.writing.base import RowsOfArena, takes_rows
from arena.api.writing.rows import STRICT
from arena.importing import votes_by_program
from arena.importing.rows_by_program import TakenRows
from arena.importing.sent_fields import BATTLE_FIELDS, VOTE_FIELDS
from arena.importing.votes_by_program import Readable, SentBattle, SentVote
from arena.models import Arena
from arena.visitors.voter_identity import voter_of


def _readable(request: Request, arena: Arena) -> Readable:
    """A curator who votes here, too, must not learn of an open pair by what is refused."""
    voter = voter_of(request._request, arena, create=False)
    battles = access.battles_for(request.user, arena, voter).published()  # type: ignore[attr-defined]
    return Readable(battles, access.responses_for(request.user, arena, voter))


class BattleRows(RowsOfArena[SentBattle]):
    may_say = ("strict",)

    def rows_of(self, raw: Sequence[Any]) -> list[SentBattle]:
        return votes_by_program.read_battles(raw)

    def take(self, arena: Arena, rows: list[SentBattle], body: dict[str, Any]) -> TakenRows:
        readable = _readable(self.request, arena)
        return votes_by_program.take_battles(arena, rows, readable, strict=bool(body.get("strict")))

    @takes_rows(
        BATTLE_FIELDS,
        "Make battles of answers that are here: two of different competitors to one prompt. A battle that is here already is "
        "that battle, whichever way round. Scope `evidence:write`, for curators.",
        strict=STRICT,
    )
    def post(self, request: Request) -> Response:
        return self.taken(request)


class VoteRows(RowsOfArena[SentVote]):
    may_say = ("strict",)

    def rows_of(self, raw: Sequence[Any]) -> list[SentVote]:
        return votes_by_program.read_votes(raw)

    def take(self, arena: Arena, rows: list[SentVote], body: dict[str, Any]) -> TakenRows:
        user: Any = self.request.user
        readable = _readable(self.request, arena)
        return votes_by_program.take_votes(arena, rows, readable, user, strict=bool(body.get("strict")))

    @takes_rows(
        VOTE_FIELDS,
        "Bring votes of people who voted elsewhere. They count on every board of people's votes, and their voters are marked "
        "as external. A vote that is here already stands. Scope `evidence:write`, for curators.",
        strict=STRICT,
    )
    def post(self, request: Request) -> Response:
        return self.taken(request)
