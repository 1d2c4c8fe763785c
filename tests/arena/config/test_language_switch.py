"""The languages of a site are those with a catalogue; where there are more than one, the foot of each page offers them."""

import pytest
from django.urls import reverse
from django.utils.translation import trans_real

from arena.config.languages import with_catalogue
from tests.factories import make_arena

LOCALE = "django.middleware.locale.LocaleMiddleware"


def put_catalogue(folder, code):
    (folder / code / "LC_MESSAGES").mkdir(parents=True)
    (folder / code / "LC_MESSAGES" / "django.mo").touch()


@pytest.fixture
def languages(settings, tmp_path, monkeypatch):
    """German and Arabic, by catalogues in a folder of their own."""
    for code in ("de", "ar"):
        put_catalogue(tmp_path, code)
    settings.LANGUAGES = with_catalogue(tmp_path)
    place = settings.MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
    others = [name for name in settings.MIDDLEWARE if name != LOCALE]
    settings.MIDDLEWARE = [*others[:place], LOCALE, *others[place:]]
    yield settings.LANGUAGES
    trans_real.get_languages.cache_clear()


def test_a_language_is_there_by_its_catalogue_alone(tmp_path):
    assert with_catalogue(tmp_path) == [("en", "English")]
    put_catalogue(tmp_path, "de")
    (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)
    assert with_catalogue(tmp_path) == [("en", "English"), ("de", "Deutsch")]


@pytest.mark.django_db
def test_one_language_needs_no_switch(client, settings):
    settings.LANGUAGES = [("en", "English")]
    assert reverse("set_language") not in client.get("/").text


@pytest.mark.django_db
def test_each_language_is_offered_by_its_own_name_and_the_present_one_is_marked(client, languages):
    page = client.get("/").text
    for code, name in (("en", "English"), ("ar", "العربيّة"), ("de", "Deutsch")):
        assert f'name="language" value="{code}" lang="{code}"{' aria-current="true"' if code == "en" else ""}>{name}<' in page


@pytest.mark.django_db
def test_the_choice_keeps_the_page_and_holds_until_another_is_made(client, languages):
    arena = make_arena("poems", board_visibility="public")
    page = f"{arena.get_absolute_url()}?sort=name"
    assert f'<input type="hidden" name="next" value="{page}">' in client.get(page).text
    for code, opening in (("de", '<html lang="de">'), ("ar", '<html lang="ar" dir="rtl">'), ("en", '<html lang="en">')):
        answer = client.post(reverse("set_language"), {"language": code, "next": page})
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert opening in client.get("/").text


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["xx", "", "../de"])
def test_a_language_that_is_not_there_changes_nothing(client, languages, language):
    assert client.post(reverse("set_language"), {"language": language, "next": "/"}).status_code == 302
    assert '<html lang="en">' in client.get("/").text


@pytest.mark.django_db
def test_the_switch_leads_to_no_other_site_and_sets_no_cookie_before_it_is_used(client, languages):
    assert "csrftoken" not in client.get("/").cookies
    answer = client.post(reverse("set_language"), {"language": "de", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_a_choice_is_kept_for_a_year_and_over_https_only_where_the_site_is(client, languages, settings):
    settings.LANGUAGE_COOKIE_SECURE = True
    cookie = client.post(reverse("set_language"), {"language": "de", "next": "/"}).cookies["django_language"]
    assert (cookie["max-age"], cookie["samesite"], cookie["secure"]) == (31_536_000, "Lax", True)


@pytest.mark.django_db
def test_a_page_says_why_an_address_of_a_form_cannot_be_opened(client, languages):
    arena = make_arena("poems", board_visibility="public")
    answer = client.get(f"{arena.get_absolute_url()}ask/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address cannot be opened like this" in answer.text
    assert client.get(f"{arena.get_absolute_url()}ask/", headers={"HX-Request": "true"}).content == b""
