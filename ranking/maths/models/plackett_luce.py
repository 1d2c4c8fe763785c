"""Plackett-Luce ratings from rankings of k, and Rank Centrality."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from ranking.maths.data.arrays import Bools, Codes, Floats, Ints, keep_arrays
from ranking.maths.data.cells import count_cells
from ranking.maths.data.coding import cluster_codes
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.estimation.existence import check_existence, never_met
from ranking.maths.estimation.fit import Diagnostics, Fit, Provenance
from ranking.maths.estimation.half_wins import win_chances
from ranking.maths.estimation.likelihood import grounded
from ranking.maths.estimation.newton import Bend, climb
from ranking.maths.estimation.scores import Scores
from ranking.maths.estimation.sparse_likelihood import SparseLikelihood
from ranking.maths.models.bradley_terry import aligned, checked_ridge


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Rankings, best first, of different lengths, as one flat array of codes.

    Parameters
    ----------
    names : tuple of str
        The M competitors.
    items : (L,) int32
        Codes of the ranked competitors, ranking after ranking, best first.
    ends : (n,) int64
        Where each ranking ends in `items`; the first begins at 0.
    weight : (n,) float64
        How many equal rankings each stands for.
    prompt, voter, judge : (n,) int32
        Cluster codes, -1 = unknown.

    Raises
    ------
    ValueError
        If a ranking has fewer than two competitors, or one of them twice, a code or weight is out of range, or a
        column has another length.

    Examples
    --------
    >>> r = Rankings.from_names([["x", "z", "y"], ["y", "x"]])
    >>> r.names, r.items.tolist(), r.ends.tolist(), len(r)
    (('x', 'y', 'z'), [0, 2, 1, 1, 0], [3, 5], 2)
    """

    names: tuple[str, ...]
    items: Codes
    ends: Ints
    weight: Floats
    prompt: Codes
    voter: Codes
    judge: Codes

    def __post_init__(self) -> None:
        keep_arrays(self)
        if ((self.items < 0) | (self.items >= len(self.names))).any():
            raise ValueError(f"items reach from {self.items.min()} to {self.items.max()}: codes are 0 to {len(self.names) - 1}")
        lengths = np.diff(self.ends, prepend=0)
        if (lengths < 2).any():
            row = int(np.argmax(lengths < 2))
            raise ValueError(f"rankings[{row}] has {lengths[row]} competitors: a ranking orders at least 2")
        owner = np.repeat(np.arange(len(self.ends)), lengths)
        keys = owner * len(self.names) + self.items
        met, times = np.unique(keys, return_counts=True)
        if (times > 1).any():
            row, item = divmod(int(met[np.argmax(times > 1)]), len(self.names))
            raise ValueError(f"rankings[{row}] ranks {self.names[item]!r} twice: each competitor has one place")
        for column in ("weight", "prompt", "voter", "judge"):
            if getattr(self, column).shape != (len(self),):
                raise ValueError(f"{column} has shape {getattr(self, column).shape}: it must be ({len(self)},)")
        good = np.isfinite(self.weight) & (self.weight >= 0)
        if not good.all():
            row = int(np.argmin(good))
            raise ValueError(f"weight[{row}] is {self.weight[row]}: a weight is a finite count, 0 or more")

    def __len__(self) -> int:
        """Number of rankings."""
        return len(self.ends)

    @classmethod
    def from_names(
        cls,
        rankings: Iterable[Sequence[str]],
        *,
        weight: ArrayLike | None = None,
        prompt: Any = None,
        voter: Any = None,
        judge: Any = None,
    ) -> "Rankings":
        """Code rankings of names, best first; the competitors come out in sorted order.

        Parameters
        ----------
        rankings : iterable of sequences of str
            n rankings; they may differ in length and in whom they rank.
        weight : (n,) of float, optional
            Counts of equal rankings.
        prompt, voter, judge : (n,), optional
            Ids of any kind; None = unknown.

        Raises
        ------
        ValueError
            As for the class.

        Examples
        --------
        >>> Rankings.from_names([["y", "x"]], prompt=["p"]).prompt.tolist()
        [0]
        """
        kept = [tuple(ranking) for ranking in rankings]
        names = tuple(sorted(set(chain.from_iterable(kept))))
        place = {name: code for code, name in enumerate(names)}
        unknown = np.full(len(kept), -1, dtype=np.int32)
        return cls(
            names=names,
            items=np.fromiter(map(place.__getitem__, chain.from_iterable(kept)), dtype=np.int32),
            ends=np.cumsum([len(ranking) for ranking in kept], dtype=np.int64),
            weight=np.ones(len(kept)) if weight is None else np.asarray(weight, dtype=np.float64),
            prompt=unknown if prompt is None else cluster_codes(prompt),
            voter=unknown if voter is None else cluster_codes(voter),
            judge=unknown if judge is None else cluster_codes(judge),
        )

    def among(self, kept: Bools) -> "Rankings":
        """Only the competitors marked in `kept` ((M,) bool); a ranking of fewer than two of them is left out."""
        stays = kept[self.items]
        owner = np.repeat(np.arange(len(self)), np.diff(self.ends, prepend=0))
        lengths = np.bincount(owner[stays], minlength=len(self))
        rows = lengths >= 2
        code = (np.cumsum(kept) - 1).astype(np.int32)
        return Rankings(
            names=tuple(name for name, keep in zip(self.names, kept, strict=True) if keep),
            items=code[self.items[stays & rows[owner]]],
            ends=np.cumsum(lengths[rows]),
            weight=self.weight[rows],
            prompt=self.prompt[rows],
            voter=self.voter[rows],
            judge=self.judge[rows],
        )

    def comparisons(self) -> Comparisons:
        """Every pair that a ranking orders, as a comparison; a ranking of k counts as one, shared by its k(k-1)/2 pairs.

        Examples
        --------
        >>> c = Rankings.from_names([["x", "z", "y"]]).comparisons()
        >>> c.a.tolist(), c.b.tolist(), c.outcome.tolist(), c.weight.round(3).tolist()
        ([0, 0, 2], [2, 1, 1], [0, 0, 0], [0.333, 0.333, 0.333])
        """
        upper, lower, row = self._pairs()
        lengths = np.diff(self.ends, prepend=0)
        return Comparisons(
            names=self.names,
            a=self.items[upper],
            b=self.items[lower],
            outcome=np.zeros(len(row), dtype=np.int8),
            weight=self.weight[row] * 2 / (lengths[row] * (lengths[row] - 1)),
            prompt=self.prompt[row],
            voter=self.voter[row],
            judge=self.judge[row],
        )

    def above(self) -> Floats:
        """``above[i, j]``: rankings that place i above j, (M, M).

        Examples
        --------
        >>> Rankings.from_names([["x", "y"], ["y", "x"], ["x", "y"]]).above().tolist()
        [[0.0, 2.0], [1.0, 0.0]]
        """
        upper, lower, row = self._pairs()
        m = len(self.names)
        keys = self.items[upper].astype(np.int64) * m + self.items[lower]
        return np.bincount(keys, weights=self.weight[row], minlength=m * m).reshape(m, m)

    def _pairs(self) -> tuple[Ints, Ints, Ints]:
        """Every pair that a ranking orders: the places of its upper and its lower in `items`, and the ranking."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.ends, prepend=0))
        n_below = self.ends[owner] - np.arange(len(self.items)) - 1
        upper = np.repeat(np.arange(len(self.items)), n_below)
        lower = upper + 1 + np.arange(len(upper)) - np.repeat(np.cumsum(n_below) - n_below, n_below)
        return upper, lower, owner[upper]


def fit_plackett_luce(
    rankings: Rankings,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood Plackett-Luce ratings: a ranking is a row of choices of the best of those left.

    ``P(1st, 2nd, ..., kth) = product over t of exp(theta_t) / (exp(theta_t) + ... + exp(theta_k))``. With rankings
    of two it is Bradley-Terry without ties. Rankings may be of any subset; those not ranked say nothing.

    The maximum is finite if and only if "ranked above at least once" is strongly connected; otherwise the largest
    strong component is fitted on the rankings restricted to it (which the model allows), the rest is `unrated`.
    All covariances take a ranking as one unit; its choices are not independent when the model is wrong.

    Parameters
    ----------
    rankings : Rankings
        n rankings of M competitors, without ties. A Newton step costs O(sum of k**2 + M**3).
    prior_sd, start, max_steps, tolerance
        As in `fit_bradley_terry`.

    Returns
    -------
    Fit
        Ratings in natural log-odds, mean zero. Its `comparisons` are those of `Rankings.comparisons`.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    R. L. Plackett, "The analysis of permutations", Journal of the Royal Statistical Society C 24(2), 1975.
    D. R. Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of Statistics 32(1), 2004, section 5
    (there the maximum is found by minorisation; here by Newton's method).

    Examples
    --------
    A cycle of rankings is a draw; one more ranking tips it:

    >>> cycle = [["x", "y", "z"], ["y", "z", "x"], ["z", "x", "y"]]
    >>> fit_plackett_luce(Rankings.from_names([*cycle, ["x", "y", "z"]])).ratings.round(3).tolist()
    [0.321, 0.055, -0.376]
    """
    ridge = checked_ridge(prior_sd)
    above = rankings.above()
    existence = check_existence(rankings.names, above)
    fitted = existence.fitted if prior_sd is None else np.ones_like(existence.fitted)
    rated = rankings.among(fitted)
    stages, m = _stages_of(rated), len(rated.names)
    begin = np.zeros(m) if start is None else aligned(start, rated.names)
    peak = climb(lambda theta: _bend(stages, theta, ridge), begin, max_steps=max_steps, tolerance=tolerance)
    ratings = peak.parameters - (peak.parameters.mean() if m else 0.0)
    n_rankings = float(rated.weight.sum())
    return Fit(
        names=rated.names,
        ratings=ratings,
        components=existence.components,
        unrated=existence.unrated if prior_sd is None else (),
        diagnostics=Diagnostics(
            n_comparisons=n_rankings,
            n_left_out=float(rankings.weight.sum()) - n_rankings,
            steps=peak.steps,
            last_step=peak.last_step,
            log_likelihood=_log_likelihood(stages, ratings),
        ),
        provenance=Provenance(
            method="fit_plackett_luce",
            ties="none: a ranking orders whom it names",
            parameters={"max_steps": max_steps, "tolerance": tolerance} | ({} if prior_sd is None else {"prior_sd": prior_sd}),
        ),
        comparisons=rated.comparisons(),
        likelihood=_likelihood(rated, stages, ratings, peak.bend.hessian),
        expected_points=win_chances(ratings),
        notes=existence.notes if prior_sd is None else never_met(rated.names, above),
    )


