"""Serializers of rows. Only the fields named here are sent: never references, verifiers, endpoints or voters."""

from collections.abc import Mapping, Sequence

from django.db.models import Count
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena.models import Arena, Battle, Competitor, Prompt, Response, Vote
from arena.outcomes import Outcome

# The same two names in all rows that point at a prompt, so that tables can be joined.
PROMPT_ID = "Number of the prompt, `id` among prompts."
PROMPT_KEY = "Key of the prompt, `key` among prompts: its id in the file that it came from."


ARCHIVED = ("archived_at", "archived_because")  # null and empty while a row is in use


class ArenaSerializer(serializers.ModelSerializer[Arena]):
    class Meta:
        model = Arena
        fields = [
            "slug", "name", "description", "guidelines", "notice", "is_sample",
            "board_visibility", "content_visibility", "voting", "created_at", *ARCHIVED,
        ]  # fmt: skip
        read_only_fields = fields


class CompetitorSerializer(serializers.ModelSerializer[Competitor]):
    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    price_in = serializers.SerializerMethodField(help_text="Dollars per million input tokens.")
    price_out = serializers.SerializerMethodField(help_text="Dollars per million output tokens.")

    class Meta:
        model = Competitor
        fields = [
            "id", "arena", "name", "organisation", "licence", "description",
            "price_in", "price_out", "released_on", "status", *ARCHIVED,
        ]  # fmt: skip
        read_only_fields = fields

    def get_price_in(self, competitor: Competitor) -> float | None:
        return None if competitor.price_in is None else competitor.price_in / 1_000_000

    def get_price_out(self, competitor: Competitor) -> float | None:
        return competitor.price


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    pool = serializers.CharField(source="pool.slug", read_only=True, help_text="Slug of the pool.")
    turns = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="What the user says, turn by turn.")
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Prompt
        fields = [
            "id", "arena", "key", "pool", "turns", "system_prompt", "category", "language", "tags", "status", *ARCHIVED,
        ]  # fmt: skip
        read_only_fields = fields


class ResponseSerializer(serializers.ModelSerializer[Response]):
    prompt = serializers.IntegerField(source="prompt_id", read_only=True, help_text="As `prompt_id`.")
    prompt_id = serializers.IntegerField(read_only=True, help_text=PROMPT_ID)
    prompt_key = serializers.CharField(read_only=True, help_text=PROMPT_KEY)
    competitor = serializers.CharField(source="competitor.name", read_only=True, help_text="Name of the competitor.")
    turns = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="The answers turn by turn, if there are several turns."
    )
    cost = serializers.SerializerMethodField(help_text="Dollars.")
    superseded_by = serializers.IntegerField(
        source="superseded_by_id", read_only=True, allow_null=True, help_text="Number of the answer that corrected it."
    )

    class Meta:
        model = Response
        fields = [
            "id", "prompt", "prompt_id", "prompt_key", "competitor", "repeat", "text", "turns", "finish",
            "tokens_in", "tokens_out", "latency_ms", "cost",
            "n_characters", "n_headers", "n_list_items", "n_bold", "n_code_blocks", "superseded_by", *ARCHIVED,
        ]  # fmt: skip
        read_only_fields = fields

    def get_cost(self, response: Response) -> float | None:
        return None if response.cost is None else response.cost / 1_000_000


class OutcomesSerializer(serializers.Serializer[Mapping[str, int]]):
    """The number of counted votes for each outcome. Voters are not named."""

    a = serializers.IntegerField(min_value=0, help_text="Competitor a is better.")
    b = serializers.IntegerField(min_value=0, help_text="Competitor b is better.")
    tie = serializers.IntegerField(min_value=0, help_text="Both are good.")
    both_bad = serializers.IntegerField(min_value=0, help_text="Both are bad.")


class BattleSerializer(serializers.ModelSerializer[Battle]):
    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    prompt = serializers.IntegerField(source="prompt_id", read_only=True, allow_null=True, help_text="As `prompt_id`.")
    prompt_id = serializers.IntegerField(read_only=True, allow_null=True, help_text=f"{PROMPT_ID} Null: not known.")
    prompt_key = serializers.CharField(read_only=True, allow_null=True, help_text=f"{PROMPT_KEY} Null: not known.")
    competitor_a = serializers.CharField(source="competitor_a.name", read_only=True, help_text="Name of the competitor.")
    competitor_b = serializers.CharField(source="competitor_b.name", read_only=True, help_text="Name of the competitor.")
    response_a = serializers.IntegerField(
        source="response_a_id", read_only=True, allow_null=True, help_text="Number of its answer, where it is here."
    )
    response_b = serializers.IntegerField(
        source="response_b_id", read_only=True, allow_null=True, help_text="Number of its answer, where it is here."
    )
    corrected_a = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Number of the answer that corrected `response_a` after it was judged here."
    )
    corrected_b = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Number of the answer that corrected `response_b` after it was judged here."
    )
    votes = serializers.SerializerMethodField()

    class Meta:
        model = Battle
        fields = [
            "id", "arena", "prompt", "prompt_id", "prompt_key", "competitor_a", "competitor_b", "response_a", "response_b",
            "corrected_a", "corrected_b", "votes", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OutcomesSerializer)
    def get_votes(self, battle: Battle) -> dict[str, int]:
        counts: dict[int, dict[str, int]] = self.context["outcomes"]
        return dict.fromkeys(Outcome.values, 0) | counts.get(battle.pk, {})


def outcomes_of(battles: Sequence[Battle]) -> dict[int, dict[str, int]]:
    """Battle -> outcome -> number of votes that count, in one query."""
    votes = Vote.objects.counted().filter(battle__in=[battle.pk for battle in battles]).order_by()
    counts: dict[int, dict[str, int]] = {}
    for row in votes.values("battle", "outcome").annotate(n=Count("pk")):
        counts.setdefault(row["battle"], {})[row["outcome"]] = row["n"]
    return counts
