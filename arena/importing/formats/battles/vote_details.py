"""What a vote may say beside its outcome: how much better the better answer is, and why."""

from django.utils.translation import gettext as _

from arena.importing.files import fields
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import VoteRow
from arena.importing.formats.own_cells import with_lists
from arena.outcomes import Outcome

DETAILS = frozenset({"strength", "reasons"})
MOST_REASONS = 50


def with_details(vote: VoteRow, row: Row) -> VoteRow:
    """The vote with its strength and reasons, where the row has such columns."""
    if DETAILS.isdisjoint(row):
        return vote
    return vote._replace(strength=strength_of(row, vote.outcome), reasons=reasons_of(with_lists(row, "reasons")))


def strength_of(row: Row, outcome: Outcome) -> int | None:
    strength = fields.whole_number(row, "strength", most=2)
    if strength is not None and (strength == 0 or outcome not in {Outcome.A, Outcome.B}):
        raise RowProblem("strength", strength, _("1 or 2 is allowed, and only where a model is better"))
    return strength


def reasons_of(row: Row) -> tuple[str, ...]:
    """A list of names; a text is one."""
    reasons = tuple(fields.as_name("reasons", reason) for reason in fields.texts(row, "reasons"))
    if len(reasons) > MOST_REASONS:
        raise RowProblem("reasons", len(reasons), _("at most %(most)d are allowed") % {"most": MOST_REASONS})
    return reasons
