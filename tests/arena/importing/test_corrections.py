"""A corrected answer replaces the old one from then on; what was judged keeps the text that was judged, and says so."""

import contextlib

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from arena.archiving.putting_away import NeededByRun, archive, bring_back
from arena.importing.corrections import correct_answer
from arena.importing.files import receiving
from arena.importing.intake import FileRequest, check_file, start
from arena.importing.loading.loader import load
from arena.importing.rows_by_program import read_responses, take_responses
from arena.models import Battle, Import, Response
from judges.runs.battle_selection import all_pairs, standing_battles
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_user, make_vote
from tests.judges.game_factories import make_call, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db

HEAD = "prompt,competitor,text\n"


@pytest.fixture
def arena():
    return make_arena("mended", content_visibility="public")


@pytest.fixture
def battle(arena):
    prompt = make_prompt(arena, "Capital of France?", key="p0")
    a, b = make_competitor(arena, "ft-a"), make_competitor(arena, "ft-b")
    make_response(prompt, a, "Lyon")
    make_response(prompt, b, "Paris, of course")
    battle = make_battle(a, b, prompt, with_answers=True)
    make_vote(battle, "b")
    return battle


def imported(tmp_path, body, **options):
    file = tmp_path / f"answers-{len(list(tmp_path.iterdir()))}.csv"
    file.write_text(HEAD + body)
    call_command("import_responses", file, arena="mended", **options)


def texts(competitor="ft-a"):
    return list(Response.objects.in_use().filter(competitor__name=competitor).values_list("repeat", "text"))


def test_another_text_is_refused_until_somebody_says_what_it_is(battle, tmp_path, capsys):
    with pytest.raises(CommandError, match=r"nothing was written: .* give --replace; .* give --add-repeats") as refused:
        imported(tmp_path, "p0,ft-a,Paris\n")
    assert refused.value.returncode == 2
    told = capsys.readouterr().out
    assert "Warning: 1 answer, in line 2, differs from the one that is here" in told
    assert "import the file with --replace" in told
    assert (texts(), Import.objects.count()) == ([(0, "Lyon")], 0)
    imported(tmp_path, "p0,ft-a,Paris\n", add_repeats=True)
    assert texts() == [(0, "Lyon"), (1, "Paris")]


@pytest.mark.parametrize(("said", "expected"), [("y", [(0, "Lyon"), (1, "Paris")]), ("n", [(0, "Lyon")])])
def test_at_a_terminal_another_text_is_asked_about(battle, tmp_path, monkeypatch, said, expected):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: said)
    with contextlib.suppress(CommandError):
        imported(tmp_path, "p0,ft-a,Paris\n")
    assert texts() == expected


def test_a_file_that_came_in_as_repeats_corrects_when_it_is_given_again_to_replace(battle, tmp_path, capsys):
    file = tmp_path / "answers.csv"
    file.write_text(HEAD + "p0,ft-a,Paris\n")
    call_command("import_responses", file, arena="mended", add_repeats=True)
    make_battle(battle.competitor_a, battle.competitor_b, battle.prompt)
    call_command("import_responses", file, arena="mended", replace=True)
    assert "already imported" not in capsys.readouterr().out
    assert texts() == [(0, "Paris")]
    first, repeat, correction = Response.objects.filter(competitor__name="ft-a").order_by("pk")
    assert (first.superseded_by, repeat.superseded_by) == (correction, None)
    assert repeat.archived_because == "the first answer was corrected to this text"
    call_command("import_responses", file, arena="mended", replace=True)
    assert "already imported" in capsys.readouterr().out


