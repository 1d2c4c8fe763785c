"""The first page of the admin: what waits for its reader, and the lists of the admin by what they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Text = str | Promise

# Each list of the admin that curators work with: its model, and what it is called here if not by the model's name.
LISTS: Sequence[tuple[Text, Sequence[tuple[str, Text]]]] = [
    (gettext_lazy("Arenas and what is in them"), [
        ("arena.Arena", ""), ("arena.PromptPool", ""), ("arena.Prompt", ""), ("arena.Response", ""), ("arena.Competitor", ""),
    ]),
    (gettext_lazy("Votes"), [
        ("arena.Vote", ""), ("arena.Ballot", gettext_lazy("Pairs that voters were shown")), ("arena.Battle", ""),
        ("arena.Import", ""),
    ]),
    (gettext_lazy("Judges"), [
        ("judges.Judge", ""), ("judges.JudgeChoice", ""), ("judges.Checklist", ""), ("judges.GoldSet", ""),
        ("arena.Endpoint", ""), ("arena.Run", ""),
    ]),
    (gettext_lazy("Boards"), [("ranking.Leaderboard", ""), ("ranking.Snapshot", "")]),
    (gettext_lazy("People and programs"), [
        ("auth.User", gettext_lazy("Accounts")), ("arena.ApiToken", ""), ("arena.Webhook", ""),
    ]),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListLink:
    name: Text
    address: str
    add_address: str


@dataclass(frozen=True, slots=True)
class ListGroup:
    name: Text
    links: Sequence[ListLink]


def waiting_work(request: HttpRequest) -> list[Any]:
    """In the arenas in use that the reader may curate. The number of queries does not grow with what waits."""
    from arena import access  # the admin's site is made before there are models
    from arena.views.waiting_work import waiting_in_arenas
    from judges.views.waiting_work import waiting_about_judges
    from ranking.views.waiting_work import waiting_about_boards

    arenas, now = access.listed_arenas_for(request.user).order_by(), timezone.now()
    makes_endpoints = bool(request.user.is_superuser)
    return [
        *waiting_in_arenas(arenas, now=now, makes_endpoints=makes_endpoints),
        *waiting_about_judges(arenas, now=now),
        *waiting_about_boards(arenas),
    ]


def list_groups(apps: Sequence[Mapping[str, Any]]) -> list[ListGroup]:
    """`apps`: what Django's admin shows this reader. Groups without a list are left out."""
    shown = {f"{app['app_label']}.{model['object_name']}": model for app in apps for model in app["models"]}
    groups = []
    for name, lists in LISTS:
        links = [_link(shown[key], label) for key, label in lists if key in shown]
        if links:
            groups.append(ListGroup(name, links))
    return groups


def _link(model: Mapping[str, Any], label: Text) -> ListLink:
    return ListLink(label or model["name"], model["admin_url"] or reverse("admin:index"), model["add_url"] or "")
