"""What comes out goes in again: the same rows, the same board, the same hash of what it counts."""

import pytest
from django.db import transaction

from arena.archiving.putting_away import archive
from arena.exporting.forms import FORMS
from arena.importing.loading.responses import replaced
from arena.models import Competitor, Prompt, Response
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.arena.exporting.taking_out import KINDS, by_content, file_of, furnished, moved, taken
from tests.arena.importing.import_files import imported
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", FORMS)
def test_rows_and_board_are_the_same_in_another_arena(form, tmp_path):
    arena = furnished()
    other = moved(arena, form, tmp_path)
    for table in KINDS:
        assert by_content(table, other) == by_content(table, arena), table
    for each in (arena, other):
        ensure_boards(each)
    before, after = (published(each) for each in (arena, other))
    assert after.content_hash == before.content_hash
    assert ratings(after) == pytest.approx(ratings(before), rel=0, abs=1e-9)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("archived", ["no", "all"])
def test_what_is_corrected_or_archived_comes_into_use_nowhere(form, archived, tmp_path):
    arena = furnished()
    kept, gone = make_competitor(arena, "kept"), make_competitor(arena, "gone")
    prompt, old_prompt = make_prompt(arena, "Why?", key="q3"), make_prompt(arena, "Who?", key="q4")
    make_response(old_prompt, kept, "Nobody.")
    make_response(prompt, gone, "Whence?")
    with transaction.atomic():
        replaced(make_response(prompt, kept, "Wrong."), ["Right."], "a typo", None)
    archive([make_response(prompt, kept, "Mumbled.", repeat=1)], "unreadable", None)
    archive([old_prompt], "asked badly", None)
    archive([gone], "withdrawn", None)
    other = make_arena()
    for table, kind in (("prompts", "prompts"), ("answers", "responses")):
        source = imported(file_of(table, arena, form, tmp_path, archived=archived), form, other, kind=kind)
        assert source.state == "published", source.error
    for table in ("prompts", "answers"):
        assert by_content(table, other) == by_content(table, arena)
    assert not Competitor.objects.filter(arena=other, name="gone").exists()
    assert not Prompt.objects.filter(arena=other, key="q4").exists()
    assert [each.text for each in Response.objects.filter(prompt__arena=other, prompt__key="q3")] == ["Right."]
    marked = {row["text"]: row["superseded"] for row in taken("answers", arena, archived="all") if row["archived_at"]}
    assert marked == {"Wrong.": True, "Mumbled.": False, "Nobody.": False, "Whence?": False}


def test_a_battle_on_a_corrected_text_names_no_answer_that_stands_in_its_place():
    arena = furnished()
    with transaction.atomic():
        replaced(Response.objects.get(prompt__key="q1", competitor__name="b-model"), ["Right."], "a typo", None)
    sides = {
        row[f"repeat_{side}"] for row in taken("battles", arena) if row["prompt_id"] == "q1" for side in "ab"
        if "b-model" in {row["model_a"], row["model_b"]}
    }  # fmt: skip
    assert sides == {None}


def published(arena):
    return publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))


def ratings(snapshot):
    columns = ("rating", "low", "high", "rank")
    return {
        f"{name} {column}": value
        for name, *values in snapshot.entries.values_list("competitor__name", *columns)
        for column, value in zip(columns, values, strict=True)
    }
