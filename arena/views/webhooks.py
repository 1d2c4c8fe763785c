"""Webhooks in the browser: which address gets which events, the state of each message, and sending one again. For curators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import Delivery, Webhook, WebhookEvent
from arena.tasks import send_delivery
from arena.views.context import page_context
from arena.views.private_pages import only_curators
from arena.webhooks import announcing
from arena.webhooks.delivery_retries import MOST_SENT, switched_itself_off
from arena.webhooks.explaining import explanation
from arena.webhooks.signing import secret_of

MOST_LISTED = 100
MOST_DELIVERIES = 50
JUST_MADE = "webhook just made"


class WebhookForm(forms.Form):
    arena: Any = forms.ModelChoiceField(None, label=gettext_lazy("Arena"), to_field_name="slug", empty_label=None)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=300,
        help_text=gettext_lazy("https://host/path on a public host, unless whoever runs this site allows another one."),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it when"), choices=WebhookEvent.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        arena: Any = self.fields["arena"]
        arena.queryset = access.arenas_for(user).order_by("name")

    def make(self, user: Any) -> Webhook | None:
        """None if the model refuses it; the form then shows the reason."""
        cleaned = self.cleaned_data
        try:
            return announcing.make_webhook(cleaned["arena"], cleaned["address"], cleaned["events"], created_by=user)
        except ValidationError as wrong:
            self.add_error(None, wrong)
            return None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def webhooks(request: HttpRequest) -> HttpResponse:
    """A new secret is shown once, on the page after its form; reloading that page creates nothing."""
    only_curators(request, "webhooks")
    if request.method != "POST":
        return _page(request, WebhookForm(user=request.user), **_just_made(request))
    form = WebhookForm(request.POST, user=request.user)
    made = form.make(request.user) if form.is_valid() else None
    if made is None:
        return _page(request, form, status=422)
    request.session[JUST_MADE] = made.pk
    return redirect("webhooks")


@sensitive_variables("secret")
def _just_made(request: HttpRequest) -> dict[str, Any]:
    """The session stores only its id: the secret is derived from the row and the site's key."""
    number = request.session.pop(JUST_MADE, None) if request.method == "GET" else None
    made = Webhook.objects.filter(pk=number, created_by=request.user.pk).first() if number else None
    return {"made": made, "secret": secret_of(made.nonce)} if made else {}


def _page(request: HttpRequest, form: WebhookForm, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = list(Webhook.objects.filter(arena__in=access.arenas_for(request.user)).select_related("arena")[:MOST_LISTED])
    gone = [each.pk for each in rows if switched_itself_off(each)]
    context = page_context(request, "account", form=form, rows=rows, gone=gone, n_most=MOST_LISTED, **more)
    return render(request, "arena/webhooks.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    only_curators(request, "webhooks")
    mine = Webhook.objects.filter(arena__in=access.arenas_for(request.user)).select_related("arena", "created_by")
    shown = get_object_or_404(mine, pk=pk)
    if request.method == "POST":
        _act(request, shown)
        return redirect("webhook", pk)
    rows = list(shown.deliveries.all()[:MOST_DELIVERIES])
    events = [WebhookEvent(event).label for event in shown.events]
    context: dict[str, Any] = {
        "webhook": shown,
        "rows": rows,
        "events": events,
        "n_most": MOST_DELIVERIES,
        "most_sent": MOST_SENT,
        "is_gone": switched_itself_off(shown),
        **explanation(),
    }
    return render(request, "arena/webhook.html", page_context(request, "account", **context))


def _act(request: HttpRequest, shown: Webhook) -> None:
    act, number = request.POST.get("act", ""), request.POST.get("delivery", "")
    if act == "test":
        ring(announcing.send_test(shown))
        messages.success(request, _("A test is on its way: look again in a moment."))
    elif act in {"on", "off"}:
        Webhook.objects.filter(pk=shown.pk).update(is_active=act == "on")
        message = _("Switched on: events are sent from now on.") if act == "on" else _("Switched off: no events are sent.")
        messages.success(request, message)
    elif act == "again" and number.isascii() and number.isdecimal() and len(number) < 19:
        delivery = get_object_or_404(shown.deliveries, pk=int(number))
        if announcing.send_again(delivery):
            ring(delivery)
            messages.success(request, _("It is being sent again: look again in a moment."))


def ring(delivery: Delivery) -> None:
    """Wake a worker once the row is there."""
    transaction.on_commit(lambda: send_delivery.delay(delivery.pk))
