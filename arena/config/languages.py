"""The languages of this site: English, and each that has a compiled catalogue. Programs are answered in English."""

from collections.abc import Callable
from pathlib import Path

from django.conf.locale import LANG_INFO
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import override, to_language
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

SOURCE = "en"

# Without a token: a page that has one would set a cookie on everybody who reads it, and a language is nothing to protect.
switch = csrf_exempt(set_language)


def with_catalogue(folder: Path) -> list[tuple[str, str]]:
    """Codes with the names that their speakers give them; the code itself where Django knows none. English comes first."""
    codes = {to_language(catalogue.parts[-3]) for catalogue in folder.glob("*/LC_MESSAGES/django.mo")}
    return [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in (SOURCE, *sorted(codes - {SOURCE}))]


class EnglishForPrograms:
    """What REST says is English, whatever language is asked for, and labelled so. Its documentation is a page."""

    ROOT = "/api/v1/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/") or request.path_info == self.ROOT:
            return self.get_response(request)
        with override(SOURCE):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", SOURCE)
        return response
