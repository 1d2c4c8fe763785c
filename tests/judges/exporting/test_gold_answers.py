"""Gold labels of single answers go out as a table, and come in again."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command

from arena.exporting.access import Reader
from arena.exporting.registry import tables
from arena.importing.formats import kind_and_format
from judges.models import GoldAnswer, GoldSet
from tests.arena.exporting.taking_out import file_of, taken
from tests.arena.importing.import_files import imported
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    arena = make_arena("garden", content_visibility="public")
    models, prompt = [make_competitor(arena, name) for name in ("=A", "B")], make_prompt(arena, "2 + 3?", key="q1")
    first, second = (make_response(prompt, models[0], text, repeat=n) for n, text in enumerate(("5", "6")))
    third = make_response(prompt, models[1], "five")
    experts = GoldSet.objects.create(arena=arena, name="experts", origin="three experts")
    GoldAnswer.objects.create(gold_set=experts, response=first, is_right=True, note="line 1")
    GoldAnswer.objects.create(gold_set=experts, response=second, is_right=False, grade=0.25, is_counted=False)
    others = GoldSet.objects.create(arena=arena, name="others")
    GoldAnswer.objects.create(gold_set=others, response=third, grade=4)
    return arena


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_labels_of_answers_come_in_again_as_they_went_out(arena, form, tmp_path):
    before = taken("gold-answers", arena)
    assert len(before) == 3
    other = make_arena("orchard", content_visibility="public")
    for table, kind in (("prompts", "prompts"), ("answers", "responses")):
        imported(file_of(table, arena, form, tmp_path), "csv" if form == "csv" else "jsonl", other, kind=kind)
    file = file_of("gold-answers", arena, form, tmp_path)
    assert kind_and_format(file) == ("labels", "gold-answers")
    for _again in range(2):
        call_command("import_gold", str(file), "--arena", "orchard")
        assert taken("gold-answers", other) == before


def test_labels_of_answers_that_are_not_here_are_refused(arena, tmp_path):
    file = file_of("gold-answers", arena, "csv", tmp_path)
    make_arena("orchard")
    with pytest.raises(CommandError, match="no row names an answer of orchard: import its prompts and answers first"):
        call_command("import_gold", str(file), "--arena", "orchard")


def test_they_are_for_curators(arena, rf):
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), {}
    assert "curators" in tables()["gold-answers"].refusal(Reader.of(request), arena)
