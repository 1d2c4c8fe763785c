"""A token for some arenas knows of no other one, whatever its user is, at every address."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from tests.arena.api.programs import make_program
from tests.arena.api.test_api_secrets import LISTS, TABLES, addresses, make_full_arena
from tests.factories import make_arena

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("visibility", ["public", "curators"])
def test_another_arena_is_invisible_at_every_address(visibility):
    rows = make_full_arena(board_visibility=visibility, content_visibility=visibility, voting="anyone")
    elsewhere = make_program(arenas=[make_arena("garden")])
    for address in addresses(*rows):
        response = elsewhere.get(address)
        assert "SECRET" not in response.getvalue().decode(), address
        path = address.split("/api/v1/")[1]
        without_arena = 400 if path.startswith(("exports/", "asked-boards/")) and "?" not in path else 200
        assert response.status_code == (without_arena if path in {*LISTS, *TABLES} else 404), address


def test_its_own_arena_is_whole():
    rows = make_full_arena(board_visibility="curators", content_visibility="curators", voting="closed")
    everywhere, here = make_program(), make_program(arenas=[rows[0]])
    for address in addresses(*rows):
        known, told = asked(everywhere, address), asked(here, address)
        assert told == known, address


def asked(program, address):
    response = program.get(address)
    content = response.getvalue()  # read at once: a long table gives its place back then
    if response.get("Content-Type") == "application/zip":
        with ZipFile(BytesIO(content)) as file:  # its manifest says when it was made
            content = {name: file.read(name) for name in file.namelist() if "manifest" not in name}
    return response.status_code, content


def test_a_token_whose_arena_was_removed_sees_none():
    make_arena("garden")
    gone = make_arena("gone")
    program = make_program(arenas=[gone])
    gone.delete()
    assert program.get("/api/v1/arenas/").json()["results"] == []
