"""Authentication of a program by token or of a browser by session. Wrong credentials are always refused."""

from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from arena import access
from arena.models import ApiToken
from arena.tokens import TokenRefused, token_of


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer agon_...`. Any other content of that header is refused."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, secret = header.strip().replace("\t", " ").partition(" ")
        if scheme.lower() != "bearer":
            named = (
                f", not {scheme[:20]!r}" if secret else ": the word Bearer, a blank and the token"
            )  # alone it may be the token
            raise AuthenticationFailed(f"Only Bearer tokens are accepted here{named}. {HOW}")
        try:
            token = token_of(secret.strip(), timezone.now())
        except TokenRefused as reason:
            raise AuthenticationFailed(f"Refused: {reason}. {HOW}") from None
        user = token.user
        if not token.is_for_all_arenas:
            access.keep_within(user, token.arenas.values_list("pk", flat=True))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="agon"'


HOW = "Make one on your account page, or with manage.py create_token."
