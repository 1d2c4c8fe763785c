"""Boards on other sites: the page for a frame, the badge, the picture for links, and the page that gives the lines to copy."""

import struct
import zlib
from xml.etree import ElementTree

import pytest

from arena.archiving.putting_away import archive
from arena.models import Visibility
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from ranking.views.embeds.badge import drawn
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.prepared import prepared

pytestmark = pytest.mark.django_db

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&amp;&lt;]]>",
    "a\u202egnp.exe",
    "nul\x00\x08\ufffe",
    "名" * 60,
]
ELSEWHERE = [
    "/",
    "/arenas/shown/",
    "/arenas/shown/embed/",
    "/method/",
    "/embed/boards/none/",
    "/api/v1/leaderboards/shown/",
    "/embed/boards/shown/badge.svg",
    "/embed/boards/shown/card.png",
]
NUMBERS_OF_ROWS = [("1", 1), ("2", 2), ("", 3), ("0", 3), ("-1", 3), ("x", 3), ("²", 3), ("9" * 50, 3)]
SVG = "{http://www.w3.org/2000/svg}"


def make_voted():
    arena = make_arena("shown", name="Shown", board_visibility=Visibility.PUBLIC)
    models = [make_competitor(arena, name) for name in ("First", "Second", "Third <b>")]
    for number in range(12):
        prompt = make_prompt(arena)
        for a, b in ((0, 1), (1, 2), (0, 2)):
            make_vote(make_battle(models[a], models[b], prompt), "a" if number % 3 else "b")
    board = next(board for board in ensure_boards(arena) if board.is_default)
    publish_snapshot(board)
    return board


voted = prepared(make_voted)


@pytest.fixture
def board(voted):
    return voted()


