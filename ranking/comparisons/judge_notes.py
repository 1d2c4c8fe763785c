"""What readers of a board of judges must know: whose verdicts count and why, what is left out, what a rule decided."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy.stats import chi2_contingency

from arena.models import Competitor
from arena.wording import agreeing, counted
from judges.audits.usability import FEWEST_BATTLES
from judges.models import Judge
from judges.runs.earlier_checklists import mixed_lists
from judges.verdicts.combiner_texts import GAMES
from judges.verdicts.marked_verdicts import ON_MARKED, treatment
from judges.verdicts.panels import MIN_VOTES
from ranking.comparisons.combined_outcomes import PANELS, CombinedOutcomes
from ranking.comparisons.game_columns import NOT_ASKED, Games
from ranking.comparisons.judge_selection import GoldRecord, Juror, Jury, Measured, OwnAnswers, SelectionRules
from ranking.comparisons.uncounted_verdicts import Uncounted, marked_by_competitor
from ranking.maths.notes import Note

LEAST_COVERAGE, ALPHA = 0.95, 0.01

# What is not known of judges that count, in words that go on with their names.
UNMEASURED: Mapping[Measured, str] = {
    "not in both orders": "not measured in both orders, and counted: {names}; how much the slot sways them is not known",
    "few battles": "measured on few battles in both orders, and counted: {names}",
    "one answer at a time": "not measured in both orders, and counted: {names}; they see one answer at a time",
}


def remarks_on(jury: Jury, decided: CombinedOutcomes, rules: SelectionRules, uncounted: Uncounted) -> Iterator[Note]:
    """Whose verdicts count and whose do not, and why ("judge"); those on marked answers ("marked"); the rest ("judges")."""
    names = {pk: str(juror.judge) for pk, juror in jury.jurors.items()}
    counting = [juror for juror in jury.jurors.values() if juror.counts and juror.n_verdicts]
    yield from (Note(text, "judge") for text in _on_jury(jury, counting, rules, names))
    yield from (Note(text, "marked") for text in _on_marks(uncounted, rules, jury))
    yield from (Note(text, "judges") for text in _on_games(jury, counting, decided, rules, names))


def _on_jury(jury: Jury, counting: Sequence[Juror], rules: SelectionRules, names: Mapping[int, str]) -> Iterator[str]:
    yield from (told for juror in jury.jurors.values() if (told := _on_standing(juror)))
    yield from _absent(rules.jury, names)
    if rules.combiner in PANELS and len(counting) < MIN_VOTES and len(jury.games):
        who = ", ".join(str(juror.judge) for juror in counting) or "none of them"
        yield f"judges of a panel decide by {MIN_VOTES} votes or more, and only {who} counts here: choose more, or another rule"


def _on_games(
    jury: Jury, counting: Sequence[Juror], decided: CombinedOutcomes, rules: SelectionRules, names: Mapping[int, str]
) -> Iterator[str]:
    yield from mixed_lists(jury.judges, _battles_of(jury.games))
    yield from _coverage(jury.games)
    if rules.combiner != GAMES and decided.n_asked:
        yield _decisions(decided, is_panel=rules.combiner in PANELS, n_judges=len(np.unique(jury.games.judge)))
    if rules.records is not None:
        yield f"weights of jurors: {'; '.join(_weights(rules.records, names)) or 'there are none'}"
    if jury.n_own:
        counts = "; ".join(f"{names[judge]} {n:,}" for judge, n in sorted(jury.n_own.items()))
        do = "do not count" if rules.own_answers == OwnAnswers.EXCLUDE else "count like any others"
        yield f"games of judges on answers of their own model or family {do}: {counts}"
    for measured, words in UNMEASURED.items():
        its = [_told_of(juror) for juror in counting if juror.measured == measured]
        if its:
            yield words.format(names=", ".join(its))


def _on_standing(juror: Juror) -> str:
    """Where a judge does not count, or counts against the rule."""
    name, reasons, verdicts = juror.judge, "; ".join(juror.found.reasons), counted(juror.n_verdicts, "verdict", "verdicts")
    because = f"“{juror.choice.reason}”" if juror.choice is not None else ""
    if juror.is_overruled and juror.counts:
        return (
            f"judge {name} counts, with its {verdicts}, by a curator’s choice: {because}; by the rule it is unusable: {reasons}"
        )
    if juror.is_overruled:
        return f"judge {name} does not count, with its {verdicts}, by a curator’s choice: {because}"
    return "" if juror.counts else f"judge {name} is unusable, so its {verdicts} do not count: {reasons}"


def _told_of(juror: Juror) -> str:
    n = juror.found.consistency.n
    return f"{juror.judge} ({n} of {FEWEST_BATTLES})" if juror.measured == "few battles" else str(juror.judge)


def _absent(jury: Sequence[int], names: Mapping[int, str]) -> Iterator[str]:
    """Jurors that the board names and that have no games in the arena."""
    missing = [pk for pk in jury if pk not in names]
    if missing:
        known = Judge.objects.in_bulk(missing)
        told = ", ".join(str(known[pk]) if pk in known else f"number {pk} (no such judge)" for pk in missing)
        yield f"judges of the jury without games here: {told}"


def _on_marks(uncounted: Uncounted, rules: SelectionRules, jury: Jury) -> Iterator[str]:
    """Verdicts on answers that seem to speak to their judge: how many count, how many do not, and on whose answers."""
    flags = [pk for pk, juror in jury.jurors.items() if treatment(juror.judge.kind, rules.marked) == "flag"]
    flagged = jury.games.at((jury.games.marked > 0) & np.isin(jury.games.judge, flags))
    for games, do in ((uncounted.marked, "do not count"), (flagged, "count like any others")):
        if n := games.n_said:
            models = np.union1d(games.a, games.b).tolist()
            names = dict(Competitor.objects.filter(pk__in=models).values_list("pk", "name"))
            yield f"{counted(n, 'verdict', 'verdicts')} {ON_MARKED} {do}: {marked_by_competitor(games, names)}"


def _battles_of(games: Games) -> Iterator[int]:
    """Found when they are asked for: most boards have no judge by checklists."""
    yield from np.unique(games.battle).tolist()


def _coverage(games: Games) -> Iterator[str]:
    """Overall, and whether it differs between competitors; games that their judge was not asked tell nothing of it."""
    was_asked = games.state != NOT_ASKED
    n_asked = int(np.count_nonzero(was_asked))
    if len(games) > n_asked:
        n_not = counted(len(games) - n_asked, "game", "games")
        yield f"{n_not} of judges not asked: a card leaves such answers out, or there was none"
    if not n_asked:
        return
    n_with = int(np.count_nonzero(games.has_said & was_asked))
    coverage = n_with / n_asked
    is_low = "" if coverage >= LEAST_COVERAGE else f", under {100 * LEAST_COVERAGE:.0f} %"
    of_all, have = counted(n_asked, "game", "games"), agreeing(n_with, "has", "have")
    yield f"coverage {100 * coverage:.1f} %{is_low}: {n_with:,} of {of_all} of judges {have} a verdict"
    if n_with in (0, n_asked):
        return  # it differs between none
    has_said, n = games.has_said[was_asked], int(max(games.a.max(), games.b.max())) + 1
    sides = [side[was_asked] for side in (games.a, games.b)]
    table = np.column_stack(
        [sum(np.bincount(side[mask], minlength=n) for side in sides) for mask in (has_said, ~has_said)]  # by competitor
    )
    table = table[table.any(axis=1)]
    if len(table) > 1 and table.sum(axis=0).all() and chi2_contingency(table, correction=False).pvalue < ALPHA:
        yield f"coverage differs between competitors (chi-square, p < {ALPHA:g}): who failed is not left out at random"


def _decisions(decided: CombinedOutcomes, *, is_panel: bool, n_judges: int) -> str:
    n_left = decided.undecided.total()
    left = "".join(f"{', ' if i else '; '}{n:,} {why}" for i, (why, n) in enumerate(decided.undecided.most_common()))
    each = " (each judge's battles for themselves)" if n_judges > 1 and not is_panel else ""
    return f"{decided.n_asked - n_left:,} of {counted(decided.n_asked, 'battle', 'battles')} decided{each}{left}"


def _weights(records: Mapping[int, GoldRecord], names: Mapping[int, str]) -> Iterator[str]:
    for judge, record in records.items():
        if record.weight:
            told = f"{record.weight:.2f} (right on {record.n_right:,} of {record.n:,} gold labels)"
        elif record.n:
            told = f"none, no better than chance (right on {record.n_right:,} of {record.n:,} gold labels)"
        else:
            told = "none, for want of gold labels"
        yield f"{names.get(judge, f'judge {judge}')} {told}"
