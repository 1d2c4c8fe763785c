"""A board whose method comes to no ratings says why, in a reader's words, and where there are ratings."""

import ast
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from django.apps import apps
from django.utils.html import escape

from arena.models import Arena
from ranking import maths
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from ranking.note_texts.of_the_library import OF_THE_LIBRARY
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.ranking.board_factories import make_board, make_entry, make_snapshot
from tests.ranking.boards.test_methods import answer

ROOT = Path(maths.__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)[a-z]|TwoForms\(one=|, (?:many|number)=")  # of a parameter in a text, and of its two forms
CODE = re.compile(r"\w_\w|\w\(|`")  # a name of code, a call, a backtick


def make_tied_arena() -> Arena:
    """Three models, each with one look, and nothing but ties."""
    arena, rng = make_arena(), np.random.default_rng(1)
    competitors = [make_competitor(arena, f"model-{i}") for i in range(3)]
    texts = ("Yes.", "**Yes.** " * 30, "# Yes\n- a\n- b\n")
    for number in range(4):
        prompt = make_prompt(arena, f"Question {number}?")
        for competitor, text in zip(competitors, texts, strict=True):
            answer(prompt, competitor, text)
        for i, a in enumerate(competitors):
            for b in competitors[i + 1 :]:
                battle = make_battle(a, b, prompt, with_answers=True)
                make_vote(battle, "tie", first_shown=str(rng.choice(["a", "b"])))
    return arena


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"method": "davidson"}, "all 12 comparisons are ties"),
        ({"method": "rao_kupper"}, "all 12 comparisons are ties"),
        (
            {"method": "style_controlled", "covariates": "length headers"},
            "the results do not tell apart what",
        ),
    ],
)
def test_a_board_that_its_method_cannot_rate_says_the_true_reason_alone(client, fields, said):
    arena = make_tied_arena()
    plain = make_board(arena, name="Plain")
    board = make_board(arena, name="Tried", **fields)
    publish_snapshot(plain)
    snapshot = publish_snapshot(board)
    reasons = {entry.unrated_because for entry in snapshot.entries.all()}
    assert len(reasons) == 1
    assert said in reasons.pop()
    assert not [text for text in snapshot.notes if CODE.search(text)]
    assert snapshot.note_codes.count("unfitted") == 1
    page = client.get(arena.get_absolute_url(), {"board": board.slug}).text
    empty = re.search(r'<p class="empty prose">(.*?)</p>', page, re.DOTALL)[1]
    assert f"{escape(board.method_name)} rates nobody here: {said}" in empty
    assert f'href="{arena.get_absolute_url()}?board={plain.slug}">The board by Bradley–Terry rates them</a>' in empty
    for false in ("do not connect", "Vote on a pair", "Import battles"):
        assert false not in page
    assert said not in page.split('id="live"')[1].split('class="empty prose"')[0]  # it is told once, and by each model


@pytest.mark.django_db
def test_the_upgrade_gives_codes_to_what_pages_went_by_in_words():
    arena = make_arena()
    tied, small = make_board(arena, name="Tied", method="davidson"), make_board(arena, name="Small")
    Leaderboard.objects.filter(pk=small.pk).update(error="the limit is 50 MB (AGON_FIT_MEMORY_MB=50)")
    snapshot = make_snapshot(tied, notes=["all 12 comparisons are ties", "o1: 2 votes on 1 prompt", "only 3 prompts"])
    for name in ("o1", "o1-mini"):
        make_entry(snapshot, make_competitor(arena, name), rating=None, unrated_because="all 12 comparisons are ties")
    import_module("ranking.migrations.0015_causes_have_codes").give_codes(apps, None)
    snapshot.refresh_from_db()
    assert snapshot.note_codes == ["unfitted", "one_competitor", ""]
    assert Leaderboard.objects.get(pk=small.pk).error_code == "too_large"
    assert Leaderboard.objects.get(pk=tied.pk).error_code == ""


@pytest.mark.django_db
def test_unconnected_votes_are_told_as_before(client):
    arena = make_arena()
    a, b = make_competitor(arena, "x"), make_competitor(arena, "y")
    make_vote(make_battle(a, b, make_prompt(arena)), "a")
    publish_snapshot(make_board(arena, is_default=True))
    assert "does not connect the models yet" in client.get(arena.get_absolute_url()).text


@pytest.mark.django_db
def test_a_width_of_ties_without_a_limit_is_named_in_words():
    arena, rng = make_arena(), np.random.default_rng(1)
    a, b = make_competitor(arena, "x"), make_competitor(arena, "y")
    for number in range(12):
        make_vote(make_battle(a, b, make_prompt(arena, f"Question {number}?")), str(rng.choice(["a", "b"])))
    for method in ("davidson", "rao_kupper"):
        notes = publish_snapshot(make_board(arena, method=method)).notes
        assert "the width of ties has no finite estimate: none of 12 comparisons is a tie: the model is Bradley-Terry" in notes


def causes() -> list[tuple[str, str]]:
    """The literal text of every cause in the library and the judges' room, with where it stands."""
    found = []
    for path in [*ROOT.glob("ranking/**/*.py"), *ROOT.glob("judges/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"SeparationError", "NotConvergedError"}:
                literals = (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
                texts = (OF_THE_LIBRARY.get(text, text) for text in literals if isinstance(text, str))
                found.append((f"{path.name}:{node.lineno}", PLACE.sub("", " ".join(map(str, texts)))))
    return found


def test_no_cause_of_a_failed_fit_speaks_in_names_of_code():
    assert len(causes()) > 10
    assert not [(where, text) for where, text in causes() if CODE.search(text)]
