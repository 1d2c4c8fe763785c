"""The battles behind a figure of a judge: the pair, people's votes, and the judge's verdict in each order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Battle
from arena.views.battles import VoteCounts, tallies
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.visitors import voter_identity
from judges.audits.figures.set_keys import OF_LABELS, is_for_curators
from judges.audits.presentation import words_of
from judges.games.battle_games import ShownGame, shown_briefly
from judges.models import Game, GoldItem, JudgeAudit


@dataclass(frozen=True, slots=True)
class JudgedBattleRow:
    """One battle; games of the order with a first, and of the other one."""

    battle: Battle
    tally: VoteCounts
    labels: str
    ab: list[ShownGame]
    ba: list[ShownGame]


@never_cache
@require_safe
@of_the_board
def judge_battles(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    """One set of the audit, the newest first. Battles that the reader may not see now are left out.

    Gold labels are for curators, here as elsewhere: so are sets that tell them, and battles in a set for their gold label.
    """
    if not access.sees_content(request.user, arena):
        raise Http404(_("the battles of this arena are private"))
    audit = get_object_or_404(JudgeAudit.objects.made(), arena=arena, judge__pk=pk)
    key, is_curator = request.GET.get("set", ""), access.is_curator(request.user)
    battle_set = audit.battle_sets.get(key)
    if battle_set is None:
        raise Http404(_("the audit has no such battles: choose a figure on the judge's page"))
    if is_for_curators(key) and not is_curator:
        raise Http404(_("gold labels are for curators"))
    voter = voter_identity.voter_of(request, arena, create=False)
    rows = _rows(access.battles_for(request.user, arena, voter), battle_set["battles"], audit.judge_id, with_labels=is_curator)
    needs_votes = key in OF_LABELS and not is_curator
    shown = [row for row in rows if row.tally.n_counted] if needs_votes else rows
    context = {
        "audit": audit,
        "judge": audit.judge,
        "battle_set": battle_set | {"words": words_of(key, battle_set["words"])},
        "rows": shown,
        "n_labelled": len(rows) - len(shown),
        "n_open": len(battle_set["battles"]) - len(rows),
        "n_kept": len(battle_set["battles"]),
        "has_labels": any(row.labels for row in shown),
    }
    return render(request, "judges/judge_battles.html", page_context(request, "judges", arena, **context))


def _rows(readable: QuerySet[Battle], ids: Sequence[int], judge_id: int, *, with_labels: bool) -> list[JudgedBattleRow]:
    battles = list(readable.filter(pk__in=ids).select_related("prompt", "competitor_a", "competitor_b").order_by("-pk"))
    tallied, games = tallies(battles), _games(battles, judge_id)
    labels = _labels(battles) if with_labels else {}
    return [
        JudgedBattleRow(
            battle=battle,
            tally=tallied[battle.pk],
            labels=", ".join(labels.get(battle.pk, ())),
            ab=games[battle.pk, Game.Order.AB],
            ba=games[battle.pk, Game.Order.BA],
        )
        for battle in battles
    ]


def _labels(battles: Iterable[Battle]) -> Mapping[int, list[str]]:
    """Gold labels, for curators, each once where several sets agree."""
    items = GoldItem.objects.filter(battle__in=[battle.pk for battle in battles]).order_by("pk")
    labels_by_battle: dict[int, dict[str, None]] = defaultdict(dict)
    for item in items:
        labels_by_battle[item.battle_id][str(item.get_label_display())] = None
    return {battle: list(labels) for battle, labels in labels_by_battle.items()}


def _games(battles: Iterable[Battle], judge_id: int) -> Mapping[tuple[int, str], list[ShownGame]]:
    games = Game.objects.over().filter(judge=judge_id, battle__in=[battle.pk for battle in battles])
    games_by_slot: dict[tuple[int, str], list[ShownGame]] = defaultdict(list)
    for game in games.order_by("repeat", "pk"):
        games_by_slot[game.battle_id, game.order].append(shown_briefly(game))
    return games_by_slot
