"""Who counts on a board of judges, and as what: unusable judges, juries, panels, own answers; and again from a snapshot."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from arena.evidence import ledger
from judges.games.recording import ENDING, end_game, file_ended, give_verdict, update_games
from judges.models import Game, GoldItem, GoldSet, Judge
from judges.verdicts.game_states import GameState
from judges.verdicts.panels import log_odds_weight
from judges.verdicts.verdict import Verdict
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.comparisons.game_columns import STATES
from ranking.comparisons.game_history import games_at
from ranking.comparisons.judge_comparisons import judged_evidence
from ranking.comparisons.judge_selection import GoldRecord, SelectionRules, records_of
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_endpoint, make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

AGREE = {"a": ("first", "second"), "b": ("second", "first"), "tie": ("tie", "tie")}


def make_pair(**competitor):
    arena = make_arena()
    return arena, make_competitor(arena, "one", **competitor), make_competitor(arena, "two")


def say(judge, battle, side, *, repeat=0):
    """Both orders name the side; "?" = they disagree, "" = neither has a verdict."""
    said = AGREE.get(side, ("first", "first") if side == "?" else ("", ""))
    for order, winner in zip(("ab", "ba"), said, strict=True):
        make_game(battle, judge, winner, order=order, repeat=repeat)


def ask(arena, competitors, votes):
    """A battle on a prompt of its own for each row of votes, {judge: side}."""
    battles = []
    for row in votes:
        battles.append(make_battle(*competitors, make_prompt(arena)))
        for judge, side in row.items():
            say(judge, battles[-1], side)
    return battles


def judge_board(arena, **fields):
    return make_board(arena, **{"sources": "judges", "method": "bradley_terry"} | fields)


def rows_of(arena, **rules):
    return judged_evidence(arena.pk, ledger.sequence(), SelectionRules(**rules))


def note_of(snapshot, start):
    return next(note for note in snapshot.notes if note.startswith(start))


# --- unusable ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [{"sources": "both", "method": "slot_levelled"}, {"combiner": "mean"}])
def test_an_unusable_judge_counts_on_no_board_whatever_its_rules(rules):
    arena, a, b = make_pair()
    stuck, good = make_judge("stuck"), make_judge("good")
    battles = ask(arena, (a, b), [{stuck: "?", good: side} for side in "ab" * 10])
    make_vote(battles[0], "a")
    with_people = rules.get("sources") == "both"
    snapshot = publish_snapshot(judge_board(arena, **rules))
    assert snapshot.n_votes == (41 if with_people else 20)
    assert "the upper 95 % limit of its consistency" in note_of(
        snapshot, "judge stuck is unusable, so its 40 verdicts do not count"
    )
    assert rebuild(snapshot).same_evidence


def test_a_judge_is_unusable_by_what_stood_at_a_position():
    arena, a, b = make_pair()
    judge = make_judge("late")
    ask(arena, (a, b), [{judge: "?"}] * 20)
    early = publish_snapshot(judge_board(arena))
    ask(arena, (a, b), [{judge: side} for side in "ab" * 20])
    assert (early.n_votes, publish_snapshot(early.leaderboard).n_votes) == (0, 120)
    assert rebuild(early) == type(rebuild(early))(same_evidence=True, same_code=True, largest_difference=0.0)


def test_judges_that_could_not_be_measured_count_and_it_is_said():
    arena, a, b = make_pair()
    grader, once = make_judge("grader", protocol="rubric_10"), make_judge("once")
    for score in (9.0, 2.0):
        battle = make_battle(a, b, make_prompt(arena))
        make_game(battle, grader, "", order="ab", state="ok", score_first=score)
        make_game(battle, grader, "", order="ba", state="ok", score_first=5.0)
        make_game(battle, once, "first", order="ab")
    snapshot = publish_snapshot(judge_board(arena))
    assert snapshot.n_votes == 4
    assert note_of(snapshot, "not measured in both orders, and counted: once; how much the slot sways them is not known")
    assert note_of(snapshot, "not measured in both orders, and counted: grader; they see one answer at a time")
    marks = {juror["name"]: (juror["measured"], juror["counts"]) for juror in snapshot.parameters["judges"]}
    assert marks == {"grader": ("one answer at a time", True), "once": ("not in both orders", True)}


# --- a rule's coverage ------------------------------------------------------------------------------------------------


def test_a_rule_says_how_many_battles_it_decided_and_why_not_the_others():
    arena, a, b = make_pair()
    judge = make_judge()
    battles = ask(arena, (a, b), [{judge: side} for side in ["a"] * 5 + ["b"] * 4 + ["?"] * 2 + [""] + ["a"] * 3])
    for battle in battles[-3:]:
        Game.objects.filter(battle=battle, order="ba").update(state="unparsable", winner="")
    told = {
        "consistent_only": "9 of 15 battles decided; 3 without a verdict in one order, 2 whose orders disagree, "
        "1 without a verdict in either order",
        "conservative_tie": "11 of 15 battles decided; 3 without a verdict in one order, 1 without a verdict in either order",
        "both_correct": "9 of 15 battles decided; 3 without a verdict in one order, 2 without the same winner in both orders, "
        "1 without a verdict in either order",
        "two_game_sum": "14 of 15 battles decided; 1 without a verdict in either order",
        "mean": "11 of 15 battles decided; 4 with a game without a verdict",
        "arena_hard_weighted": "11 of 15 battles decided; 4 with a game without a verdict",
        "first_order_only": "14 of 15 battles decided; 1 without a verdict in the order that counts",
        "majority_of_repeats": "9 of 15 battles decided; 6 without a majority of their games",
    }
    for rule, note in told.items():
        remarks = judged_evidence(arena.pk, ledger.sequence(), SelectionRules(combiner=rule)).remarks
        assert note in remarks, rule


def test_a_battle_played_in_one_order_is_undecided_for_that():
    arena, a, b = make_pair()
    make_game(make_battle(a, b, make_prompt(arena)), make_judge(), "first")
    assert "0 of 1 battle decided; 1 played in one order only" in rows_of(arena, combiner="mean").remarks


def test_a_game_that_failed_is_in_the_count_of_a_rule_that_counts_repeats():
    arena, a, b = make_pair()
    judge = make_judge()
    battle = make_battle(a, b, make_prompt(arena))
    for repeat, winner in enumerate(["first", "", ""]):
        make_game(battle, judge, winner, order="ab", repeat=repeat)
    assert rows_of(arena, combiner="majority_of_repeats").tally.n_comparisons == 0


def test_a_game_that_failed_and_was_played_again_is_read_as_it_was():
    arena, a, b = make_pair()
    battle, judge = make_battle(a, b, make_prompt(arena)), make_judge()
    failed = make_game(battle, judge, "")
    before = ledger.sequence()
    end_game(failed, GameState.OK)
    give_verdict(failed, Verdict("first"))
    file_ended([failed], arena_id=arena.pk, now=battle.created_at, reason="again")
    update_games([failed], ENDING)
    after = ledger.sequence()
    assert [STATES[state] for state in games_at(arena.pk, before).state] == ["unparsable"]
    assert [STATES[state] for state in games_at(arena.pk, after).state] == ["ok"]
    assert not len(games_at(arena.pk, before - 1))


# --- panels -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three():
    return [make_judge(name) for name in "xyz"]


def test_a_panel_makes_one_comparison_of_a_battle_by_more_than_half_of_those_asked(three):
    arena, a, b = make_pair()
    x, y, z = three
    votes = [
        {x: "a", y: "a", z: "b"},  # 2 of 3
        {x: "b", y: "b", z: "?"},  # 2 of 3: who abstains is in the count
        {x: "a", y: "?", z: ""},  # one vote
        {x: "a", y: "b", z: "tie"},  # no majority
        {x: "a", y: "a"},  # z was not asked
        {x: "tie", y: "tie", z: "a"},
    ] + [{x: "b", y: "b", z: "b"}] * 4
    ask(arena, (a, b), votes)
    snapshot = publish_snapshot(judge_board(arena, combiner="panel_majority"))
    assert snapshot.n_votes == 8
    assert "8 of 10 battles decided; 1 with fewer than 2 votes, 1 without a majority" in snapshot.notes
    rows = rows_of(arena, combiner="panel_majority").rows
    assert (rows.outcome.tolist(), set(rows.judge.tolist())) == ([0, 1, 0, 2, 1, 1, 1, 1], {-1})
    found = rebuild(snapshot)
    assert (found.same_evidence, found.largest_difference) == (True, 0.0)


def test_who_was_asked_first_never_matters(three):
    votes = [
        {"x": "a", "y": "b", "z": "a"},
        {"x": "?", "y": "b", "z": "b"},
        {"x": "b", "y": "a"},
        {"z": "a", "y": "a", "x": ""},
    ]
    outcomes = []
    for names in ("xyz", "zyx"):
        arena, a, b = make_pair()
        judges = {judge.name: judge for judge in three}
        ask(arena, (a, b), [{judges[name]: row[name] for name in names if name in row} for row in votes * 3])
        outcomes.append(rows_of(arena, combiner="panel_majority").rows.outcome.tolist())
    assert outcomes[0] == outcomes[1] == [0, 1, 0] * 3


def make_labels(arena, battles, labels):
    gold, _ = GoldSet.objects.get_or_create(arena=arena, name="gold")
    GoldItem.objects.bulk_create(
        GoldItem(gold_set=gold, battle=battle, label=label) for battle, label in zip(battles, labels, strict=False)
    )


def weighted_arena(x, y, z):
    """x is right on 9 of 9 labels, y and z on 5 of 9 and 2 of 9."""
    arena, a, b = make_pair()
    y_says, z_says = "a" * 5 + "b" * 4, "a" * 2 + "b" * 7
    battles = ask(arena, (a, b), [{x: "a", y: y_says[n], z: z_says[n]} for n in range(9)])
    make_labels(arena, battles, "a" * 9)
    return arena, (a, b)


def test_a_label_that_is_a_tie_weighs_no_juror(three):
    """Few judges say tie: the label would count against every one that names a winner."""
    x, y, z = three
    arena, pair = weighted_arena(x, y, z)
    before = records_of(arena.pk, games_at(arena.pk, ledger.sequence()), {judge.pk: 0.0 for judge in three})
    make_labels(arena, ask(arena, pair, [{x: "a", y: "b", z: "tie"}] * 4), ["tie"] * 4)
    after = records_of(arena.pk, games_at(arena.pk, ledger.sequence()), {judge.pk: 0.0 for judge in three})
    assert after == before == {x.pk: GoldRecord(9, 9), y.pk: GoldRecord(5, 9), z.pk: GoldRecord(2, 9)}
    assert after[y.pk].weight == log_odds_weight(5, 9)


def test_a_weighted_panel_weighs_by_gold_labels_and_says_so(three):
    x, y, z = three
    arena, pair = weighted_arena(x, y, z)
    ask(arena, pair, [{x: "b", y: "b", z: "a"}, {x: "b", y: "a", z: "a"}])
    snapshot = publish_snapshot(judge_board(arena, combiner="panel_weighted"))
    assert snapshot.parameters["juror_records"] == {str(x.pk): [9, 9], str(y.pk): [5, 9], str(z.pk): [2, 9]}
    heavy, light = log_odds_weight(9, 9), log_odds_weight(5, 9)
    assert f"x {heavy:.2f} (right on 9 of 9 gold labels); y {light:.2f} (right on 5 of 9" in note_of(
        snapshot, "weights of jurors: "
    )
    assert "z none, no better than chance (right on 2 of 9 gold labels)" in note_of(snapshot, "weights of jurors: ")
    assert snapshot.n_votes == 11  # x outweighs y, and both voted


def test_a_snapshot_keeps_its_weights_whatever_becomes_of_the_labels(three):
    arena, _ = weighted_arena(*three)
    snapshot = publish_snapshot(judge_board(arena, combiner="panel_weighted"))
    GoldItem.objects.update(label="b")
    found = rebuild(snapshot)
    assert (found.same_evidence, found.largest_difference) == (True, 0.0)
    assert publish_snapshot(snapshot.leaderboard).pk != snapshot.pk


def test_a_weighted_panel_without_labels_decides_nothing_and_says_why(three):
    arena, a, b = make_pair()
    ask(arena, (a, b), [dict.fromkeys(three, "a")] * 2 + [dict.fromkeys(three, "b")] * 2)
    snapshot = publish_snapshot(judge_board(arena, combiner="panel_weighted"))
    assert snapshot.n_votes == 0
    assert "x none, for want of gold labels" in note_of(snapshot, "weights of jurors: ")


# --- juries -----------------------------------------------------------------------------------------------------------


def test_a_board_counts_its_jury_alone(three):
    arena, a, b = make_pair()
    x, y, z = three
    ask(arena, (a, b), [{x: "a", y: "b", z: "b"}, {x: "b", y: "a", z: "a"}])
    snapshot = publish_snapshot(judge_board(arena, jury=f"{x.pk} {y.pk}"))
    assert (snapshot.n_votes, snapshot.parameters["jury"]) == (8, [x.pk, y.pk])
    snapshot.leaderboard.jury = str(z.pk)
    snapshot.leaderboard.save()
    assert rebuild(snapshot).same_evidence
    assert publish_snapshot(snapshot.leaderboard).n_votes == 4


def test_two_juries_are_two_boards_and_one_jury_is_one(three):
    arena, *_ = make_pair()
    x, y, _ = three
    judge_board(arena, jury=str(x.pk))
    judge_board(arena, jury=str(y.pk))
    with transaction.atomic(), pytest.raises(IntegrityError):
        judge_board(arena, jury=str(x.pk))


@pytest.mark.parametrize("jury", ["2 1", "1 1", "1, 2", "x", " 1"])
def test_a_jury_is_written_in_one_way(jury):
    with pytest.raises(ValidationError) as error:
        Leaderboard(arena=make_arena(), slug="s", name="n", sources="judges", jury=jury).full_clean()
    assert "jury" in error.value.message_dict


@pytest.mark.parametrize("said", [{"jury": "1"}, {"own_answers": "exclude"}, {"combiner": "panel_majority"}])
def test_a_board_of_people_has_neither_jury_nor_rules_of_judges(said):
    with pytest.raises(ValidationError) as error:
        Leaderboard(arena=make_arena(), slug="s", name="n", **said).full_clean()
    assert set(error.value.message_dict) == set(said)


def test_the_jury_is_chosen_by_name_in_the_admin(client, three):
    arena, a, b = make_pair()
    x, _, z = three
    ask(arena, (a, b), [dict.fromkeys(three, "a"), dict.fromkeys(three, "b")])
    board = judge_board(arena)
    client.force_login(make_user("curator", is_staff=True))
    address = reverse("admin:ranking_leaderboard_change", args=[board.pk])
    fields = ["name", "slug", "sources", "combiner", "own_answers", "method", "clusters", "intervals", "level", "seed"]
    said = {name: getattr(board, name) for name in fields} | {"jury": [z.pk, x.pk], "is_live": "on", "counts_external": "on"}
    assert client.post(address, said).status_code == 302
    board.refresh_from_db()
    assert board.jury == f"{x.pk} {z.pk}"
    page = client.get(address).content.decode()
    assert page.count("checked") >= 2
    assert "x (language model, pairwise, judge-model)" in page


# --- their own answers ------------------------------------------------------------------------------------------------


def own_arena(judge, **competitor):
    """Three battles of the judge's own model with another, one of two others."""
    arena, own, other = make_pair(**competitor)
    third = make_competitor(arena, "three", organisation="Elsewhere")
    ask(arena, (own, other), [{judge: "a"}, {judge: "b"}, {judge: "a"}])
    ask(arena, (other, third), [{judge: "a"}, {judge: "b"}])
    return arena


