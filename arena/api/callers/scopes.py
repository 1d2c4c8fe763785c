"""Permissions: the scopes of a token, and the present rights of its user."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from arena import access
from arena.models import ApiToken, TokenScope

if TYPE_CHECKING:  # not at import time: views import the permissions that the settings name
    from rest_framework.views import APIView


class WithinScope(BasePermission):
    """A token needs the scope that the view names for this method; a signed-in browser has all scopes."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        token = request.auth
        if not isinstance(token, ApiToken) or not has_method(request, view):
            return True
        needed = scope_of(view, str(request.method))
        if needed not in token.scopes:
            raise PermissionDenied(f"This token lacks the scope {needed}: it has {', '.join(token.scopes)}.")
        return True


def scope_of(view: "APIView | type[APIView]", method: str) -> str:
    """The scope that a view needs for a method; one that writes has to name it."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return TokenScope.READ.value
    needed: str = view.scopes[method]  # type: ignore[union-attr]
    return needed


class CuratorsOnly(BasePermission):
    """401 for anonymous callers, 403 for accounts that are not curators: never an empty list."""

    message = "This is for curators: ask whoever runs this site to make you one."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return access.is_curator(request.user)


class CuratorsWrite(CuratorsOnly):
    """Curators may write; others may read what is visible to them."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        only_reads = request.method in {"GET", "HEAD"}
        return only_reads or not has_method(request, view) or super().has_permission(request, view)


def has_method(request: Request, view: "APIView") -> bool:
    """Whether a view has the method; one that it lacks is answered with 405, whatever else is wrong with the request."""
    method = str(request.method).lower()
    return method in view.http_method_names and hasattr(view, method)
