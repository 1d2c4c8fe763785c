"""Gold labels over REST: read, set aside, restore. They reveal which answer is right, so they are for curators only."""

from typing import Any, ClassVar

from django.db.models import Exists, Model, OuterRef, QuerySet
from django_filters import ChoiceFilter, FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response as Reply

from arena import access
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import by_arena, by_number, by_text, by_yes_or_no
from arena.api.paging import WithHidden
from arena.api.read_views import InArena, ListWithHidden, OneInArena
from arena.api.writing.base import Writes, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.models import Arena, TokenScope, Voter
from arena.outcomes import Outcome
from judges.api.evidence_writes import AnswerLabelRows, PairLabelRows
from judges.games.curation import contradicting, count_answers, count_labels
from judges.models import GoldAnswer, GoldItem

OF_IMPORT = "Number of the import that brought it; null where it came otherwise."
COMMON = ("note", "is_counted", "import_id")


class PairLabelSerializer(serializers.ModelSerializer[GoldItem]):
    """Which of two answers is known to be better."""

    arena = serializers.CharField(source="gold_set.arena.slug", read_only=True, help_text="Slug of the arena.")
    gold_set = serializers.CharField(source="gold_set.name", read_only=True, help_text="Name of the set.")
    battle = serializers.IntegerField(source="battle_id", read_only=True, help_text="Number of the battle.")
    import_id = serializers.IntegerField(source="source_id", read_only=True, allow_null=True, help_text=OF_IMPORT)

    class Meta:
        model = GoldItem
        fields = ["id", "arena", "gold_set", "battle", "label", "order", *COMMON]
        read_only_fields = fields


class AnswerLabelSerializer(serializers.ModelSerializer[GoldAnswer]):
    """Whether an answer is known to be right, or its grade."""

    arena = serializers.CharField(source="gold_set.arena.slug", read_only=True, help_text="Slug of the arena.")
    gold_set = serializers.CharField(source="gold_set.name", read_only=True, help_text="Name of the set.")
    response = serializers.IntegerField(source="response_id", read_only=True, help_text="Number of the answer.")
    import_id = serializers.IntegerField(source="source_id", read_only=True, allow_null=True, help_text=OF_IMPORT)

    class Meta:
        model = GoldAnswer
        fields = ["id", "arena", "gold_set", "response", "is_right", "grade", *COMMON]
        read_only_fields = fields


class LabelFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    gold_set = by_text(120, "The whole name of the set.", field_name="gold_set__name")
    is_counted = by_yes_or_no("Whether no curator set it aside.", method="counted")
    import_id = by_number("Number of the import that brought it.", field_name="source_id")

    def counted(self, labels: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        return labels.filter(is_counted=value == "true")


class PairLabelFilters(LabelFilters):
    battle = by_number("Number of the battle.", field_name="battle_id")
    label = ChoiceFilter(choices=Outcome.choices)
    is_contradicted = by_yes_or_no("Whether a label that counts contradicts it: then neither counts.", method="contradicted")

    class Meta:
        model = GoldItem
        fields: list[str] = []

    def contradicted(self, labels: QuerySet[GoldItem], name: str, value: str) -> QuerySet[GoldItem]:
        wrong = contradicting().values("pk")
        return labels.filter(pk__in=wrong) if value == "true" else labels.exclude(pk__in=wrong)


class AnswerLabelFilters(LabelFilters):
    response = by_number("Number of the answer.", field_name="response_id")
    is_right = by_yes_or_no("Whether it is right, of those where that is said.", method="right")

    class Meta:
        model = GoldAnswer
        fields: list[str] = []

    def right(self, labels: QuerySet[GoldAnswer], name: str, value: str) -> QuerySet[GoldAnswer]:
        return labels.filter(is_right=value == "true")


class LabelsWithHidden(WithHidden):
    hidden_help = (
        "How many labels of these arenas, whatever the other filters, are hidden for now, as you have a pair on their prompt "
        "open to vote on."
    )


class PairLabels(InArena[GoldItem]):
    queryset = GoldItem.objects.none()
    serializer_class = PairLabelSerializer
    permission_classes = [WithinScope, CuratorsOnly]
    arena_path = "gold_set__arena"

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[GoldItem]:
        readable = access.battles_for(self.request.user, arena, voter)
        labels = GoldItem.objects.filter(Exists(readable.filter(pk=OuterRef("battle_id"))), gold_set__arena=arena)
        return labels.select_related("gold_set__arena")


class PairLabelList(PairLabelRows, PairLabels, ListWithHidden[GoldItem]):
    """Gold labels of pairs, for curators: which answer is known to be better. Judges are measured by those that count."""

    permission_classes = [WithinScope, CuratorsOnly]
    filterset_class = PairLabelFilters
    pagination_class = LabelsWithHidden

    def hidden(self, arena: Arena, voter: Voter | None) -> QuerySet[GoldItem]:
        in_play = access.battles_in_play(self.request.user, arena, voter)
        return GoldItem.objects.filter(gold_set__arena=arena, battle__in=in_play.values("pk"))


class PairLabelDetail(PairLabels, OneInArena[GoldItem]):
    """One gold label of a pair, for curators."""


class AnswerLabels(InArena[GoldAnswer]):
    queryset = GoldAnswer.objects.none()
    serializer_class = AnswerLabelSerializer
    permission_classes = [WithinScope, CuratorsOnly]
    arena_path = "gold_set__arena"

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[GoldAnswer]:
        readable = access.responses_for(self.request.user, arena, voter)
        labels = GoldAnswer.objects.filter(Exists(readable.filter(pk=OuterRef("response_id"))), gold_set__arena=arena)
        return labels.select_related("gold_set__arena")


class AnswerLabelList(AnswerLabelRows, AnswerLabels, ListWithHidden[GoldAnswer]):
    """Gold labels of single answers, for curators: which are known to be right or wrong, or how good they are."""

    permission_classes = [WithinScope, CuratorsOnly]
    filterset_class = AnswerLabelFilters
    pagination_class = LabelsWithHidden

    def hidden(self, arena: Arena, voter: Voter | None) -> QuerySet[GoldAnswer]:
        in_play = access.responses_in_play(self.request.user, arena, voter)
        return GoldAnswer.objects.filter(gold_set__arena=arena, response__in=in_play.values("pk"))


class AnswerLabelDetail(AnswerLabels, OneInArena[GoldAnswer]):
    """One gold label of a single answer, for curators."""


class LabelAct(Writes):
    """One label out of what counts, or back into it. Where it is so already, nothing happens."""

    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.EVIDENCE.value}

    def counted(self, request: Request, count: Any, *, is_counted: bool) -> Reply:
        checked_object(request.data, {})
        view: Any = self  # of one label, too
        label: Model = view.get_object()

        def work() -> Answer:
            count(type(label)._default_manager.filter(pk=label.pk), is_counted, request.user)
            return Answer(dict(view.get_serializer(view.get_object()).data), status=200)

        return self.done(request, work)


SET_ASIDE = "Set a label aside: judges are no longer measured by it, and figures follow in a moment. Scope `evidence:write`."
RESTORE = "Restore a label: it counts again, and figures follow in a moment. Scope `evidence:write`."


class PairLabelSetAside(LabelAct, PairLabelDetail):
    @described(None, PairLabelSerializer, status=200, description=SET_ASIDE)
    def post(self, request: Request, pk: int) -> Reply:
        return self.counted(request, count_labels, is_counted=False)


class PairLabelRestore(LabelAct, PairLabelDetail):
    @described(None, PairLabelSerializer, status=200, description=RESTORE)
    def post(self, request: Request, pk: int) -> Reply:
        return self.counted(request, count_labels, is_counted=True)


class AnswerLabelSetAside(LabelAct, AnswerLabelDetail):
    @described(None, AnswerLabelSerializer, status=200, description=SET_ASIDE)
    def post(self, request: Request, pk: int) -> Reply:
        return self.counted(request, count_answers, is_counted=False)


class AnswerLabelRestore(LabelAct, AnswerLabelDetail):
    @described(None, AnswerLabelSerializer, status=200, description=RESTORE)
    def post(self, request: Request, pk: int) -> Reply:
        return self.counted(request, count_answers, is_counted=True)
