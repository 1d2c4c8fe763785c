"""What comes out goes in again: the same rows, the same board, the same hash of what it counts."""

import pytest
from django.db import transaction

from arena.archiving.putting_away import archive
from arena.exporting.forms import FORMS
from arena.importing.loading.responses import replaced
from arena.models import Battle, Competitor, FinishState, Prompt, Response
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.arena.exporting.taking_out import KINDS, THEN, by_content, file_of, furnished, moved, taken
from tests.arena.importing.import_files import imported
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote

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


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("tables", [("prompts", "answers", "battles", "votes"), ("prompts", "battles", "votes", "answers")])
@pytest.mark.parametrize("gone", ["failed", "empty", "corrected", "archived"])
def test_no_battle_comes_in_with_a_text_that_was_not_compared(gone, tables, form, tmp_path):
    arena = furnished()
    prompt, model = Prompt.objects.get(arena=arena, key="q1"), Competitor.objects.get(arena=arena, name="b-model")
    compared = make_response(prompt, model, "" if gone == "empty" else "Error.", repeat=1)
    battle = make_battle(model, Competitor.objects.get(arena=arena, name="ä Modell"), prompt)
    side, other_side = ("a", "b") if battle.competitor_a_id == model.pk else ("b", "a")
    other = Response.objects.get(prompt=prompt, competitor__name="ä Modell")
    Battle.objects.filter(pk=battle.pk).update(
        **{f"response_{side}": compared, f"response_{other_side}": other}, created_at=THEN
    )
    make_vote(battle, "a")
    if gone == "failed":
        Response.objects.filter(pk=compared.pk).update(finish=FinishState.FAILED)
    elif gone == "corrected":
        with transaction.atomic():
            replaced(compared, ["Right."], "a typo", None)
    elif gone == "archived":
        archive([compared], "unreadable", None)
    moved_to = make_arena()
    for table in tables:
        kind, name = KINDS[table]
        name = "csv" if form == "csv" and name == "jsonl" else name
        source = imported(file_of(table, arena, form, tmp_path), name, moved_to, kind=kind)
        assert source.state == "published", source.error
    pairs = Battle.objects.filter(prompt__arena=moved_to).exclude(response_a=None)
    shown = sorted(sorted((pair.response_a.text, pair.response_b.text)) for pair in pairs)
    before = Battle.objects.filter(prompt__arena=arena).exclude(response_a=None)
    true = sorted(sorted((pair.response_a.text, pair.response_b.text)) for pair in before)
    true = [pair if "Error." not in pair else sorted({*pair, ""} - {"Error."}) for pair in true]
    assert all(pair in true for pair in shown)
    if tables[1] == "answers":
        assert len(shown) == len(true) - (gone in {"corrected", "archived"})


def published(arena):
    return publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))


def ratings(snapshot):
    columns = ("rating", "low", "high", "rank")
    return {
        f"{name} {column}": value
        for name, *values in snapshot.entries.values_list("competitor__name", *columns)
        for column, value in zip(columns, values, strict=True)
    }
