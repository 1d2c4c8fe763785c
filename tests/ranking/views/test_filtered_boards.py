"""Filters of a board's page: any combination has an address, a reader's POST asks for it, and a GET writes nothing."""

import re

import pytest
from django.test import Client

from arena.models import Visibility
from ranking.models import Leaderboard
from ranking.tasks import fit_asked_board
from tests.factories import make_prompts, make_user
from tests.prepared import prepared
from tests.ranking.board_factories import make_board
from tests.ranking.boards.test_asked_boards import make_question_arena, own_board

pytestmark = pytest.mark.django_db


planted = prepared(lambda: make_question_arena(n_voters=16))


@pytest.fixture
def arena(planted):
    return planted()


def _asked():
    return Leaderboard.objects.filter(is_asked=True)


def ask(client, arena, **fields):
    return client.post(f"{arena.get_absolute_url()}ask/", fields)


def test_a_get_of_a_thousand_addresses_writes_nothing(client, arena):
    for k in range(30):
        page = client.get(arena.get_absolute_url(), {"min_chars": k, "turns": "1"})
        assert "This board is not fitted yet" in page.text
    assert not _asked().exists()
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    assert "noindex" not in client.get(arena.get_absolute_url()).text
    assert "Disallow: /arenas/*?" in client.get("/robots.txt").text


def test_asking_and_reading_without_javascript(client, arena):
    page = client.get(arena.get_absolute_url(), {"turns": "1", "category": "math"})
    form = re.search(r'<form id="asking".*?</form>', page.text, re.S).group()
    assert "Fit this board" in form
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    sent.pop("csrfmiddlewaretoken")
    answer = client.post(re.search(r'action="([^"]+)"', form).group(1), sent)
    assert answer.status_code == 303
    waiting = client.get(answer["Location"])
    assert "This board is being fitted and will appear here in a moment." in waiting.text
    assert re.search(r'<noscript><a href="/arenas/asked/\?[^"]+" rel="nofollow">Refresh</a></noscript>', waiting.text)
    assert "ask/" not in waiting.text
    fit_asked_board()
    board = client.get(answer["Location"])
    assert "<h1>Asked: math, 1 turn</h1>" in board.text
    assert board.text.count('<tr id="row-') == 4
    assert ">Math" not in board.text


def test_a_poll_says_nothing_new_until_the_board_is_there(client, arena):
    where = {"turns": "1"}
    asked_for = client.get(arena.get_absolute_url(), where, headers={"HX-Request": "true"})
    etag = asked_for["ETag"]
    poll = {"HX-Request": "true", "If-None-Match": etag}
    assert client.get(arena.get_absolute_url(), where, headers=poll).status_code == 304
    assert ask(client, arena, turns="1").status_code == 303
    waiting = client.get(arena.get_absolute_url(), where, headers=poll)
    assert waiting.status_code == 200
    assert 'hx-trigger="every 1s"' in waiting.text
    fit_asked_board()
    shown = client.get(arena.get_absolute_url(), where, headers=poll | {"If-None-Match": waiting["ETag"]})
    assert '<tr id="row-' in shown.text
    assert 'hx-trigger="every 3s"' in shown.text


