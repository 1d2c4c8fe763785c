from django.http import Http404, HttpRequest, HttpResponse


def battles(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def battle(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
