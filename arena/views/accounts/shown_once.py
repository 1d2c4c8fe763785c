"""A secret that its maker is shown once: it travels, signed, with the browser to the next page; the site does not store it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

SECONDS_TO_SHOW = 120


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """`cookie`: its name, and the salt; `page`: the name of the only page that shows it."""

    cookie: str
    page: str

    @sensitive_variables("shown", "signed")
    def send(self, response: HttpResponse, user: User, **shown: str) -> None:
        signed = signing.dumps({"user": user.pk, **shown}, salt=self.cookie)
        response.set_cookie(
            self.cookie, signed, max_age=SECONDS_TO_SHOW, path=reverse(self.page), httponly=True, samesite="Strict",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip

    @sensitive_variables("shown")
    def read(self, request: HttpRequest, user: User) -> dict[str, Any]:
        """What was sent to this user, or nothing."""
        try:
            shown = signing.loads(request.COOKIES.get(self.cookie, ""), salt=self.cookie, max_age=SECONDS_TO_SHOW)
        except signing.BadSignature:
            return {}
        return shown if shown.pop("user", None) == user.pk else {}

    def forget(self, request: HttpRequest, response: HttpResponse) -> None:
        if self.cookie in request.COOKIES and request.method == "GET":
            response.delete_cookie(self.cookie, path=reverse(self.page), samesite="Strict")
