"""A spreadsheet that opens our CSV runs nothing."""

import csv
import io

import pytest

from arena.texts.csv_cells import cell, text_of, to_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1＋1", "＋1", "－1", "＠SUM(A1)", "=cmd|' /C calc'!A0"]
)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["=1", "'=1", "''=1", "'", "''", "'a", "＝1", "'＝1", "", "a=1", "\t", "'\t"])
def test_every_text_comes_back(text):
    assert text_of(cell(text)) == text


@pytest.mark.parametrize("value", [-1, -1.5, 0, 10**30, 1e-300, True, "GPT 4", "a=b", "'quoted", ""])
def test_numbers_and_other_text_stay_as_they_are(value):
    assert cell(value) == value


def test_nothing_is_an_empty_cell():
    assert cell(None) == ""


def test_a_table_is_read_back_as_it_was_written():
    rows = [{"name": 'a "b", c\nd', "rating": 1000 / 3}, {"name": "ü 漢", "rating": None}]
    read = list(csv.reader(io.StringIO(to_csv(["name", "rating"], rows), newline="")))
    assert read == [["name", "rating"], ['a "b", c\nd', repr(1000 / 3)], ["ü 漢", ""]]


def test_names_of_columns_are_quoted_too():
    assert to_csv(["=evil"], []) == "'=evil\r\n"
