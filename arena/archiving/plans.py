"""Plans of runs: nothing archived is planned with, and nothing that is archived between plan and start is started with."""

from collections.abc import Iterable

from arena.archiving.refusals import ArchivedThing, must_be_in_use, must_stay_in_use
from arena.models import Archivable
from arena.runs.planning import CannotPlan, PlanStale


def must_be_plannable(*rows: Archivable | None) -> None:
    """Raises CannotPlan for the first of them that is archived."""
    try:
        must_be_in_use(*(row for row in rows if row is not None))
    except ArchivedThing as reason:
        raise CannotPlan(str(reason)) from reason


def must_be_startable(rows: Iterable[Archivable | None]) -> None:
    """In the transaction that starts a run: raises PlanStale where somebody has archived one of them since it was planned."""
    try:
        must_stay_in_use({(each._meta.label, each.pk): each for each in rows if each is not None}.values())
    except ArchivedThing as reason:
        raise PlanStale(str(reason)) from reason
