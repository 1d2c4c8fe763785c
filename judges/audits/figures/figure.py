"""Figures of an audit: a number with its count, the unit of that count, and an interval by a stated method.

Every figure that is not a test or a fit is a function of sums over rows, so one bootstrap serves all: rows of one prompt
are drawn together. Shares of rows that each have a prompt of their own get Wilson's interval.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, t

from judges.audits.figures.figure_texts import FIGURES
from judges.audits.figures.note_texts import in_words
from judges.sayings import Saying
from ranking.maths.notes import Note
from ranking.maths.uncertainty.parameter_intervals import ParameterIntervals

log = logging.getLogger(__name__)

type Floats = NDArray[np.float64]
type Column[T] = Sequence[T] | NDArray[Any]
type Statistic = Callable[[Floats], Floats]
type Notes = tuple[Note, ...]

LEVEL = 0.95
Z = float(norm.ppf(0.5 + LEVEL / 2))
N_REPLICATES = 1_000
FEW_PROMPTS = 30
"""Below this a bootstrap by prompt is likely too narrow, and has a note."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of an audit page.

    Parameters
    ----------
    key : str
        By which programs know it; one figure of a section has it.
    name : str
        For people, as `unit` and `formula` are: see `judges.audits.figures.figure_texts`.
    value : float or None
        None = not defined on these data; `notes` say why.
    low, high : float or None
        95 % limits; None where there are none.
    n : int
        How many of `unit` it rests on.
    unit : str
        What is counted: "battles", "games", "competitors" ...
    formula : str
    notes : tuple of Note
        What the reader must know.
    methods : tuple of Note
        Of the interval and of the test.
    se : float or None
        Standard error, where the method has one.
    p : float or None
        Of the test that the formula names.
    is_unbounded : bool
        The data have no finite estimate; `low` or `high` may still be a one-sided bound.
    sets : tuple of str
        Keys of the sets of battles behind it: see `judges.audits.figures.battle_sets`.
    label : str
        Key of its texts, where that is not `key`: of figures that a section has of several gold sets.
    of : str
        Name of the gold set that it is about; "" = of none.
    """

    key: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    formula: str
    notes: Notes = ()
    methods: Notes = ()
    se: float | None = None
    p: float | None = None
    is_unbounded: bool = False
    sets: tuple[str, ...] = ()
    label: str = ""
    of: str = ""

    @property
    def is_defined(self) -> bool:
        return self.value is not None

    @property
    def note(self) -> str:
        """Its notes in English."""
        return "; ".join(self.notes)

    @property
    def method(self) -> str:
        return "; ".join(self.methods)

    def noted(self, *more: Note) -> "Figure":
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *more))


def say(code: str, **parameters: Any) -> Note:
    """The note of a code of `note_texts`, in English; a parameter may be a note or several.

    Examples
    --------
    >>> note = say("none_of_kind", unit=say("games"))
    >>> note, note.code, note.parameters
    ('no games of this kind', 'none_of_kind', {'unit': {'code': 'games', 'parameters': {}}})
    """
    plain = {name: _plain(value) for name, value in parameters.items()}
    return Note(in_words(code, plain), code, plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Note):
        return {"code": value.code, "parameters": value.parameters}
    if isinstance(value, Saying):
        return value.as_stored()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Label:
    """A figure's name, unit and meaning, before there are numbers."""

    key: str
    name: str
    unit: str
    formula: str

    @classmethod
    def of(cls, key: str, *, unit: str = "") -> "Label":
        """By the table of texts; `unit` is the code of what it counts, where that is not always the same.

        Examples
        --------
        >>> Label.of("coverage")
        Label(key='coverage', name='coverage', unit='games', formula='games with a verdict / games')
        """
        text = FIGURES[key]
        counts = say(unit or text.unit)
        return cls(key, text.name, counts, text.formula % {"unit": counts})

    def refused(self, *reasons: Note, n: int = 0) -> Figure:
        """An undefined figure: no number, and the reason."""
        return Figure(self.key, self.name, None, None, None, n, self.unit, self.formula, notes=reasons)

    def plain(self, value: float, n: int, *, notes: Notes = ()) -> Figure:
        """A figure without an interval."""
        return Figure(self.key, self.name, value, None, None, n, self.unit, self.formula, notes=notes)


