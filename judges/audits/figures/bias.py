"""Biases of a judge: length, lists, bold, and answers of its own family; and whether it is transitive."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from judges.audits.figures.figure import Figure, Floats, Label, of_sums, say, share, with_interval
from judges.audits.figures.inputs import AuditItem, Looks
from ranking.maths import Comparisons, fit_bradley_terry, parameter_intervals
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.models.contextual import fit_contextual

HUMAN_POINTS = {"a": 1.0, "b": -1.0, "tie": 0.0, "both_bad": 0.0}

LOOKS: Mapping[str, Callable[[Looks], int]] = {
    "length": lambda looks: looks.n_characters,
    "lists": lambda looks: looks.n_list_items,
    "bold": lambda looks: looks.n_bold,
}

OWN, TRANSITIVITY = Label.of("own_preference"), Label.of("transitivity")


def looks_figures(items: Sequence[AuditItem], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """For length, lists and bold: the slope at equal human verdict, and how often more of it is preferred."""
    figures = []
    for name in LOOKS:
        figures += [slope(items, name), preferred(items, name, rng=rng), preferred_where_equal(items, name, rng=rng)]
    return (*figures, longer_by_people(items, rng=rng))


def longer_by_people(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    """How often people prefer the longer answer, on this judge's battles: gold labels are not people."""
    by_people = [replace(item, judged=item.human) for item in items if item.human and not item.is_gold]
    return _share_of_more(Label.of("length_preferred_by_people"), by_people, "length", rng=rng)


def slope(items: Sequence[AuditItem], look: str) -> Figure:
    """How far the judge's log-odds move with tanh(difference / sd), at equal human verdict.

    ``logit P(a) = alpha + delta h + beta tanh((x_a - x_b) / sd)``, h = 1, 0, -1 as people prefer a, neither, b; a judge's
    tie is half a win each. sd is that of the differences. Errors are clustered by prompt.

    References
    ----------
    Y. Dubois et al., "Length-controlled AlpacaEval: a simple way to debias automatic evaluators", 2024 (the tanh).
    """
    label = Label.of(f"{look}_slope")
    used = [item for item in items if item.judged and item.human and item.looks_a and item.looks_b]
    gaps = _gaps(used, look)
    if not len(gaps) or gaps.std() == 0:
        return label.refused(say("none_differ"), n=len(gaps))
    covariates = {"h": [HUMAN_POINTS[item.human or "tie"] for item in used], "gap": np.tanh(gaps / gaps.std()).tolist()}
    if not np.any(covariates["h"]):
        del covariates["h"]
    # The two sides are the "competitors": their difference is alpha.
    n = len(used)
    rows = Comparisons.from_names(
        ["a"] * n,
        ["b"] * n,
        [item.judged or "tie" for item in used],
        prompt=[item.prompt for item in used],
        covariates=covariates,
    )
    return _slope_of(label, rows)


def preferred(items: Sequence[AuditItem], look: str, *, rng: np.random.Generator) -> Figure:
    """How often the judge prefers the answer with more of it, whatever people preferred."""
    return _share_of_more(Label.of(f"{look}_preferred"), items, look, rng=rng)


def preferred_where_equal(items: Sequence[AuditItem], look: str, *, rng: np.random.Generator) -> Figure:
    """The same where people prefer neither answer."""
    return _share_of_more(Label.of(f"{look}_preferred_of_equals"), of_equals(items), look, rng=rng)


