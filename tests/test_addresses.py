"""Addresses with the number of a row: one that no database can hold does not exist, whoever asks."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from tests.factories import make_arena, make_user

HUGE = ["9223372036854775807", "9223372036854775808", "99999999999999999999", "9" * 400, "\u0661", "-1", "0x1"]


def patterns(resolver, before=""):
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        elif isinstance(each, URLPattern):
            yield route, each


def numbered():
    """Addresses with one number of a row, everything else filled in."""
    for route, pattern in patterns(get_resolver()):
        if any(isinstance(each, IntConverter) for each in pattern.pattern.converters.values()):
            yield route


@pytest.mark.django_db
@pytest.mark.parametrize("is_curator", [False, True])
def test_a_number_that_no_database_holds_is_not_found(client, is_curator):
    arena = make_arena()
    if is_curator:
        client.force_login(make_user(is_staff=True))
    routes = sorted(set(numbered()))
    assert len(routes) > 15
    for route in routes:
        for number in HUGE:
            address = "/" + route.replace("<row:pk>", number).replace("<int:pk>", number)
            address = address.replace("<slug:slug>", arena.slug).replace("<str:part>", "prompt").replace("<str:key>", "k")
            if "<" not in address and "^" not in address:
                assert client.get(address).status_code in (302, 401, 403, 404, 405), address
