"""Of long tables few go out at a time, and each gives its place back, whatever becomes of it."""

import gc

import pytest
from rest_framework.exceptions import Throttled

from arena.api.long_tables import TABLES_AT_ONCE, Table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_but_one_taken")]


@pytest.fixture
def all_but_one_taken():
    for _ in range(TABLES_AT_ONCE - 1):
        Table.take_place()
    yield
    for _ in range(TABLES_AT_ONCE - 1):
        Table.places.release()


def new_table():
    Table.take_place()
    return Table(iter(["a\n"]), "x.csv", has_place=True)


def test_a_table_gives_its_place_back_once():
    table = new_table()
    with pytest.raises(Throttled):
        Table.take_place()
    table.close()
    table.close()
    other = new_table()
    with pytest.raises(Throttled):
        Table.take_place()
    other.close()


def test_a_table_that_nobody_sends_gives_its_place_back():
    table = new_table()
    del table
    gc.collect()
    new_table().close()
