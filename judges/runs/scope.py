"""The part of an arena that a plan covers, and why a plan is impossible."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from arena.models import Battle, Competitor, PromptStatus, Response
from arena.runs.planning import CannotPlan


@dataclass(frozen=True, slots=True)
class Scope:
    """Ids of a pool, of competitors and of prompts; an omitted part does not narrow the scope."""

    pool: int | None = None
    competitors: frozenset[int] = frozenset()
    prompts: frozenset[int] | None = None

    @property
    def is_narrow(self) -> bool:
        return self != EVERYTHING

    def with_competitor(self, pk: int) -> "Scope":
        """The scope with this competitor, such as a baseline, among those it names; unchanged where it names none."""
        return replace(self, competitors=self.competitors | {pk}) if self.competitors else self

    def battles(self, rows: QuerySet[Battle]) -> QuerySet[Battle]:
        """Those of these prompts, with both sides among these competitors."""
        rows = rows.filter(prompt__pool=self.pool) if self.pool is not None else rows
        rows = rows.filter(prompt__in=list(self.prompts)) if self.prompts is not None else rows
        return rows.filter(competitor_a__in=self.competitors, competitor_b__in=self.competitors) if self.competitors else rows

    def answers(self, rows: QuerySet[Response]) -> QuerySet[Response]:
        """Those to these prompts, by these competitors; of prompts that are not named the active ones."""
        named: dict[str, Any] = {"prompt__in": list(self.prompts)} if self.prompts is not None else {}
        rows = rows.filter(**named or {"prompt__status": PromptStatus.ACTIVE}, prompt__archived_at=None)
        rows = rows.filter(prompt__pool=self.pool) if self.pool is not None else rows
        return rows.filter(competitor__in=self.competitors) if self.competitors else rows


EVERYTHING = Scope()


def check_competitors(competitors: Iterable[Competitor], baseline: Competitor | None = None) -> None:
    """Raise CannotPlan unless at least two compete, the baseline counted in."""
    distinct = set(competitors)
    if distinct and len(distinct | ({baseline} if baseline else set())) < 2:
        raise CannotPlan(_("one competitor has no opponent: name at least two, or none to include all"))
