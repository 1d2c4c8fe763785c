"""Serializers of judges' games as JSON and CSV, with the same names. What the reader may not see is null in both."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena.api.serializers import PROMPT_ID, PROMPT_KEY
from arena.models import Attempt
from arena.outcomes import Outcome
from judges.games.visible_games import VisibleAttempt, VisibleGame
from judges.models import Game

JSON_OBJECT = {"type": "object", "nullable": True, "additionalProperties": {}}


def _field(kind: type[serializers.Field[Any, Any, Any, Any]], source: str | None, help_text: str = "", **options: Any) -> Any:
    """Declare a field; `source` is None if it is the field's own name."""
    return kind(source=source, read_only=True, help_text=help_text, **options)


def _text(source: str | None, help_text: str = "", **options: Any) -> Any:
    return _field(serializers.CharField, source, help_text, **options)


def _number(source: str | None, help_text: str = "", **options: Any) -> Any:
    return _field(serializers.IntegerField, source, help_text, **options)


def _score(side: str) -> Any:
    return _field(serializers.FloatField, f"verdict.score_{side}", f"Points of answer {side}; null without.", allow_null=True)


class GameSerializer(serializers.Serializer[VisibleGame]):
    """The verdict of one judge on one battle in one order. A verdict names the answer, not the slot in which it was shown. A
    game without a verdict is no win, no loss and no tie."""

    id = _number("game.pk", min_value=1)
    arena = _text("game.battle.arena.slug", "Slug of the arena.")
    battle = _number("game.battle_id", "Number of the battle.", min_value=1)
    prompt = _text("game.battle.prompt.key", "As `prompt_key`.", allow_null=True)
    prompt_id = _number("game.battle.prompt_id", PROMPT_ID, allow_null=True)
    prompt_key = _text("game.battle.prompt.key", PROMPT_KEY, allow_null=True)
    competitor_a = _text("game.battle.competitor_a.name", "Name of the competitor.")
    competitor_b = _text("game.battle.competitor_b.name", "Name of the competitor.")
    judge = _number("game.judge_id", "Number of this version of the judge.", min_value=1)
    judge_name = _text("game.judge.name")
    judge_version = _number("game.judge.version", min_value=1)
    judge_identity = _text("game.judge.identity", "SHA-256 of everything that determines its verdicts.")
    run = _number(None, "Number of the run, for curators; null for others, and where there was none.", allow_null=True)
    order = _field(serializers.ChoiceField, "game.order", "Which answer stood first.", choices=Game.Order.choices)
    repeat = _number("game.repeat", "Index of the repeat, from 0.", min_value=0)
    state = serializers.SerializerMethodField(help_text="How it ended; null: it is not over.")
    winner = serializers.SerializerMethodField(
        help_text="The answer that it prefers; null without a verdict, and where one answer is graded alone."
    )
    strength = _number("verdict.strength", "1 better, 2 much better; null without a winner.", allow_null=True)
    score_a = _score("a")
    score_b = _score("b")
    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # the field's own label is not used
        help_text="As its protocol spells it; null where none was read."
    )
    label_start = _number("game.label_start", "Where it began in the reply, in characters.", allow_null=True, min_value=0)
    label_end = _number("game.label_end", "Where it ended.", allow_null=True, min_value=0)
    reason = _text(None, "Why there is no verdict, or which rule gave it. Reasons of failures are for curators.")
    taints = serializers.ListField(
        source="game.taints", child=serializers.CharField(), read_only=True,
        help_text="What in the answers might speak to a judge: such a game counts nowhere by default.",
    )  # fmt: skip
    is_counted = _field(serializers.BooleanField, "game.is_counted", "False where a curator set it aside.")
    set_aside_reason = _text("game.set_aside_reason")
    reference_given = _field(serializers.BooleanField, "game.reference_given", "Whether it was shown a reference answer.")
    is_copied = serializers.SerializerMethodField(help_text="Whether a stored reply was read again: its request was the same.")
    cost = serializers.SerializerMethodField(help_text="Dollars of all its attempts.")
    model = _text("request.model", "The model string that came back.", allow_null=True)
    parameters = serializers.SerializerMethodField(help_text="As sent, without those that the endpoint refuses.")
    latency_ms = _number("request.latency_ms", "Of the reply that was read.", allow_null=True)
    n_attempts = _number("request.n_attempts", "Requests that were sent.", allow_null=True)
    decided_at = _field(serializers.DateTimeField, "game.decided_at", "When it ended; null: it is not over.", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=Game.State.choices, allow_null=True))
    def get_state(self, visible: VisibleGame) -> str | None:
        return visible.game.state or None

    @extend_schema_field(serializers.ChoiceField(choices=Outcome.choices, allow_null=True))
    def get_winner(self, visible: VisibleGame) -> str | None:
        return (visible.verdict.winner or None) if visible.verdict else None

    def get_label(self, visible: VisibleGame) -> str | None:
        return visible.game.label or None

    def get_is_copied(self, visible: VisibleGame) -> bool:
        return visible.game.copied_from_id is not None

    def get_cost(self, visible: VisibleGame) -> float:
        return visible.game.cost / 1_000_000

    @extend_schema_field(JSON_OBJECT)
    def get_parameters(self, visible: VisibleGame) -> Any:
        return visible.request and visible.request.parameters


