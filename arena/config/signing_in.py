"""The sign-in page, and the page after too many failures there."""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.clock import SLACK
from arena.views.accounts.one_time_login import ENTERED_AT
from arena.visitors import known_browsers, rate_windows
from arena.visitors.addresses import address_of, warn_of_proxy

WINDOW = 15 * 60  # seconds
# In each window:
FAILURES_FROM_ONE_ADDRESS = 30
FAILURES_FOR_ONE_NAME = 100  # from all addresses
FAILURES_IN_A_KNOWN_BROWSER = 8
IS_KNOWN = "counted_by_browser"  # set on the request


class NameAndPassword(AuthenticationForm):
    """A name longer than any account's is wrong at once: it would not fit where failures are written down."""

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        most = User._meta.get_field("username").max_length or 0
        if len(name) > most:
            message = _("A name has at most %(most)d characters, this one has %(n)d.")
            raise ValidationError(message % {"most": most, "n": len(name)})
        return name


class SignIn(LoginView):
    """Guesses are counted by name and address together (django-axes), by address, and by name.

    A browser in which the account has signed in before is counted by itself: guesses of strangers do not keep it out.
    """

    form_class = NameAndPassword
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        limits = _limits_for(request, now)
        # Counted before the password is looked at, so that guesses made at once are counted as well.
        for n, (key, most) in enumerate(limits):
            if not rate_windows.allow(key, at_most=most, seconds=WINDOW, now=now):
                _take_back(limits[:n], now)
                warn_of_proxy(request, "failed sign-ins", now=now)
                return _too_often(request, now + timedelta(seconds=rate_windows.retry_after(WINDOW, now)), now)
        rate_windows.forget_old(now)
        AccessAttempt.objects.filter(attempt_time__gt=now + SLACK).delete()  # they would lock for longer than the page states
        response = super().post(request, *args, **kwargs)
        if isinstance(request.user, User):
            _take_back(limits, now)
            known_browsers.remember(request, response, request.user)
        return response


def _limits_for(request: HttpRequest, now: datetime) -> list[tuple[str, int]]:
    """What one more guess is counted under, and how many failures each allows."""
    name = request.POST.get("username", "")
    browser = known_browsers.key_of(request, name)
    own = f"sign-in in a known browser:{browser}"
    if browser and rate_windows.counted(own, seconds=WINDOW, now=now) < FAILURES_IN_A_KNOWN_BROWSER:
        setattr(request, IS_KNOWN, True)
        return [(own, FAILURES_IN_A_KNOWN_BROWSER)]
    return [
        (f"sign-in:{address_of(request)}", FAILURES_FROM_ONE_ADDRESS),
        (f"sign-in as:{name}", FAILURES_FOR_ONE_NAME),
    ]


def _take_back(limits: list[tuple[str, int]], now: datetime) -> None:
    for key, _most in limits:
        rate_windows.take_back(key, seconds=WINDOW, now=now)


def in_known_browser(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> bool:
    """Whether django-axes leaves this attempt alone: it is counted here."""
    return getattr(request, IS_KNOWN, False)


class ChangePassword(PasswordChangeView):
    """Who entered by a link, or has no password yet, is not asked for the old one."""

    def get_form_class(self) -> Any:
        return SetPasswordForm if self._is_without_old_one() else PasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        self.request.session.pop(ENTERED_AT, None)
        return super().form_valid(form)

    def _is_without_old_one(self) -> bool:
        entered_at = self.request.session.get(ENTERED_AT, 0.0)
        is_new = 0 <= timezone.now().timestamp() - entered_at < WINDOW
        user = self.request.user
        return isinstance(user, User) and (is_new or not user.has_usable_password())


def client_address(request: HttpRequest) -> str | None:
    """For the count of failures, which takes plain addresses only: of an IPv6 net its first one."""
    address = address_of(request).partition("/")[0]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None  # a unix socket has none


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429 with the time from which on the next attempt is heard."""
    opens_at = _last_failure(request, credentials or {}) + (get_cool_off(request) or timedelta())
    return _too_often(request, opens_at, timezone.now())


def _too_often(request: HttpRequest, opens_at: datetime, now: datetime) -> HttpResponse:
    seconds = max(1, round((opens_at - now).total_seconds()))
    page = render(request, "429.html", {"opens_at": opens_at, "signing_in": True}, status=429)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page


def _last_failure(request: HttpRequest, credentials: dict[str, Any]) -> datetime:
    """Of this name from this address; what is tried while locked out is not written down."""
    failures = AccessAttempt.objects.filter(
        username=credentials.get("username", ""), ip_address=getattr(request, "axes_ip_address", None)
    )
    last: datetime | None = failures.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return last or timezone.now()