def figures_or_reason(label: Label, make: Callable[[], Sequence[Figure]]) -> tuple[Figure, ...]:
    """Figures of one kind; where they cannot be made, one without a number that says why, and the other kinds stand.

    Examples
    --------
    >>> (found,) = figures_or_reason(Label.of("calibration"), lambda: [1 / 0])
    >>> found.name, found.value, found.note
    ('calibration', None, 'could not be made: division by zero')
    """
    try:
        return tuple(make())
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        log.exception("figures could not be made: %s", label.key)
        return (label.refused(say("not_made", error=str(error) or type(error).__name__)),)


def wilson(hits: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    p, shrunk = hits / n, 1 + Z**2 / n
    centre = (p + Z**2 / (2 * n)) / shrunk
    half = Z / shrunk * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    # At 0 of n and n of n the limit is that, but for rounding.
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)


def binomial_test(label: Label, hits: int, n: int, *, notes: Notes = ()) -> Figure:
    """A share of independent trials against 1/2: the interval of Clopper and Pearson, and the exact two-sided p.

    Examples
    --------
    >>> figure = binomial_test(Label("x", "x", "battles", "k / n"), 9, 10)
    >>> round(figure.low, 3), round(figure.high, 4), round(figure.p, 4)
    (0.555, 0.9975, 0.0215)
    """
    if not n:
        return label.refused(say("none_to_test", unit=label.unit))
    test = binomtest(hits, n)
    limits = test.proportion_ci(LEVEL, method="exact")
    return replace(
        label.plain(hits / n, n, notes=notes),
        low=float(limits.low),
        high=float(limits.high),
        methods=(say("clopper_pearson"),),
        se=_binomial_se(hits, n),
        p=float(test.pvalue),
    )


def share(label: Label, hits: Column[bool], prompts: Column[str], *, rng: np.random.Generator) -> Figure:
    """A share of rows: Wilson's interval where every row has its own prompt, else a bootstrap by prompt.

    Prompts may be names or numbers: only which are the same is looked at.

    Where all rows are equal, resampling shows no uncertainty: Wilson's interval on as many trials as prompts.

    Examples
    --------
    >>> hits = [True] * 8 + [False] * 2
    >>> found = share(Label("x", "x", "battles", "k / n"), hits, list("abcdefghij"), rng=np.random.default_rng(1))
    >>> found.value, round(found.low, 2), found.method
    (0.8, 0.49, 'Wilson')
    """
    n, k, n_prompts = len(hits), int(np.count_nonzero(hits)), _n_distinct(prompts)
    if not n:
        return label.refused(say("none_of_kind", unit=label.unit))
    value = k / n
    if n_prompts == n or k in (0, n):
        low, high = wilson(value * n_prompts, n_prompts)
        method = say("wilson") if n_prompts == n else say("wilson_on_prompts", n=n_prompts)
        return replace(label.plain(value, n), low=low, high=high, methods=(method,), se=_binomial_se(k, n))
    return of_sums(label, np.column_stack([hits, np.ones(n)]), prompts, lambda s: s[:, 0] / s[:, 1], rng=rng)


