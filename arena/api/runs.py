"""Runs over REST, for curators."""

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet
from rest_framework.generics import ListAPIView, RetrieveAPIView

from arena import access
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import by_arena
from arena.api.paging import NewestFirst
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.run_serializers import RunProgressSerializer, RunSerializer
from arena.api.writing.runs import RunStarts
from arena.models import Run


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


class RunList(RunStarts, Runs, ListAPIView[Run]):
    """Runs of judging and of generating answers, newest first, for curators."""

    serializer_class = RunSerializer
    filterset_class = RunFilters
    pagination_class = NewestFirst


class RunDetail(Runs, RetrieveAPIView[Run]):
    """One run with its progress, for curators. Poll it with If-None-Match."""

    serializer_class = RunProgressSerializer
