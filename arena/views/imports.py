from django.http import Http404, HttpRequest, HttpResponse


def imports(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")


def import_detail(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404("not built yet")
