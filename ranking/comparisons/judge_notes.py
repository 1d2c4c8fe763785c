"""Notes on a board of judges: whose verdicts count and why, the games left out, the decisions of a rule."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency

from arena.models import Competitor
from judges.audits.usability import FEWEST_BATTLES
from judges.models import Judge
from judges.runs.earlier_checklists import mixed_lists
from judges.verdicts.combiner_texts import GAMES
from judges.verdicts.marked_verdicts import treatment
from judges.verdicts.panels import MIN_VOTES
from ranking.comparisons.combined_outcomes import PANELS, CombinedOutcomes
from ranking.comparisons.game_columns import NOT_ASKED, Games
from ranking.comparisons.judge_selection import GoldRecord, OwnAnswers, SelectionRules
from ranking.comparisons.judges_set_aside import Juror, Jury, Measured
from ranking.comparisons.uncounted_verdicts import Uncounted, marked_by_competitor
from ranking.maths.notes import Note, joined, marked_text, noted
from ranking.note_texts.of_boards import TEXTS

LEAST_COVERAGE, ALPHA = 0.95, 0.01

# What is not known of judges that count.
UNMEASURED: Mapping[Measured, str] = {
    "not in both orders": "judges.not_in_both_orders",
    "few battles": "judges.few_battles",
    "one answer at a time": "judges.one_answer_at_a_time",
}


def _noted(code: str, **parameters: Any) -> Note:
    return noted(code, TEXTS, **parameters)


def remarks_on(jury: Jury, decided: CombinedOutcomes, rules: SelectionRules, uncounted: Uncounted) -> Iterator[Note]:
    """Which judges' verdicts count, which do not, and why ("judge"); those on marked answers ("marked"); the rest
    ("judges").
    """
    names = {pk: str(juror.judge) for pk, juror in jury.jurors.items()}
    counting = [juror for juror in jury.jurors.values() if juror.counts and juror.n_verdicts]
    yield from _on_jury(jury, counting, rules, names)
    yield from _on_marks(uncounted, rules, jury)
    yield from _on_games(jury, counting, decided, rules, names)


def _on_jury(jury: Jury, counting: Sequence[Juror], rules: SelectionRules, names: Mapping[int, str]) -> Iterator[Note]:
    yield from (note for juror in jury.jurors.values() if (note := _on_standing(juror)))
    if retired := [str(juror.judge) for juror in jury.jurors.values() if juror.is_retired]:
        yield _noted("judge.retired", judges=retired)
    yield from _absent(rules.jury, names)
    if rules.combiner in PANELS and len(counting) < MIN_VOTES and len(jury.games):
        if counting:
            yield _noted("judge.panel_too_small", least=MIN_VOTES, who=[str(juror.judge) for juror in counting])
        else:
            yield _noted("judge.panel_of_nobody", least=MIN_VOTES)


def _on_games(
    jury: Jury, counting: Sequence[Juror], decided: CombinedOutcomes, rules: SelectionRules, names: Mapping[int, str]
) -> Iterator[Note]:
    yield from (Note(text, "judges") for text in mixed_lists(jury.judges, _battles_of(jury.games)))
    yield from _coverage(jury.games)
    if rules.combiner != GAMES and decided.n_asked:
        yield _decisions(decided, is_panel=rules.combiner in PANELS, n_judges=len(np.unique(jury.games.judge)))
    if rules.records is not None:
        weights = list(_weights(rules.records, names))
        yield _noted("judges.weights", weights=joined(weights) if weights else _noted("there_are_none"))
    if jury.n_own:
        counts = [_noted("name_and_count", name=names[judge], n=n) for judge, n in sorted(jury.n_own.items())]
        is_left_out = rules.own_answers == OwnAnswers.EXCLUDE
        yield _noted("judges.own_left_out" if is_left_out else "judges.own_counted", counts=joined(counts))
    for measured, code in UNMEASURED.items():
        judge_names = [_name_with_sample(juror) for juror in counting if juror.measured == measured]
        if judge_names:
            yield _noted(code, names=judge_names)


def _on_standing(juror: Juror) -> Note | None:
    """For judges that do not count, or count against the rule."""
    parameters: dict[str, Any] = {
        "judge": str(juror.judge),
        "verdicts": _noted("verdicts", n=juror.n_verdicts),
        "reasons": joined([str(reason) for reason in juror.usability.reasons]),  # notes of the judges’ room, in English
        "because": juror.choice.reason if juror.choice is not None else "",
    }
    if juror.is_retired:
        return None  # all of them in one note
    if juror.is_overruled:
        return _noted("judge.counts_by_choice" if juror.counts else "judge.excluded_by_choice", **parameters)
    return None if juror.counts else _noted("judge.unusable", **parameters)


def _name_with_sample(juror: Juror) -> str:
    if juror.measured != "few battles":
        return str(juror.judge)
    return _noted("measured_on", judge=str(juror.judge), n=juror.usability.consistency.n, least=FEWEST_BATTLES)


def _absent(jury: Sequence[int], names: Mapping[int, str]) -> Iterator[Note]:
    """Jurors that the board names and that have no games in the arena."""
    missing = [pk for pk in jury if pk not in names]
    if missing:
        known = Judge.objects.in_bulk(missing)
        yield _noted(
            "judge.absent", judges=[str(known[pk]) if pk in known else _noted("no_such_judge", n=pk) for pk in missing]
        )


def _on_marks(uncounted: Uncounted, rules: SelectionRules, jury: Jury) -> Iterator[Note]:
    """Verdicts on answers that seem to speak to their judge: how many count, how many do not, and on whose answers."""
    flags = [pk for pk, juror in jury.jurors.items() if treatment(juror.judge.kind, rules.marked) == "flag"]
    flagged = jury.games.at((jury.games.marked > 0) & np.isin(jury.games.judge, flags))
    for games, code in ((uncounted.marked, "marked.left_out"), (flagged, "marked.counted")):
        if n := games.n_said:
            models = np.union1d(games.a, games.b).tolist()
            names = dict(Competitor.objects.filter(pk__in=models).values_list("pk", "name"))
            yield _noted(code, n=n, models=marked_by_competitor(games, names))


def _battles_of(games: Games) -> Iterator[int]:
    """Computed on demand: most boards have no judge with checklists."""
    yield from np.unique(games.battle).tolist()


def _coverage(games: Games) -> Iterator[Note]:
    """Coverage overall, and whether it differs between competitors; games that were not asked are ignored."""
    was_asked = games.state != NOT_ASKED
    n_asked = int(np.count_nonzero(was_asked))
    if len(games) > n_asked:
        yield _noted("judges.not_asked", n=len(games) - n_asked)
    if not n_asked:
        return
    n_with = int(np.count_nonzero(games.has_verdict & was_asked))
    coverage = n_with / n_asked
    yield _noted(
        "judges.coverage" if coverage >= LEAST_COVERAGE else "judges.low_coverage",
        percent=100 * coverage, least=100 * LEAST_COVERAGE, n=n_with, games=_noted("games", n=n_asked),
    )  # fmt: skip
    if n_with in (0, n_asked):
        return  # it differs between none
    has_verdict, n = games.has_verdict[was_asked], int(max(games.a.max(), games.b.max())) + 1
    sides = [side[was_asked] for side in (games.a, games.b)]
    table = np.column_stack(
        [sum(np.bincount(side[mask], minlength=n) for side in sides) for mask in (has_verdict, ~has_verdict)]  # by competitor
    )
    table = table[table.any(axis=1)]
    if len(table) > 1 and table.sum(axis=0).all() and chi2_contingency(table, correction=False).pvalue < ALPHA:
        yield _noted("judges.coverage_differs", alpha=ALPHA)


def _decisions(decided: CombinedOutcomes, *, is_panel: bool, n_judges: int) -> Note:
    n_decided = decided.n_asked - decided.undecided.total()
    code = "judges.decided_each" if n_judges > 1 and not is_panel else "judges.decided"
    sentence = _noted(code, n=n_decided, battles=_noted("battles", n=decided.n_asked))
    left = [_noted("count_and_what", n=n, what=marked_text(why)) for why, n in decided.undecided.most_common()]
    return _noted("judges.decided_and_left", decided=sentence, left=left) if left else sentence


def _weights(records: Mapping[int, GoldRecord], names: Mapping[int, str]) -> Iterator[Note]:
    for pk, record in records.items():
        judge = names.get(pk) or _noted("judge_by_number", n=pk)
        code = "weight" if record.weight else "weight.none" if record.n else "weight.unknown"
        yield _noted(code, judge=judge, weight=record.weight, n_right=record.n_right, n=record.n)
