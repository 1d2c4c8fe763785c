"""The import page where no layout is recognised: columns are named, remembered, and printed as flags."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from arena import tasks
from arena.importing.loading.loader import load
from arena.models import Arena, Battle, Competitor, Import, Prompt, Response, Vote
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db
PAIRS = (
    "task;left one;right one;pick\n"
    "Name me a lake.;It is Lake Como.;It is the Alps.;1\n"
    "Name me a river.;It is Bonn.;It is the Rhine.;0\n"
    "Name me a town.;It is Bonn.;It is Cologne.;-\n"
)
TABLE = "exercise,gpt x,claude y\nName me a lake.,It is Lake Como.,It is the Alps.\nName me a river.,It is Bonn.,\n"


@pytest.fixture
def curator(client):
    client.force_login(make_user("curator", is_staff=True))
    return client


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.load_import, "delay", rung.append)
    return rung


def _upload(client, content, **fields):
    return client.post(reverse("imports"), {"file": SimpleUploadedFile("my data.csv", content.encode()), **fields})


def _value(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())[1]


def _chosen(page):
    """Each select of the form with what is chosen in it."""
    selects = re.findall(r'<select name="((?:map|value)-[^"]+)">(.*?)</select>', page.content.decode(), re.S)
    chosen = {name: re.search(r'value="([^"]*)" selected', options) for name, options in selects}
    return {name: found[1] for name, found in chosen.items() if found}


def _again(client, page, **fields):
    """The form as the page has it, with what is changed."""
    said = {"held": _value(page, "held"), "columns_of": _value(page, "columns_of"), "values_of": "3", **_chosen(page)}
    return client.post(reverse("imports"), {**said, **fields})


def _confirm(client, page, **fields):
    return client.post(reverse("imports"), {"confirm": _value(page, "confirm"), **fields})


def test_columns_that_are_no_layout_are_shown_and_guessed(curator):
    page = _upload(curator, PAIRS)
    text = page.content.decode()
    assert page.status_code == 422
    assert "match no known layout: choose what each one holds." in text
    assert '<td dir="auto">It is Lake Como.</td>' in text
    assert _chosen(page) == {"map-prompt": "0", "map-answer_a": "1", "map-answer_b": "2", "map-winner": "3"}


def test_a_value_of_the_winner_that_nobody_knows_is_asked_for_and_the_file_is_kept(curator):
    page = _again(curator, _upload(curator, PAIRS))
    assert page.status_code == 422
    assert "Say what each value of the winner means: 1, 0, -." in page.content.decode()
    assert not Import.objects.exists()


def test_a_newcomer_names_columns_values_and_models_and_gets_votes(curator, rung):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "tie"})
    text = page.content.decode()
    assert "my data, which will be created" in text
    assert _value(page, "model_a") == "left one"
    assert "--map prompt=task --map &#x27;answer_a=left one&#x27;" in text
    assert "--value 1=a --value 0=b --value=-=tie" in text
    answer = _confirm(curator, page, model_a="Ann", model_b="Ben")
    source = Import.objects.get()
    assert (answer.url, rung, source.arena.slug) == (reverse("import", args=[source.pk]), [source.pk], "my-data")
    load(source.pk)
    assert sorted(Competitor.objects.values_list("name", flat=True)) == ["Ann", "Ben"]
    said = {vote.battle.prompt.text: (vote.outcome, vote.battle.competitor_a.name) for vote in Vote.objects.all()}
    assert said["Name me a town."][0] == "tie"
    assert said["Name me a lake."] == ("a", "Ann")
    assert Response.objects.count() == 6


def test_rows_with_a_value_that_means_nothing_can_be_left_out(curator):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "leave_out"})
    assert "1 row is left out because of its value (&#x27;-&#x27;), as was asked." in page.text
    assert "--value=-=leave_out" in page.text
    _confirm(curator, page)
    load(Import.objects.get().pk)
    assert sorted(Vote.objects.values_list("outcome", flat=True)) == ["a", "b"]


def test_the_names_stay_those_of_the_columns_where_nobody_changes_them(curator):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "tie"})
    _confirm(curator, page, model_a=_value(page, "model_a"), model_b=_value(page, "model_b"))
    load(Import.objects.get().pk)
    assert sorted(Competitor.objects.values_list("name", flat=True)) == ["left one", "right one"]


def test_the_map_is_remembered_for_the_next_file_with_the_same_columns(curator):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "tie"})
    _confirm(curator, page, model_a="Ann", model_b="Ben")
    header, *rows = PAIRS.splitlines(keepends=True)
    page = _upload(curator, header + rows[1] + rows[0])
    assert "are read as they were named for that file" in page.content.decode()
    assert page.status_code == 200
    said = {"held": _value(page, "held"), "confirm": _value(page, "confirm"), "columns": "as-read"}
    again = curator.post(reverse("imports"), said)
    assert _chosen(again)["value-0"] == "b"


def test_one_bad_row_can_be_left_out_of_a_file_whose_columns_were_named_before(curator):
    page = _upload(curator, PAIRS)
    _confirm(curator, _again(curator, page, **{"map-winner": "3", "value-0": "a", "value-1": "b", "value-2": "tie"}))
    bad = PAIRS + "Name me a hill.;It is the Alps.;It is the Harz.;7\n"
    page = _upload(curator, bad)
    assert page.status_code == 422
    assert _chosen(page)["map-winner"] == "3"
    assert 'name="leave_out"' in page.text
    held = {"held": _value(page, "held"), "leave_out": "yes"}
    assert "left out" in curator.post(reverse("imports"), held).text


def test_values_in_words_that_nobody_knows_are_asked_for(curator):
    """A column of votes need not have one word that is known."""
    file = "Frage;Erste;Zweite;Urteil\nWarum?;Darum.;Weil es so ist.;links\nWozu?;Dazu.;Fuer alle.;rechts\n"
    page = _upload(curator, file, columns="battles", what="battles:")
    fields = {"map-prompt": "0", "map-answer_a": "1", "map-answer_b": "2", "map-winner": "3"}
    page = _again(curator, page, **fields, values_of="")
    assert "links" in page.text
    assert 'name="value-0"' in page.text


def test_what_another_curator_named_decides_nothing(curator, client):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "tie"})
    _confirm(curator, page, model_a="Ann", model_b="Ben")
    client.force_login(make_user(is_staff=True))
    header, *rows = PAIRS.splitlines(keepends=True)
    page = _upload(client, header + rows[1] + rows[0])
    assert "as they were named for that file" not in page.content.decode()
    assert page.status_code == 422


def test_a_table_of_models_makes_prompts_and_answers_in_an_arena_of_its_own(curator):
    page = _upload(curator, TABLE, what="responses:")
    if "columns_of" in page.content.decode():  # a name of ours is in no layout
        page = _again(curator, page, **{"model-1": "gpt x", "model-2": "claude y"})
    _confirm(curator, page)
    load(Import.objects.get().pk)
    assert sorted(Response.objects.values_list("competitor__name", "text")) == [
        ("claude y", "It is the Alps."), ("gpt x", "It is Bonn."), ("gpt x", "It is Lake Como."),
    ]  # fmt: skip
    assert Prompt.objects.count() == 2


def test_a_model_that_answers_in_one_word_is_not_left_out_of_the_guess(curator):
    table = "exercise,source,gpt x,claude y,terse\nName me a lake.,web,It is Lake Como.,It is the Alps.,Como\n"
    page = _upload(curator, table, what="responses:", columns="responses")
    assert _value(page, "model-4") == "terse"
    page = _again(curator, page, **{f"model-{at}": _value(page, f"model-{at}") for at in (2, 3, 4)})
    assert "Columns that are not read: source." in page.text
    _confirm(curator, page)
    load(Import.objects.get().pk)
    assert sorted(Competitor.objects.values_list("name", flat=True)) == ["claude y", "gpt x", "terse"]


def test_answers_beside_prompts_are_not_passed_over_in_silence(curator):
    page = _upload(curator, "prompt,gpt x,claude y\nName me a lake.,It is Lake Como.,It is the Alps.\n")
    assert "If the columns gpt x, claude y are answers of models, say that the file holds answers." in page.text
    page = _upload(curator, "prompt,rating\nName me a lake.,7\n")
    assert "answers of models" not in page.text


def test_a_table_of_models_names_the_columns_that_it_does_not_read(curator):
    table = "prompt,notes,gpt x,claude y\nName me a lake.,an easy one,Lake Como.,The Alps.\n"
    page = _upload(curator, table, what="responses:")
    assert "Columns that are not read: notes." in page.text
    many = ",".join(f"model {n}" for n in range(25))
    page = _upload(curator, f"prompt,{many}\nName me a lake.,{many}\n", what="responses:")
    assert "model 19, and 5 more." in page.text


def test_the_kind_can_be_changed_and_its_fields_are_guessed_anew(curator):
    page = _upload(curator, PAIRS)
    other = curator.post(reverse("imports"), {"held": _value(page, "held"), "columns": "prompts"})
    assert _value(other, "columns_of") == "prompts"
    assert _chosen(other)["map-prompt"] == "0"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"map-winner": ""}, "Choose the column for: Which is better."),
        ({"map-answer_b": ""}, "two answers, or the names of two models"),
        ({"map-prompt": "99"}, "Choose the column for: What was asked."),
        ({"map-prompt": "x"}, "Choose the column for: What was asked."),
    ],
)
def test_a_map_that_says_too_little_names_what_is_missing(curator, fields, said):
    page = _again(curator, _upload(curator, PAIRS), **{"value-0": "a", "value-1": "b", "value-2": "tie", **fields})
    assert page.status_code == 422
    assert said in page.content.decode()


def test_the_file_is_kept_where_the_form_is_wrong(curator):
    page = _upload(curator, "question;answer_a;answer_b;better\nq?;x;y;a\n", new_arena="???")
    assert page.status_code == 422
    page = curator.post(reverse("imports"), {"held": _value(page, "held"), "new_arena": "Mine"})
    assert "checked, nothing written yet" in page.content.decode()


def test_a_file_that_waits_is_for_the_one_who_brought_it(curator, client):
    held = _value(_upload(curator, PAIRS), "held")
    client.force_login(make_user("other", is_staff=True))
    assert "Choose a file." in client.post(reverse("imports"), {"held": held}).content.decode()


def test_a_new_arena_gets_a_name_that_none_has(curator):
    make_arena("my-data")
    page = _upload(curator, "question;answer_a;answer_b;better\nq?;x;y;a\n")
    assert "my data 2, which will be created" in page.content.decode()


def test_the_flags_that_the_page_prints_do_the_same(tmp_path, capsys):
    path = tmp_path / "my data.csv"
    path.write_text(PAIRS)
    flags = ["--map", "prompt=task", "--map", "answer_a=left one", "--map", "answer_b=right one", "--map", "winner=pick"]
    values = ["--value", "1=a", "--value", "0=b", "--value=-=tie"]
    call_command("import_battles", str(path), "--arena", "mine", *flags, *values, "--models", "Ann", "Ben")
    assert Battle.objects.count() == 3
    assert Arena.objects.get().slug == "mine"
    assert sorted(Vote.objects.values_list("outcome", flat=True)) == ["a", "b", "tie"]
    assert Import.objects.get().options["map"]["answer_a"] == "left one"


def test_rows_of_a_value_are_left_out_by_a_flag(tmp_path, capsys):
    path = tmp_path / "my data.csv"
    path.write_text(PAIRS)
    flags = ["--map", "prompt=task", "--map", "answer_a=left one", "--map", "answer_b=right one", "--map", "winner=pick"]
    values = ["--value", "1=a", "--value", "0=b", "--value=-=leave_out"]
    call_command("import_battles", str(path), "--arena", "mine", *flags, *values)
    assert Vote.objects.count() == 2
    assert "1 row is left out because of its value" in capsys.readouterr().out


def test_answers_of_a_model_are_mapped_by_its_name(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("q,col3\nName a lake.,Como\n")
    call_command("import_responses", str(path), "--arena", "mine", "--map", "prompt=q", "--map", "answer:gpt=x=col3")
    assert Response.objects.get().competitor.name == "gpt=x"


def test_a_column_that_the_map_leaves_out_is_named_where_it_looks_like_a_field(tmp_path, capsys):
    path = tmp_path / "prefs.csv"
    path.write_text("question_id,left_model,right_model,preference,date\n7,Ann,Ben,model_a,2026-01-31\n")
    flags = ["--map", "model_a=left_model", "--map", "model_b=right_model", "--map", "winner=preference"]
    call_command("import_battles", str(path), "--arena", "mine", *flags)
    said = capsys.readouterr().out
    assert "Warning: the column 'question_id' is not read. It looks like prompt_id: add --map prompt_id=question_id" in said
    assert "left_model is not read" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "prompt"], "has to be FIELD=COLUMN, such as prompt=question"),
        (["--map", "colour=task"], "fields are prompt, answer_a"),
        (["--map", "prompt=nothing", "--map", "answer_a=left one", "--map", "answer_b=right one", "--map", "winner=pick"],
         "--map: the file has no column nothing; it has task, left one, right one, pick"),
        (["--map", "prompt=task", "--map", "answer_a=left one", "--map", "answer_b=right one", "--map", "winner=pick"],
         "line 3: winner is"),
        (["--value", "1=a"], "name it, --map winner=COLUMN"),
        (["--models", "x", "x"], "two different names are needed"),
    ],
)  # fmt: skip
def test_flags_that_do_not_fit_are_refused_with_what_is_allowed(tmp_path, words, said):
    path = tmp_path / "file.csv"
    path.write_text(PAIRS)
    with pytest.raises(Exception, match=re.escape(said)):
        call_command("import_battles", str(path), "--arena", "mine", *words)
    assert not Arena.objects.exists()


def test_no_choice_of_columns_is_offered_that_would_lose_the_texts_of_a_layout(curator):
    """One id for two texts is refused; battles without their conversations would pass, as one prompt."""
    rows = [
        {"question_id": "1", "model_a": "m", "model_b": "n", "winner": "model_a",
         **{f"conversation_{side}": [{"role": "user", "content": asked}, {"role": "assistant", "content": f"{side}."}]
            for side in "ab"}}
        for asked in ("Name a lake.", "Name a river.")
    ]  # fmt: skip
    page = _upload(curator, "".join(json.dumps(row) + "\n" for row in rows))
    text = page.content.decode()
    assert (page.status_code, "Which column holds what?" in text) == (422, False)
    assert "would leave out the texts in conversation_a, conversation_b" in text
    assert not Import.objects.exists()


def test_the_page_of_columns_says_that_label_may_be_a_vote_or_a_gold_label(curator):
    words = "votes, by which models are ranked, or gold labels"
    file = "Frage;Erste;Zweite;{}\nWarum ist das so?;Darum ist es so.;Weil es so ist.;a\n"
    assert words in _upload(curator, file.format("label")).text
    assert words not in _upload(curator, file.format("winner")).text
