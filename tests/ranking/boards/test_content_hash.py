"""The content hash of a snapshot: of names and texts, whatever the rows are called and however they came together."""

import json
from hashlib import sha256
from random import Random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from arena.evidence.vote_tally import Evidence, Turnout
from arena.models import Competitor, Prompt, Response, Vote
from judges.models import Game
from ranking.boards.exports.content_hash import CELL, NamesAndTexts
from ranking.boards.exports.content_hash import hash_of as content_hash
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.maths import Tally
from ranking.models import Snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

NAMES = ("Kestrel", "=Heron", "Grüne Eule")
OTHER = {"a": "b", "b": "a", "ab": "ba", "ba": "ab", "first": "second", "second": "first"}
BOARDS = {
    "votes": {"sources": "people"},
    "games of judges": {"sources": "judges", "method": "slot_levelled"},
    "shares of judges": {"sources": "judges", "combiner": "mean"},
    "votes and games": {"sources": "both", "method": "slot_levelled"},
    "prediction": {"sources": "both", "method": "prediction_powered"},
}


def a_story():
    """What was said: (prompt, pair, votes with the side shown first, games of either judge), sides as in NAMES."""
    rng = Random(1)
    for prompt in range(6):
        for x, y in ((0, 1), (0, 2), (1, 2)):
            votes = [(rng.choice(["a", "b", "tie", "both_bad"]), rng.choice("ab")) for _ in range(2)]
            games = [(j, order, rng.choice(["first", "second", "tie"])) for j in (0, 1) for order in ("ab", "ba")]
            yield prompt, x, y, votes[: prompt % 3], games


def told(story, judges, *, order=(0, 1, 2), seed=None):
    """The story in an arena of its own; rows that come in another order have other numbers, and pairs stand by these."""
    arena = make_arena(asked_share=0)
    competitors = {i: make_competitor(arena, NAMES[i]) for i in order}
    story = list(story)
    if seed is not None:
        Random(seed).shuffle(story)
    prompts = {}
    for prompt, x, y, votes, games in story:
        if prompt not in prompts:
            prompts[prompt] = make_prompt(arena, f"Question {prompt}", key=f"q{prompt}")
        battle = make_battle(competitors[x], competitors[y], prompts[prompt], with_answers=True)
        turned = battle.competitor_a != competitors[x]
        for outcome, shown in votes:
            sides = (OTHER.get(outcome, outcome), OTHER[shown]) if turned else (outcome, shown)
            make_vote(battle, sides[0], first_shown=sides[1])
        for judge, slots, winner in games:
            make_game(battle, judges[judge], winner, order=OTHER[slots] if turned else slots)
    return arena


def hash_of(arena, kind):
    return publish_snapshot(make_board(arena, **BOARDS[kind])).content_hash


@pytest.fixture
def judges():
    return [make_judge("first judge"), make_judge("second judge")]


@pytest.mark.parametrize("kind", BOARDS)
def test_other_numbers_another_order_and_turned_sides_are_the_same_evidence(kind, judges):
    plain, other = told(a_story(), judges), told(a_story(), judges, order=(2, 1, 0), seed=7)
    first = plain.battles.order_by("pk").first()
    twin = other.battles.get(prompt__key=first.prompt.key, competitor_a__name=first.competitor_b.name,
                             competitor_b__name=first.competitor_a.name)  # fmt: skip
    assert twin.pk != first.pk
    assert hash_of(plain, kind) == hash_of(other, kind)


@pytest.mark.parametrize("kind", BOARDS)
def test_one_outcome_is_other_evidence(kind, judges):
    before, other = told(a_story(), judges), told(a_story(), judges)
    if "judges" in kind:
        Game.objects.filter(battle__arena=other, winner="first").first().delete()
    else:
        Vote.objects.filter(pk=Vote.objects.filter(battle__arena=other, outcome="a").first().pk).update(outcome="b")
    assert hash_of(before, kind) != hash_of(other, kind)


@pytest.mark.parametrize(
    "changed",
    [
        lambda arena: Competitor.objects.filter(arena=arena, name="=Heron").update(name="Heron"),
        lambda arena: Prompt.objects.filter(arena=arena, key="q2").update(content_hash=Prompt.hash_of(["another"])),
        lambda arena: Prompt.objects.filter(arena=arena, key="q2").update(key="q9"),
    ],
)
@pytest.mark.parametrize("kind", BOARDS)
def test_another_name_key_or_text_is_other_evidence(kind, changed, judges):
    before, other = told(a_story(), judges), told(a_story(), judges)
    changed(other)
    assert hash_of(before, kind) != hash_of(other, kind)


