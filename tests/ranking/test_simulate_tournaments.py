"""`manage.py simulate_tournaments`: the table of tournaments against anchors."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def printed(*arguments):
    out = StringIO()
    call_command("simulate_tournaments", *arguments, stdout=out)
    return out.getvalue()


def test_the_table_has_a_line_a_setting():
    text = printed("--runs", "5")
    assert "median of 5 runs" in text
    assert [matches in text for matches in ("950 / 1,000", "1,900 / 2,000", "4,750 / 5,000", "9,500 / 10,000")] == [True] * 4


def test_the_same_seed_prints_the_same_table():
    assert (
        printed("--runs", "3", "--seed", "7") == printed("--runs", "3", "--seed", "7") != printed("--runs", "3", "--seed", "8")
    )


@pytest.mark.parametrize(("option", "value"), [("--runs", "1"), ("--seed", "-1")])
def test_wrong_numbers_are_refused_in_one_line(option, value):
    with pytest.raises(CommandError, match=f"{option} is {value}"):
        printed(option, value)
