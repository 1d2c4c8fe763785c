"""Retired judges: what `arena.archiving` does with a judge besides.

All versions of a judge go together. Each arena in which it has games gets an event in the ledger, so that a board of an
earlier position stays the same: a retired judge counts only on boards whose jury names it. When it is brought back, earlier
choices of curators apply again.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User

from arena.models import Arena
from judges.judge_choices import choose_judge
from judges.models import Game, Judge, JudgeChoice

Says = JudgeChoice.Says


class RetiredJudges:
    """Named by `settings.ARCHIVED_WITH`."""

    def rows(self, chosen: Sequence[Judge]) -> Sequence[Judge]:
        """Every version of each of them."""
        return list(Judge.objects.filter(name__in={judge.name for judge in chosen}))

    def done(self, rows: Sequence[Judge], *, because: str, actor: User | None) -> None:
        """Add an event in each arena with games of theirs, except where a curator has excluded the judge."""
        for judge in rows:
            for arena in Arena.objects.filter(pk__in=Game.objects.filter(judge=judge).values("battle__arena")).order_by("pk"):
                choices = list(JudgeChoice.objects.filter(arena=arena, judge=judge)[:2])
                if because and not (choices and choices[0].says in {Says.EXCLUDE, Says.RETIRED}):
                    choose_judge(arena, judge, Says.RETIRED, because, actor)
                elif not because and choices and choices[0].says == Says.RETIRED:
                    before = choices[1] if len(choices) > 1 else None
                    says, reason = (before.says, before.reason) if before else (Says.RULE, "no longer retired")
                    choose_judge(arena, judge, says, reason, actor)
