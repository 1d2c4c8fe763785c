"""The page behind a one-time link. Opening the page does not use the link up, so a link preview does not either; the button
does.
"""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import AdminLink
from arena.operations import one_time_login
from arena.views.context import page_context
from arena.visitors import known_browsers

ENTERED_AT = "entered_by_link_at"  # in the session: the password may be set without the old one


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def enter(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        return _enter(request, token)
    link = one_time_login.open_link(token)
    return _page(request, link=link, reason="" if link else str(one_time_login.NOT_OPEN))


@sensitive_variables("token")
def _enter(request: HttpRequest, token: str) -> HttpResponse:
    try:
        entry = one_time_login.spend(token)
    except one_time_login.NoEntry as reason:
        return _page(request, reason=str(reason))
    user, arena = entry.user, entry.arena
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[ENTERED_AT] = timezone.now().timestamp()
    _welcome(request, user)
    response = redirect("vote", arena.slug) if arena and access.may_vote(user, arena) else redirect("arenas")
    known_browsers.remember(request, response, user)
    return response


def _page(request: HttpRequest, *, reason: str, link: AdminLink | None = None) -> HttpResponse:
    context = page_context(request, "enter", reason=reason)
    if link is not None:
        context |= {
            "name": one_time_login.name_of(link), "is_admin": link.user is None,
            "makes_curator": link.role == AdminLink.Role.CURATOR, "invited_by": link.invited_by,
        }  # fmt: skip
    response = render(request, "arena/entrance.html", context, status=410 if reason else 200)
    # The path never leaves in a Referer. "no-referrer" would make the browser post `Origin: null`, which CSRF refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _welcome(request: HttpRequest, user: User) -> None:
    message = _('Signed in as {name}. <a href="{address}">Set a new password</a>, where the old one is forgotten.')
    if not user.has_usable_password():
        message = _('Signed in as {name}. To sign in again without a link, <a href="{address}">set a password</a>.')
    messages.success(request, format_html(message, name=user.get_username(), address=reverse("password_change")))
