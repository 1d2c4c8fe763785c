"""How many places a rule moves a competitor: counted among those that have a place under both rules."""

from judges.audits.presentation import boards_of
from judges.models import JudgeAudit


def _board(rule, **ranks):
    standings = [
        {"competitor": name, "rank": rank, "rating": 1000.0, "low": 990.0, "high": 1010.0} for name, rank in ranks.items()
    ]
    return {"rule": rule, "standings": standings, "unrated": {}, "n_decided": 9, "n_undecided": 0, "tau": None}


def _moves(*boards):
    return {name: [cell.moved for cell in line] for name, line in boards_of(JudgeAudit(boards=list(boards))).lines}


def test_who_has_no_place_under_a_rule_moves_nobody():
    every = _board("every_game", careful=1, structured=2, terse=3, outdated=4)
    strict = _board("consistent_only", terse=2, outdated=1, careful=None)
    assert _moves(every, strict) == {"careful": [0, 0], "structured": [0, 0], "terse": [0, -1], "outdated": [0, 1]}


def test_all_places_count_where_all_have_one():
    moves = _moves(_board("every_game", a=1, b=2, c=3), _board("other", a=3, b=1, c=2))
    assert moves == {"a": [0, -2], "b": [0, 1], "c": [0, 1]}
