"""What a curator types: names that nobody can see, and JSON that no database holds, are refused in words."""

import pytest
from django.urls import reverse

from arena.models import Competitor, Prompt
from tests.factories import make_arena, make_competitor, make_prompt, make_user

UNSEEN = [
    "gpt\u3164",
    "\u202egpt",
    "x\u200b",
    "\u2800",
    "GPT\u034f-4",
    "GPT\u200d-4",
    "a\u2028b",
    "e" + 150 * "\u0301",
    "\u115f",
]
SEEN = [
    "GPT-4 (new)",
    "café",
    "cafe\u0301",
    "می\u200cخواهم",
    "👩\u200d👩\u200d👧",
    "❤\ufe0f",
    "क्\u200dष",
    "日本語モデル",
    "שָּׁלוֹם",
    "Phở",
]
BROKEN = [
    '{"kind":"contains","any":["\\ud800"]}',
    '{"kind":"contains","any":["a\\u0000"]}',
    '{"\\ud800":1}',
    '{"kind":"numeric","value":' + "9" * 5_000 + "}",
    "[" * 100_000 + "]" * 100_000,
    '{"kind":"contains","any":["a"],"any":["b"]}',
]
SAID = (
    "neither can be stored",
    "nested too deeply, or holds a number that is too long",
    "the key &#x27;any&#x27; occurs twice",
)


@pytest.fixture
def curator(client):
    client.force_login(make_user(is_staff=True))
    return client


def form_of(page):
    return {name: "" if value is None else value for name, value in page.context["adminform"].form.initial.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*UNSEEN, *SEEN])
def test_a_name_can_be_seen_and_read(curator, name):
    competitor = make_competitor(make_arena())
    address = reverse("admin:arena_competitor_change", args=[competitor.pk])
    answer = curator.post(address, form_of(curator.get(address)) | {"name": name})
    stored = Competitor.objects.get(pk=competitor.pk).name
    if name in SEEN:
        assert (answer.status_code, stored) == (302, name)
    else:
        assert "A name may have" in answer.text
        assert stored != name


@pytest.mark.django_db
@pytest.mark.parametrize("written", BROKEN, ids=lambda written: written[:30])
def test_json_that_cannot_be_stored_is_refused_and_shown_again(curator, written):
    prompt = make_prompt(make_arena())
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    answer = curator.post(address, form_of(curator.get(address)) | {"verifier": written})
    assert answer.status_code == 200
    assert any(said in answer.text for said in SAID)
    assert not Prompt.objects.get(pk=prompt.pk).verifier


@pytest.mark.django_db
def test_what_an_older_version_stored_can_be_opened_and_mended(curator):
    prompt = make_prompt(make_arena())
    Prompt.objects.filter(pk=prompt.pk).update(verifier={"kind": "contains", "any": ["\\ud800"]})
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    assert curator.get(address).status_code == 200