def mean_share(
    label: Label,
    shares: Sequence[float],
    prompts: Column[str],
    *,
    n_replies: int,
    weights: Sequence[float] | None = None,
    notes: Notes = (),
    method: str = "wilson_by_prompt",
) -> Figure:
    """The mean of shares, one a battle: Wilson's interval on as many trials as the spread between prompts allows.

    The variance of the mean is clustered by prompt; as many independent trials as would have it are given to Wilson, never
    more than there are replies, and fewer where there are few prompts (by the t quantile). A percentile interval would be too
    narrow near 0 and 1. Where all prompts agree the spread is unknown, and the trials are the prompts.

    Parameters
    ----------
    label : Label
    shares : sequence of float
        In [0, 1].
    prompts : sequence of str
        Of each.
    n_replies : int
        Behind all of them.
    weights : sequence of float, optional
        What each share weighs in the mean, above 0; None = one each.
    notes : tuple of Note
    method : str
        Code of the method, by what is given for `prompts`.

    References
    ----------
    E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data", Survey Methodology 24, 1998 (the effective number, with Clopper and Pearson's limits).

    Examples
    --------
    >>> prompts = [str(n) for n in range(40)]
    >>> figure = mean_share(Label("x", "x", "battles", "z"), [1.0, 0.5, 0.0, 1.0] * 10, prompts, n_replies=80)
    >>> figure.value, round(figure.low, 2), round(figure.high, 2), round(figure.se, 3)
    (0.625, 0.49, 0.75, 0.066)
    """
    n, n_prompts = len(shares), len(set(prompts))
    if not n:
        return label.refused(say("none_of_kind", unit=label.unit))
    values, weight = np.asarray(shares, dtype=np.float64), np.ones(n) if weights is None else np.asarray(weights, np.float64)
    if weights is None and n_prompts == n and np.isin(values, (0.0, 1.0)).all():
        figure = share(label, (values == 1).tolist(), prompts, rng=np.random.default_rng(0))
        return replace(figure, notes=notes)
    value = float(np.average(values, weights=weight))
    _, code = np.unique(np.asarray(prompts), return_inverse=True)
    spread = float((np.bincount(code, weights=weight * (values - value)) ** 2).sum())
    trials, se = float(n_prompts), None
    if n_prompts > 1 and spread > 1e-12 * n:
        variance = spread * n_prompts / (n_prompts - 1) / float(weight.sum()) ** 2
        few = (Z / float(t.ppf(0.5 + LEVEL / 2, n_prompts - 1))) ** 2
        trials, se = min(value * (1 - value) / variance, float(n_replies)) * few, sqrt(variance)
    low, high = wilson(value * trials, trials)
    methods = (say(method, trials=round(max(trials, 1)), n=n_replies),)
    figure = label.plain(value, n, notes=(*notes, *few_prompts(n_prompts)))
    return replace(figure, low=max(low, 0.0), high=min(high, 1.0), se=se, methods=methods)


def of_sums(
    label: Label,
    rows: Floats,
    prompts: Column[str],
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    n_replicates: int = N_REPLICATES,
    n: int | None = None,
) -> Figure:
    """A function of column sums, with its percentile interval over resampled prompts.

    Parameters
    ----------
    label : Label
    rows : (n, k) float64
        What each row adds to each sum.
    prompts : sequence of str, or of numbers
        The prompt of each row; those of one prompt are drawn together.
    statistic : callable
        From (R, k) sums to (R,) values, NaN where undefined.
    n : int, optional
        The count to show, where rows are not the unit.

    Examples
    --------
    >>> rows = np.array([[1.0, 1.0], [0.0, 1.0]] * 50)
    >>> found = of_sums(Label("x", "x", "y", "z"), rows, [str(i) for i in range(100)], lambda s: s[:, 0] / s[:, 1],
    ...                 rng=np.random.default_rng(1))
    >>> found.value, round(found.low, 1), round(found.high, 1), round(found.se, 2)
    (0.5, 0.4, 0.6, 0.05)
    """
    n = len(rows) if n is None else n
    if not len(rows):
        return label.refused(say("none_of_kind", unit=label.unit))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(np.asarray(rows, dtype=np.float64).sum(axis=0)[None])[0])
        if not np.isfinite(value):
            return label.refused(say("zero_by_zero"), n=n)
        n_prompts = _n_distinct(prompts)
        if n_prompts < 2:
            return label.plain(value, n, notes=(say("one_prompt"),))
        draws = statistic(resampled_sums(rows, prompts, n_replicates=n_replicates, rng=rng))
    return with_draws(label.plain(value, n, notes=few_prompts(n_prompts)), draws, by_item=n_prompts == len(rows))


