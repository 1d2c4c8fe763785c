from django.http import Http404, HttpRequest, HttpResponse


def vote(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def cast(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def undo(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
