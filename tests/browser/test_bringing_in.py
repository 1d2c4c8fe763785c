"""Files and whole arenas by a browser: checked, seen as they will be stored, left out in part; on a screen and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from arena import tasks
from arena.importing.corrections import correct_answer
from arena.importing.loading.loader import load
from arena.models import ArchiveUpload, Import
from tests.arena.importing.import_files import as_csv
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
JUDGED = {
    "prompt": "Why is the sky blue?", "answer_a": "Because it reflects the sea.", "answer_b": "Air scatters blue light more.",
    "order": "ab", "label": "b", "judge": "careful-judge", "reply": "The second one names the cause. [[B]]",
}  # fmt: skip
BATTLE = {"model_a": "x", "model_b": "y", "winner": "model_a", "question_id": "q1", "judge": "ann"}


@pytest.fixture
def curator(page, client, live_server, monkeypatch):
    monkeypatch.setattr(tasks.load_import, "delay", load)
    client.force_login(make_user("curator", is_staff=True))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    return page


def checked(page, content, name="file.csv"):
    page.goto(reverse("imports"))
    page.set_input_files("input[name=file]", {"name": name, "mimeType": "text/csv", "buffer": content.encode()})
    page.get_by_label("Name of the new arena").fill("Trial")
    page.get_by_role("button", name="Check it").click()


def fits(page, axe):
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})


def test_judgements_are_seen_as_they_will_be_stored_come_in_and_are_undone(curator, axe):
    checked(curator, as_csv(JUDGED))
    expect(curator.get_by_role("heading", name="The first rows as they will be stored")).to_be_visible()
    fits(curator, axe)
    curator.get_by_role("button", name="Import it").click()
    expect(curator.get_by_text("1 of 1 row was new").or_(curator.get_by_text(": 1 of 1 row"))).to_be_visible()
    curator.get_by_text("Set all its verdicts aside").click()
    curator.get_by_label("Why it should not count").fill("the wrong file")
    curator.get_by_role("button", name="Set them aside").click()
    expect(curator.get_by_text("its verdicts count nowhere.")).to_be_visible()
    fits(curator, axe)


def test_all_columns_of_a_battle_as_it_will_be_stored_are_within_the_screen(curator):
    texts = {
        "prompt": "Why is the sky blue? " * 8,
        "answer_a": "It reflects the sea. " * 8,
        "answer_b": "Air scatters it. " * 8,
    }
    curator.set_viewport_size({"width": 1280, "height": 900})
    checked(
        curator, as_csv(texts | {"model_a": "careful-model", "model_b": "other-model", "winner": "model_a", "voter": "ann"})
    )
    region = curator.get_by_role("region", name="The first rows as they will be stored")
    expect(region).to_be_visible()
    assert region.evaluate("each => each.scrollWidth - each.clientWidth") <= 0


def test_bad_rows_are_left_out_by_a_button_and_can_be_had(curator, axe):
    checked(curator, as_csv(BATTLE, BATTLE | {"model_b": "", "winner": "model_c"}, BATTLE | {"judge": "eva"}))
    expect(curator.get_by_role("button", name="Leave this row out")).to_be_visible()
    fits(curator, axe)
    curator.get_by_role("button", name="Leave this row out").click()
    curator.get_by_role("button", name="Import it").click()
    expect(curator.get_by_role("link", name="The row that was left out")).to_be_visible()
    assert Import.objects.get().n_added == 2


def test_contents_exports_and_archives_fit_a_phone(curator, axe):
    arena = make_arena("garden", content_visibility="curators")
    old = make_response(make_prompt(arena, text="Why? " * 40), make_competitor(arena, "A model " * 9), text="Seven. " * 60)
    new = correct_answer(old, ["Eight."], "a slip", None)
    make_prompt(arena, text="Why is the sky blue?")
    for asked in ("what=prompts", "what=answers&state=all", f"what=answers&answer={new.pk}", "what=models"):
        curator.goto(f"{reverse('contents', args=[arena.slug])}?{asked}")
        fits(curator, axe)
    curator.goto(reverse("exports", args=[arena.slug]))
    fits(curator, axe)
    curator.get_by_role("heading", name="The whole arena").click()
    expect(curator.locator("details[open]")).to_have_count(1)
    fits(curator, axe)
    state = {"filename": "fable.zip", "slug": "fable", "digest": "0" * 64, "n_all": 9_000, "n_done": 4_000}
    for more in ({"state": "checking"}, {"state": "refused", "error": "votes.jsonl, line 3: outcome is 'x'; a, b are allowed"}):
        upload = ArchiveUpload.objects.create(**state, **more)
        curator.goto(reverse("archive-upload", args=[upload.pk]))
        fits(curator, axe)
    curator.goto(reverse("archives"))
    fits(curator, axe)
