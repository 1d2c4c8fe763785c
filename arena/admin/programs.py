"""Admin pages for programs: the tokens they sign in with, and the webhooks that notify them. Secrets are never shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from arena.admin.base import ReadOnlyAdmin, link
from arena.models import ApiToken, Delivery, Webhook
from arena.tasks import send_delivery
from arena.tokens import revoke
from arena.webhooks import announcing
from arena.wording import number


@admin.register(ApiToken)
class TokenAdmin(ReadOnlyAdmin):
    """All users' tokens, for superusers only: a token has its user's rights, so viewing tokens is like viewing accounts."""

    list_display = ["name", "user", "shown_hint", "shown_scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["level", ("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    fields = [
        "name", "user", "shown_hint", "shown_scopes", "is_for_all_arenas", "arenas", "level", "created_at", "expires_at",
        "last_used_at", "revoked_at",
    ]  # fmt: skip
    readonly_fields = ["shown_hint", "shown_scopes"]
    actions = ["revoke_chosen"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and bool(request.user.is_superuser)

    @admin.display(description=gettext_lazy("ends in"))
    def shown_hint(self, token: ApiToken) -> str:
        return f"…{token.hint}"

    @admin.display(description=gettext_lazy("scopes"))
    def shown_scopes(self, token: ApiToken) -> str:
        return " ".join(token.scopes)

    @admin.action(description=gettext_lazy("Revoke the chosen tokens"), permissions=["view"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        good = list(queryset.filter(revoked_at=None))
        for token in good:
            revoke(token, timezone.now())
            self.log_change(request, token, "revoked")
        message = ngettext("%(n)s token revoked: it is refused from now on.",
                        "%(n)s tokens revoked: they are refused from now on.", len(good))  # fmt: skip
        self.message_user(request, message % {"n": number(len(good))})


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Webhooks, which are made on their own page, where the secret is shown once."""

    counts = {"n_messages": (Delivery, "webhook")}
    list_display = ["address", "arena", "events_sent", "is_active", "n_messages", "created_by", "created_at"]
    list_filter = ["arena", "is_active"]
    list_select_related = ["arena", "created_by"]
    search_fields = ["address"]
    fields = ["arena", "address", "events_sent", "is_active", "created_by", "created_at"]
    readonly_fields = ["events_sent"]
    actions = ["switch_on", "switch_off"]

    def view_on_site(self, webhook: Webhook) -> str:
        return reverse("webhook", args=[webhook.pk])

    @admin.display(description=gettext_lazy("receives"))
    def events_sent(self, webhook: Webhook) -> str:
        return " ".join(webhook.events)

    @admin.display(description=gettext_lazy("messages"), ordering="n_messages")
    def n_messages(self, webhook: Any) -> SafeString:
        return link(f"{reverse('admin:arena_delivery_changelist')}?webhook__id__exact={webhook.pk}", webhook.n_messages)

    @admin.action(description=gettext_lazy("Switch on"), permissions=["view"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._switch(request, queryset, is_active=True)

    @admin.action(description=gettext_lazy("Switch off"), permissions=["view"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._switch(request, queryset, is_active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Webhook], *, is_active: bool) -> None:
        others = list(queryset.exclude(is_active=is_active))
        Webhook.objects.filter(pk__in=[webhook.pk for webhook in others]).update(is_active=is_active)
        for webhook in others:
            self.log_change(request, webhook, f"is_active: {is_active}")
        message = ngettext("%(n)s webhook switched.", "%(n)s webhooks switched.", len(others))
        self.message_user(request, message % {"n": number(len(others))})


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["key", "webhook", "event", "about", "state", "n_sent", "status", "error", "created_at"]
    list_filter = ["state", "event", ("webhook", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["webhook"]
    search_fields = ["key", "about"]
    fields = [
        "key",
        "webhook",
        "event",
        "data",
        "state",
        "not_before",
        "n_sent",
        "status",
        "error",
        "created_at",
        "finished_at",
    ]
    actions = ["send_again"]

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen = [delivery for delivery in queryset if announcing.send_again(delivery)]
        for delivery in chosen:
            send_delivery.delay(delivery.pk)
        message = ngettext("%(n)s message is on its way once more.", "%(n)s messages are on their way once more.", len(chosen))
        self.message_user(
            request, message % {"n": number(len(chosen))} if chosen else _("These are already waiting to be sent.")
        )
