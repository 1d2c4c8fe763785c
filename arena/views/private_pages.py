"""Pages that no shared cache keeps, their ETags, and the curators to whom some of them belong."""

from hashlib import sha256
from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from arena import access


def only_curators(
    request: HttpRequest, what: Literal["answers", "archiving", "contents", "imports", "invitations", "runs", "webhooks"]
) -> None:
    """`what` is said in the refusal."""
    if not access.is_curator(request.user):
        if what in {"answers", "archiving"}:
            raise PermissionDenied(_("only curators can archive things and correct answers: ask whoever runs this site"))
        if what == "contents":
            raise PermissionDenied(_("lists of all prompts and answers are for curators: ask whoever runs this site"))
        if what == "runs":
            raise PermissionDenied(_("runs are for curators: ask whoever runs this site to make you one"))
        if what == "invitations":
            raise PermissionDenied(_("invitations are for curators: ask whoever runs this site to make you one"))
        if what == "webhooks":
            raise PermissionDenied(_("webhooks are for curators: ask whoever runs this site to make you one"))
        raise PermissionDenied(_("imports are for curators: ask whoever runs this site to make you one"))


def private(response: HttpResponse) -> HttpResponse:
    """For this reader alone, and for a poll other than for a whole page."""
    response["Vary"] = "HX-Request, Cookie"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def etag_of(*parts: str) -> str:
    """Of all that a page depends on, its language among it."""
    return f'"{sha256("|".join((*parts, get_language() or "")).encode()).hexdigest()[:24]}"'
