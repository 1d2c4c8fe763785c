"""Serializers of runs; money is in dollars."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena.models import Arena, Competitor, Run
from arena.runs import control
from arena.runs.control import Progress
from arena.runs.holdups import HoldUp


def _in_dollars(micro: int | None) -> float | None:
    return None if micro is None else micro / 1_000_000


class RunSerializer(serializers.ModelSerializer[Run]):
    """One run; money in dollars."""

    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    cap = serializers.SerializerMethodField(help_text="The most that the run may cost, in dollars; null: no cap.")
    spent = serializers.SerializerMethodField(help_text="Dollars spent, failed and lost requests included.")
    reserved = serializers.SerializerMethodField(help_text="Dollars held for calls that are under way.")

    class Meta:
        model = Run
        fields = [
            "id", "arena", "kind", "name", "state", "paused_because", "seed", "cap", "spent", "reserved",
            "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_cap(self, run: Run) -> float | None:
        return _in_dollars(run.cap)

    def get_spent(self, run: Run) -> float:
        return run.spent / 1_000_000

    def get_reserved(self, run: Run) -> float:
        return run.reserved / 1_000_000


class HoldUpSerializer(serializers.Serializer[HoldUp]):
    """An endpoint that a run waits for, and why."""

    endpoint = serializers.CharField(read_only=True, help_text="Its name.")
    does = serializers.CharField(read_only=True, help_text="What it does, in words: that it does not answer, say.")
    reason = serializers.CharField(read_only=True, help_text="The server's reason, or Agon's; may be empty.")
    until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it is tried next; null if it is being tried or only a person can help."
    )
    n_waiting = serializers.IntegerField(read_only=True, min_value=0, help_text="Calls that wait for it.")
    most_attempts = serializers.IntegerField(
        read_only=True, min_value=1, help_text="A call is given up when it has failed so often."
    )


class ProgressSerializer(serializers.Serializer[Progress]):
    """Numbers of calls by their outcome."""

    n_calls = serializers.IntegerField(read_only=True, min_value=0)
    n_over = serializers.IntegerField(read_only=True, min_value=0, help_text="Done, failed or left out on purpose.")
    n_done = serializers.IntegerField(read_only=True, min_value=0)
    n_failed = serializers.IntegerField(read_only=True, min_value=0)
    n_cancelled = serializers.IntegerField(read_only=True, min_value=0)
    n_left_out = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Cancelled on purpose: the prompt was retired."
    )
    n_never_sent = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Cancelled with the run, before they were sent."
    )
    n_given_up = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Cancelled with the run, after they were sent."
    )
    n_waiting = serializers.IntegerField(read_only=True, min_value=0, help_text="Including calls that are under way.")
    n_under_way = serializers.IntegerField(read_only=True, min_value=0)
    outcomes = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="End state: calls.")
    per_minute = serializers.FloatField(read_only=True, help_text="Calls that came to an end in the last minute.")
    seconds_left = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="At this rate; null if the rate is 0, the run does not run or an endpoint holds it up.",
    )
    held = HoldUpSerializer(
        many=True, read_only=True, help_text="Endpoints that hold a running run up; empty if all of them accept calls."
    )


class RunProgressSerializer(RunSerializer):
    """One run with its progress."""

    plan = serializers.SerializerMethodField(help_text="What was asked for, to make the same run again; money in dollars.")
    progress = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "plan", "progress"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_plan(self, run: Run) -> Any:
        plan: dict[str, Any] = dict(run.plan)
        if (authors := plan.pop("authors", None)) is not None:  # by name, as a draft takes them
            names = dict(Competitor.objects.filter(pk__in=map(int, authors)).values_list("pk", "name"))
            plan["competitors"] = {names[int(pk)]: endpoint for pk, endpoint in authors.items() if int(pk) in names}
        counts = plan.get("counts", {})
        return plan | {"counts": counts | {"cost": _in_dollars(counts["cost"])}} if "cost" in counts else plan

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, run: Run) -> Any:
        return ProgressSerializer(control.progress(run)).data
