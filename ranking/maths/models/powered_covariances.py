"""Two samples of verdicts, on battles with votes and on the others, and how their ratings vary together with people's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from ranking.maths.clusters.sandwich import cluster_sizes
from ranking.maths.data.arrays import Bools, Codes, Floats, Ints
from ranking.maths.data.comparisons import CLUSTER_COLUMNS, Column, Comparisons
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.half_wins import SCORES
from ranking.maths.estimation.sparse_likelihood import SparseLikelihood


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Covariances (m, m) of the human ratings, between them and D, and of D."""

    human: Floats
    across: Floats
    drift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Which battle each vote and each verdict is about, and how many equal ones each battle stands for."""

    vote: Ints
    verdict: Ints
    count: Floats

    @classmethod
    def of(cls, vote: ArrayLike, verdict: ArrayLike, count: ArrayLike | None) -> "Units":
        votes, verdicts = np.asarray(vote, dtype=np.int64), np.asarray(verdict, dtype=np.int64)
        n = 1 + max(votes.max(initial=-1), verdicts.max(initial=-1))
        return cls(votes, verdicts, np.ones(n) if count is None else np.asarray(count, dtype=np.float64))

    def where(self, votes: Bools, verdicts: Bools) -> "Units":
        return Units(self.vote[votes], self.verdict[verdicts], self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The verdicts as a sample: the judge's fit, what each row pulls, and what it counts for in D, all (n,)."""

    judge: Fit
    pull: Floats
    labelled: Floats  # share of the labelled mean, unweighted
    every: Floats  # share of the mean of all, unweighted
    scale: float  # 1 / (1 - share labelled)

    @classmethod
    def of(cls, judge: Fit, drawn: Floats) -> "Sample":
        c, weight = judge.comparisons, judge.comparisons.weights()
        # The judge's outcome against what its ratings expect, seen from a.
        pull = np.asarray(SCORES[c.outcome] - judge.expected_points[c.a, c.b], dtype=np.float64)
        rest = float(weight @ (drawn == 0))
        return cls(judge, pull, drawn / (weight @ drawn), np.full(len(c), 1 / weight.sum()), float(weight.sum()) / rest)

    def means(self) -> Floats:
        """Mean score of the labelled verdicts and of all, (2, m)."""
        c, m = self.judge.comparisons, len(self.judge.names)
        weighted = [self.pull * c.weights() * shares for shares in (self.labelled, self.every)]
        return np.array([np.bincount(c.a, w, minlength=m) - np.bincount(c.b, w, minlength=m) for w in weighted])

    def bread(self) -> Floats:
        """Mean scores to ratings."""
        return _bread(self.judge) * (float(self.judge.comparisons.weights().sum()) * self.scale)

    def drift(self) -> Floats:
        """D: how much higher the judge rates on the labelled rows than on the rest, (m,)."""
        labelled, every = self.means()
        return np.asarray(self.bread() @ (labelled - every), dtype=np.float64)


def _bread(fit: Fit) -> Floats:
    """Scores to ratings of mean zero, (m, m)."""
    hessian = fit.likelihood.hessian()
    inverse = np.asarray(cho_solve(cho_factor(hessian), np.eye(len(hessian))), dtype=np.float64)
    return inverse - inverse.mean(axis=0)


def joint_covariance(people: Fit, sample: Sample, units: Units, cluster: Column | None) -> Joint:
    """From sums by cluster of the human score, of the verdict's share in D, and of the rows' own shares (to centre)."""
    c, v, m = sample.judge.comparisons, people.comparisons, len(people.names)
    human = (SCORES[v.outcome] - people.expected_points[v.a, v.b]) * _per_battle(v.weights(), units.count[units.vote])
    inner = _per_battle(c.weights(), units.count[units.verdict])
    labelled, every = inner * sample.labelled, inner * sample.every
    judged = (labelled - every) * sample.pull
    entries = (
        (units.vote, v.a, human), (units.vote, v.b, -human),
        (units.verdict, m + c.a, judged), (units.verdict, m + c.b, -judged),
        (units.verdict, np.full(len(c), 2 * m), labelled), (units.verdict, np.full(len(c), 2 * m + 1), every),
    )  # fmt: skip
    rows, columns, values = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    table = csr_array((values, (rows, columns)), shape=(len(units.count), 2 * m + 2))
    clusters = {column: _of_units(units, v, c, column) for column in CLUSTER_COLUMNS}
    scores = SparseLikelihood(np.eye(0), table, units.count, clusters)
    means, bread = sample.means(), sample.bread()
    influence = np.zeros((2 * m, 2 * m + 2))
    influence[:m, :m] = _bread(people)
    influence[m:, m:] = np.hstack([bread, bread @ (means * [[-1.0], [1.0]]).T])
    covariance = influence @ scores.meat(cluster) @ influence.T * _factor(people, units, clusters, cluster)
    return Joint(covariance[:m, :m], covariance[:m, m:], covariance[m:, m:])


def _per_battle(weight: Floats, count: Floats) -> Floats:
    return np.divide(weight, count, out=np.zeros_like(weight), where=count > 0)


def _of_units(units: Units, votes: Comparisons, verdicts: Comparisons, column: Column) -> Codes:
    """The cluster of every battle: that of its verdicts, else of its votes; -1 where neither is known."""
    codes = np.full(len(units.count), -1, dtype=np.int32)
    codes[units.vote] = votes.clusters(column)
    codes[units.verdict] = np.where(verdicts.clusters(column) < 0, codes[units.verdict], verdicts.clusters(column))
    return codes


def joint_at(joint: Joint, trust: Floats) -> Floats:
    """The covariance of all ratings at one lambda, the median of their own: (m, m)."""
    middle = float(np.median(trust)) if len(trust) else 0.0
    return np.asarray(joint.human - middle * (joint.across + joint.across.T) + middle**2 * joint.drift, dtype=np.float64)


def _factor(people: Fit, units: Units, clusters: dict[Column, Codes], cluster: Column | None) -> float:
    """G / (G - 1) of the clusters that people saw, in place of that of all clusters."""
    if cluster is None:
        return 1.0
    few, codes = cluster_sizes(people.comparisons, cluster=cluster)[1], clusters[cluster]
    known = codes[(codes >= 0) & (units.count > 0)]
    many = len(np.unique(known)) + float(units.count[codes < 0].sum())
    return few / (few - 1) * (many - 1) / many
