"""What looks wrong in votes and battles that a program sends."""

from collections.abc import Hashable, Iterable, Sequence

from django.utils.translation import ngettext_lazy

from arena.importing.checks.first_lines import FirstLines
from arena.importing.checks.plausibility import MOST_NAMES, Plausibility
from arena.importing.files.notes import Oddity
from arena.importing.files.problems import shown
from arena.importing.voters_that_judge import looks_like_a_model


def repeated(rows: Iterable[tuple[int, Hashable]]) -> FirstLines:
    """Rows, each with its number, that are about what an earlier one is about."""
    again, seen = FirstLines(), set[Hashable]()
    for line, what in rows:
        if what in seen:
            again.add(line)
        seen.add(what)
    return again


def oddities_of_votes(votes: Sequence[tuple[int, str, int]]) -> list[Oddity]:
    """Of votes, each with the number of its row, its voter and its battle."""
    odd, models, names = Plausibility(None), FirstLines(), dict[str, None]()
    odd.see_voters((voter, line) for line, voter, _battle in votes)
    for line, voter, _battle in votes:
        if looks_like_a_model(voter):
            models.add(line)
            names.setdefault(voter)
    again = repeated((line, (voter, battle)) for line, voter, battle in votes)
    oddities = [again.oddity(VOTES_AGAIN)] if again.n else []
    if models.n:
        more = ", ..." if len(names) > MOST_NAMES else ""
        oddities.append(models.oddity(MODELS_VOTE, names=", ".join(map(shown, [*names][:MOST_NAMES])) + more))
    return [*oddities, *odd.oddities()]


BATTLES_AGAIN = ngettext_lazy(
    "%(n)s row with the answers of an earlier one, in %(lines)s: they are one battle.",
    "%(n)s rows with the answers of earlier ones, in %(lines)s: those are one battle each.",
    "n",
)
VOTES_AGAIN = ngettext_lazy(
    "%(n)s vote that an earlier row has already, in %(lines)s: it counts once.",
    "%(n)s votes that earlier rows have already, in %(lines)s: each counts once.",
    "n",
)
MODELS_VOTE = ngettext_lazy(
    "%(n)s vote of a voter who is called like a language model (%(names)s), in %(lines)s: it counts as a person's. If it is a "
    "judge's, send it as a judgement.",
    "%(n)s votes of voters who are called like language models (%(names)s), in %(lines)s: they count as people's. If they are "
    "judges', send them as judgements.",
    "n",
)
