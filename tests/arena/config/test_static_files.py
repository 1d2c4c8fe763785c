"""Style sheets and scripts of a collected site are sent compressed, and browsers keep them for good."""

import re

import pytest
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client

from arena.config import settings as shipped

YEAR = 365 * 24 * 3600


@pytest.fixture
def browser(settings, tmp_path):
    """A client of a site whose own static files have been collected as `serve` does it."""
    settings.STORAGES, settings.STATIC_ROOT = shipped.STORAGES, tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", verbosity=0, interactive=False)
    return Client(headers={"Accept-Encoding": "gzip"})


@pytest.mark.parametrize("name", ["css/site.css", "css/admin.css"])
def test_a_style_sheet_is_sent_compressed_and_kept_for_a_year_or_longer(browser, name):
    address = static(name)
    assert re.fullmatch(rf"/static/{name.removesuffix('.css')}\.[0-9a-f]{{12}}\.css", address)
    answer = browser.get(address)
    b"".join(answer)
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    assert int(re.search(r"max-age=(\d+)", answer["Cache-Control"])[1]) >= YEAR


def test_a_name_without_its_hash_is_asked_for_again_soon(browser):
    answer = browser.get("/static/css/site.css")
    b"".join(answer)
    assert int(re.search(r"max-age=(\d+)", answer["Cache-Control"])[1]) <= 60
