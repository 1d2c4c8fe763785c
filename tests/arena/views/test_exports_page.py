"""The page of exports: what each file holds, how large it is, and why some are not for the reader."""

import pytest
from django.test import Client
from django.urls import reverse

from arena.exporting import forms
from tests.arena.exporting.taking_out import furnished
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db


def shown(arena, client=None):
    return (client or Client()).get(reverse("exports", args=[arena.slug]))


def curator():
    client = Client()
    client.force_login(make_user(is_staff=True))
    return client


def test_each_file_has_its_columns_size_command_and_address():
    page = shown(furnished("garden"), curator()).text
    assert "13 rows" in page
    assert "manage.py export votes --arena garden --format csv --to garden-votes.csv" in page
    assert "/api/v1/exports/votes/?arena=garden&amp;format=csv" in page
    assert 'action="/api/v1/exports/pairs-dpo/"' in page
    assert "<code>dwell_ms</code>" in page


def test_visitors_are_told_what_is_not_for_them_and_see_no_columns_of_curators():
    page = shown(furnished("garden")).text
    assert "single votes are for people with an account" in page
    assert "dwell_ms" not in page
    assert "gold labels are for curators" in page


def test_an_empty_arena_says_so_and_a_curator_what_to_do():
    arena = make_arena("bare", content_visibility="public")
    assert "There is nothing to export yet." in shown(arena).text
    assert reverse("imports") in shown(arena, curator()).text


def test_who_may_not_know_of_an_arena_is_not_told_of_its_exports():
    arena = make_arena(board_visibility="curators", voting="closed")
    assert shown(arena).status_code == 404


def test_a_form_that_cannot_be_written_is_not_offered_and_the_library_named(monkeypatch):
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    page = shown(furnished("garden")).text
    assert "pip install pyarrow" in page
    assert 'value="parquet"' not in page
