from django.http import Http404, HttpRequest, HttpResponse


def leaderboard(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def snapshot(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
