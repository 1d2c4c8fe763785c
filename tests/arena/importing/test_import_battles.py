"""Battles out of files: what they become, and that nothing comes in twice."""

import json
import random

import pytest
from django.utils import timezone

from arena.evidence import curation, ledger
from arena.evidence.vote_tally import read_evidence
from arena.importing.files import receiving
from arena.importing.files.problems import ImportProblems
from arena.importing.loading.loader import load, retry
from arena.models import Battle, Competitor, Event, Import, Prompt, Vote, Voter
from arena.outcomes import Outcome
from tests.arena.importing.import_files import BATTLES, as_csv, checked, imported, lines, n_rows, registered, write
from tests.factories import make_arena, make_competitor, make_prompt, make_user

pytestmark = pytest.mark.django_db


def _file(tmp_path, *rows, header=BATTLES):
    return write(tmp_path, header + "".join(row + "\n" for row in rows))


# --- the public data sets ----------------------------------------------------------------------------------------------
def test_llmfao_gives_its_known_numbers(shared_data):
    arena = make_arena("llmfao")
    imported(shared_data / "llmfao" / "llmfao.csv", "llmfao", arena)
    assert n_rows(arena) == (2_139, 8_931, 8_931)
    assert (arena.competitors.count(), arena.prompts.count(), arena.voters.count()) == (59, 13, 124)
    outcomes = Vote.objects.filter(battle__arena=arena).counted()
    assert outcomes.filter(outcome=Outcome.TIE).count() == 3_471
    left_won = outcomes.filter(outcome="a", first_shown="a") | outcomes.filter(outcome="b", first_shown="b")
    assert left_won.count() == 2_911


def test_pandalm_gives_its_known_numbers_and_says_how_it_was_read(shared_data):
    arena = make_arena("pandalm")
    source = imported(shared_data / "pandalm" / "testset-v1.json", "pandalm", arena)
    assert n_rows(arena) == (999, 2_997, 2_997)
    assert (arena.competitors.count(), arena.voters.count(), arena.prompts.count()) == (5, 3, 170)
    assert Battle.objects.filter(arena=arena).showable().count() == 999
    notes = " ".join(source.report["notes"])
    assert "54 pairs with an empty answer" in notes
    assert "17 of 779 pairs of prompt and model with different texts" in notes
    assert "6 answers in JSON's word true" in notes


def test_pandalms_answers_stand_on_the_side_of_their_model(shared_data):
    arena = make_arena("pandalm")
    path = shared_data / "pandalm" / "testset-v1.json"
    imported(path, "pandalm", arena)
    battles = Battle.objects.order_by("pk").select_related("competitor_a", "competitor_b", "response_a", "response_b")
    for row, battle in zip(json.loads(path.read_text()), battles, strict=True):
        answers = {battle.competitor_a.name: battle.response_a.text, battle.competitor_b.name: battle.response_b.text}
        first, second = row["cmp_key"].split("_")
        texts = [str(row[column]) if row[column] is not True else "true" for column in ("response1", "response2")]
        assert answers == dict(zip((first, second), texts, strict=True))


# --- the same pair in the same order -----------------------------------------------------------------------------------
def test_a_pair_is_kept_in_the_order_of_ids_and_its_outcome_follows(tmp_path):
    arena = make_arena()
    low, high = make_competitor(arena, "low"), make_competitor(arena, "high")
    rows = ["low,high,model_a,1,v1", "high,low,model_a,2,v2", "high,low,tie (bothbad),3,v3"]
    imported(_file(tmp_path, *rows), "chatbot-arena", arena)
    assert set(Battle.objects.values_list("competitor_a", "competitor_b")) == {(low.pk, high.pk)}
    votes = Vote.objects.order_by("battle__prompt__key").values_list("outcome", "first_shown")
    assert list(votes) == [("a", "a"), ("b", "b"), ("both_bad", "b")]


