"""REST views that define judges, change their cards (each change makes a new version), and choose where they count."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.archiving import ArchivingAct, archives, brings_back
from arena.api.callers.scopes import CuratorsOnly, CuratorsWrite, WithinScope
from arena.api.filters import SLUG_SCHEMA
from arena.api.read_views import ReadView
from arena.api.serializers import ARCHIVED
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Writes, arena_to_write, checked_object, described
from arena.api.writing.changes import Changes, changes
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Endpoint, TokenScope
from arena.wording import sentence
from judges.cards import PARTS, CardTaken, called_judge, check_card, new_version
from judges.judge_choices import choose_judge
from judges.models import Judge, JudgeAudit, JudgeChoice
from judges.protocols import PROTOCOLS
from judges.translated_sayings import translated_error

MOST_OF_TEMPLATE = 100_000

CHANGED_FIELDS: SentFields = {
    "endpoint": SentField(FieldKind.TEXT, "Name of the endpoint where it is asked.", most=120),
    "protocol": SentField(FieldKind.CHOICE, "The protocol by which it is asked.", choices=tuple(PROTOCOLS)),
    "template": SentField(
        FieldKind.TEXT, "What it is asked, with slots such as {prompt}; the protocol's own where it is left out.",
        most=MOST_OF_TEMPLATE,
    ),
    "parameters": SentField(FieldKind.OBJECT, "What differs from the defaults, such as a temperature."),
    "family": SentField(FieldKind.TEXT, "Organisation of the model: answers of the same one are its family's.", most=120),
}  # fmt: skip
CARD_FIELDS: SentFields = {
    "name": SentField(FieldKind.TEXT, "The name on pages.", is_needed=True, most=120),
    "endpoint": SentField(FieldKind.TEXT, CHANGED_FIELDS["endpoint"].description, is_needed=True, most=120),
    "protocol": SentField(FieldKind.CHOICE, "The protocol by which it is asked.", is_needed=True, choices=tuple(PROTOCOLS)),
    **{name: CHANGED_FIELDS[name] for name in ("template", "parameters", "family")},
}
CHOICE_FIELDS: SentFields = {
    "arena": SentField(FieldKind.TEXT, "Slug of the arena.", is_needed=True, most=50),
    "says": SentField(
        FieldKind.CHOICE, "Whether it counts there; rule: by the rule of usability.", is_needed=True,
        choices=("include", "exclude", "rule"),
    ),
    "reason": SentField(FieldKind.TEXT, "Shown to readers of the arena's boards.", is_needed=True, most=200),
}  # fmt: skip


class CardSerializer(serializers.ModelSerializer[Judge]):
    """One version of a judge: all that decides what it says."""

    endpoint = serializers.CharField(
        source="endpoint.name", read_only=True, allow_null=True, help_text="Name of the endpoint; null: it is asked nowhere."
    )
    parameters = serializers.SerializerMethodField(help_text="What differs from the defaults.")
    superseded_by = serializers.IntegerField(
        source="superseded_by_id",
        read_only=True,
        allow_null=True,
        help_text="Number of the newer version, where there is one.",
    )
    key = serializers.SerializerMethodField(help_text="The key by which drafts of runs name it.")

    class Meta:
        model = Judge
        fields = [
            "id", "key", "name", "version", "kind", "endpoint", "model", "protocol", "template", "parameters", "family",
            "superseded_by", "created_at", *ARCHIVED,
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_parameters(self, judge: Judge) -> Any:
        return judge.parameters

    def get_key(self, judge: Judge) -> str:
        return f"card:{judge.pk}"

    def to_representation(self, instance: Judge) -> dict[str, Any]:
        return {"endpoint": None} | super().to_representation(instance)


class JudgeChoiceSerializer(serializers.ModelSerializer[JudgeChoice]):
    """A curator's choice about a judge in an arena."""

    arena = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    judge = serializers.IntegerField(source="judge_id", read_only=True, help_text="Number of this version of the judge.")

    class Meta:
        model = JudgeChoice
        fields = ["arena", "judge", "says", "reason"]
        read_only_fields = fields


class JudgeDefinitions(Writes):
    """POST beside the list of judges."""

    permission_classes = [WithinScope, CuratorsWrite]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    @described(
        object_schema(CARD_FIELDS),
        CardSerializer,
        description=(
            "Define a judge: a language model behind an endpoint that is here, asked by a protocol. Scope `admin`, for "
            "curators; a token for some arenas may not, as a judge is one for all."
        ),
    )
    def post(self, request: Request) -> Response:
        card = _checked_values(request, CARD_FIELDS)

        def work() -> Answer:
            if Judge.objects.filter(name=card["name"]).exists():
                raise AlreadyHere(f"A judge {card['name']!r} is here already: change its card, or choose another name.")
            judge = _checked(lambda: called_judge(**card), card, card)
            if judge.name != card["name"]:
                raise AlreadyHere(f"The judge {judge} has the same card already: use that one, or change something in this.")
            return Answer(dict(CardSerializer(judge).data), location=reverse("api-judge-card", args=[judge.pk]))

        return self.done(request, work)


