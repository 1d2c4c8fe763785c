"""What a reader of boards sees, and what stays hidden."""

import re
from itertools import product
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from arena.evidence.curation import set_aside_votes
from arena.models import Battle, Vote
from judges.models import ConstantAnswers
from ranking.boards.asked.board_choice import boards_with_news
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import KeptSnapshot, Leaderboard, Snapshot
from ranking.views.board_parts.timeline import timeline_of
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_contest,
    make_prompt,
    make_response,
    make_user,
    make_vote,
)
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    arena, competitors = make_contest(name="Contest")
    return arena, competitors, publish_snapshot(ensure_boards(arena)[0])


def poll(client, url, etag=""):
    return client.get(url, headers={"HX-Request": "true"} | ({"If-None-Match": etag} if etag else {}))


def test_the_board_shows_each_model_with_range_interval_and_counts(client, contest):
    arena, competitors, snapshot = contest
    page = client.get(arena.get_absolute_url()).content.decode()
    for entry in snapshot.entries.all():
        assert f"{entry.rating:.0f}" in page
        assert f"{entry.low:.0f} to {entry.high:.0f}" in page
    assert all(competitor.name in page for competitor in competitors)
    assert "only 2 prompts" in page.lower()


def test_a_poll_gets_the_board_alone_and_nothing_while_it_stands(client, contest):
    arena, competitors, _ = contest
    first = poll(client, arena.get_absolute_url())
    assert b"<html" not in first.content
    assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 304
    make_vote(make_battle(*competitors[:2], make_prompt(arena)), "b")
    publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"name": "Renamed"}, {"status": "retired"}, {"archived_at": timezone.now()}, {"price_out": 5}],
    ids=lambda one: next(iter(one)),
)
def test_a_poll_hears_what_became_of_a_model(client, contest, change):
    arena, competitors, _ = contest
    first = poll(client, arena.get_absolute_url())
    arena.competitors.filter(pk=competitors[0].pk).update(**change)
    assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 200


def test_a_poll_of_an_unchanged_board_asks_two_questions(client, contest, django_assert_num_queries):
    arena, _, _ = contest
    first = poll(client, arena.get_absolute_url())
    with django_assert_num_queries(2):  # the arena, and all that its boards depend on
        assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 304


def test_the_boards_of_a_poll_are_those_of_their_queryset(contest):
    arena, _, snapshot = contest
    make_vote(make_battle(*arena.competitors.all()[:2], make_prompt(arena)), "b")
    ConstantAnswers.objects.create(competitor=arena.competitors.first(), n_answers=5, found=[{}], looked_at=timezone.now())
    for _ in range(2):  # composed, and as it was kept
        asked = boards_with_news(arena=arena.pk)
        expected = list(boards_with_news.queryset(arena=arena.pk))
        assert [values_of(board) for board in asked] == [values_of(board) for board in expected]
        assert (asked[0].newest, asked[0].counted, asked[0].n_flagged) == (snapshot.pk, snapshot.n_votes, 1)
        assert asked[0].unread_since


def values_of(board):
    return {name: value for name, value in vars(board).items() if name != "_state"}


def test_the_timeline_reads_no_more_snapshots_than_it_shows(client, contest):
    board = contest[2].leaderboard
    for _ in range(40):
        make_snapshot(board)
    ids = sorted(board.snapshots.values_list("pk", flat=True))
    shown = timeline_of(board.newest_snapshot())
    assert 10 <= len(shown) <= 12
    assert [shown[0].moment.key, shown[-1].moment.key] == [board.snapshots.get(pk=pk).key for pk in (ids[0], ids[-1])]
    assert [each.is_newest for each in shown].index(True) == len(shown) - 1


