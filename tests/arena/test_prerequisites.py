"""What an arena lacks is said truly: on the vote page, in plans of judges, in reports of imports, and as the next step."""

import pytest
from django.urls import reverse

from arena.models import Prompt, PromptPool
from arena.prerequisites import next_step, why_no_pair, why_nothing_to_judge
from arena.runs.planning import CannotPlan
from judges.games.offline_games import offline_judge
from judges.runs.plan_request import JudgingRequest, drafted
from tests.arena.importing.import_files import BATTLES, as_csv, checked, imported, lines, write
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_prompts,
    make_response,
    make_user,
    make_vote,
)
from tests.judges.game_factories import make_endpoint, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(tmp_path):
    """Battles name two prompts, answers came to them, and other prompts were imported under new ids."""
    arena = make_arena(voting="anyone")
    imported(write(tmp_path, BATTLES + "one,two,tie,q1,v\none,two,tie,q2,v\n", "battles"), "chatbot-arena", arena)
    answers = [
        {"prompt": key, "competitor": name, "text": f"{name} on {key}"} for key in ("q1", "q2") for name in ("one", "two")
    ]
    imported(write(tmp_path, as_csv(*answers), "answers"), "csv", arena, kind="responses")
    make_prompts(arena, 2)
    return arena


WHY = "2 prompts that have answers have no text"


def test_the_vote_page_says_that_the_answered_prompts_have_no_text(client, bare):
    address = reverse("vote", args=[bare.slug])
    assert f"{WHY}: nobody can be shown what was asked." in client.get(address).text
    client.force_login(make_user(is_staff=True))
    page = client.get(address).text
    assert f'href="{reverse("imports")}?arena={bare.slug}&amp;what=prompts"' in page
    assert "Add answers" not in page


@pytest.mark.parametrize("plan", ["standing", "all", "active"])
def test_a_plan_of_judges_says_so_too(bare, plan):
    with pytest.raises(CannotPlan, match=f"no prompt has two answers that fit: {WHY}: import the texts under the same ids"):
        drafted(bare, [offline_judge("longer")], JudgingRequest(plan=plan, most=5))


def test_the_plan_on_the_page_of_runs_says_so(client, bare):
    client.force_login(make_user(is_staff=True))
    fields = {"judges": "offline:longer", "plan": "all", "battles": "9", "orders": "both", "repeats": "1", "seed": "1"}
    page = client.post(f"{reverse('new-run')}?arena={bare.slug}", fields).text
    assert WHY in " ".join(page.split()), page[page.find("<main") :]


def test_the_import_of_the_answers_says_so(bare, tmp_path):
    more = write(tmp_path, as_csv({"prompt": "q1", "competitor": "three", "text": "x"}))
    (note,) = [note for note in checked(more, "csv", kind="responses", arena=bare).notes if "without a text" in note]
    assert note.startswith("1 prompt without a text in this arena: nobody votes on these answers")


def test_once_the_texts_are_here_people_can_vote(bare, tmp_path):
    rows = [{"id": key, "prompt": f"What of {key}?"} for key in ("q1", "q2")]
    source = imported(write(tmp_path, lines(*rows)), "jsonl", bare, kind="prompts")
    assert "2 prompts had only ids until now: their texts are filled in." in source.report["notes"]
    assert (why_no_pair(bare), why_nothing_to_judge(bare)) == (None, "")


def test_prompts_that_are_out_of_play_are_counted_by_what_they_are():
    arena = make_arena()
    models = [make_competitor(arena), make_competitor(arena)]
    pool = PromptPool.objects.create(arena=arena, slug="off", name="Off", is_active=False)
    prompts = [make_prompt(arena, status="retired"), make_prompt(arena, status="draft"), make_prompt(arena, pool=pool)]
    for prompt in prompts:
        for model in models:
            make_response(prompt, model)
    said = "None of the prompts that have answers is asked: 1 retired, 1 a draft, 1 in a pool that is switched off."
    assert why_no_pair(arena).sentence == said
    arena.competitors.update(status="retired")
    assert why_no_pair(arena).sentence == "All models that have answered are retired or archived."


# --- files whose prompts do not meet those of the arena -----------------------------------------------------------------


@pytest.mark.parametrize("column", ["question_id", "prompt_id", "uid", "key", "Question_ID "])
def test_an_id_of_another_name_is_read_and_said(bare, tmp_path, column):
    path = write(tmp_path, f"{column},prompt\nq1,What of one?\nq2,What of two?\n")
    report = checked(path, "csv", kind="prompts", arena=bare)
    assert (report.counts["prompts"], report.warnings, report.ignored) == (2, [], [])
    assert f"The column {column.strip()} is read as id." in report.notes
    imported(path, "csv", bare, kind="prompts")
    assert Prompt.objects.get(key="q1").text == "What of one?"


def test_where_there_is_an_id_another_word_for_it_is_a_column_that_is_not_read(tmp_path):
    report = checked(write(tmp_path, "id,question_id,prompt\np,q,What?\n"), "csv", kind="prompts", arena=make_arena())
    assert report.ignored == ["question_id"]


def test_answers_name_their_prompt_by_another_word(bare, tmp_path):
    path = write(tmp_path, lines({"question_id": "q1", "model": "three", "response": "x"}))
    report = checked(path, "jsonl", kind="responses", arena=bare)
    assert {"The column question_id is read as prompt.", "The column model is read as competitor."} <= {*report.notes}


@pytest.mark.parametrize(
    ("file", "why"), [("prompt\nWhat?\n", "gives no ids"), ("id,prompt\nz,What?\n", "has none of these ids")]
)
def test_prompts_that_fill_none_of_those_that_wait_are_warned_of(bare, tmp_path, file, why):
    report = checked(write(tmp_path, file), "csv", kind="prompts", arena=bare)
    (warning,) = report.warnings
    assert warning.startswith(f"2 prompts of this arena have an id and no text ('q1', 'q2'), and this file {why}")
    assert report.sayings()[0] == warning


# --- the next step ------------------------------------------------------------------------------------------------------


def test_the_next_step_goes_from_prompts_to_answers_to_judges(bare, tmp_path):
    assert "2 prompts have an id and no text" in next_step(bare).sentence
    assert "It has no prompts" in next_step(make_arena()).sentence
    arena = make_arena()
    prompt = make_prompt(arena)
    assert "No active prompt has the answers of two models" in next_step(arena).sentence
    models = make_competitor(arena), make_competitor(arena)
    for model in models:
        make_response(prompt, model)
    assert next_step(arena).address == reverse("admin:arena_endpoint_add")
    make_endpoint()
    assert next_step(arena).address == f"{reverse('new-run')}?arena={arena.slug}"
    make_run(arena)
    assert next_step(arena) is None
    make_vote(make_battle(*models, prompt))
    assert next_step(arena).sentence.startswith("1 battle that people voted on came without answers: judges cannot")


def test_curators_read_it_on_the_board(client, bare):
    said = '<p class="small mute tablenote">2 prompts have an id and no text'
    assert said not in client.get(bare.get_absolute_url()).text
    client.force_login(make_user(is_staff=True))
    page = client.get(bare.get_absolute_url()).text
    assert said in page
    address = f"{reverse('imports')}?arena={bare.slug}&amp;what=prompts"
    assert f'href="{address}">Import prompts</a>' in page
    form = client.get(address.replace("&amp;", "&")).text
    assert '<option value="prompts:" selected>' in form
    assert f'<option value="{bare.slug}" selected>' in form
