"""Is it up, is it ready, how is it doing: for machines that watch."""

from django.http import Http404, HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def metrics(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