def test_pages_and_rest_are_sent_compressed_to_whoever_takes_that(client, contest):
    for url in (contest[0].get_absolute_url(), f"/api/v1/leaderboards/{contest[2].leaderboard.slug}/", "/method/"):
        plain, packed = client.get(url), client.get(url, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain
        assert packed["Content-Encoding"] == "gzip"
        assert len(packed.content) < 0.6 * len(plain.content)
        assert "Accept-Encoding" in packed["Vary"]


def test_a_poll_stands_whether_compressed_or_not(client, contest):
    url, headers = contest[0].get_absolute_url(), {"HX-Request": "true", "Accept-Encoding": "gzip"}
    first = client.get(url, headers=headers)
    assert client.get(url, headers=headers | {"If-None-Match": first["ETag"]}).status_code == 304


def test_a_whole_page_is_never_answered_from_an_etag(client, contest):
    """Its scripts carry the nonce of one answer."""
    assert "ETag" not in client.get(contest[0].get_absolute_url())


@pytest.mark.parametrize("key", ["rank", "range", "name", "rating", "first", "win", "votes", "prompts", "price"])
def test_every_column_sorts_by_a_link(client, contest, key):
    arena, (first, *_), _ = contest
    arena.competitors.filter(pk=first.pk).update(price_out=3_000_000)  # a column without any price is left out
    page = client.get(contest[0].get_absolute_url(), {"sort": key, "dir": "desc"}).content.decode()
    assert page.count('aria-sort="descending"') == 1


def test_unknown_sorting_is_the_usual_one(client, contest):
    assert client.get(contest[0].get_absolute_url(), {"sort": "no such", "dir": "x"}).status_code == 200


def test_searching_leaves_the_models_that_fit(client, contest):
    arena, competitors, _ = contest
    page = client.get(arena.get_absolute_url(), {"q": competitors[0].name, "retired": "on", "filtered": "1"}).content.decode()
    assert f"row-{competitors[0].pk}" in page
    assert f"row-{competitors[1].pk}" not in page
    arena.competitors.filter(pk=competitors[1].pk).update(licence="Apache-2.0")
    page = client.get(arena.get_absolute_url(), {"q": "apache"}).text
    assert f"row-{competitors[1].pk}" in page
    assert f"row-{competitors[0].pk}" not in page


def test_an_unknown_category_gets_a_sentence(client, contest):
    unknown = client.get(contest[0].get_absolute_url(), {"category": "no such"})
    assert unknown.status_code == 200
    assert "No board combines Bradley–Terry with the prompts on no such." in unknown.text


def test_a_permanent_link_shows_the_same_numbers_for_ever_and_keeps_them(client, contest):
    arena, competitors, snapshot = contest
    make_vote(make_battle(*competitors[:2], make_prompt(arena)), "b")
    newer = publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    page = client.get(snapshot.get_absolute_url()).content.decode()
    assert "12 votes" in page
    assert newer.key not in page.split('id="downloads"')[1]
    assert KeptSnapshot.objects.get().snapshot == snapshot


def test_a_stored_snapshot_links_its_own_numbers(client, contest):
    arena, _, snapshot = contest
    board = snapshot.leaderboard
    other = Leaderboard.objects.create(
        arena=arena, slug="contest-by-davidson", name="Davidson", method="davidson", clusters="none"
    )
    page = client.get(snapshot.get_absolute_url()).text
    assert f'href="/api/v1/snapshots/{snapshot.key}/?format=csv"' in page
    assert f'href="/api/v1/snapshots/{snapshot.key}/"' in page
    assert f"/api/v1/leaderboards/{board.slug}/" not in page
    assert f"/api/v1/leaderboards/{board.slug}/" in client.get(arena.get_absolute_url()).text
    stored = publish_snapshot(other)
    page = client.get(stored.get_absolute_url()).text
    assert f'<a href="{arena.get_absolute_url()}?board={other.slug}">The board as it is now</a>' in page
    assert "show what is known now" in page


def test_a_stored_snapshot_is_searched_where_it_stands(client, contest):
    arena, competitors, snapshot = contest
    Leaderboard.objects.create(arena=arena, slug="contest-by-davidson", name="Davidson", method="davidson", clusters="none")
    page = client.get(snapshot.get_absolute_url(), {"q": competitors[0].name, "retired": "on", "filtered": "1"}).text
    assert f"row-{competitors[0].pk}" in page
    assert f"row-{competitors[1].pk}" not in page
    form = page.split('aria-label="Filter the board"')[0].rsplit("<form", 1)[1]
    assert f'action="{snapshot.get_absolute_url()}"' in form
    assert '<select name="board">' not in page
    nobody = client.get(snapshot.get_absolute_url(), {"q": "no such model"}).text
    assert f'<a href="{snapshot.get_absolute_url()}">Show all</a>' in nobody


def test_a_private_board_says_so_to_those_who_may_vote_and_is_not_found_by_others(client):
    votable, closed = (
        make_arena(board_visibility="curators", voting="anyone"),
        make_arena(board_visibility="curators", voting="closed"),
    )
    assert client.get(votable.get_absolute_url()).status_code == 403
    assert client.get(closed.get_absolute_url()).status_code == 404


def test_a_snapshot_of_a_private_board_is_not_found(client, contest):
    arena, _, snapshot = contest
    arena.board_visibility = "curators"
    arena.save()
    assert client.get(snapshot.get_absolute_url()).status_code == 404
    client.force_login(make_user(is_staff=True))
    assert client.get(snapshot.get_absolute_url()).status_code == 200


def test_a_board_without_votes_tells_what_to_do(client):
    arena = make_arena(voting="anyone")
    assert b"Cast the first vote" not in client.get(arena.get_absolute_url()).content  # there is nothing to vote on
    prompt = make_prompt(arena)
    for _ in range(2):
        make_response(prompt, make_competitor(arena))
    assert b"Cast the first vote" in client.get(arena.get_absolute_url()).content


def test_names_are_escaped(client):
    arena, competitors = make_contest()
    competitors[0].name = "<script>alert(1)</script>"
    competitors[0].save()
    publish_snapshot(ensure_boards(arena)[0])
    for url in (arena.get_absolute_url(), reverse("competitor", args=[arena.slug, competitors[0].pk]), "/"):
        assert b"<script>alert" not in client.get(url).content


def test_a_model_page_has_its_record_against_every_opponent(client, contest):
    arena, competitors, _ = contest
    page = client.get(reverse("competitor", args=[arena.slug, competitors[0].pk])).content.decode()
    assert all(competitor.name in page for competitor in competitors)
    assert "75 %" in page  # two wins and two ties of four


def test_the_board_asks_the_database_the_same_few_questions_however_long_it_is(client, django_assert_max_num_queries):
    arena, _ = make_contest(n_competitors=6)
    publish_snapshot(ensure_boards(arena)[0])
    cache.clear()
    with django_assert_max_num_queries(12):
        client.get(arena.get_absolute_url())


@pytest.mark.parametrize("name", ["arenas", "method"])
def test_plain_pages_open_for_everybody(client, contest, name):
    assert client.get(reverse(name)).status_code == 200


def test_pages_forbid_what_they_do_not_need(client, contest):
    policy = client.get(contest[0].get_absolute_url())["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("address", ["?category=%00", "?language=a%00", "?q=%00"])
def test_a_null_character_breaks_nothing(client, contest, address):
    assert client.get(contest[0].get_absolute_url() + address).status_code in {200, 404}
    assert client.get("/snapshots/%00/").status_code == 404


def test_a_crawler_that_opens_every_snapshot_keeps_only_some(client, contest, monkeypatch):
    _, _, snapshot = contest
    monkeypatch.setattr("ranking.boards.snapshots.snapshot_retention.KEPT_AN_HOUR", 2)
    fields = {field.name: getattr(snapshot, field.name) for field in Snapshot._meta.fields if field.name not in ("id", "key")}
    for _ in range(4):
        client.get(Snapshot.objects.create(**fields).get_absolute_url())
    assert KeptSnapshot.objects.count() == 2


def test_snapshots_of_asked_boards_are_kept_up_to_a_number_and_for_accounts_always(client, contest, monkeypatch):
    _, _, snapshot = contest
    monkeypatch.setattr("ranking.boards.snapshots.snapshot_retention.MOST_KEPT_OF_ASKED", 2)
    asked = snapshot.leaderboard
    asked.pk, asked.slug, asked.filters, asked.is_default, asked.is_asked = None, "asked-for", "turns=1", False, True
    asked.save()
    snapshot = Snapshot.objects.get(pk=snapshot.pk)
    fields = {field.name: getattr(snapshot, field.name) for field in Snapshot._meta.fields if field.name not in ("id", "key")}
    several = [Snapshot.objects.create(**fields | {"leaderboard": asked}) for _ in range(4)]
    for each in several[:3]:
        assert client.get(each.get_absolute_url()).status_code == 200
    assert list(KeptSnapshot.objects.order_by("pk").values_list("pk", flat=True)) == [each.pk for each in several[:2]]
    client.get(snapshot.get_absolute_url())
    client.force_login(make_user())
    client.get(several[3].get_absolute_url())
    assert KeptSnapshot.objects.filter(snapshot__in=[snapshot, several[3]]).count() == 2


@pytest.fixture
def sliced():
    """An arena with boards for two categories, two languages and several methods."""
    arena, competitors = make_contest(name="Sliced")
    for category, language in (("coding", "de"), ("coding", "en"), ("maths", "de"), ("maths", "en")):
        make_vote(make_battle(*competitors[:2], make_prompt(arena, category=category, language=language)))
    for slug, fields in {
        "plain-coding": {"category": "coding"}, "plain-maths": {"category": "maths"}, "plain-de": {"language": "de"},
        "plain-en": {"language": "en"}, "davidson": {"method": "davidson", "intervals": "bootstrap"},
        "davidson-coding": {"method": "davidson", "intervals": "bootstrap", "category": "coding"},
    }.items():  # fmt: skip
        Leaderboard.objects.create(arena=arena, slug=slug, name=f"Sliced: {slug}", **fields)
    ensure_boards(arena)
    return arena


def test_any_combination_of_filters_gives_a_board_or_a_sentence(client, sliced):
    for method, category, language in product(
        ["", "davidson", "no-such", "plain-coding"], ["", "coding", "maths", "x\0"], ["", "de", "zz"]
    ):
        query = {"board": method, "category": category, "language": language, "filtered": "1", "q": ""}
        answer = client.get(sliced.get_absolute_url(), query)
        assert answer.status_code == 200, query
        assert poll(client, f"{sliced.get_absolute_url()}?{urlencode(query)}").status_code == 200


def test_two_filters_without_a_board_name_the_nearest_ones(client, sliced):
    text = client.get(sliced.get_absolute_url(), {"board": "", "category": "coding", "language": "fr"}).text
    assert "No board combines Bradley–Terry with the prompts on coding in French." in text
    assert "?board=plain-coding" in text
    assert "?board=plain-de" not in text
    assert re.search(r'<input type="checkbox" name="category" value="coding" checked> <bdi>coding</bdi>', text)
    assert re.search(r'<input type="checkbox" name="language" value="fr" checked> <bdi>French</bdi>', text)


def test_two_filters_without_a_board_are_asked_for(client, sliced):
    text = client.get(sliced.get_absolute_url(), {"board": "", "category": "coding", "language": "de"}).text
    assert "<h1>Sliced: coding, German</h1>" in text
    assert "This board is not fitted yet" in text
    assert re.search(r'<input type="checkbox" name="category" value="coding" checked> <bdi>coding</bdi>', text)
    assert re.search(r'<input type="checkbox" name="language" value="de" checked> <bdi>German</bdi>', text)


def test_a_category_keeps_the_method(client, sliced):
    text = client.get(sliced.get_absolute_url(), {"board": "davidson", "category": "coding"}).text
    assert "<h1>Sliced: davidson-coding</h1>" in text
    assert '<option value="davidson" selected>Davidson</option>' in text
    text = client.get(sliced.get_absolute_url(), {"board": "davidson", "category": "maths"}).text
    assert "<h1>Sliced: Davidson, maths</h1>" in text
    assert "This board is not fitted yet" in text
    assert '<option value="davidson" selected>Davidson</option>' in text


def test_methods_are_offered_where_there_is_something_to_rate_by_them(client, contest):
    arena, _, snapshot = contest
    for n_votes, offers in ((13, False), (29, False), (30, True)):
        Snapshot.objects.filter(pk=snapshot.pk).update(n_votes=n_votes)
        assert ('<select name="board">' in client.get(arena.get_absolute_url()).text) == offers
    Snapshot.objects.filter(pk=snapshot.pk).update(n_votes=13)
    assert '<select name="board">' in client.get(arena.get_absolute_url(), {"board": f"{arena.slug}-davidson"}).text


def test_a_board_that_is_gone_leads_back(client, sliced):
    text = client.get(sliced.get_absolute_url(), {"board": "gone"}).text
    assert "There is no board “gone” here" in text
    assert f'href="{sliced.get_absolute_url()}">Sliced<' in text


@pytest.mark.parametrize("sources", ["people", "judges"])
def test_the_method_is_linked_by_its_name_twice_at_most(client, contest, sources):
    arena, _, _ = contest
    if sources == "judges":
        judge = make_judge("one")
        for battle in Battle.objects.filter(arena=arena):
            make_game(battle, judge)
        publish_snapshot(next(board for board in ensure_boards(arena) if board.sources == "judges"))
    page = client.get(arena.get_absolute_url(), {"board": f"{arena.slug}-judges"} if sources == "judges" else {}).text
    assert ('id="jurors"' in page) == (sources == "judges")
    page = re.sub(
        r'<details class="menu end narrower">.*?</details>', "", page, flags=re.DOTALL
    )  # in place of the header's link
    assert 1 <= len(re.findall(r">\s*Method</a>", page)) <= 2


def test_links_that_follow_each_other_have_something_between_them(client, contest):
    arena, _, _ = contest
    arena.content_visibility = "public"
    arena.save()
    set_aside_votes(Vote.objects.filter(pk=Vote.objects.first().pk), reason="seen", actor=None)
    publish_snapshot(arena.leaderboards.get(is_default=True))
    page = re.sub(r"\s+", " ", client.get(arena.get_absolute_url()).text)
    assert re.search(r">Which, and why</a> · <a [^>]*>What that means</a>", page)