def test_votes_and_opinions_of_one_battle_are_not_those_of_two(judges):
    """The same rows, but once the vote is on the answers that the judge saw, and once on others to the same prompt."""
    arenas = [make_arena(asked_share=0), make_arena(asked_share=0)]
    for arena in arenas:
        a, b = make_competitor(arena, "x"), make_competitor(arena, "y")
        prompt = make_prompt(arena, "Question", key="q")
        battle = make_battle(a, b, prompt, with_answers=True)
        for order, winner in (("ab", "first"), ("ba", "second")):
            make_game(battle, judges[0], winner, order=order)
        if arena is arenas[1]:
            late = Response.objects.create(prompt=prompt, competitor=a, text="Other", content_hash="x", repeat=1)
            battle = make_battle(a, b, prompt, response_a=late, response_b=battle.response_b, row_key=b"other")
        make_vote(battle, "a")
    assert hash_of(arenas[0], "prediction") != hash_of(arenas[1], "prediction")


def test_a_snapshot_is_verified_by_names_where_its_rows_have_other_numbers(judges, capsys):
    arena = told(a_story(), judges)
    snapshot = publish_snapshot(make_board(arena))
    Snapshot.objects.filter(pk=snapshot.pk).update(evidence_hash="0" * 64)  # as of another database
    call_command("verify_snapshot", snapshot.key)
    assert "Same evidence" in capsys.readouterr().out
    Vote.objects.filter(pk=Vote.objects.filter(outcome="a").first().pk).update(outcome="b")
    with pytest.raises(CommandError, match=r"the evidence at ledger position \d+ is no longer that of this snapshot"):
        call_command("verify_snapshot", snapshot.key)


def test_a_snapshot_of_an_older_version_is_verified_by_its_rows(judges):
    snapshot = publish_snapshot(make_board(told(a_story(), judges)))
    Snapshot.objects.filter(pk=snapshot.pk).update(content_hash=None)
    assert rebuild(Snapshot.objects.get()).same_evidence
    Snapshot.objects.filter(pk=snapshot.pk).update(evidence_hash="0" * 64)
    assert not rebuild(Snapshot.objects.get()).same_evidence


def test_a_new_name_leaves_a_snapshot_verified(judges):
    snapshot = publish_snapshot(make_board(told(a_story(), judges)))
    Competitor.objects.filter(name="Kestrel").update(name="Falcon")
    assert rebuild(snapshot).same_evidence


def written_out(cells, known):
    """The hash of votes as the docstring of the module has it, one row after the other."""
    names = sorted({known.names.get(pk, "") for _, a, b, _, _ in cells for pk in (a, b)})
    prompts = sorted({known.prompts[prompt] for prompt, *_ in cells if prompt >= 0})
    rows = []
    for prompt, a, b, outcome, count in cells:
        first, second = (names.index(known.names.get(pk, "")) for pk in (a, b))
        place = prompts.index(known.prompts[prompt]) if prompt >= 0 else -1
        turned = first > second
        rows.append((place, *sorted((first, second)), (1, 0, 2, 3)[outcome] if turned else outcome, count))
    heading = json.dumps([[CELL], names, prompts, []]).encode()
    return sha256(heading + np.array(sorted(rows), dtype="<f8").tobytes()).hexdigest()


@pytest.mark.parametrize("most", [3, 2**60])
def test_votes_are_sorted_by_names_whether_or_not_a_row_fits_into_one_number(most):
    """Two models without a name, prompts of one text, an unknown prompt, and a prompt and a model that have no vote left."""
    rng = Random(2)
    pairs = [(10, 20), (10, 30), (10, 40), (20, 30), (20, 40), (30, 40)]
    counts = {
        (prompt, *pair, outcome): rng.randint(1, 3) for prompt in (-1, 1, 2, 3, 7) for pair in pairs for outcome in range(4)
    }
    counts[(3, 10, 30, 2)] = most
    cells = [(*cell, count) for cell, count in sorted(counts.items())]
    tally = Tally.from_arrays([9], [50], [10], [0]).updated(*np.array(cells).T).updated([9], [50], [10], [0], -1)
    known = NamesAndTexts({10: "z", 20: "b", 50: "a"}, {1: "t p", 2: "s p", 3: "t p", 7: "a p", 9: "b p"}, {})
    assert content_hash(Evidence(1, tally, Turnout.empty(), 0), known) == written_out(cells, known)