def test_answers_and_first_shown_follow_the_pair_too(tmp_path):
    arena = make_arena()
    make_competitor(arena, "y")
    row = {
        "idx": 1, "cmp_key": "x_y", "instruction": "Do it.", "response1": "of x", "response2": "of y",
        "annotator1": 1, "annotator2": 2, "annotator3": 0,
    }  # fmt: skip
    imported(write(tmp_path, lines(row)), "pandalm", arena)
    battle = Battle.objects.select_related("competitor_a", "response_a", "response_b").get()
    assert (battle.competitor_a.name, battle.response_a.text, battle.response_b.text) == ("y", "of y", "of x")
    votes = battle.votes.order_by("voter__key").values_list("voter__key", "outcome", "first_shown")
    assert list(votes) == [("annotator1", "b", "b"), ("annotator2", "a", "b"), ("annotator3", "tie", "b")]


# --- prompts and voters ------------------------------------------------------------------------------------------------
def test_a_prompt_of_which_only_the_number_is_known_is_a_draft(tmp_path):
    arena = make_arena()
    imported(_file(tmp_path, "x,y,tie,q1,v"), "chatbot-arena", arena)
    prompt = Prompt.objects.get()
    assert (prompt.key, prompt.turns, prompt.status, prompt.language) == ("q1", [], "draft", "")


def test_a_prompt_given_by_its_text_is_rendered_and_its_language_recognised(tmp_path):
    arena = make_arena()
    row = {"model_a": "x", "model_b": "y", "winner": "tie", "prompt": "Warum ist der **Himmel** am Mittag blau?"}
    imported(write(tmp_path, lines(row, row)), "chatbot-arena", arena)
    prompt = Prompt.objects.get()
    assert (prompt.language, prompt.status, prompt.battles.count()) == ("de", "active", 2)
    assert "<strong>Himmel</strong>" in prompt.html


def test_a_known_prompt_is_found_by_its_key_and_by_its_text(tmp_path):
    arena = make_arena()
    by_key, by_text = make_prompt(arena, "One?", key="q1"), make_prompt(arena, "Two?", key="q2")
    battle = {"model_a": "x", "model_b": "y", "winner": "tie"}
    rows = {**battle, "question_id": "q1"}, {**battle, "prompt": "Two? "}
    imported(write(tmp_path, lines(*rows)), "chatbot-arena", arena)
    assert list(Battle.objects.order_by("pk").values_list("prompt", flat=True)) == [by_key.pk, by_text.pk]
    assert Prompt.objects.count() == 2


def test_a_prompt_that_a_curator_corrected_is_still_that_prompt(tmp_path):
    arena = make_arena()
    battle = {"model_a": "x", "model_b": "y", "winner": "tie", "prompt": "Wy?"}
    imported(write(tmp_path, lines(battle)), "chatbot-arena", arena)
    Prompt.objects.update(turns=["Why?"], content_hash=Prompt.hash_of(["Why?"]))
    imported(write(tmp_path, lines({**battle, "winner": "model_a"})), "chatbot-arena", arena)
    assert Prompt.objects.get().battles.count() == 2


def test_a_key_that_stands_for_another_text_here_is_refused(tmp_path):
    arena = make_arena()
    make_prompt(arena, "One?", key="q1")
    row = {"model_a": "x", "model_b": "y", "winner": "tie", "question_id": "q1", "prompt": "Other?"}
    with pytest.raises(ImportProblems) as refused:
        checked(write(tmp_path, lines(row)), "chatbot-arena", arena=arena)
    assert "this prompt is in the arena with another text" in str(refused.value)


def test_without_a_judge_there_is_no_voter(tmp_path):
    arena = make_arena()
    imported(_file(tmp_path, "x,y,tie", "x,y,model_a", header="model_a,model_b,winner\n"), "chatbot-arena", arena)
    assert not Voter.objects.exists()
    assert list(Vote.objects.values_list("voter", flat=True)) == [None, None]