def _checked_values(request: Request, columns: SentFields) -> dict[str, Any]:
    """The fields with the endpoint's name replaced by the endpoint."""
    _must_be_for_all_arenas(request)
    values = checked_object(request.data, columns)
    if "endpoint" in values:
        endpoint = Endpoint.objects.filter(name=values["endpoint"]).first()
        if endpoint is None:
            raise ValidationError({"endpoint": [f"There is no endpoint {values['endpoint']!r} here; superusers make them."]})
        values["endpoint"] = endpoint
    return values


def _must_be_for_all_arenas(request: Request) -> None:
    if access.is_kept_within(request.user):
        raise PermissionDenied("This token is limited to some arenas: judges belong to all.")


def _checked(make: Any, parts: Mapping[str, Any], sent: Collection[str]) -> Judge:
    """Turn the refusal of a card into a problem. `parts`: all parts of the card; `sent`: those that this request names."""
    try:
        judge: Judge = make()
    except CardTaken as reason:
        raise AlreadyHere(sentence(reason)) from None
    except (ValueError, TypeError) as error:
        raise ValidationError({_blamed(parts, sent): [sentence(translated_error(error))]}) from None
    return judge


def _blamed(parts: Mapping[str, Any], sent: Collection[str]) -> str:
    """The field to report, preferably one sent: parameters come first if they fail with the protocol's own template too."""
    try:
        check_card(
            endpoint=parts["endpoint"], protocol=parts["protocol"], template="", parameters=parts.get("parameters") or {}
        )  # fmt: skip
    except (ValueError, TypeError):
        order = ("parameters", "template", "protocol")
    else:
        order = ("template", "parameters", "protocol")
    return next((name for name in order if name in sent), order[0])


class JudgeCard(ReadView[Judge], Changes, RetrieveAPIView[Judge]):
    """The card of one version of a judge, for curators."""

    http_method_names = ["get", "head", "patch"]
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = Judge.objects.select_related("endpoint")
    serializer_class = CardSerializer

    def get_queryset(self) -> QuerySet[Judge]:
        """A token limited to some arenas cannot see a judge that is known only in others."""
        audits = JudgeAudit.objects.filter(judge=OuterRef("pk"))
        within = audits.filter(arena__in=access.arenas_for(self.request.user))
        return super().get_queryset().filter(Exists(within) | ~Exists(audits))

    @changes(
        CHANGED_FIELDS,
        CardSerializer,
        "Change a card: a new version of the judge is made, and the answer is it. What is left out stays, and the old version "
        "keeps its games. A card that was there before becomes the current one again. Scope `admin`, for curators.",
    )
    def patch(self, request: Request, pk: int) -> Response:
        values = _checked_values(request, CHANGED_FIELDS)
        judge = self.get_object()

        def work() -> Answer:
            self.check_match(request, self.get_serializer(self.get_object()))
            if not judge.is_called or judge.superseded_by_id is not None:
                raise AlreadyHere("Only the current version of a judge that is a language model can be changed.")
            parts = {name: getattr(judge, name) for name in PARTS} | values
            made = _checked(lambda: new_version(judge, **values), parts, values)
            return Answer(dict(CardSerializer(made).data), status=200, location=reverse("api-judge-card", args=[made.pk]))

        return self.done(request, work)


class JudgeActs(ArchivingAct, ReadView[Judge]):
    """All versions of a judge are retired and brought back together."""

    queryset = Judge.objects.select_related("endpoint")
    serializer_class = CardSerializer


class JudgeRetire(JudgeActs):
    @archives(
        CardSerializer,
        "Retire a judge in all its versions: it is asked no more, and counts only on boards whose jury names it. What it said "
        "stays. A token for some arenas may not.",
    )
    def post(self, request: Request, pk: int) -> Response:
        _must_be_for_all_arenas(request)
        return self.archived(request)


class JudgeBringBack(JudgeActs):
    @brings_back(CardSerializer, "Bring a retired judge back, in all its versions. A token for some arenas may not.")
    def post(self, request: Request, pk: int) -> Response:
        _must_be_for_all_arenas(request)
        return self.brought_back(request)


class JudgeChoices(Writes, ReadView[JudgeChoice]):
    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = JudgeChoice.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    @described(
        object_schema(CHOICE_FIELDS) | {"properties": object_schema(CHOICE_FIELDS)["properties"] | {"arena": SLUG_SCHEMA}},
        JudgeChoiceSerializer,
        description=(
            "Choose whether a judge counts in an arena, whatever the rule of usability says. Its boards follow, and show the "
            "reason. Scope `admin`, for curators."
        ),
    )
    def post(self, request: Request, pk: int) -> Response:
        judges: QuerySet[Judge] = Judge.objects.all()
        judge, body = get_object_or_404(judges, pk=pk), checked_object(request.data, CHOICE_FIELDS)
        arena, user = arena_to_write(request, body["arena"]), request.user

        def work() -> Answer:
            try:
                choice = choose_judge(arena, judge, body["says"], body["reason"], user)  # type: ignore[arg-type]
            except ValueError as reason:
                raise ValidationError({"reason": [sentence(reason)]}) from None
            return Answer(dict(JudgeChoiceSerializer(choice).data))

        return self.done(request, work)
