"""What tests of the vote page share: opening it, casting a vote, taking it back."""

import re

from django.urls import reverse

from tests.arena.pairing.test_matchmaking import make_contest

FRAGMENT = {"HX-Request": "true"}


def make_contest_of_secretive():
    """Three competitors whose names occur in no other text."""
    arena = make_contest(3, 4, slug="contest", name="The contest")
    for number, competitor in enumerate(arena.competitors.all()):
        competitor.name = f"Secretive-{number}"
        competitor.save()
    return arena


def page(client, arena, query=""):
    return client.get(reverse("vote", args=[arena.slug]) + query)


def cast(client, arena, key=None, *, headers=None, **form):
    key = key or open_key(client, arena)
    form = {"ballot": key} | ({"outcome": "a1"} if not form else {}) | form
    return client.post(reverse("cast", args=[arena.slug]), form, headers=headers)


def open_key(client, arena):
    return re.search(r'name="ballot" value="([\w-]+)"', page(client, arena).text)[1]


def undo(client, arena, key, **more):
    return client.post(reverse("undo", args=[arena.slug]), {"voted": key}, **more)