def resampled_sums(rows: Floats, prompts: Column[str], *, n_replicates: int, rng: np.random.Generator) -> Floats:
    """Column sums of data sets of as many prompts, drawn with replacement: (R, k).

    Prompts that add the same are drawn as one, by a multinomial with their number: the same distribution, much faster.

    Examples
    --------
    >>> resampled_sums(np.ones((6, 1)), list("aabbcc"), n_replicates=2, rng=np.random.default_rng(1)).tolist()
    [[6.0], [6.0]]
    """
    code = _codes(prompts)
    by_prompt = np.column_stack([np.bincount(code, weights=column) for column in np.asarray(rows, dtype=np.float64).T])
    by_prompt = by_prompt[np.bincount(code) > 0]
    kinds, counts = np.unique(by_prompt, axis=0, return_counts=True)
    drawn = rng.multinomial(len(by_prompt), counts / len(by_prompt), size=n_replicates)
    return np.asarray(drawn @ kinds, dtype=np.float64)


def with_draws(figure: Figure, draws: Floats, *, by_item: bool) -> Figure:
    """The figure with the middle 95 % of its replicates; those that are undefined are left out and counted."""
    finite = draws[np.isfinite(draws)]
    n_lost = len(draws) - len(finite)
    if len(finite) < 2:
        return figure.noted(say("undefined_resampled"))
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if low == high:
        return figure.noted(say("alike_resampled"))
    lost = (say("replicates_lost", n_lost=n_lost, n=len(draws)),) if n_lost else ()
    method = "bootstrap_by_item" if by_item else "bootstrap_by_prompt"
    return replace(
        figure.noted(*lost),
        low=float(low),
        high=float(high),
        se=float(np.std(finite, ddof=1)),
        methods=(say(method, n=len(draws)),),
    )


def with_interval(figure: Figure, intervals: ParameterIntervals, place: int) -> Figure:
    """The figure with the library's interval of one parameter, by its rule for clusters."""
    if not np.isfinite(intervals.high[place]):
        return figure.noted(say("one_prompt_carries"))
    df = float(intervals.df[place])
    worth = (say("worth_prompts", n=df + 1),) if df + 1 < FEW_PROMPTS else ()
    return replace(
        figure.noted(*worth),
        low=float(intervals.low[place]),
        high=float(intervals.high[place]),
        se=float(intervals.se[place]),
        methods=(say("t_by_prompt", df=df) if np.isfinite(df) else say("normal_by_prompt"),),
    )


def _codes(prompts: Column[str]) -> NDArray[np.int64]:
    """Numbers from 0 on, equal where the prompts are: (n,). Small numbers are codes already, and nothing is sorted."""
    values = np.asarray(prompts)
    if values.dtype.kind in "iu" and len(values) and values.min() >= 0 and values.max() < len(values):
        return values
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _n_distinct(prompts: Column[str]) -> int:
    return int(np.count_nonzero(np.bincount(_codes(prompts)))) if isinstance(prompts, np.ndarray) else len(set(prompts))


def _binomial_se(hits: int, n: int) -> float | None:
    """None if all are equal: 0 would claim certainty."""
    return sqrt(hits * (n - hits) / n) / n if 0 < hits < n else None


def few_prompts(n_prompts: int) -> Notes:
    """A warning, or nothing."""
    return (say("few_prompts", n=n_prompts),) if n_prompts < FEW_PROMPTS else ()
