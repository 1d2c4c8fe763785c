"""The page behind the one-time admin link. Looking at it spends nothing, so that a link preview does not; the button does."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from arena.operations import one_time_login
from arena.views.context import page_context


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def enter(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        return _enter(request, token)
    return _page(request, reason="" if one_time_login.is_open(token) else str(one_time_login.NOT_OPEN))


@sensitive_variables("token")
def _enter(request: HttpRequest, token: str) -> HttpResponse:
    try:
        with transaction.atomic():
            admin = one_time_login.spend(token)
    except one_time_login.NoEntry as reason:
        return _page(request, reason=str(reason))
    login(request, admin, backend="django.contrib.auth.backends.ModelBackend")
    _welcome(request, admin)
    return redirect("arenas")


def _page(request: HttpRequest, *, reason: str) -> HttpResponse:
    context = page_context(request, "enter", reason=reason)
    response = render(request, "arena/entrance.html", context, status=410 if reason else 200)
    # The path never leaves in a Referer. "no-referrer" would make the browser post `Origin: null`, which CSRF refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _welcome(request: HttpRequest, admin: User) -> None:
    if admin.has_usable_password():
        messages.success(request, _("Signed in as %(name)s.") % {"name": admin.username})
        return
    password = reverse("admin:auth_user_password_change", args=[admin.pk])
    welcome = _('Signed in as {name}. To sign in again without a link, <a href="{address}">set a password</a>.')
    messages.success(request, format_html(welcome, name=admin.username, address=password))
