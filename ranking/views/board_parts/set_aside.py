"""What was set aside on a board, with a count for each reason."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Import, Vote
from ranking.models import Leaderboard, Snapshot
from ranking.views.counted_words import counted_on

MOST_REASONS = 12
OF_JUDGES = {
    "set_aside": gettext_lazy("Set aside by a curator"),
    "marked": gettext_lazy("On answers that seem to speak to a judge"),
    "of_judges": gettext_lazy("Of judges that do not count here"),
    "own": gettext_lazy("Of judges on answers of their own model or family"),
}
"""Verdicts that a snapshot left out, by the names in its parameters."""


@dataclass(frozen=True, slots=True)
class AsideReason:
    words: str
    n: int


def reasons_of(shown: Snapshot) -> list[AsideReason]:
    """The most frequent first. Votes as they stand now; the verdicts that the snapshot left out."""
    counts: Counter[str] = Counter()
    counted = counted_on(shown)
    left_out = shown.parameters.get("left_out", {})
    if counted != Leaderboard.Sources.PEOPLE:
        counts.update({str(words): left_out.get(name, 0) for name, words in OF_JUDGES.items() if left_out.get(name)})
    if counted != Leaderboard.Sources.JUDGES and shown.n_set_aside:
        counts.update(_of_votes(shown, shown.n_set_aside - (left_out.get("set_aside", 0) if counted != "people" else 0)))
    listed = [AsideReason(words, n) for words, n in counts.most_common()]
    others = listed[MOST_REASONS:]
    return listed if not others else [*listed[:MOST_REASONS], AsideReason(_("other reasons"), sum(each.n for each in others))]


def _of_votes(shown: Snapshot, n_all: int) -> dict[str, int]:
    """Single ones by their reasons; all others were set aside with their import, as one."""
    arena = shown.leaderboard.arena_id
    single = Vote.objects.filter(battle__arena=arena, is_counted=False).exclude(source__state=Import.State.SET_ASIDE)
    grouped = single.order_by().values_list("set_aside_reason").annotate(n=Count("pk"))
    counts = Counter({reason or _("Without a reason"): n for reason, n in grouped})
    with_import = n_all - counts.total()
    if with_import > 0:
        counts[_("Set aside with a whole import")] += with_import
    return counts
