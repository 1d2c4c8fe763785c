"""Our tags for messages say what Django's say, and a language is added by its catalogue alone."""

import pytest
from django.template import Context, Engine, RequestContext, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone, translation

from arena.config.languages import with_catalogue
from arena.templatetags.dates import when
from arena.views.private_pages import etag_of
from arena.wording import counted, number

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "humanize": "django.contrib.humanize.templatetags.humanize",
    "phrases": "arena.templatetags.phrases",
}


def rendered(text, *, by, language="en", **values):
    template = Engine(libraries=LIBRARIES).from_string(f"{{% load {by} humanize %}}{text}")
    with translation.override(language):
        return template.render(Context(values))


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize(
    "text",
    [
        "{% translate 'Yes' %}",
        '{% translate "95 % of them" %}',
        "{% translate 'No' as no %}<{{ no }}>",
        "{% translate word %}",
        "{% translate 'May' context 'abbrev. month' %}",
        "{% blocktranslate %}100 % of <b>it</b>{% endblocktranslate %}",
        "{% blocktranslate with shown=name|upper trimmed %}\n  Hi {{ shown }},\n  {{ name }} {{ no }}\n{% endblocktranslate %}",
        "{% blocktranslate count n=many with m=many|intcomma %}{{ m }} of {{ n }}{% plural %}{{ m }}s{% endblocktranslate %}",
        "{% blocktranslate count n=1 %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}",
        "{% blocktranslate count n=2 asvar days %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}{{ days }}",
        "{% blocktranslate count n=2 %}%(total)s selected{% plural %}All %(total)s selected{% endblocktranslate %}",
    ],
)
def test_a_message_is_what_django_says(text, language):
    values = {"name": "<Ann & Bob>", "many": 12345, "word": "Yes", "total": "5"}
    ours = rendered(text, by="i18n phrases", language=language, **values)
    assert ours == rendered(text, by="i18n", language=language, **values)


def test_what_counts_has_to_be_a_number():
    with pytest.raises(TemplateSyntaxError):
        rendered("{% blocktranslate count n=name %}a{% plural %}b{% endblocktranslate %}", by="phrases", name="x")


class CountedReadings:
    """A value that tells how often a page showed it."""

    def __init__(self, text):
        self.text, self.n_readings = text, 0

    def __str__(self):
        self.n_readings += 1
        return self.text


def test_a_constant_part_is_rendered_once_a_language_and_value():
    text = "{% load phrases %}{% constant word %}{% translate 'Yes' %} {{ word }}{% endconstant %}"
    template = Engine(libraries=LIBRARIES).from_string(text)
    word = CountedReadings("<x>")
    for language, shown in (("en", "Yes &lt;x&gt;"), ("de", "Ja &lt;x&gt;")) * 2:
        with translation.override(language):
            assert template.render(Context({"word": word})) == shown
    assert word.n_readings == 2
    with translation.override("de"):
        assert template.render(Context({"word": CountedReadings("y")})) == "Ja y"
        assert template.render(Context({"word": word})) == "Ja &lt;x&gt;"


def test_a_constant_part_sees_nothing_of_its_reader():
    text = "{% load phrases %}{% constant word %}{{ word }}{{ secret }}{{ csrf_token }}{% endconstant %} {{ secret }}"
    template = Engine(libraries=LIBRARIES, context_processors=["django.template.context_processors.csrf"]).from_string(text)
    request = RequestFactory().get("/")
    assert template.render(RequestContext(request, {"word": "a", "secret": "b"})) == "a b"


def test_a_compiled_catalogue_adds_a_language(tmp_path):
    assert with_catalogue(tmp_path) == [("en", "English")]
    for name, file in (
        ("de", "django.mo"),
        ("pt_BR", "django.mo"),
        ("xx", "django.mo"),
        ("fr", "django.po"),
        ("en", "django.mo"),
    ):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / file).touch()
    assert [code for code, _ in with_catalogue(tmp_path)] == ["en", "de", "pt-br", "xx"]
    assert dict(with_catalogue(tmp_path))["de"] == "Deutsch"


def test_numbers_days_and_etags_are_of_the_language():
    moment = timezone.make_aware(timezone.datetime(2026, 11, 30, 3, 5))
    with translation.override("en"):
        in_english = (number(12345), counted(1, "vote", "votes"), when(moment, "j F Y, H:i"), when(moment, "j M"), etag_of("a"))
    with translation.override("de"):
        in_german = (number(12345), counted(1, "vote", "votes"), when(moment, "j F Y, H:i"), when(moment, "j M"), etag_of("a"))
    assert in_english[:4] == ("12,345", "1 vote", "30 November 2026, 03:05", "30 Nov")
    assert in_german[:4] == ("12.345", "1 Stimme", "30. November 2026 03:05", "30. November")
    assert in_english[4] != in_german[4]