def test_the_time_of_a_vote_is_the_files_or_else_that_of_the_import(tmp_path):
    arena = make_arena()
    row = {"model_a": "x", "model_b": "y", "winner": "tie"}
    source = imported(write(tmp_path, lines({**row, "tstamp": 1_700_000_000.25}, row)), "chatbot-arena", arena)
    given, own = Vote.objects.order_by("pk").values_list("voted_at", flat=True)
    assert given.isoformat() == "2023-11-14T22:13:20.250000+00:00"
    assert own == source.created_at


def test_votes_with_visible_names_do_not_count(tmp_path):
    arena = make_arena()
    row = {"model_a": "x", "model_b": "y", "winner": "tie"}
    imported(write(tmp_path, lines({**row, "anony": False}, {**row, "anony": True})), "chatbot-arena", arena)
    assert n_rows(arena) == (2, 2, 1)
    assert Vote.objects.get(is_counted=False).set_aside_reason == "names were visible"


# --- once only ---------------------------------------------------------------------------------------------------------
def test_equal_rows_are_different_battles_and_stay_so(tmp_path):
    arena = make_arena()
    path = _file(tmp_path, *["x,y,tie,q,v"] * 3, "x,y,model_a,q,v")
    imported(path, "chatbot-arena", arena)
    assert n_rows(arena) == (4, 4, 4)


def test_the_same_file_twice_is_one_import(tmp_path):
    arena = make_arena()
    path = _file(tmp_path, "x,y,tie,q,v")
    first, second = imported(path, "chatbot-arena", arena), imported(path, "chatbot-arena", arena)
    assert first == second
    assert n_rows(arena) == (1, 1, 1)


def test_another_file_with_some_of_the_rows_adds_only_the_others(tmp_path):
    arena = make_arena()
    imported(_file(tmp_path, "x,y,tie,q1,v", "x,y,tie,q1,v", "x,y,model_a,q2,w"), "chatbot-arena", arena)
    rows = ["x,y,model_b,q3,v", "x,y,tie,q1,v", "x,y,model_a,q2,w", "x,y,tie,q1,v", "x,y,tie,q1,v"]
    path = _file(tmp_path, *rows)
    assert "4 rows of battles that are here already" not in checked(path, "chatbot-arena", arena=arena).notes
    second = imported(path, "chatbot-arena", arena)
    assert (second.n_rows, second.n_added) == (5, 2)
    assert n_rows(arena) == (5, 5, 5)


def test_the_dry_run_tells_how_many_rows_are_known(tmp_path):
    arena = make_arena()
    imported(_file(tmp_path, "x,y,tie,q1,v"), "chatbot-arena", arena)
    report = checked(_file(tmp_path, "x,y,tie,q1,v", "x,z,tie,q1,v"), "chatbot-arena", arena=arena)
    assert "1 row names a battle that is here already: only what is new in it is added." in report.notes
    assert (report.counts["competitors"], report.counts["new_competitors"]) == (3, 1)


def test_the_same_rows_in_another_shape_are_the_same_rows(tmp_path):
    arena = make_arena()
    row = {"model_a": "x", "model_b": "y", "winner": "tie", "question_id": "7", "judge": "v", "tstamp": "1700000000"}
    imported(write(tmp_path, as_csv(row)), "chatbot-arena", arena)
    second = imported(write(tmp_path, lines({**row, "question_id": 7, "tstamp": 1_700_000_000.0})), "chatbot-arena", arena)
    assert second.n_added == 0


def test_a_file_with_ids_adds_the_new_votes_on_known_battles(tmp_path):
    arena = make_arena()
    header = "id,prompt,worker,winner,left,right\n"
    imported(_file(tmp_path, "1,p,w1,left,x,y", "1,p,w2,tie,x,y", header=header), "llmfao", arena)
    rows = ["1,p,w2,tie,x,y", "1,p,w3,right,y,x", "2,p,w1,left,x,z"]
    second = imported(_file(tmp_path, *rows, header=header), "llmfao", arena)
    assert second.n_added == 2
    assert n_rows(arena) == (2, 4, 4)
    assert Vote.objects.get(voter__key="w3").outcome == "a"