class MessageSerializer(serializers.Serializer[Mapping[str, str]]):
    role = serializers.CharField(read_only=True)
    content = serializers.CharField(read_only=True)


class AttemptSerializer(serializers.Serializer[VisibleAttempt]):
    """One request that was sent, and what came back."""

    state = _field(serializers.ChoiceField, "attempt.state", "Only one that is ok can be read.", choices=Attempt.State.choices)
    is_read = serializers.BooleanField(read_only=True, help_text="Whether its reply decided the game.")
    messages = MessageSerializer(many=True, read_only=True, help_text="As sent.")
    fence = _text("attempt.fence", "The random word that stands before and after every text by others.")
    text = _text("attempt.text", "The answer in the reply; null where there is none.", allow_null=True)
    finish = _text("attempt.finish", "Why the model stopped.")
    model = _text("attempt.model", "The model string that came back.")
    parameters = serializers.SerializerMethodField(help_text="As sent, without those that the endpoint refuses.")
    tokens_in = _number("attempt.tokens_in", allow_null=True)
    tokens_out = _number("attempt.tokens_out", allow_null=True)
    cost = serializers.SerializerMethodField(help_text="Dollars.")
    latency_ms = _number("attempt.latency_ms", allow_null=True)
    status = _number("attempt.status", "Of HTTP, where it failed.", allow_null=True)
    error = _text(None, "Why it failed, for curators.")
    body = _text(None, "The reply as received, keys taken out, for curators.")
    sent_at = _field(serializers.DateTimeField, "attempt.sent_at")
    finished_at = _field(serializers.DateTimeField, "attempt.finished_at", allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_parameters(self, visible: VisibleAttempt) -> Any:
        return visible.attempt.parameters

    def get_cost(self, visible: VisibleAttempt) -> float:
        return visible.attempt.cost / 1_000_000


class CriterionSerializer(serializers.Serializer[Mapping[str, Any]]):
    text = serializers.CharField(read_only=True, help_text="A question answered with yes or no.")
    weight = serializers.FloatField(read_only=True)


class GameInFullSerializer(GameSerializer):
    """A game with all that was asked and replied. Attempts, stored reply and checklist are there where the arena's answers
    are public and no reference was shown, and for curators."""

    criteria = CriterionSerializer(
        many=True, read_only=True, allow_null=True, help_text="The checklist that it was asked with; null without one."
    )
    reply = _text(None, "Its reply, where the game was imported from a file.")
    attempts = AttemptSerializer(many=True, read_only=True)


COLUMNS = list(GameSerializer().fields)


def csv_rows(games: Iterable[VisibleGame]) -> Iterator[dict[str, object]]:
    serializer = GameSerializer()  # one for all: a new one copies every field
    for game in games:
        yield {name: _written(value) for name, value in serializer.to_representation(game).items()}


def _written(value: object) -> object:
    """A list of texts as one text, an object and a truth value as in JSON."""
    if isinstance(value, list):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | dict) else value