@pytest.mark.parametrize(
    ("judge", "competitor"),
    [
        ({"family": "Acme"}, {"organisation": "ACME"}),
        ({"endpoint_model": "vendor/One"}, {}),
        ({"endpoint_model": "acme-1"}, {"endpoint": "at acme"}),
    ],
    ids=["family", "name", "endpoint"],
)
def test_games_on_own_answers_are_told_or_left_out(judge, competitor):
    make_endpoint("at acme", model="acme-1")
    endpoint = make_endpoint(model=judge.pop("endpoint_model", "judge-model"))
    arena = own_arena(make_judge("keen", endpoint=endpoint, **judge), **competitor)
    flagged, left_out, silent = (
        publish_snapshot(judge_board(arena, own_answers=policy)) for policy in ("flag", "exclude", "off")
    )
    assert (flagged.n_votes, left_out.n_votes, silent.n_votes) == (10, 4, 10)
    assert "games of judges on answers of their own model or family count like any others: keen 6" in flagged.notes
    assert "games of judges on answers of their own model or family do not count: keen 6" in left_out.notes
    assert not any("own model" in note for note in silent.notes)


def test_what_was_own_then_is_own_when_the_snapshot_is_made_again():
    judge = make_judge(family="Acme")
    arena = own_arena(judge, organisation="Acme")
    snapshot = publish_snapshot(judge_board(arena, own_answers="exclude"))
    arena.competitors.update(organisation="Sold")
    Judge.objects.update(family="Bought")
    assert rebuild(snapshot).same_evidence
    assert publish_snapshot(snapshot.leaderboard).n_votes == 10


