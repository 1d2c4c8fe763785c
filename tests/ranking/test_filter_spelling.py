"""One definition has one spelling: what an address says, written again, is read as the same filters."""

import datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.filters import NAMES, VOTERS, Filters, WrongFilter, check_filters
from ranking.weighing import PARTLY, WAYS, weights_of, written_weights

PARTS = st.text(st.sampled_from(list("aBé /:,%&=+.\t\u3000")) | st.characters(exclude_categories=["Cs"]), max_size=12)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join) | st.sampled_from(["maths", "maths/sets", "code"])
LENGTHS = st.integers(0, 10_000_000).map(str) | st.integers(0, 99).map("{:030}".format)
WEIGHTS = st.decimals(0, 1000, places=3).map(str) | st.integers(0, 1000).map(str) | st.sampled_from(["1e2", ".5", "007"])
DAYS = st.dates(datetime.date(1, 1, 1)).map(str)
VALUES = {
    "category": PATHS, "language": PARTS, "tag": PARTS, "pool": PARTS, "min_chars": LENGTHS, "max_chars": LENGTHS,
    "turns": st.integers(1, 999).map(str) | st.sampled_from(["one", "several", "007"]), "since": DAYS, "until": DAYS,
    "voters": st.sampled_from(VOTERS), "over": st.tuples(PATHS, WEIGHTS).map(":".join), "by": st.sampled_from(list(WAYS)),
    "missing": st.just(PARTLY), "borrow": st.just("on"),
}  # fmt: skip
MANY = ("category", "language", "tag", "pool", "voters", "over")
ADDRESSES = st.fixed_dictionaries(
    {}, optional={name: st.lists(values, max_size=4 if name in MANY else 1) for name, values in VALUES.items()}
)


def queried(filters):
    read = {}
    for name, value in filters.pairs:
        read.setdefault(name, []).append(value)
    return read


def test_every_filter_has_values_here():
    assert VALUES.keys() == NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_no_filter_takes_a_nul_character(name):
    with pytest.raises(WrongFilter, match="must not contain NUL characters"):
        Filters.of({name: ["a\0"]})


@given(ADDRESSES)
def test_what_is_written_again_is_read_as_the_same(address):
    try:
        filters = Filters.of(address)
    except WrongFilter:
        return
    assert Filters.of(queried(filters)) == filters
    assert Filters.of(parse_qs(filters.query)) == filters
    assert Filters.of_board(filters.category, filters.language, filters.rest) == filters
    if not filters.borrow:  # it leans on the category, which stands in a column of its own
        check_filters(filters.rest)


@given(st.dictionaries(st.sampled_from(["code", "maths", "poems"]), st.decimals("0.01", 1000, places=2), min_size=1))
def test_weights_keep_their_proportions_and_what_a_form_takes(weights):
    spelt = weights_of(written_weights([f"{category}:{weight}" for category, weight in weights.items()]))
    assert all(0 < weight <= 1000 for weight in spelt.values())
    unit = float(weights[min(weights)]) / spelt[min(weights)]
    assert spelt == pytest.approx({category: float(weight) / unit for category, weight in weights.items()})


@pytest.mark.parametrize(
    ("address", "spelt"),
    [
        ({"over": ["maths:33.33,coding:1"]}, "over=coding%3A1%2Cmaths%3A33.33"),
        ({"over": ["maths:3333,coding:1000"]}, None),
        ({"over": ["maths:1000,coding:0.01"]}, "over=coding%3A0.01%2Cmaths%3A1000"),
        ({"over": ["maths:200,coding:100"]}, "over=coding%3A1%2Cmaths%3A2"),
        ({"over": ["maths:" + 20 * "0" + "5"]}, None),
        ({"over": ["%2500:1"]}, "over=%252500%3A1"),
        ({"over": ["%00:1"]}, None),
        ({"min_chars": [20 * "0" + 30 * "9"]}, None),
        ({"max_chars": [20 * "0" + 30 * "9"]}, None),
        ({"max_chars": [30 * "0" + "7"]}, "max_chars=7"),
        ({"turns": ["000199999999999999999999"]}, None),
        ({"turns": ["0007"]}, "turns=7"),
        ({"category": ["/ math /", " / "]}, ""),
    ],
)
def test_the_spelling(address, spelt):
    if spelt is None:
        with pytest.raises(WrongFilter):
            Filters.of(address)
    else:
        assert Filters.of(address).rest == spelt