def of_equals(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles in which people prefer neither answer."""
    return [item for item in items if item.human in ("tie", "both_bad")]


def own_preference(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    """Recall of what people prefer where it is the judge's own, minus where it stands against the judge's own.

    Only battles of one own answer with one that is not count, so both recalls are of the same kind of battle. A judge's
    tie recalls nothing.

    References
    ----------
    K. Wataoka, T. Takahashi, R. Ri, "Self-preference bias in LLM-as-a-judge", 2024.
    """
    used = of_family(items)
    hit = np.array([item.judged == item.human for item in used], dtype=np.float64)
    own = np.array([item.own_a == (item.human == "a") for item in used], dtype=np.float64)
    rows = np.column_stack([hit * own, own, hit * (1 - own), 1 - own])
    figure = of_sums(OWN, rows, [item.prompt for item in used], lambda s: s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3], rng=rng)
    return figure.noted(say("own_preferred", n=int(own.sum()))) if figure.is_defined else figure


def of_family(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles of one own answer with one that is not, where people prefer one of them and the judge came to a decision."""
    return [item for item in items if item.judged and item.human in ("a", "b") and item.own_a != item.own_b]


def transitivity(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    """Share of triads of competitors on one prompt that are no cycle; chance alone gives 3/4.

    Several battles of a pair on a prompt speak by majority.
    """
    rows, prompts = [], []
    for prompt, leads in _winners_by_prompt(items).items():
        triads = list(_triads(leads))
        if triads:
            rows.append((len(triads) - sum(is_cycle for _, is_cycle in triads), len(triads)))
            prompts.append(prompt)
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return of_sums(TRANSITIVITY, table, prompts, lambda s: s[:, 0] / s[:, 1], rng=rng, n=int(table[:, 1].sum()))


def _gaps(items: Sequence[AuditItem], look: str) -> Floats:
    count = LOOKS[look]
    return np.array([count(i.looks_a) - count(i.looks_b) for i in items if i.looks_a and i.looks_b], dtype=np.float64)


def _share_of_more(label: Label, items: Sequence[AuditItem], look: str, *, rng: np.random.Generator) -> Figure:
    pairs = choices_by_look(items, look)
    return share(label, [is_more for _, is_more in pairs], [item.prompt for item, _ in pairs], rng=rng)


def choices_by_look(items: Sequence[AuditItem], look: str) -> list[tuple[AuditItem, bool]]:
    """Battles whose answers differ in it and of which the judge prefers one, with whether that is the one with more."""
    used = [item for item in items if item.judged in ("a", "b") and item.looks_a and item.looks_b]
    gaps = _gaps(used, look).tolist()
    return [(item, (item.judged == "a") == (gap > 0)) for item, gap in zip(used, gaps, strict=True) if gap]


def _slope_of(label: Label, rows: Comparisons) -> Figure:
    n = len(rows)
    if not fit_bradley_terry(rows).names:
        return label.refused(say("same_side"), n=n)
    try:
        fit = fit_contextual(rows)
    except UnfittedError as error:
        return replace(label.refused(say("no_finite_estimate", error=str(error.cause)), n=n), is_unbounded=True)
    intervals, last = parameter_intervals(fit), len(fit.parameters) - 1
    return with_interval(label.plain(fit.parameters[last].estimate, n), intervals, last)


def _winners_by_prompt(items: Sequence[AuditItem]) -> Mapping[str, Mapping[tuple[str, str], int]]:
    """By prompt, for each pair in sorted order: battles won by its first less those won by its second."""
    leads_by_prompt: dict[str, dict[tuple[str, str], int]] = {}
    for item in items:
        if item.judged in ("a", "b") and item.a != item.b:
            winner, loser = (item.a, item.b) if item.judged == "a" else (item.b, item.a)
            pair = (min(winner, loser), max(winner, loser))
            leads = leads_by_prompt.setdefault(item.prompt, {})
            leads[pair] = leads.get(pair, 0) + (1 if pair[0] == winner else -1)
    return leads_by_prompt


def _triads(leads: Mapping[tuple[str, str], int]) -> Iterator[tuple[tuple[tuple[str, str], ...], bool]]:
    """Triads in which each pair has a winner, as their three pairs, with whether they are cycles."""
    names = sorted({name for pair in leads for name in pair})
    for x, y, z in combinations(names, 3):
        pairs = (x, y), (y, z), (x, z)
        xy, yz, xz = (np.sign(leads.get(pair, 0)) for pair in pairs)
        if xy and yz and xz:
            yield pairs, bool(xy == yz == -xz)


def battles_in_triads(items: Sequence[AuditItem]) -> tuple[set[str], set[str]]:
    """Battles of the pairs in triads that are cycles, and of those in triads that are none; a pair may be in both."""
    inside: tuple[dict[tuple[str, tuple[str, str]], None], ...] = ({}, {})
    for prompt, leads in _winners_by_prompt(items).items():
        for pairs, is_cycle in _triads(leads):
            inside[not is_cycle].update(dict.fromkeys((prompt, pair) for pair in pairs))
    decided_pairs = [
        (item, (item.prompt, (min(item.a, item.b), max(item.a, item.b)))) for item in items if item.judged in ("a", "b")
    ]
    cyclic, straight = ({item.battle for item, pair in decided_pairs if pair in kind} for kind in inside)
    return cyclic, straight