def test_an_id_that_is_here_for_another_pair_is_refused_by_the_check_and_by_the_load(tmp_path):
    arena = make_arena()
    header = "id,prompt,worker,winner,left,right\n"
    first, second = (_file(tmp_path / name, row, header=header) for name, row in _made(tmp_path))
    with pytest.raises(ImportProblems, match="a battle with this id is here with other models or another prompt"):
        imported(first, "llmfao", arena), checked(second, "llmfao", arena=arena)
    other = make_arena()
    late = registered(second, "llmfao", other)
    imported(first, "llmfao", other)
    load(late.pk)
    late.refresh_from_db()
    assert late.state == Import.State.FAILED
    assert "a battle with this id is here" in late.error


def _made(tmp_path):
    for name, row in (("first", "1,p,w,left,x,y"), ("second", "1,p,w,left,x,z")):
        (tmp_path / name).mkdir()
        yield name, row


def test_arenas_do_not_share_rows(tmp_path):
    path = _file(tmp_path, "x,y,tie,q,v")
    for arena in (make_arena(), make_arena()):
        assert imported(path, "chatbot-arena", arena).n_added == 1
    assert Competitor.objects.count() == 4


# --- nothing counts until it is published ------------------------------------------------------------------------------
def test_an_import_is_one_event_in_the_ledger(tmp_path):
    arena = make_arena()
    source = imported(_file(tmp_path, "x,y,tie,q,v"), "chatbot-arena", arena)
    event = Event.objects.get()
    assert (event.kind, event.source, event.before, event.after) == ("import_published", source, "loading", "published")
    assert ledger.sequence() == 1
    assert source.published_at <= timezone.now()


def test_a_whole_import_is_set_aside_and_restored(tmp_path):
    arena = make_arena()
    source = imported(_file(tmp_path, "x,y,tie,q,v", "x,y,tie,q,w"), "chatbot-arena", arena)
    curation.set_aside_import(source, "bots", make_user(is_staff=True))
    assert n_rows(arena) == (2, 2, 0)
    curation.restore_import(source, None)
    assert n_rows(arena) == (2, 2, 2)
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "import_published", "import_set_aside", "import_restored",
    ]  # fmt: skip


def test_rows_of_an_import_that_was_set_aside_come_in_anew_with_a_corrected_file(tmp_path):
    arena = make_arena()
    right = [f"x,y,model_a,q{n},v" for n in range(8)]
    wrong = [f"x,y,model_b,q{n},v" for n in range(2)] + right[2:]
    old = imported(_file(tmp_path, *wrong), "chatbot-arena", arena)
    curation.set_aside_import(old, "two winners are wrong", None)
    position = ledger.sequence()
    corrected = _file(tmp_path, *right)
    notes = " ".join(checked(corrected, "chatbot-arena", arena=arena).notes)
    assert "6 rows that are here only in imports that were set aside: they come in anew" in notes
    assert "here already" not in notes
    new = imported(corrected, "chatbot-arena", arena)
    assert (new.n_added, n_rows(arena)) == (8, (16, 16, 8))
    assert set(Vote.objects.counted().values_list("source", "outcome")) == {(new.pk, "a")}
    assert imported(_file(tmp_path, *right, "x,y,tie,q9,v"), "chatbot-arena", arena).n_added == 1
    before = read_evidence(arena.pk, position - 1)
    assert (before.n_votes, read_evidence(arena.pk, ledger.sequence()).n_votes) == (8, 9)
    with pytest.raises(curation.NotPublished, match="would count twice"):
        curation.restore_import(old, None)
    assert n_rows(arena) == (17, 17, 9)