def rank_centrality(comparisons: Comparisons) -> Scores:
    """Rank Centrality: log of how often a walk that moves to winners visits each competitor.

    From i the walk moves to j at a rate of the share of their comparisons that j won (a tie as half), whatever
    their number. Under Bradley-Terry its stationary weights are ``exp(theta)``. Unlike the likelihood it counts
    each pair that met once, so a pair met a thousand times pulls no more than one met twice.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; rankings come in through `Rankings.comparisons`.

    Returns
    -------
    Scores
        Natural log-odds, mean zero, of the largest group in which everybody is reached from everybody (see
        `check_existence`).

    References
    ----------
    S. Negahban, S. Oh, D. Shah, "Rank Centrality: ranking from pairwise comparisons", Operations Research 65(1),
    2017, section 2; the stationary distribution is computed by choix.

    Examples
    --------
    >>> centrality = rank_centrality(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> centrality.scores.round(4).tolist()
    [0.5493, -0.5493]
    """
    # imported here because choix loads scipy.stats, which takes a second
    from choix.utils import log_transform, statdist

    cells = count_cells(comparisons)
    existence = check_existence(comparisons.names, cells.half_wins)
    kept = cells.among(existence.fitted)
    rate = np.divide(kept.half_wins.T, kept.totals, out=np.zeros_like(kept.totals), where=kept.totals > 0)
    generator = rate - np.diag(rate.sum(axis=1))
    return Scores(
        names=comparisons.among(existence.fitted).names,
        scores=np.asarray(log_transform(statdist(generator)), dtype=np.float64) if len(rate) else np.zeros(0),
        unit="log-odds",
        unrated=existence.unrated,
        provenance=Provenance(method="rank_centrality", ties="half a win each, both bad as a tie", parameters={}),
        notes=existence.notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Stages:
    """Choices among those left: one stage for every place but the last.

    `items` holds the competitors left at each stage, the chosen one first, between `starts` and the next start.
    """

    items: Ints
    starts: Ints
    owner: Ints
    ranking: Ints
    weight: Floats


def _stages_of(rankings: Rankings) -> _Stages:
    lengths = np.diff(rankings.ends, prepend=0)
    place = np.arange(len(rankings.items))
    left = np.repeat(rankings.ends, lengths) - place
    first = place[left >= 2]
    size = left[left >= 2]
    starts = np.cumsum(size) - size
    owner = np.repeat(np.arange(len(size)), size)
    ranking = np.repeat(np.arange(len(rankings)), lengths)[first]
    items = rankings.items[first[owner] + np.arange(len(owner)) - starts[owner]].astype(np.int64)
    return _Stages(items=items, starts=starts, owner=owner, ranking=ranking, weight=rankings.weight[ranking])


def _log_sums(stages: _Stages, theta: Floats) -> Floats:
    """log sum exp over those left at each stage; shifted by the largest rating of the stage, so that none overflows."""
    values = theta[stages.items]
    largest = np.maximum.reduceat(values, stages.starts)
    return np.asarray(largest + np.log(np.add.reduceat(np.exp(values - largest[stages.owner]), stages.starts)))


def _log_likelihood(stages: _Stages, theta: Floats) -> float:
    if not len(stages.starts):
        return 0.0
    return float(stages.weight @ (theta[stages.items[stages.starts]] - _log_sums(stages, theta)))


def _chances(stages: _Stages, theta: Floats) -> csr_array:
    """P(chosen) of those left at each stage: (stages, m), sparse."""
    shape = (len(stages.starts), len(theta))
    if not len(stages.starts):
        return csr_array(shape, dtype=np.float64)
    values = np.exp(theta[stages.items] - _log_sums(stages, theta)[stages.owner])
    return csr_array((values, stages.items, np.append(stages.starts, len(stages.items))), shape=shape)


def _bend(stages: _Stages, theta: Floats, ridge: float) -> Bend:
    m, chance = len(theta), _chances(stages, theta)
    expected = np.asarray(chance.T @ stages.weight)
    chosen = np.bincount(stages.items[stages.starts], weights=stages.weight, minlength=m)
    together = (chance.T @ chance.multiply(stages.weight[:, None])).toarray()
    return Bend(
        value=_log_likelihood(stages, theta) - ridge * float(theta @ theta) / 2,
        gradient=chosen - expected - ridge * theta,
        hessian=grounded(np.diag(expected) - together, m) + ridge * np.eye(m),
    )


def _likelihood(rankings: Rankings, stages: _Stages, ratings: Floats, hessian: Floats) -> SparseLikelihood:
    n_stages, shape = len(stages.starts), (len(stages.starts), len(ratings))
    chosen = csr_array((np.ones(n_stages), (np.arange(n_stages), stages.items[stages.starts])), shape=shape)
    gather = csr_array((np.ones(n_stages), (stages.ranking, np.arange(n_stages))), shape=(len(rankings), n_stages))
    clusters: dict[Column, Codes] = {"prompt": rankings.prompt, "voter": rankings.voter, "judge": rankings.judge}
    chances = _chances(stages, ratings)
    scores = csr_array(gather @ csr_array(chosen - chances))
    # The information of a stage is the variance of its choice: sum over those left of p (e - mean)(e - mean)'.
    left, each = np.repeat(np.arange(n_stages), np.diff(chances.indptr)), np.arange(chances.nnz)
    single = csr_array((np.ones(chances.nnz), (each, chances.indices)), shape=(chances.nnz, len(ratings)))
    factors = csr_array((single - chances[left]).multiply(np.sqrt(chances.data)[:, None]))
    return SparseLikelihood(hessian, scores, rankings.weight, clusters, factors, stages.ranking[left])
