"""Checklists are written by hand in rows of criterion and weight."""

import json
import re

import pytest
from django.urls import reverse

from judges.models import Checklist
from judges.protocols.plain_words import IN_A_SENTENCE
from tests.factories import make_arena, make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def prompt():
    return make_prompt(make_arena())


def save(client, prompt, texts, weights, checklist=None, **more):
    address = reverse("admin:judges_checklist_add")
    if checklist is not None:
        address = reverse("admin:judges_checklist_change", args=[checklist.pk])
    return client.post(address, {"prompt": prompt.pk, "criteria_text": texts, "criteria_weight": weights} | more)


def test_rows_become_criteria_and_empty_rows_are_left_out(admin_client, prompt):
    save(admin_client, prompt, ["Is it right?", "", " Is it short? ", ""], ["2", "", "0,5", "1"])
    assert Checklist.objects.get().criteria == [
        {"text": "Is it right?", "weight": 2}, {"text": "Is it short?", "weight": 0.5},
    ]  # fmt: skip


def test_an_empty_weight_is_one(admin_client, prompt):
    save(admin_client, prompt, ["Is it right?"], [""])
    assert Checklist.objects.get().criteria == [{"text": "Is it right?", "weight": 1}]


@pytest.mark.parametrize(
    ("texts", "weights"),
    [(["Right?"], ["much"]), (["Right?"], ["0"]), (["Right?"], ["101"]), ([""], ["3"]), (["", ""], ["", ""])],
)
def test_what_is_wrong_is_said_and_the_rows_keep_what_was_written(admin_client, prompt, texts, weights):
    response = save(admin_client, prompt, texts, weights)
    assert (response.status_code, Checklist.objects.count()) == (200, 0)
    assert 'class="errorlist"' in response.text
    if texts[0]:
        assert f'value="{texts[0]}"' in response.text
        assert f'value="{weights[0]}"' in response.text


def test_the_page_offers_rows_with_labels_and_always_spare_ones(admin_client, prompt):
    checklist = Checklist.objects.create(prompt=prompt, criteria=[{"text": f"<b>{n}</b>?", "weight": 1} for n in range(9)])
    page = admin_client.get(reverse("admin:judges_checklist_change", args=[checklist.pk])).text
    assert len(re.findall(r'name="criteria_text"', page)) == 12
    assert "&lt;b&gt;8&lt;/b&gt;?" in page
    assert 'aria-label="Criterion 1"' in page
    assert 'name="initial-criteria"' in page, "by which a page that is saved unchanged is known"
    assert not re.search(r'<textarea[^>]*name="criteria"', page)


def test_a_page_that_is_saved_unchanged_changes_no_author(admin_client, prompt):
    rows = [{"text": "Right?", "weight": 2.0}, {"text": "Short?", "weight": 1}]
    checklist = Checklist.objects.create(prompt=prompt, criteria=rows)
    save(admin_client, prompt, ["Right?", "Short?", ""], ["2.0", "1", ""], checklist, **{"initial-criteria": json.dumps(rows)})
    checklist.refresh_from_db()
    assert (checklist.criteria, checklist.written_by) == (rows, None)


def test_each_protocol_is_explained_where_judges_are_added(admin_client):
    page = " ".join(admin_client.get(reverse("admin:judges_judge_add")).text.split())
    for sentence in IN_A_SENTENCE.values():
        assert sentence.replace("'", "&#x27;") in page
    assert "Two calls a battle: one for each answer." in page
