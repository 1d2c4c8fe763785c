"""Django's error pages for requests that may be too broken for it.

Django's own prepare a form's token first and read the form for it: where that form was the error, they fail once more.
Our pages find their token without it.
"""

import sys
from collections.abc import Callable
from inspect import unwrap

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views import defaults

from arena.api import problems
from arena.config import proxies
from arena.config.errors.unavailable import answer
from arena.wording import sentence

bad_request = unwrap(defaults.bad_request)
page_not_found = unwrap(defaults.page_not_found)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Says for whom the page is, where whoever refused it said so."""
    return render(request, "403.html", {"reason": sentence(exception) if str(exception) else ""}, status=403)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Names a proxy that does not fit the settings. For a script that sent the form, one sentence: the page stays as it is."""
    is_script = request.headers.get("HX-Request") == "true"
    context = {
        "fault": proxies.refused(request, reason), "path": request.headers.get("HX-Current-URL", ""),
        "is_undo": request.path.endswith("/undo/"),
    }  # fmt: skip
    response = render(request, "403_csrf.html#sentence" if is_script else "403_csrf.html", context, status=403)
    setattr(response, "_has_been_logged", True)  # noqa: B010 - Django's own mark
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """A 503 where the machine is at fault, and outside of views; else ours."""
    return answer(request, sys.exception()) or problems.server_error(request)


class NotAllowedPage:
    """Gives a refused method a page, which Django leaves blank. REST has an answer of its own, and scripts read none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content or request.headers.get("HX-Request"):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
