"""Webhooks over REST: who is told what, and what became of each message. For curators."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import ChoiceFilter, FilterSet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import SLUG_SCHEMA, by_arena, by_number
from arena.api.paging import NewestFirst
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Writes, arena_to_write, checked_object, described
from arena.api.writing.changes import Changes, changes
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Delivery, TokenScope, Webhook, WebhookEvent
from arena.tasks import send_delivery
from arena.webhooks import announcing
from arena.webhooks.delivery_retries import switched_itself_off
from arena.webhooks.explaining import FOR_THE_SCHEMA
from arena.webhooks.signing import secret_of

WEBHOOK_FIELDS: SentFields = {
    "arena": SentField(FieldKind.TEXT, "Slug of the arena.", is_needed=True, most=50),
    "address": SentField(FieldKind.TEXT, "Where messages are sent: https, and a public host.", is_needed=True, most=300),
    "events": SentField(FieldKind.TEXTS, f"Some of {', '.join(WebhookEvent.values)}.", is_needed=True, most=10),
}
CHANGED_FIELDS: SentFields = {
    "is_active": SentField(
        FieldKind.TRUTH, "While it is off, nothing is sent to it, and what waits stays unsent.", is_needed=True
    ),
}

SWITCHED = (
    "Switch a webhook off (`is_active: false`) or on. None is deleted, as what was sent stays on record: switched off it is "
    "told nothing, and counts no longer towards the most that an arena may have. One that answered 410 is switched off by "
    "itself: `off_because` says so, and what happens meanwhile is not sent later. Scope `admin`, for curators."
)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    arena = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    events = serializers.ListField(child=serializers.ChoiceField(choices=WebhookEvent.values), read_only=True)
    off_because = serializers.SerializerMethodField(
        help_text="Why it switched itself off: its server answered 410. Empty while it is on, and where a curator did it."
    )

    class Meta:
        model = Webhook
        fields = ["id", "arena", "address", "events", "is_active", "off_because", "created_at"]
        read_only_fields = fields

    def get_off_because(self, webhook: Webhook) -> str:
        gone = "Its server answered 410 (gone): nobody wants these messages there any more."
        return gone if switched_itself_off(webhook) else ""


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.SerializerMethodField(
        help_text="By which you know that a message comes from here. Told this once: null where the request is a repeated one."
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields

    def get_secret(self, webhook: Webhook) -> str | None:
        return None


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One message to a webhook."""

    webhook = serializers.IntegerField(source="webhook_id", read_only=True, help_text="Number of the webhook.")

    class Meta:
        model = Delivery
        fields = [
            "id", "webhook", "key", "event", "data", "state", "n_sent", "status", "error", "not_before", "created_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class Webhooks(ReadView[Webhook]):
    queryset = Webhook.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]
    serializer_class = WebhookSerializer
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value, "PATCH": TokenScope.ADMIN.value}

    def get_queryset(self) -> QuerySet[Webhook]:
        arenas = arenas_asked_for(self.request, access.arenas_for(self.request.user))
        return Webhook.objects.filter(arena__in=arenas).select_related("arena")


class WebhookFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()

    class Meta:
        model = Webhook
        fields: list[str] = []


class WebhookWrites(Writes):
    @described(
        object_schema(WEBHOOK_FIELDS) | {"properties": object_schema(WEBHOOK_FIELDS)["properties"] | {"arena": SLUG_SCHEMA}},
        NewWebhookSerializer,
        description=(
            "Have an address told what happens in an arena. Messages are signed after the convention of Standard Webhooks, "
            f"with the secret that is told here once. Scope `admin`, for curators. {FOR_THE_SCHEMA}"
        ),
    )
    def post(self, request: Request) -> Response:
        wanted = checked_object(request.data, WEBHOOK_FIELDS)
        arena = arena_to_write(request, wanted["arena"])

        def work() -> Answer:
            try:
                made = announcing.make_webhook(arena, wanted["address"], wanted["events"], created_by=request.user)
            except InvalidModel as wrong:
                raise ValidationError(wrong.message_dict) from None
            body, where = dict(NewWebhookSerializer(made).data), reverse("api-webhook", args=[made.pk])
            return Answer(body, location=where, shown_once={"secret": secret_of(made.nonce)})

        return self.done(request, work)


class WebhookList(Webhooks, WebhookWrites, ListAPIView[Webhook]):
    """The webhooks of the arenas that you may read, newest first, without their secrets."""

    http_method_names = ["get", "head", "post"]
    filterset_class = WebhookFilters
    pagination_class = NewestFirst


class WebhookDetail(Webhooks, Changes, RetrieveAPIView[Webhook]):
    """One webhook, without its secret."""

    http_method_names = ["get", "head", "patch"]

    @changes(CHANGED_FIELDS, WebhookSerializer, SWITCHED)
    def patch(self, request: Request, pk: int) -> Response:
        return self.changed(request, CHANGED_FIELDS, self._switched)

    def _switched(self, webhook: Webhook, values: dict[str, Any]) -> None:
        webhook.is_active = values["is_active"]
        webhook.save(update_fields=["is_active"])


class WebhookTests(Webhooks, Writes):
    http_method_names = ["post"]

    @described(
        None,
        DeliverySerializer,
        description="Send a message without content, to see whether it arrives. Scope `admin`, for curators.",
    )
    def post(self, request: Request, pk: int) -> Response:
        webhook = get_object_or_404(self.get_queryset(), pk=pk)
        checked_object(request.data, {})
        return self.done(request, lambda: _rung(announcing.send_test(webhook), 201))


class DeliveryFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    webhook = by_number("Number of the webhook.")
    state = ChoiceFilter(choices=Delivery.State.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []


class Deliveries(ReadView[Delivery]):
    queryset = Delivery.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]
    serializer_class = DeliverySerializer
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    def get_queryset(self) -> QuerySet[Delivery]:
        arenas = arenas_asked_for(self.request, access.arenas_for(self.request.user))
        return Delivery.objects.filter(webhook__arena__in=arenas)


class DeliveryList(Deliveries, ListAPIView[Delivery]):
    """Messages to webhooks, newest first, with what became of each."""

    filterset_class = DeliveryFilters
    pagination_class = NewestFirst


class DeliveryDetail(Deliveries, RetrieveAPIView[Delivery]):
    """One message to a webhook, with what became of it."""


class DeliveryAgain(Deliveries, Writes):
    http_method_names = ["post"]

    @described(
        None,
        DeliverySerializer,
        status=200,
        description="Send a message again that was delivered or given up; 409 where it waits to be sent. Scope `admin`, for "
        "curators.",
    )
    def post(self, request: Request, pk: int) -> Response:
        delivery = get_object_or_404(self.get_queryset(), pk=pk)
        checked_object(request.data, {})

        def work() -> Answer:
            if not announcing.send_again(delivery):
                raise AlreadyHere("This message is already waiting to be sent.")
            delivery.refresh_from_db()
            return _rung(delivery, 200)

        return self.done(request, work)


def _rung(delivery: Delivery, status: int) -> Answer:
    transaction.on_commit(lambda: send_delivery.delay(delivery.pk))
    where = reverse("api-delivery", args=[delivery.pk])
    return Answer(dict(DeliverySerializer(delivery).data), status=status, location=where if status == 201 else "")