def test_a_juror_has_no_vote_on_its_own_answers(three):
    x, y, z = three
    Judge.objects.filter(pk=x.pk).update(family="Acme")
    arena, a, b = make_pair(organisation="acme")
    ask(arena, (a, b), [{x: "a", y: "a", z: "b"}, {x: "b", y: "b", z: "b"}, {x: "b", y: "a", z: "a"}])
    rules = {"combiner": "panel_majority"}
    assert rows_of(arena, own_answers="flag", **rules).rows.outcome.tolist() == [0, 1, 0]
    assert rows_of(arena, own_answers="exclude", **rules).rows.outcome.tolist() == [1, 0]


# --- the board's page -------------------------------------------------------------------------------------------------


def test_the_page_says_whose_verdicts_became_what(client, three):
    arena, a, b = make_pair()
    x, y, _ = three
    ask(arena, (a, b), [dict.fromkeys(three, side) for side in "abab"])
    publish_snapshot(judge_board(arena, slug="panel", combiner="panel_majority", jury=f"{x.pk} {y.pk}", own_answers="exclude"))
    page = client.get(arena.get_absolute_url(), {"board": "panel"}).content.decode()
    definition = page.split('id="definition"')[1]
    assert "a panel: what more than half of the judges that were asked say" in definition
    assert "</span> x, y</span>" in definition
    assert "they do not count" in definition
    assert reverse("judges", args=[arena.slug]) in definition
    assert '#judges">More</a>' in page


def test_a_poll_of_a_board_of_judges_asks_the_same_few_questions(client, three, django_assert_max_num_queries):
    arena, a, b = make_pair()
    ask(arena, (a, b), [dict.fromkeys(three, side) for side in "abab"])
    publish_snapshot(judge_board(arena, slug="panel", jury=f"{three[0].pk} {three[1].pk}"))
    with django_assert_max_num_queries(
        14
    ):  # two more than a board of people: the names of the jury, and whether texts are stored
        client.get(arena.get_absolute_url(), {"board": "panel"})


@pytest.mark.parametrize("n_battles", [4, 40])
def test_evidence_is_read_by_the_same_few_queries(three, n_battles, django_assert_max_num_queries):
    arena, a, b = make_pair()
    battles = ask(arena, (a, b), [dict.fromkeys(three, "ab"[n % 2]) for n in range(n_battles)])
    make_labels(arena, battles, "a" * n_battles)
    position = ledger.sequence()
    with django_assert_max_num_queries(9):
        judged_evidence(arena.pk, position, SelectionRules(combiner="panel_weighted", own_answers="flag"))