def test_what_is_too_little_is_a_sentence_with_the_numbers(client, arena):
    ask(client, arena, tag="hard")
    fit_asked_board()
    page = client.get(arena.get_absolute_url(), {"tag": "hard"}).text
    assert "Votes on 20 prompts fit: at least 30 are needed." in page
    assert '<tr id="row-' not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "yesterday"}, "“yesterday” is no day: write it like 2026-01-31."),
        ({"since": "2026-01-01T10:00"}, "“2026-01-01T10:00” is no day"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "swap the two dates"),
        ({"min_chars": "-4"}, "“-4” is no length"),
        ({"turns": "0"}, "“0” is no number of turns"),
        ({"voters": "robots"}, "No group of voters is called “robots”."),
        ({"judge": "999999"}, "There is no judge with the number 999999 here."),
        ({"tag": ["t"] * 21}, "at most 20 can be combined"),
        ({"category": "no such"}, "No board combines Bradley–Terry with the prompts on no such."),
        ({"pool": "no-such", "turns": "1"}, "no prompt here fits it: pool no-such, 1 turn"),
        ({"min_chars": 20 * "0" + 30 * "9"}, "is no length"),
        ({"max_chars": "1", "category": "no such"}, "prompts of at most 1 character."),
        ({"turns": "000199999999999999999999"}, "is no number of turns"),
        ({"over": "no such:33.33,math:0.1"}, "no such 99.7 % + math 0.3 %"),
        *(({"style": "on", name: "\0"}, "must not contain NUL characters") for name in ("turns", "combiner", "covariates")),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence_and_no_row(client, arena, query, sentence):
    page = client.get(arena.get_absolute_url(), query)
    assert sentence in page.text
    refused = ask(client, arena, **query)
    assert (refused.status_code, sentence in refused.text) == (400, True)
    assert "\0" not in page.text + refused.text
    assert not _asked().exists()


@pytest.mark.parametrize("over", ["math:33.33,coding:1", "coding:1000,math:0.01"])
def test_weights_with_decimals_are_asked_for_and_read(client, arena, over):
    query = {f"weight:{part.partition(':')[0]}": part.partition(":")[2] for part in over.split(",")}
    address = client.get(f"{arena.get_absolute_url()}weigh/", query)["Location"]
    page = client.get(address)
    assert page.status_code == 200
    assert all(f'value="{number}"' in page.text for number in query.values())
    assert client.get(address, headers={"Accept-Language": "de"}).text.count('value="33,33"') == 0
    assert client.post(f"/api/v1/asked-boards/?arena=asked&over={over}").json()["state"] == "waiting"
    assert ask(client, arena, over=over).status_code == 303
    assert _asked().count() == 1


