"""Judges over REST: the audit of each, for those who may read the arena's board."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView

from arena import access
from arena.api.filters import SLUG_SCHEMA, ArchivedFilter, by_arena, by_text
from arena.api.read_views import ReadView, arenas_asked_for
from judges.api.judge_serializers import JudgeFiguresSerializer, JudgeSerializer
from judges.api.judge_writes import JudgeDefinitions
from judges.models import Judge, JudgeAudit


class JudgeFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    name = by_text(120, "The whole name.", field_name="judge__name")
    kind = ChoiceFilter(choices=Judge.Kind.choices, field_name="judge__kind")
    archived = ArchivedFilter(path="judge__")

    class Meta:
        model = JudgeAudit
        fields: list[str] = []


class Judges(ReadView[JudgeAudit]):
    queryset = JudgeAudit.objects.none()

    def get_queryset(self) -> QuerySet[JudgeAudit]:
        arenas = arenas_asked_for(self.request, access.boards_for(self.request.user))
        return JudgeAudit.objects.listed().filter(arena__in=arenas)


class JudgeList(JudgeDefinitions, Judges, ListAPIView[JudgeAudit]):
    """The judges of the arenas whose board you may read, a row a judge and arena. Versions are judges of their own."""

    serializer_class = JudgeSerializer
    filterset_class = JudgeFilters


class JudgeDetail(Judges, RetrieveAPIView[JudgeAudit]):
    """The audit of one judge in one arena: every figure with its unit, interval and the battles behind it, the board that it
    makes under each rule, and what answered when it was asked. Without `arena` it is the one of which the newest audit is."""

    serializer_class = JudgeFiguresSerializer

    def known_parameters(self) -> frozenset[str]:
        return super().known_parameters() | {"arena"}

    @extend_schema(parameters=[OpenApiParameter("arena", SLUG_SCHEMA, description="Slug of the arena.")])
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)

    def get_object(self) -> JudgeAudit:
        audits = self.get_queryset().filter(judge__pk=self.kwargs["pk"]).defer(None)
        audit = audits.order_by("-made_at", "-pk").first()
        if audit is None:
            raise Http404
        return audit
