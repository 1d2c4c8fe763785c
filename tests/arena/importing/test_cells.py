"""Ids, times and yes or no, in all the ways in which programs write them."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from arena.importing.files import fields
from arena.importing.files.problems import RowProblem
from arena.importing.formats.conversations import conversation
from arena.importing.formats.prompt_files import CsvPrompts
from judges.importing.formats.cells import a_list

NOON = 1_714_564_800
A_UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    ("value", "key"),
    [(1, "1"), (1.0, "1"), (Decimal("1.00"), "1"), (-3.0, "-3"), ("1", "1"), (" q ", "q"), (UUID(A_UUID), A_UUID)],
)
def test_numbers_are_ids_however_they_are_written(value, key):
    assert fields.identifier({"id": value}, "id") == key
    assert fields.optional_identifier({"id": value}, "id") == key


@pytest.mark.parametrize("value", [1.5, Decimal("0.1"), float("inf"), Decimal("NaN"), 1e30])
def test_other_numbers_are_no_ids(value):
    with pytest.raises(RowProblem, match="a text or a whole number is needed"):
        fields.identifier({"id": value}, "id")


@pytest.mark.parametrize("value", [12, 12.0, "12", " 12.0 ", "12.00", Decimal("12.0")])
def test_whole_numbers_may_have_a_point(value):
    """As pandas writes a column that has gaps."""
    assert fields.whole_number({"n": value}, "n") == 12


@pytest.mark.parametrize("value", [12.5, "12.5", "-1.0", "1.0.0", "1e3", True, "x", Decimal("0.5"), float("inf")])
def test_other_numbers_are_no_whole_ones(value):
    with pytest.raises(RowProblem, match="a whole number from 0"):
        fields.whole_number({"n": value}, "n")


@pytest.mark.parametrize(
    "value",
    [
        NOON, float(NOON), str(NOON), NOON * 1000, str(NOON * 1000), NOON * 10**6, NOON * 10**9, "2024-05-01T12:00:00Z",
        "2024-05-01 12:00:00 UTC", "2024-05-01 12:00:00.000UTC", "2024-05-01 14:00:00+02:00", " 2024-05-01 12:00 ",
    ],
)  # fmt: skip
def test_times_are_read_in_each_usual_form(value):
    assert fields.moment({"at": value}, "at") == NOON


@pytest.mark.parametrize("value", ["UTC", "noon UTC", 1, 10**11, 10**20, "2024-05-01 12:00:00 CET", True])
def test_other_times_are_refused(value):
    with pytest.raises(RowProblem, match="between 1990 and 2100"):
        fields.moment({"at": value}, "at")


@pytest.mark.parametrize(
    ("value", "is_true"), [("1.0", True), (1.0, True), ("0.0", False), (Decimal(0), False), (1, True), ("FALSE", False)]
)
def test_yes_and_no_may_be_numbers_with_a_point(value, is_true):
    assert fields.truth({"is": value}, "is", default=False) is is_true


@pytest.mark.parametrize("written", ["[{'role': 'user', 'content': 'Hi'}]", " { 'role': 'user'}", "[['a', 'b']]", "['a']"])
def test_a_list_as_python_prints_it_is_refused_with_its_cure(written):
    with pytest.raises(RowProblem, match=r"written as Python prints it: write JSON \(json.dumps\)"):
        conversation({"messages": written}, "messages")
    with pytest.raises(RowProblem, match="written as Python prints it"):
        a_list({"options": written}, "options")


def test_other_texts_are_not_taken_for_python():
    with pytest.raises(RowProblem, match=r"each with role and content$"):
        conversation({"messages": "['tis the season"[1:]}, "messages")


TWICE = '[{"role": "user", "content": "Hi", "content": "Ho"}]'


def test_a_key_that_stands_twice_in_a_cell_is_refused():
    with pytest.raises(RowProblem, match=r"each with role and content \(the key 'content' occurs twice\)"):
        conversation({"messages": TWICE}, "messages")
    with pytest.raises(RowProblem, match="the key 'content' occurs twice"):
        a_list({"options": TWICE}, "options")
    with pytest.raises(RowProblem, match="the key 'any' occurs twice"):
        CsvPrompts(Path()).row(1, {"prompt": "Why?", "verifier": '{"kind": "contains", "any": ["x"], "any": ["y"]}'})
