"""Scores based on a checklist before it was edited: found, reported, and asked for again if a curator chooses so.

A game keeps the criteria it was asked with. One of a time when games kept none rests on an earlier list where the list was
edited after it was decided.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from judges.games.battle_texts import as_rows, criteria_of
from judges.models import Checklist, Game, Judge
from judges.protocols import PROTOCOLS
from judges.sayings import Saying, gettext_noop

if TYPE_CHECKING:
    from arena.models import Prompt

ROWS_A_STATEMENT = 2_000
BY_CHECKLIST = frozenset(key for key, protocol in PROTOCOLS.items() if "checklist" in protocol.needed)
MIXED = gettext_noop("mixed checklists: %(n)s of %(n_all)s scores are based on a list that was edited since they were given")
EDITED = "its prompt's checklist was edited: to be asked again"


def on_earlier_lists(games: QuerySet[Game]) -> list[int]:
    """Ids of those whose score counts and rests on another list than their prompt's present one."""
    asked = Game.objects.decided().filter(pk__in=games.values("pk"), is_counted=True, judge__protocol__in=BY_CHECKLIST)
    rows = list(asked.order_by("pk").values_list("pk", "criteria", "decided_at", "battle__prompt"))
    lists = _present({prompt for *_, prompt in rows})
    return [pk for pk, criteria, decided_at, prompt in rows if _is_earlier(lists.get(prompt), criteria, decided_at)]


def n_on_earlier_lists(judge: Judge, games: Iterable[int]) -> int:
    """How many of these games of a judge do."""
    if judge.protocol not in BY_CHECKLIST:
        return 0
    return sum(len(on_earlier_lists(Game.objects.filter(pk__in=chunk))) for chunk in batched(games, ROWS_A_STATEMENT))


def mixed_lists(judges: Iterable[Judge], battles: Iterable[int]) -> Iterator[str]:
    """A note for boards that mix scores by earlier and by present lists."""
    yield from map(str, on_mixed_lists(judges, battles))


def on_mixed_lists(judges: Iterable[Judge], battles: Iterable[int]) -> Iterator[Saying]:
    """The same as sayings, for a reader in any language."""
    by_list = [judge.pk for judge in judges if judge.protocol in BY_CHECKLIST]
    n_earlier = n_all = 0
    for chunk in batched(sorted(battles), ROWS_A_STATEMENT) if by_list else ():
        games = Game.objects.counted().filter(judge__in=by_list, battle__in=chunk)
        n_earlier, n_all = n_earlier + len(on_earlier_lists(games)), n_all + games.count()
    if 0 < n_earlier < n_all:
        yield Saying(MIXED, {"n": n_earlier, "n_all": n_all})


def resting_on(prompt: "Prompt", criteria: Sequence[dict[str, object]]) -> QuerySet[Game]:
    """Games of a prompt that count and were not asked with these criteria: those that an edit leaves behind."""
    asked = Game.objects.decided().filter(is_counted=True, judge__protocol__in=BY_CHECKLIST, battle__prompt=prompt)
    wanted = as_rows(criteria_of(criteria))
    return Game.objects.filter(
        pk__in=[pk for pk, kept in asked.values_list("pk", "criteria") if kept is None or kept != wanted]
    )


def _present(prompts: set[int]) -> dict[int, tuple[list[list[object]], object]]:
    checklist_by_prompt: dict[int, tuple[list[list[object]], object]] = {}
    for chunk in batched(sorted(prompts), ROWS_A_STATEMENT):
        for each in Checklist.objects.filter(prompt__in=chunk):
            checklist_by_prompt[each.prompt_id] = as_rows(criteria_of(each.criteria)), each.changed_at
    return checklist_by_prompt


def _is_earlier(present: tuple[list[list[object]], object] | None, criteria: object, decided_at: object) -> bool:
    if present is None:
        return True  # there is no list any more
    rows, changed_at = present
    return criteria != rows if criteria is not None else bool(decided_at and changed_at > decided_at)  # type: ignore[operator]
