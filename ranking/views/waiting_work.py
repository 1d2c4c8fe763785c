"""What waits for a curator about boards: those that could not be fitted, and models that need more votes."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import ArenaQuerySet, Competitor, Voting
from arena.views.waiting_work import WaitingWork, find
from ranking.models import Entry, Leaderboard, Snapshot

ENOUGH_VOTES = 30
"""A model with fewer votes has so wide an interval that its place says little."""


def waiting_about_boards(arenas: ArenaQuerySet) -> Iterator[WaitingWork]:
    yield from filter(None, (_failed_boards(arenas), _models_short_of_votes(arenas)))


def _failed_boards(arenas: ArenaQuerySet) -> WaitingWork | None:
    boards = Leaderboard.objects.named().filter(arena__in=arenas, is_live=True).exclude(error="")
    rows = find(boards.select_related("arena"), "pk")
    if rows is None:
        return None
    board = rows.first
    return WaitingWork(
        key="failed-boards",
        n=rows.n,
        title=ngettext(
            "%(n)s board could not be refitted", "%(n)s boards could not be refitted", rows.n
        ) % {"n": rows.counted},
        why=_("Readers see the state before: the newest votes and verdicts are not in it."),
        oldest=f"{board.name}: {board.error}",
        oldest_address=reverse("admin:ranking_leaderboard_change", args=[board.pk]),
        since=None,
        list_address=reverse("admin:ranking_leaderboard_changelist") if rows.n > 1 else "",
        action=_("See why"),
    )  # fmt: skip


def _models_short_of_votes(arenas: ArenaQuerySet) -> WaitingWork | None:
    """In arenas where people vote, and have begun to: elsewhere nobody could do anything about it."""
    newest = Snapshot.objects.filter(leaderboard__arena=OuterRef("arena"), leaderboard__is_default=True).order_by("-pk")
    entries = Entry.objects.filter(competitor=OuterRef("pk"), snapshot=OuterRef("newest"))
    voted = Snapshot.objects.filter(pk=OuterRef("newest"), n_votes__gt=0)
    models = Competitor.objects.servable().filter(arena__in=arenas.exclude(voting=Voting.CLOSED))
    models = models.annotate(newest=Subquery(newest.values("pk")[:1])).filter(Exists(voted))
    short = models.annotate(n_votes=Subquery(entries.values("n_votes")[:1])).filter(
        Q(n_votes=None) | Q(n_votes__lt=ENOUGH_VOTES)
    )
    rows = find(short.select_related("arena"), F("n_votes").asc(nulls_first=True), "pk")
    if rows is None:
        return None
    model, n_votes = rows.first, rows.first.n_votes or 0
    votes = ngettext("%(n)d vote", "%(n)d votes", n_votes) % {"n": n_votes}
    return WaitingWork(
        key="few-votes",
        n=rows.n,
        title=ngettext(
            "%(n)s model has fewer than %(enough)d votes", "%(n)s models have fewer than %(enough)d votes", rows.n
        ) % {"n": rows.counted, "enough": ENOUGH_VOTES},
        why=_("With so few votes an interval is so wide that a place says little."),
        oldest=_("%(model)s in %(arena)s: %(votes)s") % {"model": model, "arena": model.arena, "votes": votes},
        oldest_address=reverse("competitor", args=[model.arena.slug, model.pk]),
        since=None,
        list_address=reverse("vote", args=[model.arena.slug]),
        action=_("Vote"),
    )  # fmt: skip
