"""Slips in words, by their kind: doubled plurals, riddles on buttons, counts of nothing, names that say a thing twice."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import reverse

from arena.models import ArchiveUpload, Import, Run
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompts, make_user, make_vote

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = [path for room in ("arena", "judges", "ranking") for path in sorted((ROOT / room).rglob("*.py"))]
TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
DOUBLED = re.compile(r"\b[a-z]{3,}[^aeiouys\W]ss\b")  # no English word ends so: answerss, votess would be "votes" + "s"
STUCK = re.compile(r"\}\}s\b(?!\")")  # an s after a variable: the plural of a plural, where the variable is one
RIDDLES = (
    "Leave it",
    "says so now",
    "Count it",
    "Count the rest",
    "Another like it",
    "never passed",
    "Look again",
    "Leave them",
)


def sentences(path):
    """The texts of a module that are more than a name."""
    tree = ast.parse(path.read_text())
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("word", ["answerss", "14 promptss", "voterss"])
def test_a_doubled_plural_is_seen(word):
    assert DOUBLED.search(word)
    assert not DOUBLED.search("access, less, miss, passes, class, process, boss")


def test_no_template_doubles_a_plural():
    for path in TEMPLATES:
        text = path.read_text()
        assert not STUCK.search(text), path.name
        assert not DOUBLED.search(TAG.sub(" ", text)), path.name


def test_no_message_doubles_a_plural():
    for path in MODULES:
        for text in sentences(path):
            assert not (" " in text and DOUBLED.search(re.sub(r"%\(\w+\)s|\{[^}]*\}", "x ", text))), f"{path}: {text}"


def test_buttons_and_links_say_what_they_do():
    for path in TEMPLATES:
        text = path.read_text()
        for riddle in RIDDLES:
            assert not re.search(rf"[\"'>]\s*{riddle}\s*[\"'<.]", text), f"{path.name}: {riddle}"


@pytest.mark.django_db
def test_nothing_is_counted_as_so_many_of_none(client):
    arena = make_arena()
    client.force_login(make_user(is_staff=True))
    file = {"kind": "battles", "format": "plain", "filename": "votes.csv", "path": "x"}
    pages = [
        reverse("import", args=[Import.objects.create(arena=arena, state=state, digest=state, **file).pk])
        for state in ("waiting", "loading", "failed")
    ]
    upload = {"filename": "a.zip", "slug": "a", "path": "x", "digest": "1"}
    pages += [
        reverse("archive-upload", args=[ArchiveUpload.objects.create(state=state, **upload).pk])
        for state in ("waiting", "checking")
    ]
    for state in ("running", "done", "failed", "cancelled"):
        run = Run.objects.create(arena=arena, kind="judge", name="no calls", state=state)
        pages.append(reverse("run", args=[run.pk]))
    for page in [*pages, reverse("runs"), reverse("imports"), "/", "/admin/"]:
        answer = client.get(page)
        assert answer.status_code == 200, page
        text = re.sub(r"\s+", " ", TAG.sub(" ", answer.text))
        assert not re.search(r"\b0 of 0\b", text), page
        assert 'max="0"' not in answer.text, page


@pytest.mark.django_db
def test_inside_an_arena_no_board_is_named_by_the_arena_again(client):
    arena = make_arena("poems", name="Poems", content_visibility="public")
    sides = [make_competitor(arena) for _ in range(2)]
    for prompt in make_prompts(arena, 2):
        make_vote(make_battle(*sides, prompt))
    for board in ensure_boards(arena):
        if board.is_default or board.name == "Poems: Davidson":
            publish_snapshot(board)
    for name in ("leaderboard", "compare", "matrix", "exports", "judges"):
        page = client.get(reverse(name, args=["poems"]))
        assert page.status_code == 200
        body = page.text.partition("<main")[2].partition("</main>")[0]
        assert "Poems: Davidson" not in body, name
