"""Paid work over REST, for curators."""

from typing import Any

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView

from arena import access
from arena.api.filters import by_arena
from arena.api.paging import NewestFirst
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.scopes import CuratorsOnly, WithinScope
from arena.models import Arena, Run
from arena.runs import control
from arena.runs.control import Progress


def _in_dollars(micro: int | None) -> float | None:
    return None if micro is None else micro / 1_000_000


class RunSerializer(serializers.ModelSerializer[Run]):
    """One run; money in dollars."""

    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    cap = serializers.SerializerMethodField(help_text="Dollars that it may cost in all; null: no cap.")
    spent = serializers.SerializerMethodField(help_text="Dollars, failed and lost requests too.")
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


class ProgressSerializer(serializers.Serializer[Progress]):
    """Calls by what became of them."""

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
    n_waiting = serializers.IntegerField(read_only=True, min_value=0, help_text="Those under way too.")
    n_under_way = serializers.IntegerField(read_only=True, min_value=0)
    outcomes = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="End state: calls.")
    per_minute = serializers.FloatField(read_only=True, help_text="Calls that came to an end in the last minute.")
    seconds_left = serializers.FloatField(
        read_only=True, allow_null=True, help_text="At this rate; null where it is none, or an endpoint holds the run up."
    )


class RunProgressSerializer(RunSerializer):
    """One run with how far it is."""

    plan = serializers.SerializerMethodField(help_text="What was asked for, to make the same run again.")
    progress = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "plan", "progress"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_plan(self, run: Run) -> Any:
        return run.plan

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, run: Run) -> Any:
        return ProgressSerializer(control.progress(run)).data


class RunFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    kind = ChoiceFilter(choices=Run.Kind.choices)
    state = ChoiceFilter(choices=Run.State.choices)

    class Meta:
        model = Run
        fields: list[str] = []


class Runs(ReadView[Run]):
    queryset = Run.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]

    def get_queryset(self) -> QuerySet[Run]:
        arenas = arenas_asked_for(self.request, access.boards_for(self.request.user))
        return Run.objects.filter(arena__in=arenas).select_related("arena")


class RunList(Runs, ListAPIView[Run]):
    """Runs of judging and of generating answers, newest first, for curators."""

    serializer_class = RunSerializer
    filterset_class = RunFilters
    pagination_class = NewestFirst


class RunDetail(Runs, RetrieveAPIView[Run]):
    """One run and how far it is, for curators. Poll it with If-None-Match."""

    serializer_class = RunProgressSerializer