def test_a_vote_that_a_set_aside_import_gave_to_a_battle_in_use_is_refused_before_it_is_lost(tmp_path):
    arena, header = make_arena(), "id,prompt,worker,winner,left,right\n"
    imported(_file(tmp_path, "1,p,w1,left,x,y", header=header), "llmfao", arena)
    second = imported(_file(tmp_path, "1,p,w2,left,x,y", header=header), "llmfao", arena)
    third = _file(tmp_path, "1,p,w2,right,x,y", "2,p,w2,right,x,y", header=header)
    late = registered(third, "llmfao", arena)
    curation.set_aside_import(second, "bots", None)
    with pytest.raises(ImportProblems, match=f"set aside, and would not count: restore that import at /import/{second.pk}/"):
        checked(third, "llmfao", arena=arena)
    load(late.pk)
    late.refresh_from_db()
    assert (late.state, n_rows(arena)) == (Import.State.FAILED, (1, 2, 1))


def test_rows_that_a_failed_import_left_behind_are_taken_over(tmp_path):
    arena = make_arena()
    path = _file(tmp_path, "x,y,tie,q,v", "x,y,model_a,q,w")
    failed = imported(path, "chatbot-arena", arena)
    Import.objects.filter(pk=failed.pk).update(state=Import.State.FAILED)
    receiving.adopt(receiving.keep_path(path), failed)
    assert n_rows(arena) == (2, 2, 0)
    second = imported(_file(tmp_path, "x,y,tie,q,v", "x,z,tie,q,v"), "chatbot-arena", arena)
    assert second.n_added == 2
    assert n_rows(arena) == (3, 3, 2)
    retry(failed.pk)
    load(failed.pk)
    assert n_rows(arena) == (3, 3, 3)


def test_a_corrected_file_says_anew_what_a_failed_import_left_behind(tmp_path):
    arena, header = make_arena(), "id,prompt,worker,winner,left,right\n"
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(header + "".join(f"{n},p{n},w,left,x,y\n" for n in range(3)))
    right.write_text(header + "".join(f"{n},p{n},w,{said},x,y\n" for n, said in enumerate(["right", "tie", "right", "left"])))
    failed = imported(wrong, "llmfao", arena)
    Import.objects.filter(pk=failed.pk).update(state=Import.State.FAILED)
    second = imported(right, "llmfao", arena)
    assert second.n_added == 4
    assert list(Vote.objects.order_by("battle__row_key", "pk").values_list("source", flat=True)) == [second.pk] * 4
    assert sorted(Vote.objects.values_list("outcome", flat=True)) == ["a", "b", "b", "tie"]
    assert n_rows(arena) == (4, 4, 4)


def test_a_million_voters_and_prompts_are_looked_up_again_when_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.importing.loading.name_lookup.MOST_REMEMBERED", 5)
    monkeypatch.setattr("arena.importing.loading.prompts.MOST_REMEMBERED", 5)
    monkeypatch.setattr("arena.importing.chunks.MOST_ROWS_A_TRANSACTION", 30)
    rng = random.Random(1)
    rows = [f"x,y,tie,q{rng.randrange(40)},v{rng.randrange(40)}" for _ in range(300)]
    arena = make_arena()
    imported(_file(tmp_path, *rows), "chatbot-arena", arena)
    assert n_rows(arena) == (300, 300, 300)
    assert arena.voters.count() == len({row.split(",")[4] for row in rows})
    assert arena.prompts.count() == len({row.split(",")[3] for row in rows})


@pytest.mark.parametrize("columns", ["question_id", "prompt_id", "prompt", "prompt_id,prompt"])
def test_battles_name_their_prompts_by_an_id_or_a_text(tmp_path, columns):
    cells = ",".join(["q1"] * len(columns.split(",")))
    arena = make_arena()
    imported(write(tmp_path, f"model_a,model_b,winner,{columns}\nx,y,tie,{cells}\n"), "chatbot-arena", arena)
    prompt = Battle.objects.get().prompt
    assert prompt is not None
    assert (prompt.key == "q1") == ("_id" in columns)
    assert prompt.turns == (["q1"] if columns.endswith("prompt") else [])
