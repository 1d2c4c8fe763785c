from django.http import Http404, HttpRequest, HttpResponse


def method(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
