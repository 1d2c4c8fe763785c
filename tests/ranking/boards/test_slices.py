"""Boards of categories and languages: by themselves where there are enough prompts, by hand for any that prompts have."""

import pytest

from arena.models import Prompt
from ranking.boards.default_boards import ensure_boards
from ranking.models import Leaderboard
from tests.factories import make_arena, make_prompts
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


def _languages(arena):
    return {board.language for board in ensure_boards(arena)} - {""}


def test_few_prompts_make_no_board_by_themselves():
    arena = make_arena("house")
    for category, n in [("coding", 30), ("maths", 30), ("writing", 29)]:
        make_prompts(arena, n, category=category)
    assert {board.category for board in ensure_boards(arena)} == {"", "coding", "maths"}


def test_a_guessed_language_needs_a_share_that_a_given_one_does_not_need():
    arena = make_arena()
    Prompt.objects.bulk_create(_copies(make_prompts(arena, 1, language="en")[0], 700))
    for code in ("de", "fr"):
        make_prompts(arena, 30, language=code, is_language_guessed=code == "fr")
    assert _languages(arena) == {"en", "de"}  # 30 of 761 are 4 %


def test_a_guessed_language_with_enough_prompts_or_share_has_a_board():
    arena = make_arena()
    make_prompts(arena, 40, language="en")
    make_prompts(arena, 30, language="fr", is_language_guessed=True)
    assert _languages(arena) == {"en", "fr"}


def test_a_board_goes_when_its_slice_shrinks_and_comes_back_when_it_grows():
    arena = make_arena("house")
    prompts = [*make_prompts(arena, 30, language="en"), *make_prompts(arena, 30, language="de")]
    assert _languages(arena) == {"en", "de"}
    Prompt.objects.filter(pk=prompts[-1].pk).update(language="")
    assert _languages(arena) == set()
    assert Leaderboard.objects.filter(arena=arena, language="de", is_live=False).exists()
    Prompt.objects.filter(pk=prompts[-1].pk).update(language="de")
    assert _languages(arena) == {"en", "de"}


def test_a_board_that_a_curator_made_stays():
    arena = make_arena()
    make_prompts(arena, 1, language="de")
    make_board(arena, "by-hand", language="de")
    assert _languages(arena) == {"de"}


@pytest.mark.parametrize(
    ("field", "written", "stored"),
    [("category", "codnig", None), ("category", "coding", "coding"), ("category", "coding/python/", "coding/python"),
     ("language", "Deutsch", None), ("language", "fr", None), ("language", "German", "de"), ("language", "DE", "de")],
)  # fmt: skip
def test_the_form_of_a_board_takes_what_prompts_have_and_names_it(admin_client, field, written, stored):
    arena = make_arena()
    make_prompts(arena, 1, category="coding/python", language="de")
    data = {
        "arena": arena.pk, "name": "By hand", "slug": "by-hand", "sources": "people", "combiner": "games",
        "own_answers": "flag",
        "method": "bradley_terry", "clusters": "prompt", "intervals": "sandwich", "level": "0.95", "seed": "1", "is_live": "on",
        field: written,
    }  # fmt: skip
    answer = admin_client.post("/admin/ranking/leaderboard/add/", data)
    if stored is None:
        page = answer.content.decode()
        assert "No prompt of this arena has the" in page
        assert "coding, coding/python" in page if field == "category" else "de (German)" in page
        assert not Leaderboard.objects.exists()
    else:
        assert getattr(Leaderboard.objects.get(), field) == stored


def _copies(prompt, n):
    for number in range(n):
        yield Prompt(
            arena=prompt.arena, pool=prompt.pool, key=f"copy-{number}", turns=prompt.turns, language=prompt.language,
            content_hash=prompt.content_hash,
        )  # fmt: skip


def test_one_prompt_filed_elsewhere_makes_no_board_in_the_sample_arena():
    arena = make_arena(is_sample=True)
    make_prompts(arena, 12, category="maths", language="en")
    make_prompts(arena, 12, category="facts", language="de")
    make_prompts(arena, 1, category="weather", language="fr")
    boards = ensure_boards(arena)
    assert {board.category for board in boards} == {"", "maths", "facts"}
    assert {board.name for board in boards if board.language} == {f"{arena.name}, in English", f"{arena.name}, in German"}