def test_the_browsers_check_lets_the_same_file_replace_too(battle, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text(HEAD + "p0,ft-a,Paris\n")
    call_command("import_responses", path, arena="mended", add_repeats=True)
    request = FileRequest("mended", kind="responses", is_replacing=True)
    checked = check_file(receiving.keep_path(path), request)
    assert checked.known is None
    assert "1 answer here is corrected" in " ".join(checked.report.notes)


def test_an_import_that_replaces_corrects_the_answer_and_old_battles_keep_theirs(arena, battle, tmp_path, client, capsys):
    imported(tmp_path, "p0,ft-a,Paris\n", replace=True)
    assert texts() == [(0, "Paris")]
    assert "1 answer here is corrected:" in capsys.readouterr().out
    battle.refresh_from_db()
    new = Response.objects.in_use().get(text="Paris")
    assert (battle.response_a.text, battle.response_a.superseded_by) == ("Lyon", new)
    assert battle.response_a.archived_because.startswith("corrected by answers-")
    page = client.get(reverse("battle", args=["mended", battle.pk])).content.decode()
    assert "Corrected since." in page
    assert "Lyon" in page
    row = client.get(reverse("api-battle", args=[battle.pk])).json()
    assert (row["corrected_a"], row["corrected_b"]) == (new.pk, None)
    assert client.get(reverse("api-response", args=[battle.response_a_id])).json()["superseded_by"] == new.pk
    # new battles and runs take the new text; the old battle is judged no more
    assert standing_battles(arena) == []
    (made,) = all_pairs(arena)
    assert Battle.objects.get(pk=made).response_a == new


def test_the_same_correction_again_and_the_old_file_again_add_nothing(battle, tmp_path):
    imported(tmp_path, "p0,ft-a,Paris\n", replace=True)
    imported(tmp_path, 'p0,ft-a,Paris\np0,ft-b,"Paris, of course"\n', replace=True)
    imported(tmp_path, "p0,ft-a,Lyon\n")  # it was here: not a repeat
    assert texts() == [(0, "Paris")]
    assert Response.objects.count() == 3


def test_a_correction_that_is_taken_back_by_another_is_a_third_row(battle, tmp_path):
    imported(tmp_path, "p0,ft-a,Paris\n", replace=True)
    imported(tmp_path, "p0,ft-a,Lyon\np0,ft-b,Paris!\n", replace=True)
    assert texts() == [(0, "Lyon")]
    rows = Response.objects.filter(competitor__name="ft-a").order_by("pk")
    assert [(row.text, row.superseded_by_id) for row in rows] == [
        ("Lyon", rows[1].pk), ("Paris", rows[2].pk), ("Lyon", None),
    ]  # fmt: skip


def _give(tmp_path, text, medium):
    """One of two files of corrections, by the command or as a page and REST take it."""
    path = tmp_path / f"{text}.csv"
    path.write_text(f"{HEAD}p0,ft-a,{text}\n")
    if medium == "command":
        call_command("import_responses", path, arena="mended", replace=True)
        return
    checked = check_file(receiving.keep_path(path), FileRequest("mended", kind="responses", is_replacing=True))
    if checked.known is None:
        load(start(checked, by=None).pk)


@pytest.mark.parametrize("medium", ["command", "intake"])
def test_a_file_that_was_corrected_by_another_corrects_again_when_it_is_given_again(battle, tmp_path, medium):
    standing = []
    for text in ("Paris", "Nice", "Paris", "Paris", "Nice", "Paris"):
        _give(tmp_path, text, medium)
        standing += [text for _repeat, text in texts()]
    assert standing == ["Paris", "Nice", "Paris", "Paris", "Nice", "Paris"]
    assert Import.objects.count() == 5  # the file that said what stood already added nothing
    last = Response.objects.in_use().get(competitor__name="ft-a")
    assert last.source == Import.objects.order_by("pk").last()


def test_a_file_that_no_longer_fits_the_arena_is_here_as_it_was(battle, tmp_path, capsys):
    _give(tmp_path, "Paris", "command")
    archive([battle.prompt], "wrong", None)
    _give(tmp_path, "Paris", "command")
    assert "already imported" in capsys.readouterr().out


def test_two_corrections_of_one_answer_in_a_file_are_refused_by_line(battle, tmp_path):
    with pytest.raises(CommandError, match=r"line 3: repeat is .*one repeat of an answer has one text, and line 2 has another"):
        imported(tmp_path, "p0,ft-a,Paris\np0,ft-a,Nice\n", replace=True)
    assert texts() == [(0, "Lyon")]


def test_only_one_answer_a_place_is_in_use(battle):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_response(battle.prompt, battle.competitor_a, "Paris")


def test_boards_count_votes_on_the_earlier_text_and_verify_as_before(arena, battle):
    board = next(each for each in ensure_boards(arena) if each.is_default)
    before = publish_snapshot(board)
    correct_answer(battle.response_a, ["Paris"], "a typing error", None)
    assert rebuild(before).same_evidence
    assert publish_snapshot(board).pk == before.pk


def test_a_curator_corrects_on_a_page_and_takes_it_back(battle, client):
    address = reverse("correct", args=[battle.response_a_id])
    client.force_login(make_user())
    assert client.post(address, {"turn_0": "Paris", "reason": "x"}).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert "1 battle on the earlier text keeps it" in client.get(address).content.decode()
    refused = client.post(address, {"turn_0": "Lyon", "reason": "x"})
    assert refused.status_code == 422
    assert "this is the present text already" in refused.content.decode().lower()
    client.post(address, {"turn_0": "Paris", "reason": "wrong city"})
    assert texts() == [(0, "Paris")]
    again = client.post(address, {"turn_0": "Nice", "reason": "x"})
    assert "has corrected it already: correct that one" in again.content.decode()
    old = Response.objects.get(text="Lyon")
    assert (old.archived_because, old.archived_by.is_staff) == ("wrong city", True)
    bring_back([old], None)
    assert texts() == [(0, "Lyon")]
    assert Response.objects.get(text="Paris").superseded_by == Response.objects.get(text="Lyon")


@pytest.mark.parametrize(
    ("turns", "because", "told"),
    [(["Paris"], " ", "give a reason"), ([" "], "x", "archive it instead"), (["a", "b"], "x", "has 1 turns")],
)
def test_what_is_no_correction_is_refused(battle, turns, because, told):
    with pytest.raises(ValueError, match=told):
        correct_answer(battle.response_a, turns, because, None)


def test_an_answer_that_a_run_still_asks_about_is_not_corrected(arena, battle, tmp_path):
    judge = make_judge()
    run = make_run(arena, plan={"judges": [judge.identity]})
    make_game(battle, judge, "", run=run, call=make_call(run, judge), state="", event=None)
    with pytest.raises(ValueError, match=f"still ask about it: {run.pk}"):
        correct_answer(battle.response_a, ["Paris"], "x", None)
    with pytest.raises(CommandError, match=f"still ask about it: {run.pk}"):
        imported(tmp_path, "p0,ft-a,Paris\n", replace=True)
    assert texts() == [(0, "Lyon")]
    assert NeededByRun.__base__ is ValueError


def test_a_program_corrects_by_the_same_rule(arena, battle):
    rows = read_responses([{"prompt": "p0", "competitor": "ft-a", "text": "Paris"}])
    taken = take_responses(arena, rows, replace=True)
    assert taken.n_added == 1
    assert texts() == [(0, "Paris")]
    assert Response.objects.get(pk=taken.ids[0]).text == "Paris"
