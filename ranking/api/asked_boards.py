"""Boards by question over REST: the board of any combination of filters, and asking for it where nobody has yet."""

from typing import Any, ClassVar

from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import WithinScope
from arena.api.read_views import ApiView, arenas_asked_for
from arena.api.schema import OTHER_RESPONSES
from arena.models import Arena, TokenScope
from arena.visitors.addresses import address_of
from ranking.boards.asked.asking_state import AskedState, asking_for
from ranking.boards.asked.board_choice import Choice, boards_of, chosen
from ranking.boards.asked.board_queue import QueueFull, ask
from ranking.filters import VOTERS
from ranking.models import COVARIATES, Leaderboard, Snapshot
from ranking.weighing import PARTLY, WAYS

SEVERAL = ("category", "language", "tag", "pool", "voters", "judge", "covariates")
ONE = (
    "arena",
    "board",
    "min_chars",
    "max_chars",
    "turns",
    "since",
    "until",
    "over",
    "by",
    "missing",
    "borrow",
    "style",
    "combiner",
)
MEANINGS = {
    "arena": "Slug of the arena.",
    "board": "Slug of the board whose method and evidence are taken; the arena's own where it is left out.",
    "category": "Only prompts of this category and below. Several: of any.",
    "language": "Only prompts in this language, by its code. Several: in any.",
    "tag": "Only prompts with this tag. Several: with any. For readers of the arena's contents.",
    "pool": "Only prompts of this pool, by its slug. Several: of any. For readers of the arena's contents.",
    "min_chars": "Only prompts of at least so many characters, all turns together.",
    "max_chars": "Only prompts of at most so many characters.",
    "turns": "Only prompts of so many turns: a number, or `several` for two and more.",
    "since": "Only votes and verdicts from this day on (UTC), such as 2026-01-31.",
    "until": "Only votes and verdicts up to this day.",
    "voters": f"Only votes of this group: {', '.join(VOTERS)}. Several: of any. For readers of the arena's contents.",
    "over": "Categories that are fitted one by one and count by weights, such as `maths:2,code:1`.",
    "by": f"With `over`, how they become one score: {', '.join(WAYS)}; the first where it is left out.",
    "missing": f"With `over`: `{PARTLY}` ranks models by the categories that rate them; else these have no place.",
    "borrow": "`on`: the one category's ratings lean on those of all categories as far as its own evidence is thin.",
    "judge": "Only verdicts of this judge, by its number. Several: of these.",
    "style": "`on`: style is levelled.",
    "covariates": f"With `style`: what is levelled, of {', '.join(COVARIATES)}. Several: all of these.",
    "combiner": f"On boards of verdicts, what a judge's games on a battle become: {', '.join(Leaderboard.Combiner.values)}.",
}
SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 50}
PARAMETERS = [
    OpenApiParameter(
        name, SLUG if name == "arena" else OpenApiTypes.STR, description=meaning,
        required=name == "arena", many=name in SEVERAL,
    )
    for name, meaning in MEANINGS.items()
]  # fmt: skip


class AskedBoardSerializer(serializers.Serializer[Any]):
    """A board by its definition, and how far it is."""

    slug = serializers.CharField(allow_null=True, help_text="Under it the other addresses of leaderboards give the board.")
    state = serializers.ChoiceField(
        choices=["stands", "waiting", "not asked for", "refused"],
        help_text="`stands`: `snapshot` is its newest. `refused`: `sentence` says why, such as that too few prompts fit.",
    )
    sentence = serializers.CharField(help_text="What a reader is told; empty where the board stands.")
    snapshot = serializers.CharField(allow_null=True, help_text="Key of the newest snapshot.")
    category = serializers.CharField(help_text="The only one; empty for all, or where `filters` names several.")
    language = serializers.CharField()
    filters = serializers.CharField(help_text="All other filters, in the one spelling that the definition has.")


class AskedBoards(ApiView):
    """The board of a combination of filters, and how far it is. Reading asks for nothing by itself: a POST does."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [WithinScope]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.READ.value}

    def known_parameters(self) -> frozenset[str]:
        return frozenset({"format", *SEVERAL, *ONE})

    def _check_parameters(self, request: Request) -> None:
        """As everywhere, but for filters of several values; a POST names its board in the address too."""
        known, given = self.known_parameters(), request.query_params
        there_are = f"There is no such parameter here. Available: {', '.join(sorted(known))}."
        errors = {name: [there_are] for name in given if name not in known}
        twice = {name: len(given.getlist(name)) for name in ONE if len(given.getlist(name)) > 1}
        errors |= {name: [f"It is given {n} times: give it once."] for name, n in twice.items()}
        if errors:
            raise ValidationError(errors)

    @extend_schema(parameters=PARAMETERS, responses={200: AskedBoardSerializer} | OTHER_RESPONSES)
    def get(self, request: Request) -> Response:
        arena = self._arena(request)
        choice, asking = _found(request, arena)
        return Response(_told(choice, asking))

    @extend_schema(
        parameters=PARAMETERS,
        request=None,
        responses={202: AskedBoardSerializer} | OTHER_RESPONSES,
        description=(
            "Ask for the board of a combination of filters. A worker fits it, behind the live boards: at most 2 wait for one "
            "network and 20 in all. Poll the GET of the same parameters until it stands. A board that nobody uses for a day is "
            "thrown away, with the snapshots that nobody linked to. What the GET calls refused because of its filters is "
            "answered with 400. Scope `read`."
        ),
    )
    def post(self, request: Request) -> Response:
        arena = self._arena(request)
        choice, _asking = _found(request, arena)
        if choice.sentence:
            raise ParseError(choice.sentence)
        if choice.definition is not None and choice.like is not None and not arena.is_archived:
            try:
                ask(arena, choice.definition, like=choice.like, network=address_of(request._request), now=timezone.now())
            except QueueFull as full:
                raise Throttled(wait=10, detail=str(full)) from None
        return Response(_told(*_found(request, arena)), status=202)

    def _arena(self, request: Request) -> Arena:
        if "arena" not in request.query_params:
            raise ValidationError({"arena": ["Name the arena by its slug."]})
        return arenas_asked_for(request, access.boards_for(request.user)).get()


def _found(request: Request, arena: Arena) -> tuple[Choice, AskedState | None]:
    query = QueryDict(request._request.GET.urlencode())
    choice = chosen(request._request, arena, boards_of(arena), query)
    if choice.board is None and choice.definition is None and not choice.sentence:
        raise NotFound(f"There is no board in the arena {arena.slug!r} yet.")
    return choice, asking_for(arena, choice, timezone.now())


def _told(choice: Choice, asking: AskedState | None) -> dict[str, Any]:
    board = choice.board
    hidden = board is None or (asking is not None and asking.hides_board)
    newest = Snapshot.objects.filter(leaderboard=board).order_by("-pk").first() if board is not None and not hidden else None
    sentence = choice.sentence or (asking.sentence if asking else "")
    definition = board or Leaderboard(**{name: value for name, value in (choice.definition or {}).items() if name in COLUMNS})
    return {
        "slug": board.slug if board else None, "state": _state(choice, asking), "sentence": sentence,
        "snapshot": newest.key if newest else None,
        **{name: getattr(definition, name) for name in COLUMNS},
    }  # fmt: skip


COLUMNS = ("category", "language", "filters")


def _state(choice: Choice, asking: AskedState | None) -> str:
    if choice.sentence:
        return "refused"
    if asking is not None and asking.is_waiting:
        return "waiting"
    if asking is not None and asking.hides_board:
        return "not asked for" if asking.may_ask else "refused"
    return "stands"
