"""The lists of all prompts, answers and models of an arena, for curators."""

import pytest
from django.urls import reverse

from arena.importing.corrections import correct_answer
from arena.views import contents
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena("garden", content_visibility="curators")


@pytest.fixture
def curator(client):
    client.force_login(make_user("curator", is_staff=True))
    return client


def listed(client, arena, **asked):
    return client.get(reverse("contents", args=[arena.slug]), asked).text


def test_it_is_for_curators(client, arena):
    page = reverse("contents", args=[arena.slug])
    assert client.get(page).status_code == 302
    client.force_login(make_user())
    assert client.get(page).status_code == 403


def test_prompts_are_found_by_text_and_link_to_their_answers(curator, arena):
    blue = make_prompt(arena, text="Why is the sky blue?")
    make_prompt(arena, text="Write a haiku.")
    page = listed(curator, arena, q="sky")
    assert "Why is the sky blue?" in page
    assert "haiku" not in page
    assert f"?what=answers&amp;prompt={blue.pk}" in page
    assert reverse("admin:arena_prompt_change", args=[blue.pk]) in page


def test_a_corrected_answer_links_its_new_text_and_the_new_one_the_old(curator, arena):
    old = make_response(make_prompt(arena), make_competitor(arena), text="Seven.")
    new = correct_answer(old, ["Eight."], "a slip", None)
    page = listed(curator, arena, what="answers", state="all")
    assert f'<a href="?what=answers&amp;answer={new.pk}#answer-{new.pk}">corrected: the new text</a>' in page
    assert f'<a href="?what=answers&amp;answer={old.pk}#answer-{old.pk}">a correction: the old text</a>' in page
    both = listed(curator, arena, what="answers", answer=new.pk)
    assert "Seven." in both
    assert "Eight." in both


def test_models_are_listed_with_their_pages(curator, arena):
    model = make_competitor(arena, "gpt-x")
    make_competitor(arena, "other")
    page = listed(curator, arena, what="models", q="gpt")
    assert reverse("competitor", args=[arena.slug, model.pk]) in page
    assert "other" not in page.split("<table")[1]


def test_long_lists_come_a_page_at_a_time(curator, arena, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(contents, "PER_PAGE", 2)
    prompts = [make_prompt(arena, text=f"Question {number}?") for number in range(3)]
    page = listed(curator, arena)
    assert f"before={prompts[1].pk}" in page
    assert "Question 0?" not in page
    with django_assert_max_num_queries(25):
        assert "Question 0?" in listed(curator, arena, before=prompts[1].pk)


def test_an_unknown_choice_and_an_empty_list_say_so(curator, arena):
    assert curator.get(reverse("contents", args=[arena.slug]), {"pool": "nowhere"}).status_code == 400
    assert "There is nothing yet" in listed(curator, arena)
    assert "Nothing matches." in listed(curator, arena, q="x")
