"""What every operation of the schema does alike."""

import re

import pytest
from drf_spectacular.generators import SchemaGenerator

from arena.api.callers import throttling
from tests.arena.api.programs import ALL, make_program
from tests.factories import make_arena

pytestmark = pytest.mark.django_db
HALF = b'{"arena": "garden", "name": "b", "rows": [{}], "z\\ud83d": 1}'


@pytest.fixture(scope="module")
def operations():
    """(method, path) with something in the place of each part that varies."""
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return [(method, re.sub(r"\{\w+\}", "1", path), of) for path, methods in paths.items() for method, of in methods.items()]


@pytest.fixture(autouse=True)
def _garden():
    throttling._held.clear()
    make_arena()


def ask(program, method, path, body=b"{}"):
    return getattr(program, method)(path, body, content_type="application/json")


def test_each_says_what_is_left_to_its_caller_and_who_may_keep_the_answer(operations, settings):
    settings.API_LIMITS = {"read": 10_000, "write": 10_000}
    program = make_program()
    for method, path, _ in operations:
        response = program.get(path) if method == "get" else ask(program, method, path)
        headers = {name for name in ("RateLimit", "RateLimit-Policy", "Cache-Control", "Vary") if name in response}
        assert len(headers) == 4, (method, path, response.status_code)


@pytest.mark.usefixtures("still_clock")
def test_each_says_so_also_where_it_refuses_one_more(operations, settings):
    settings.API_LIMITS = {"write": 1}
    program = make_program()
    codes = [(ask(program, *each[:2]), each[:2]) for each in operations if each[0] != "get"][1:]
    assert {(r.status_code, "RateLimit" in r and "Retry-After" in r) for r, _ in codes} == {(429, True)}


def test_each_that_writes_names_its_scope_and_takes_no_other(operations, settings):
    settings.API_LIMITS = {"read": 10_000, "write": 10_000}
    others = {scope: make_program(scopes=[each for each in ALL if each != scope]) for scope in ALL}
    for method, path, of in operations:
        if method == "get":
            continue
        named = re.findall(r"Scope `([\w:]+)`", of["description"])
        assert len(named) == 1, (method, path, of["description"])
        response = ask(others[named[0]], method, path)
        assert response.status_code == 403, (method, path, response.content)
        assert f"lacks the scope {named[0]}" in response.json()["detail"], (method, path)


def test_a_name_with_half_a_surrogate_pair_is_refused_with_its_escape(operations):
    program, n = make_program(), 0
    for method, path, of in operations:
        if method in {"post", "patch", "put"} and "application/json" in of.get("requestBody", {}).get("content", {}):
            response = ask(program, method, path, HALF)
            assert 400 <= response.status_code < 500, (method, path, response.content)
            n += rb"z\\ud83d" in response.content
    assert n > 10


def test_no_body_at_all_is_refused_by_each_that_needs_one(operations):
    program = make_program()
    for method, path, of in operations:
        if method == "get" or not of.get("requestBody", {}).get("required"):
            continue
        types = ["", "text/plain", "multipart/form-data; boundary=x", *of["requestBody"]["content"]]
        for each in dict.fromkeys(types):
            response = program.generic(method.upper(), path, b"", content_type=each)
            assert 400 <= response.status_code < 500, (method, path, each, response.content)


def test_a_parameter_that_is_given_twice_is_named_by_each(operations, client):
    for method, path, of in operations:
        for each in of.get("parameters", ()) if method == "get" else ():
            if each["in"] != "query" or each["schema"].get("type") == "array":  # of several values any will do
                continue
            name, value = each["name"], each["schema"].get("enum", ["1"])[0]
            response = client.get(f"{path}?{name}={value}&{name}={value}")
            if response.status_code not in {401, 403, 404}:
                assert (response.status_code, "2 times" in response.text) == (400, True), (path, name)


@pytest.mark.parametrize("query", ["arena=garden&arena=garden", "limit=1&limit=2"])
def test_a_filter_that_is_given_twice_is_refused(query, client):
    response = client.get(f"/api/v1/competitors/?{query}")
    assert response.status_code == 400
    assert "It is given 2 times" in response.text


def test_what_only_writes_refuses_unknown_parameters_too():
    response = ask(make_program(), "post", "/api/v1/gold-labels/?arena=garden")
    assert (response.status_code, "no such parameter" in response.text) == (400, True)