class TestFrame:
    def test_any_site_may_frame_it_and_nothing_runs_in_it(self, board, client):
        response = client.get("/embed/boards/shown/")
        assert response.status_code == 200
        policy = response["Content-Security-Policy"]
        assert "frame-ancestors *" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "X-Frame-Options" not in response
        assert not any(mark in response.text for mark in ("<script", "<form", "<input", "style=", " onclick"))

    def test_it_sets_no_cookie_and_may_be_kept_for_a_while(self, board, client):
        response = client.get("/embed/boards/shown/")
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert "public" in response["Cache-Control"]

    @pytest.mark.parametrize(
        "address",
        [
            "/",
            "/arenas/shown/",
            "/arenas/shown/embed/",
            "/method/",
            "/embed/boards/none/",
            "/api/v1/leaderboards/shown/",
            "/embed/boards/shown/badge.svg",
            "/embed/boards/shown/card.png",
        ],
    )
    def test_nothing_else_may_be_framed(self, board, client, address):
        response = client.get(address)
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]

    def test_it_shows_the_best_of_the_board_in_order(self, board, client):
        page = client.get("/embed/boards/shown/").text
        assert page.index("First") < page.index("Second") < page.index("Third &lt;b&gt;")
        assert "36 results" in page

    @pytest.mark.parametrize(
        ("top", "n_rows"), [("1", 1), ("2", 2), ("", 3), ("0", 3), ("-1", 3), ("x", 3), ("²", 3), ("9" * 50, 3)]
    )
    def test_so_many_rows_as_are_asked_for(self, board, client, top, n_rows):
        page = client.get("/embed/boards/shown/", {"top": top}).text
        assert page.count('<th scope="row">') == n_rows

    @pytest.mark.parametrize(("theme", "said"), [("light", 'data-theme="light"'), ("dark", 'data-theme="dark"')])
    def test_the_theme_can_be_chosen(self, board, client, theme, said):
        assert said in client.get("/embed/boards/shown/", {"theme": theme}).text

    def test_another_theme_is_that_of_the_system(self, board, client):
        assert "data-theme" not in client.get("/embed/boards/shown/", {"theme": '"><script>'}).text

    @pytest.mark.parametrize("visibility", [Visibility.ACCOUNTS, Visibility.CURATORS])
    @pytest.mark.parametrize("part", ["", "badge.svg?model=1", "card.png"])
    def test_a_board_that_not_everybody_may_read_is_not_found_even_for_curators(self, board, admin_client, visibility, part):
        type(board.arena).objects.update(board_visibility=visibility)
        assert admin_client.get(f"/embed/boards/shown/{part}").status_code == 404

    def test_a_board_without_ratings_says_so(self, board, client):
        board.snapshots.all().delete()
        assert "This board has no ratings yet." in client.get("/embed/boards/shown/").text

    def test_it_can_only_be_read(self, board, client):
        assert client.post("/embed/boards/shown/").status_code == 405

    def test_its_language_is_that_of_its_address_whoever_reads_it(self, board, client):
        client.cookies["django_language"] = "fr"
        plain = client.get("/embed/boards/shown/", headers={"Accept-Language": "de"})
        assert '<html lang="en">' in plain.text
        german = client.get("/embed/boards/shown/", {"lang": "de"})
        assert '<html lang="de">' in german.text
        assert (plain["Content-Language"], german["Content-Language"]) == ("en", "de")
        assert '<html lang="en">' in client.get("/embed/boards/shown/", {"lang": '"><b>'}).text

    def test_it_takes_few_queries(self, board, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            client.get("/embed/boards/shown/")


class TestBadge:
    def test_it_says_places_and_rating(self, board, client):
        first = board.arena.competitors.get(name="First")
        response = client.get("/embed/boards/shown/badge.svg", {"model": first.pk})
        assert response["Content-Type"].startswith("image/svg+xml")
        texts = [each.text for each in ElementTree.fromstring(response.content).iter(f"{SVG}text")]
        assert texts[0] == "First"
        assert texts[1].startswith("#1")
        assert "±" in texts[1]

    @pytest.mark.parametrize("model", ["", "x", "²", "0", "9" * 30, "1; DROP"])
    def test_a_model_that_is_not_on_the_board_is_not_found(self, board, client, model):
        assert client.get("/embed/boards/shown/badge.svg", {"model": model}).status_code == 404

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_name_stays_a_text(self, name):
        root = ElementTree.fromstring(drawn(name, "#1 · 1,000"))
        assert {each.tag for each in root.iter()} == {f"{SVG}{tag}" for tag in ("svg", "title", "rect", "path", "g", "text")}
        assert not any(attribute.startswith("on") for each in root.iter() for attribute in each.attrib)
        shown = next(root.iter(f"{SVG}text")).text
        assert shown.isprintable()
        assert len(shown) <= 40

    def test_a_name_of_invisible_characters_leaves_a_mark(self):
        assert next(ElementTree.fromstring(drawn("\u202e\x00", "#1")).iter(f"{SVG}text")).text == "?"


class TestCard:
    def test_it_is_a_whole_png_of_the_usual_size(self, board, client):
        response = client.get("/embed/boards/shown/card.png")
        assert response["Content-Type"] == "image/png"
        head, rows = chunks_of(response.content)["IHDR"], zlib.decompress(chunks_of(response.content)["IDAT"])
        assert struct.unpack(">IIBBBBB", head) == (1200, 630, 8, 2, 0, 0, 0)
        assert len(rows) == 630 * (1 + 3 * 1200)
        assert len(response.content) < 30_000

    def test_a_board_without_ratings_has_one_too(self, board, client):
        board.snapshots.all().delete()
        assert client.get("/embed/boards/shown/card.png").status_code == 200

    @pytest.mark.parametrize("page", ["board", "model", "pair"])
    def test_pages_name_it_in_their_head(self, board, client, page):
        first, second = board.arena.competitors.order_by("pk")[:2]
        address = {"board": "", "model": f"models/{first.pk}/", "pair": f"models/{first.pk}/vs/{second.pk}/"}[page]
        head = client.get(f"/arenas/shown/{address}").text.partition("</head>")[0]
        assert '<meta property="og:image" content="http://testserver/embed/boards/shown/card.png">' in head
        assert f'<meta property="og:url" content="http://testserver/arenas/shown/{address}">' in head
        assert head.count('name="description"') == 1
        assert "First" in head.partition('name="description" content="')[2].partition('"')[0]

    def test_names_in_the_head_are_escaped(self, board, client):
        third = board.arena.competitors.get(name="Third <b>")
        assert "<b>" not in client.get(f"/arenas/shown/models/{third.pk}/").text.partition("</head>")[0]

    def test_a_private_board_has_none(self, board, admin_client):
        type(board.arena).objects.update(board_visibility=Visibility.CURATORS)
        assert "og:" not in admin_client.get("/arenas/shown/").text

    @pytest.mark.parametrize("query", ["sort=rating&dir=asc", "sort=name&dir=desc", "q=Second", "q=nobody"])
    def test_the_text_names_the_best_whatever_is_sorted_or_searched_for(self, board, client, query):
        head = client.get(f"/arenas/shown/?{query}").text.partition("</head>")[0]
        assert "3 models rated by 36 results" in head
        assert "First by rating: First." in head
        assert '<meta property="og:url" content="http://testserver/arenas/shown/">' in head

    def test_the_address_keeps_what_says_which_board_it_is(self, board, client):
        other = Leaderboard.objects.filter(arena=board.arena, is_default=False).first()
        publish_snapshot(other)
        head = client.get(f"/arenas/shown/?board={other.slug}&sort=name").text.partition("</head>")[0]
        assert f'<meta property="og:url" content="http://testserver/arenas/shown/?board={other.slug}">' in head


def test_an_archived_model_is_on_none_of_them(board, client):
    first = board.arena.competitors.get(name="First")
    before = client.get("/embed/boards/shown/card.png").content
    archive([first], "a mistake", None)
    frame = client.get("/embed/boards/shown/").text
    assert ("First" in frame, "with 2 models" in frame) == (False, True)
    assert client.get("/embed/boards/shown/badge.svg", {"model": first.pk}).status_code == 404
    assert client.get("/arenas/shown/", {"baseline": first.pk}).status_code == 404
    assert client.get("/embed/boards/shown/card.png").content != before
    assert "<bdi>First</bdi>" not in client.get("/").text
    page = client.get("/arenas/shown/").text
    assert ("First by rating: Second." in page, "2 models rated by" in page) == (True, True)


class TestLinesToCopy:
    def test_a_page_in_german_gives_lines_that_are_german(self, board, client):
        client.cookies["django_language"] = "de"
        page = client.get("/arenas/shown/embed/").text
        assert 'src="/embed/boards/shown/?top=10&amp;lang=de"' in page
        assert "&amp;lang=de" in page.partition('<img class="badge" src="')[2].partition('"')[0]

    def test_the_board_links_to_them(self, board, client):
        assert 'href="/arenas/shown/embed/"' in client.get("/arenas/shown/").text

    def test_they_name_whole_addresses(self, board, client):
        page = client.get("/arenas/shown/embed/", {"theme": "dark", "top": "2"}).text
        assert "&lt;iframe src=&quot;http://testserver/embed/boards/shown/?top=2&amp;amp;theme=dark&quot;" in page
        assert '<iframe class="embedded" src="/embed/boards/shown/?top=2&amp;theme=dark"' in page

    def test_a_name_cannot_break_out_of_them(self, board, client):
        model = board.arena.competitors.get(name="First")
        model.name = '](x) "><script>'
        model.save()
        page = client.get("/arenas/shown/embed/", {"model": model.pk}).text
        assert "<script>" not in page.partition("</head>")[2]
        assert "[![x &quot;script on Shown](http://testserver/embed/boards/shown/badge.svg?model=" in page

    def test_a_private_board_says_why_there_are_none(self, board, admin_client):
        type(board.arena).objects.update(board_visibility=Visibility.CURATORS)
        page = admin_client.get("/arenas/shown/embed/").text
        assert "Only a board that everybody may read" in page
        assert "&lt;iframe" not in page

    def test_an_unknown_board_is_not_found(self, board, client):
        assert client.get("/arenas/shown/embed/", {"board": "a\0b"}).status_code == 404


def chunks_of(png):
    found, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0]
        found[kind.decode()] = data
        at += 12 + length
    return found