def test_filters_of_contents_are_for_their_readers(client, arena):
    ask(client, arena, tag="hard", min_chars="1")
    ask(client, arena, voters=["account", "anonymous"])
    for _ in range(2):
        fit_asked_board()
    board = _asked().get(filters__contains="voters=")
    snapshot = board.newest_snapshot()
    arena.content_visibility = Visibility.CURATORS
    arena.save()
    for query in (
        {"tag": "hard", "min_chars": "1"},
        {"tag": "no-such"},
        {"voters": ["account", "anonymous"]},
        {"pool": "extra"},
    ):
        page = client.get(arena.get_absolute_url(), query).text
        assert "Tags, pools and groups of voters are for those who may read this arena’s prompts and votes." in page
        assert "20 prompts" not in page
    here = client.get(arena.get_absolute_url()).text
    assert all(f'name="{name}"' not in here for name in ("tag", "pool", "voters"))
    for address in (
        f"/snapshots/{snapshot.key}/", f"/snapshots/{snapshot.key[:10]}/", f"/api/v1/leaderboards/{board.slug}/",
        f"/api/v1/snapshots/{snapshot.key}/", f"/api/v1/snapshots/{snapshot.key}/comparisons.csv",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert "There is no board" in client.get(arena.get_absolute_url(), {"board": board.slug}).text
    curator = Client()
    curator.force_login(make_user(is_staff=True))
    assert curator.get(f"/snapshots/{snapshot.key}/").status_code == 200
    assert "16 voters" in curator.get(arena.get_absolute_url(), {"voters": ["account", "anonymous"]}).text


def test_a_board_of_everybody_but_programs_is_no_way_around(client, arena):
    groups = ["account", "anonymous", "imported"]
    ask(client, arena, voters=groups)
    fit_asked_board()
    board = _asked().get(counts_external=False)
    assert client.get(f"/api/v1/leaderboards/{board.slug}/").status_code == 200
    arena.content_visibility = Visibility.CURATORS
    arena.save()
    assert client.get(f"/api/v1/leaderboards/{board.slug}/").status_code == 404


def test_filters_combine_as_chips_that_go_one_by_one(client, arena):
    page = client.get(arena.get_absolute_url(), {"category": ["math", "coding"], "language": "de", "turns": "1"}).text
    chips = re.search(r'<ul class="chosen".*?</ul>', page, re.S).group()
    assert re.findall(r"<bdi>(.*?)</bdi>", chips) == ["coding", "math", "German", "1 turn"]
    assert 'href="/arenas/asked/?category=math&amp;language=de&amp;turns=1"' in chips
    assert 'href="/arenas/asked/?category=coding&amp;category=math&amp;turns=1"' in chips


def test_a_control_with_nothing_to_choose_is_left_out(client, arena):
    page = client.get(arena.get_absolute_url()).text
    for name in ("category", "language", "turns", "since", "pool"):
        assert f'name="{name}"' in page
    assert 'name="retired"' not in page
    assert 'value="extra"' not in page  # 27 prompts are too few for a board
    plain = make_board(make_question_arena_of_one_kind(), is_default=True).arena
    page = client.get(plain.get_absolute_url()).text.partition("<footer")[0]  # where the language of the page is chosen
    assert all(f'name="{name}"' not in page for name in ("category", "language", "turns", "tag", "pool", "voters", "style"))


def make_question_arena_of_one_kind():
    from tests.factories import make_arena

    arena = make_arena(board_visibility="public", content_visibility="public")
    make_prompts(arena, 40, category="coding", language="en")
    return arena


def test_languages_are_named(client, arena):
    page = client.get(arena.get_absolute_url()).text
    assert re.search(r'name="language" value="de"> <bdi>German</bdi>', page)


def test_style_is_a_switch(client, arena):
    style = make_board(
        arena, "asked-style", method="style_controlled", intervals="bootstrap", covariates="length headers lists bold"
    )
    assert 'role="switch"' in client.get(arena.get_absolute_url()).text
    on = client.get(arena.get_absolute_url(), {"style": "on"})
    assert on.context["board"] == style
    ask(client, arena, style="on", turns="1")
    board = _asked().get()
    assert (board.method, board.covariates, board.filters) == (style.method, style.covariates, "turns=1")
    assert board.intervals == "sandwich"  # who asks is waiting: no bootstrap
    fit_asked_board()
    shown = client.get(arena.get_absolute_url(), {"style": "on", "turns": "1"}).text
    assert "What style does" not in shown  # these votes came without answers


def test_a_network_with_two_boards_waiting_is_told_so(client, arena):
    for k in range(2):
        ask(client, arena, min_chars=k)
    refused = ask(client, arena, min_chars=2)
    assert refused.status_code == 429
    assert "2 boards that your network asked for are still waiting" in refused.text
    page = arena.get_absolute_url()  # where another language, or signing in, leads: this answer cannot be opened again
    assert f'name="next" value="{page}"' in refused.text
    assert f'href="/login/?next={page}"' in refused.text
    by_script = client.post(f"{arena.get_absolute_url()}ask/", {"min_chars": 2}, headers={"HX-Request": "true"})
    assert "still waiting" in by_script.text
    assert "<html" not in by_script.text
    assert client.post(f"{arena.get_absolute_url()}ask/", {"min_chars": 1}, headers={"HX-Request": "true"}).status_code == 204


def test_asking_takes_a_form_of_the_page(arena):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{arena.get_absolute_url()}ask/", {"turns": "1"}).status_code == 403
    assert strict.get(f"{arena.get_absolute_url()}ask/").status_code == 405


def test_an_archived_arena_takes_no_questions(client, arena):
    arena.archived_at = arena.created_at
    arena.save()
    assert "before the arena was archived" in client.get(arena.get_absolute_url(), {"turns": "1"}).text
    ask(client, arena, turns="1")
    assert not _asked().exists()


def test_a_curator_keeps_a_board_under_a_name(client, arena):
    ask(client, arena, turns="1")
    fit_asked_board()
    board = _asked().get()
    keep = {"board": board.slug, "name": "Single turns"}
    assert client.post(f"{arena.get_absolute_url()}keep/", keep).status_code == 403
    assert "Keep it as a live board" not in client.get(arena.get_absolute_url(), {"turns": "1"}).text
    client.force_login(make_user(is_staff=True))
    assert "Keep it as a live board" in client.get(arena.get_absolute_url(), {"turns": "1"}).text
    kept = client.post(f"{arena.get_absolute_url()}keep/", keep)
    assert kept["Location"] == "/arenas/asked/?board=asked-single-turns"
    assert "<h1>Single turns</h1>" in client.get(kept["Location"]).text
    assert "<h1>Single turns</h1>" in client.get(arena.get_absolute_url(), {"turns": "1"}).text


def test_pages_of_pairs_open_on_an_asked_board(client, arena):
    ask(client, arena, turns="1")
    fit_asked_board()
    board = _asked().get()
    first, second = arena.competitors.all()[:2]
    for address in ("compare/", "matrix/", f"models/{first.pk}/vs/{second.pk}/"):
        page = client.get(arena.get_absolute_url() + address, {"board": board.slug})
        assert page.status_code == 200
        assert page.context["board"] == board


def test_a_twin_is_refused_by_naming_the_board_that_exists(admin_client, arena):
    other = {"arena": arena.pk, "name": "Twin", "slug": "twin", "sources": "people", "combiner": "games", "own_answers": "flag",
             "method": "bradley_terry", "clusters": "prompt", "intervals": "sandwich", "level": "0.95", "seed": "1",
             "is_live": "on", "counts_external": "on"}  # fmt: skip
    page = admin_client.post("/admin/ranking/leaderboard/add/", other)
    assert f"The board “{own_board(arena).name}” (asked) is defined in the same way" in page.text


def test_a_board_that_was_asked_for_gives_way_to_a_named_one(admin_client, arena):
    ask(admin_client, arena, turns="1")
    fit_asked_board()
    board = _asked().get()
    new = {"arena": arena.pk, "name": "Turns", "slug": "turns", "sources": "people", "combiner": "games", "own_answers": "flag",
           "method": "bradley_terry", "clusters": "prompt", "intervals": "sandwich", "level": "0.95", "seed": "1",
           "is_live": "on", "counts_external": "on", "filters": "turns=1"}  # fmt: skip
    page = admin_client.post("/admin/ranking/leaderboard/add/", new)
    assert page.status_code == 302, page.text
    board.refresh_from_db()
    assert (board.slug, board.is_asked, board.is_live) == ("turns", False, True)
    page = admin_client.post("/admin/ranking/leaderboard/add/", new | {"slug": "other", "filters": "turns=01"})
    assert "is not how these filters are written" in page.text


def test_boards_that_differ_in_jury_or_own_answers_alone_are_told_apart(client, arena):
    from tests.ranking.board_factories import make_judge_audit

    judge = make_judge_audit(arena, "Ada").judge
    common = {"sources": "judges", "method": "slot_levelled"}
    boards = [
        make_board(arena, "all", **common), make_board(arena, "ada", **common, jury=str(judge.pk)),
        make_board(arena, "strict", **common, own_answers="exclude"),
    ]  # fmt: skip
    page = client.get(arena.get_absolute_url(), {"board": boards[0].slug}).text
    names = re.findall(r"<option[^>]*>([^<]*)</option>", re.search(r'<select name="board">.*?</select>', page, re.S).group())
    assert names == [
        "Judges: Position-adjusted Bradley–Terry (all judges, own answers are marked)",
        f"Judges: Position-adjusted Bradley–Terry ({judge}, own answers are marked)",
        "Judges: Position-adjusted Bradley–Terry (all judges, without own answers)",
    ]
