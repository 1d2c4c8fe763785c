"""The import pages: a dry run in words, a confirmation, progress, set aside and restore."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from arena import tasks
from arena.importing.files import receiving, uploads
from arena.importing.loading.loader import load
from arena.importing.samples import SAMPLES
from arena.models import Arena, Battle, Event, Import, Prompt, Response
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.arena.importing.import_files import BATTLES, imported, lines, n_rows, registered, write
from tests.factories import make_arena, make_prompt, make_user, make_vote

pytestmark = pytest.mark.django_db
EVIL = "\"><script>alert('x')</script>"


@pytest.fixture
def curator(client):
    client.force_login(make_user("curator", is_staff=True))
    return client


@pytest.fixture
def rung(monkeypatch):
    """Imports for which a worker was rung; none runs in these tests."""
    rung = []
    monkeypatch.setattr(tasks.load_import, "delay", rung.append)
    return rung


def _upload(client, content, *, what="battles:chatbot-arena", name="battles.csv", **fields):
    file = SimpleUploadedFile(name, content.encode())
    return client.post(reverse("imports"), {"what": what, "file": file, "new_arena": "Trial", **fields})


def _confirm(client, page):
    token = re.search(r'name="confirm" value="([^"]+)"', page.content.decode())[1]
    return client.post(reverse("imports"), {"confirm": token})


GOOD = BATTLES + "x,y,tie,q1,v\n"


def test_the_import_pages_are_for_curators(client):
    source = Import.objects.create(arena=make_arena(), kind="battles", format="llmfao", filename="f", digest="d")
    pages = [reverse("imports"), reverse("import", args=[source.pk])]
    for page in pages:
        assert client.get(page).status_code == 302
        assert client.post(page, {"act": "set_aside", "reason": "x"}).status_code == 302
    client.force_login(make_user())
    for page in pages:
        assert client.get(page).status_code == 403
        assert client.post(page).status_code == 403


def test_without_imports_the_page_says_how_to_begin(curator):
    page = curator.get(reverse("imports")).content.decode()
    assert "Nothing has been imported yet." in page
    assert "Chatbot Arena and its kin: model_a, model_b, winner" in page


def test_a_dry_run_tells_what_the_file_holds_and_writes_nothing(curator, rung):
    page = _upload(curator, GOOD).content.decode()
    assert "checked, nothing written yet" in page
    assert re.search(r"<dt>Battles</dt>\s*<dd>1</dd>", page)
    assert "model_a is taken as the answer that was shown first." in page
    assert not Arena.objects.exists()
    assert not Import.objects.exists()
    assert not rung


def test_a_confirmed_file_is_loaded_by_a_worker(curator, rung):
    answer = _confirm(curator, _upload(curator, GOOD))
    source = Import.objects.get()
    assert answer.url == reverse("import", args=[source.pk])
    assert (source.state, source.arena.slug, source.created_by.username, source.n_rows) == ("waiting", "trial", "curator", 1)
    assert rung == [source.pk]
    load(source.pk)
    assert n_rows(source.arena) == (1, 1, 1)


def test_prompts_go_into_the_named_pool(curator, rung):
    page = _upload(curator, lines({"id": "p", "prompt": "Why is the sky blue?"}), what="prompts:jsonl", pool="hard")
    _confirm(curator, page)
    load(Import.objects.get().pk)
    assert Prompt.objects.get().pool.slug == "hard"


def test_a_wrong_file_is_refused_with_its_problems(curator):
    answer = _upload(curator, BATTLES + "".join(f"x,y,model_{n},q,v\n" for n in range(3, 133)), name="my battles.csv")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "my battles.csv cannot be imported." in page
    assert "130 problems, the first 100" in page
    assert "&#x27;model_7&#x27;" in page
    assert not list(receiving.upload_folder().iterdir())


def test_the_same_problem_is_one_row_of_the_page(curator):
    page = _upload(curator, BATTLES + "x,y,model_c,q,v\n" * 30).content.decode()
    assert "30 problems</h2>" in page
    assert page.count("&#x27;model_c&#x27;") == 1
    assert "the same is wrong in 29 later rows" in page.lower()


def test_what_stands_in_a_file_is_shown_as_text(curator):
    rows = BATTLES + f'"{EVIL.replace(chr(34), chr(34) * 2)}",y,{EVIL[2:]},q,v\n'
    page = _upload(curator, rows, name=f"{EVIL}.csv").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("token", ["", "forged", "a:b:c"])
def test_a_forged_confirmation_is_refused(curator, rung, token):
    answer = curator.post(reverse("imports"), {"confirm": token}, follow=True)
    assert "please upload it again" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_confirmation_is_for_the_one_who_checked(curator, client, rung):
    page = _upload(curator, GOOD)
    client.force_login(make_user("other", is_staff=True))
    _confirm(client, page)
    assert not Import.objects.exists()


def test_a_confirmation_sent_twice_is_one_import(curator, rung):
    page = _upload(curator, GOOD)
    assert _confirm(curator, page).url == _confirm(curator, page).url
    assert Import.objects.count() == 1


def test_a_file_that_is_here_leads_to_its_import(curator, tmp_path):
    arena = make_arena("trial")
    source = imported(write(tmp_path, GOOD), "chatbot-arena", arena)
    answer = _upload(curator, GOOD, arena="trial", new_arena="")
    assert answer.url == reverse("import", args=[source.pk])
    assert "imported before: nothing was added" in curator.get(answer.url).content.decode()
    curator.post(answer.url, {"act": "set_aside", "reason": "bots"})
    again = _upload(curator, GOOD, arena="trial", new_arena="")
    assert "imported before and is set aside: nothing was added. Restore it here" in curator.get(again.url).content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"new_arena": "???"}, "Give it a name with at least one letter or digit"),
        ({"arena": "here"}, "Choose an arena or name a new one, not both."),
        ({"file": ""}, "Choose a file."),
        ({"what": "nothing:at-all"}, "Select a valid choice"),
        ({"pool": "a b"}, "valid"),
    ],
)
def test_a_form_that_does_not_fit_says_so(curator, fields, said):
    make_arena("here")
    answer = _upload(curator, GOOD, **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_file_above_the_limit_is_not_kept(curator, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    answer = _upload(curator, GOOD * 10_000)
    assert answer.status_code == 422
    assert "import it with manage.py import_battles" in answer.content.decode()
    assert not Import.objects.exists()


def test_an_upload_without_the_token_is_refused(curator):
    curator.handler.enforce_csrf_checks = True
    assert _upload(curator, GOOD).status_code == 403


def test_progress_is_a_part_of_the_page_that_asks_again_until_it_is_done(curator, tmp_path):
    source = registered(write(tmp_path, GOOD), "chatbot-arena", make_arena())
    page = reverse("import", args=[source.pk])
    assert 'hx-trigger="every 1s"' in curator.get(page).content.decode()
    first = curator.get(page, headers={"HX-Request": "true"})
    assert "<html" not in first.content.decode()
    again = curator.get(page, headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert again.status_code == 304
    load(source.pk)
    done = curator.get(page, headers={"HX-Request": "true", "If-None-Match": first["ETag"]}).content.decode()
    assert "Imported" in done
    assert "hx-get" not in done


def test_an_import_is_set_aside_with_a_reason_and_restored(curator, tmp_path):
    arena = make_arena()
    source = imported(write(tmp_path, GOOD), "chatbot-arena", arena)
    page = reverse("import", args=[source.pk])
    curator.post(page, {"act": "set_aside", "reason": ""})
    assert n_rows(arena) == (1, 1, 1)
    curator.post(page, {"act": "set_aside", "reason": "bots"})
    assert n_rows(arena) == (1, 1, 0)
    assert 'Reason: <span dir="auto">bots</span>' in curator.get(page).content.decode()
    curator.post(page, {"act": "restore"})
    assert n_rows(arena) == (1, 1, 1)
    assert list(Event.objects.order_by("pk").values_list("actor__username", flat=True)) == [None, "curator", "curator"]


def test_an_undo_says_what_came_later_and_stays(curator, tmp_path):
    arena = make_arena()
    source = imported(write(tmp_path, GOOD), "chatbot-arena", arena)
    page = reverse("import", args=[source.pk])
    assert "came later and not with this file" not in curator.get(page).content.decode()
    make_vote(Battle.objects.get())
    assert "1 vote on its battles came later and not with this file: it counts as before." in curator.get(page).content.decode()
    curator.post(page, {"act": "set_aside", "reason": "bots"})
    assert n_rows(arena) == (1, 2, 1)


def test_a_failed_import_shows_why_and_can_be_tried_again(curator, rung, tmp_path):
    source = registered(write(tmp_path, GOOD), "chatbot-arena", make_arena())
    Import.objects.filter(pk=source.pk).update(state="failed", error=f"disk full {EVIL}")
    page = reverse("import", args=[source.pk])
    shown = curator.get(page).content.decode()
    assert "disk full" in shown
    assert "<script>alert" not in shown
    curator.post(page, {"act": "retry"})
    source.refresh_from_db()
    assert source.state == "waiting"
    assert rung == [source.pk]


def test_prompts_and_answers_are_set_aside_by_archiving_them_and_nothing_is_said_of_votes(curator, tmp_path):
    arena = make_arena()
    make_prompt(arena, key="p1")
    row = {"prompt": "p1", "competitor": "m", "text": "x"}
    source = imported(write(tmp_path, lines(row)), "jsonl", arena, kind="responses")
    page = curator.get(reverse("import", args=[source.pk])).content.decode()
    assert "Set all its answers aside" in page
    assert "They are archived" in page
    assert "votes aside" not in page
    curator.post(reverse("import", args=[source.pk]), {"act": "set_aside", "reason": ""})
    assert Response.objects.in_use().exists()
    curator.post(reverse("import", args=[source.pk]), {"act": "set_aside", "reason": "wrong model"})
    assert not Response.objects.in_use().exists()


def test_the_list_costs_the_same_queries_for_many_imports(curator, django_assert_max_num_queries):
    arena = make_arena()
    for number in range(30):
        Import.objects.create(arena=arena, kind="battles", format="llmfao", filename=f"f{number}", digest=str(number))
    with django_assert_max_num_queries(8):
        page = curator.get(reverse("imports")).content.decode()
    assert "f29" in page


@pytest.mark.parametrize("kind", ["prompts", "responses", "battles"])
def test_a_tiny_file_of_each_kind_can_be_downloaded(curator, kind):
    address = reverse("import-sample", args=[kind])
    assert f'href="{address}"' in curator.get(reverse("imports")).text
    sample = curator.get(address)
    assert sample.headers["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    assert sample.text == SAMPLES[kind]
    assert curator.get(reverse("import-sample", args=["nothing"])).status_code == 404


def test_a_sentence_of_a_problem_ends_with_one_mark_and_names_the_files_own_columns(curator):
    empty = _upload(curator, "\n", what="prompts:jsonl").text
    assert "is this the right one?<" in empty
    wrong = _upload(curator, "question_id,said\n1,x\n", what="prompts:jsonl").text
    assert "the row has question_id, said." in wrong


# --- recognised --------------------------------------------------------------------------------------------------------
NEWCOMER = "question;answer_a;answer_b;better\nName a lake.;Como;Alps;a\nName a river.;Bonn;Rhine;b\n"


def test_a_newcomers_file_becomes_an_arena_without_a_word_about_its_format(curator, rung):
    page = _upload(curator, NEWCOMER, what="", name="mine.csv")
    text = page.content.decode()
    for said in (
        "<dd>battles and votes</dd>", "Read by the format pairs, because of the columns better, answer_a, answer_b.",
        "Its cells are separated by semicolons.", "The column question is read as prompt.",
        "2 rows name no models: their two columns stand for the models answer_a and answer_b.",
    ):  # fmt: skip
        assert said in text.replace("\u2068", "").replace("\u2069", ""), said
    assert not Arena.objects.exists()
    assert _confirm(curator, page).status_code == 302
    source = Import.objects.get()
    assert (source.kind, source.format, rung) == ("battles", "pairs", [source.pk])
    load(source.pk)
    assert n_rows(source.arena) == (2, 2, 2)
    assert Prompt.objects.count() == 2


@pytest.mark.parametrize("what", ["battles:", "battles:pairs"])
def test_the_kind_or_the_format_may_be_chosen(curator, rung, what):
    _confirm(curator, _upload(curator, NEWCOMER, what=what))
    assert Import.objects.get().format == "pairs"


def test_an_empty_file_of_no_told_kind_is_called_empty(curator):
    assert "is this the right one?" in _upload(curator, "", what="").content.decode()


def test_answers_to_prompts_that_nobody_has_name_the_prompts(curator):
    page = _upload(curator, lines({"prompt": "q", "competitor": "m", "text": "x"}), what="")
    assert page.status_code == 422
    assert "import the prompts first" in page.content.decode()


def test_whose_answers_they_are_may_be_told_beside_the_file(curator, rung):
    arena = make_arena("here")
    make_prompt(arena, key="id12")
    content = lines({"instance_id": "id12", "predicted_text": "Como"})
    fields = {"what": "responses:", "arena": "here", "new_arena": ""}
    assert "name the competitor beside it" in _upload(curator, content, **fields).content.decode()
    _confirm(curator, _upload(curator, content, competitor="ann", **fields))
    source = Import.objects.get()
    assert (source.format, source.options) == ("helm", {"competitor": "ann"})
    load(source.pk)
    assert arena.competitors.get().name == "ann"


def test_a_newcomers_semicolons_become_a_board(curator, rung):
    """Nothing but the pages: a file is chosen, confirmed, and the board is where the import's page leads."""
    rows = "".join(f"Question {n}?;One {n};Other {n};{'ab'[n % 3 == 0]}\n" for n in range(12))
    file = SimpleUploadedFile("votes.csv", f"\ufeffquestion;answer_a;answer_b;better\n{rows}".encode())
    page = curator.post(reverse("imports"), {"file": file})
    done = curator.post(
        reverse("imports"),
        {"confirm": re.search(r'name="confirm" value="([^"]+)"', page.text)[1], "model_a": "Kestrel", "model_b": "Osmia"},
    )
    load(Import.objects.get().pk)
    ensure_boards(Arena.objects.get())
    publish_snapshot(Leaderboard.objects.get(is_default=True))
    board = re.search(r'href="(/arenas/votes/)"', curator.get(done.url).text)
    shown = curator.get(board[1]).text
    assert shown.index("Kestrel") < shown.index("Osmia")
    assert "12 votes" in shown
