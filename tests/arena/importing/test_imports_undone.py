"""An import of prompts or answers is undone as a whole, and restored as a whole."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from arena.archiving.imported_rows import MOVED, forecast
from arena.archiving.putting_away import archive
from arena.evidence.curation import NotPublished, restore_import, set_aside_import
from arena.models import Assignment, Ballot, Battle, Event, FoundRow, Import, Prompt, Response, TokenScope
from arena.tokens import make_token
from tests.arena.importing.import_files import n_rows
from tests.factories import make_arena, make_battle, make_competitor, make_user, make_vote, make_voter
from tests.judges.game_factories import make_call, make_judge, make_run

pytestmark = pytest.mark.django_db

PROMPTS = "id,prompt\nq1,What is 2 + 2?\nq2,Name a river in France.\n"
ANSWERS = "prompt,competitor,text\nq1,ft-a,4\nq1,ft-b,four\nq2,ft-a,The Seine.\n"


@pytest.fixture
def arena():
    return make_arena("undone", content_visibility="public")


@pytest.fixture
def take_in(arena, tmp_path):
    def taken(kind, body, **options):
        file = tmp_path / f"{kind}-{len(list(tmp_path.iterdir()))}.csv"
        file.write_text(body)
        call_command(f"import_{kind}", file, arena="undone", **options)
        return Import.objects.order_by("pk").last()

    return taken


def undo(source, reason="wrong file"):
    moved = set_aside_import(source, reason, None)
    source.refresh_from_db()
    return moved


def restore(source):
    moved = restore_import(source, None)
    source.refresh_from_db()
    return moved


def prompts():
    return list(Prompt.objects.in_use().order_by("key").values_list("key", flat=True))


def answers():
    rows = Response.objects.in_use().order_by("prompt__key", "competitor__name", "repeat")
    return list(rows.values_list("prompt__key", "competitor__name", "text"))


def test_prompts_and_answers_know_the_import_that_brought_them(take_in):
    asked, answered = take_in("prompts", PROMPTS), take_in("responses", ANSWERS)
    assert set(Prompt.objects.values_list("source", flat=True)) == {asked.pk}
    assert set(Response.objects.values_list("source", flat=True)) == {answered.pk}
    assert not FoundRow.objects.exists()


def test_answers_are_archived_and_restored_as_a_whole(take_in):
    take_in("prompts", PROMPTS)
    source = take_in("responses", ANSWERS)
    before = answers()
    assert undo(source)
    assert answers() == []
    assert set(Response.objects.values_list("archived_because", flat=True)) == {f"{source.filename} was set aside: wrong file"}
    assert source.report[MOVED] | {"answers": 3, "prompts": 0, "kept": 0} == source.report[MOVED]
    assert restore(source)
    assert answers() == before
    assert not Response.objects.exclude(archived_because="").exists()


def test_undoing_twice_is_once(take_in):
    source = take_in("prompts", PROMPTS)
    assert undo(source)
    assert not undo(source, "again")
    assert prompts() == []
    assert restore(source)
    assert not restore(source)
    assert prompts() == ["q1", "q2"]
    assert list(Event.objects.filter(source=source).values_list("kind", flat=True)) == ["import_set_aside", "import_restored"]


def test_prompts_that_came_with_answers_go_and_come_with_them(take_in):
    source = take_in("responses", json.dumps([{"instruction": "How high?", "output": "Very.", "generator": "ft-a"}]))
    assert Prompt.objects.get().source == source
    undo(source)
    assert not Prompt.objects.in_use().exists()
    restore(source)
    assert Prompt.objects.in_use().exists()


def test_what_was_compared_stays_as_it_was(arena, take_in):
    take_in("prompts", PROMPTS)
    source = take_in("responses", ANSWERS)
    a, b = Response.objects.filter(prompt__key="q1").order_by("competitor__name")
    battle = make_battle(a.competitor, b.competitor, a.prompt, with_answers=True)
    make_vote(battle, "a")
    undo(source)
    assert source.report[MOVED]["compared"] == 2
    assert n_rows(arena) == (1, 1, 1)
    battle.refresh_from_db()
    assert battle.response_a.text == "4"
    assert not Battle.objects.in_use().exists()


def test_an_open_ballot_on_its_answers_is_closed(take_in):
    take_in("prompts", PROMPTS)
    source = take_in("responses", ANSWERS)
    a, b = Response.objects.filter(prompt__key="q1").order_by("competitor__name")
    battle = make_battle(a.competitor, b.competitor, a.prompt, with_answers=True)
    served = {"first_shown": "a", "propensity": 1.0, "served_at": timezone.now()}
    ballot = Ballot.objects.create(battle=battle, voter=make_voter(battle.arena), **served)
    undo(source)
    ballot.refresh_from_db()
    assert ballot.state == Ballot.State.CLOSED


def test_a_row_that_was_archived_by_hand_stays_so(take_in):
    take_in("prompts", PROMPTS)
    source = take_in("responses", ANSWERS)
    archive(list(Response.objects.filter(text="four")), "spam", None)
    undo(source)
    assert source.report[MOVED]["answers"] == 2
    restore(source)
    assert answers() == [("q1", "ft-a", "4"), ("q2", "ft-a", "The Seine.")]


def test_an_import_that_is_not_complete_cannot_be_undone(take_in):
    source = take_in("prompts", PROMPTS)
    Import.objects.update(state=Import.State.LOADING)
    with pytest.raises(NotPublished, match="only an import that is complete"):
        undo(source)
    assert prompts() == ["q1", "q2"]


def test_an_import_of_which_nobody_recorded_the_rows_says_so(take_in):
    source = take_in("prompts", PROMPTS)
    Prompt.objects.update(source=None)
    with pytest.raises(NotPublished, match="before it was recorded"):
        undo(source)
    source.refresh_from_db()
    assert source.state == Import.State.PUBLISHED


def test_a_run_that_asks_about_it_keeps_all_of_it(arena, take_in):
    source = take_in("prompts", PROMPTS)
    call = make_call(make_run(arena, kind="generate", state="running"), make_judge())
    Assignment.objects.create(call=call, prompt=Prompt.objects.get(key="q1"), competitor=make_competitor(arena, "ft-a"))
    with pytest.raises(NotPublished, match="runs that are not over"):
        undo(source)
    assert prompts() == ["q1", "q2"]


# --- corrections ---------------------------------------------------------------------------------------------------


def corrected(take_in, *texts):
    """Imports of one answer, each of which corrects the one before it."""
    take_in("prompts", PROMPTS)
    head = "prompt,competitor,text\n"
    return [take_in("responses", f"{head}q1,ft-a,{text}\n", replace=at > 0) for at, text in enumerate(texts)]


def text():
    return Response.objects.in_use().values_list("text", flat=True).get()


def test_a_correction_is_undone_and_the_earlier_text_comes_back(take_in):
    _first, second = corrected(take_in, "5", "4")
    undo(second)
    assert text() == "5"
    assert second.report[MOVED]["corrected"] == 1
    restore(second)
    assert text() == "4"
    assert Response.objects.get(text="5").superseded_by.text == "4"


def test_corrections_are_undone_in_any_order(take_in):
    first, second, third = corrected(take_in, "5", "4", "four")
    undo(second)
    assert text() == "four"
    undo(third)
    assert text() == "5"
    restore(third)
    assert text() == "four"
    restore(second)
    assert text() == "four"
    undo(third)
    assert text() == "4"
    undo(first)
    assert text() == "4"
    undo(second)
    assert not Response.objects.in_use().exists()
    restore(first)
    assert text() == "5"
    restore(second)
    assert text() == "4"
    restore(third)
    assert text() == "four"


def test_another_answer_in_its_place_keeps_an_import_set_aside_with_the_reason(take_in):
    (first,) = corrected(take_in, "5")
    undo(first)
    take_in("responses", "prompt,competitor,text\nq1,ft-a,four\n")
    with pytest.raises(NotPublished, match="other answers are in use in the places of 1 of its answers"):
        restore(first)
    first.refresh_from_db()
    assert first.state == Import.State.SET_ASIDE
    assert text() == "four"


# --- rows that two files have ----------------------------------------------------------------------------------------


def test_a_row_stays_while_one_of_its_imports_does(take_in):
    first = take_in("prompts", PROMPTS)
    second = take_in("prompts", "id,prompt\nq2,Name a river in France.\nq3,Who wrote Emma?\n")
    assert FoundRow.objects.get().prompt.key == "q2"
    assert forecast(first).kept == 1
    undo(first)
    assert prompts() == ["q2", "q3"]
    undo(second)
    assert prompts() == []
    restore(second)
    assert prompts() == ["q2", "q3"]
    restore(first)
    assert prompts() == ["q1", "q2", "q3"]
    undo(second)
    assert prompts() == ["q1", "q2"]


def test_answers_that_two_files_have_stay_with_either(take_in):
    take_in("prompts", PROMPTS)
    first = take_in("responses", ANSWERS)
    second = take_in("responses", ANSWERS + "q2,ft-b,The Loire.\n")
    assert second.n_added == 1
    undo(first)
    assert len(answers()) == 4
    undo(second)
    assert answers() == []
    restore(first)
    assert len(answers()) == 3


def test_a_later_file_brings_back_what_went_with_an_earlier_one(take_in):
    take_in("prompts", PROMPTS)
    first = take_in("responses", ANSWERS)
    undo(first)
    second = take_in("responses", ANSWERS + "q2,ft-b,The Loire.\n")
    assert len(answers()) == 4
    assert Response.objects.count() == 4
    undo(second)
    assert answers() == []


def test_votes_that_two_files_have_count_with_either(arena, take_in):
    head = "model_a,model_b,winner,question_id,judge\n"
    first = take_in("battles", head + "ft-a,ft-b,model_a,q1,v1\nft-a,ft-b,model_b,q1,v2\n", format="chatbot-arena")
    second = take_in("battles", head + "ft-a,ft-b,model_a,q1,v1\nft-a,ft-c,model_a,q1,v1\n", format="chatbot-arena")
    assert second.n_added == 1
    assert n_rows(arena) == (3, 3, 3)
    undo(first)
    assert n_rows(arena) == (3, 3, 2)
    undo(second)
    assert n_rows(arena) == (3, 3, 0)
    restore(first)
    assert n_rows(arena) == (3, 3, 2)
    restore(second)
    assert n_rows(arena) == (3, 3, 3)


def test_a_third_file_finds_votes_that_count_with_the_second(arena, take_in):
    head = "model_a,model_b,winner,question_id,judge\n"
    row = "ft-a,ft-b,model_a,q1,v1\n"
    first = take_in("battles", head + row, format="chatbot-arena")
    take_in("battles", head + row + "ft-a,ft-c,model_a,q1,v1\n", format="chatbot-arena")
    undo(first)
    third = take_in("battles", head + row + "ft-b,ft-c,model_a,q1,v1\n", format="chatbot-arena")
    assert third.n_added == 1
    assert n_rows(arena) == (3, 3, 3)
    restore(first)
    assert n_rows(arena) == (3, 3, 3)


# --- page, command, REST ---------------------------------------------------------------------------------------------


def test_the_page_says_what_will_happen_does_it_and_restores(take_in, client):
    client.force_login(make_user(is_staff=True))
    take_in("prompts", PROMPTS)
    source = take_in("responses", ANSWERS)
    a, b = Response.objects.filter(prompt__key="q1").order_by("competitor__name")
    make_battle(a.competitor, b.competitor, a.prompt, with_answers=True)
    page = reverse("import", args=[source.pk])
    shown = " ".join(client.get(page).content.decode().split())
    assert "Set all its answers aside" in shown
    assert "Archived with it: 3 answers. 2 of the answers are in battles: what was voted and judged there stays" in shown
    told = client.post(page, {"act": "set_aside", "reason": "wrong model"}, follow=True).content.decode()
    assert "Set aside: its answers are archived." in told
    assert "Archived with it: 3 answers." in told
    assert answers() == []
    told = client.post(page, {"act": "restore"}, follow=True).content.decode()
    assert "Restored: its answers are in use again." in told
    assert len(answers()) == 3


def test_the_page_of_an_old_import_says_why_it_cannot_be_undone(take_in, client):
    client.force_login(make_user(is_staff=True))
    source = take_in("prompts", PROMPTS)
    Prompt.objects.update(source=None)
    shown = client.get(reverse("import", args=[source.pk])).content.decode()
    assert "it came in before it was recorded which prompts and answers a file brings" in shown
    assert 'value="set_aside"' not in shown


def test_the_command_does_the_same(take_in, capsys):
    source = take_in("prompts", PROMPTS)
    call_command("set_aside_import", source.pk, reason="x", check=True)
    assert "Archived with it: 2 prompts.\nNothing was changed" in capsys.readouterr().out
    assert prompts() == ["q1", "q2"]
    call_command("set_aside_import", source.pk, reason="wrong file")
    assert "is set aside now.\nArchived with it: 2 prompts." in capsys.readouterr().out
    call_command("set_aside_import", source.pk, reason="wrong file")
    assert "is set aside already." in capsys.readouterr().out
    call_command("set_aside_import", source.pk, restore=True)
    assert "is imported now." in capsys.readouterr().out
    assert prompts() == ["q1", "q2"]
    with pytest.raises(CommandError, match="there is no import 999"):
        call_command("set_aside_import", 999, restore=True)


def test_rest_does_the_same(take_in, client):
    user = make_user(is_staff=True)
    _token, key = make_token(user, name="ci", scopes=[TokenScope.EVIDENCE, TokenScope.READ])
    source = take_in("prompts", PROMPTS)
    asked = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    told = client.post(reverse("api-import-set-aside", args=[source.pk]), {"reason": "wrong file"}, **asked).json()
    assert (told["state"], told["moved"]["prompts"]) == ("set_aside", 2)
    assert prompts() == []
    told = client.post(reverse("api-import-restore", args=[source.pk]), {}, **asked).json()
    assert (told["state"], told["moved"]["prompts"]) == ("published", 2)
    assert prompts() == ["q1", "q2"]


# --- archives --------------------------------------------------------------------------------------------------------


def test_a_zip_of_the_arena_says_which_import_brought_what(take_in, tmp_path):
    first = take_in("prompts", PROMPTS)
    take_in("prompts", "id,prompt\nq2,Name a river in France.\nq3,Who wrote Emma?\n")
    undo(first)
    call_command("export", all=True, arena="undone", to=str(tmp_path / "undone.zip"))
    call_command("import_archive", str(tmp_path / "undone.zip"), slug="again")
    again = Prompt.objects.filter(arena__slug="again")
    assert set(again.in_use().values_list("key", flat=True)) == {"q2", "q3"}
    source = Import.objects.get(arena__slug="again", state=Import.State.SET_ASIDE)
    assert again.get(key="q1").archived_with == source
    restore(source)
    assert again.in_use().count() == 3
    undo(Import.objects.exclude(pk=source.pk).get(arena__slug="again"))
    assert set(again.in_use().values_list("key", flat=True)) == {"q1", "q2"}
