"""Dawid-Skene: the probable true label of each item, and how each judge confuses labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_stop
from ranking.maths.estimation.failures import NotConvergedError

SMOOTHING_RIGHT = 2.0
SMOOTHING_WRONG = 0.5
"""Prior votes in every confusion matrix: on the diagonal, and off it."""


@dataclass(frozen=True, slots=True, eq=False)
class DawidSkene(HoldsArrays):
    """Posterior labels of items, and the confusion of each source of votes (a judge, or a judge in one order).

    Parameters
    ----------
    posteriors : (I, K) float64
        ``posteriors[i, k] = P(item i has label k)``; rows add up to 1.
    prevalence : (K,) float64
        Share of each label among the items with votes or a gold label.
    confusions : (S, K, K) float64
        ``confusions[s, k, l] = P(source s says l where k is true)``; rows add up to 1.
    judges : (S,) int64
        The judge of each source.
    orders : (S,) int64
        Its order: 0, 1, or -1 where unknown (or where no order was given).
    n_votes : (S,) int64
    log_posteriors : (T,) float64
        What each step reached; it never falls.
    """

    posteriors: Floats
    prevalence: Floats
    confusions: Floats
    judges: Ints
    orders: Ints
    n_votes: Ints
    log_posteriors: Floats

    def accuracies(self) -> Floats:
        """Chance that a source names the true label of an item drawn by `prevalence`: (S,) in [0, 1]."""
        return np.asarray(np.einsum("k,skk->s", self.prevalence, self.confusions), dtype=np.float64)

    def spammer_scores(self) -> Floats:
        """How much a source's votes depend on the truth: (S,), 1 = fully, 0 = not at all (a spammer).

        ``sum over k < k' and l of (confusion[k, l] - confusion[k', l])**2 / (K (K - 1))``. A judge that
        always swaps two labels is no spammer: its votes can be read.

        References
        ----------
        V. C. Raykar, S. Yu, "Eliminating spammers and ranking annotators for crowdsourced labeling
        tasks", Journal of Machine Learning Research 13, 2012, equation 10.

        Examples
        --------
        >>> c = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.7, 0.3], [0.7, 0.3]]])
        >>> none = np.zeros(2, dtype=np.int64)
        >>> DawidSkene(np.ones((1, 2)) / 2, np.ones(2) / 2, c, none, none, none, np.zeros(1)).spammer_scores().tolist()
        [1.0, 0.0]
        """
        gaps = self.confusions[:, :, None, :] - self.confusions[:, None, :, :]
        k = len(self.prevalence)
        return np.asarray(np.square(gaps).sum(axis=(1, 2, 3)) / (2 * k * (k - 1)), dtype=np.float64)


def fit_dawid_skene(
    items: ArrayLike,
    judges: ArrayLike,
    labels: ArrayLike,
    *,
    n_labels: int,
    order: ArrayLike | None = None,
    gold: ArrayLike | None = None,
    smoothing: tuple[float, float] = (SMOOTHING_RIGHT, SMOOTHING_WRONG),
    max_steps: int = 2_000,
    tolerance: float = 1e-6,
) -> DawidSkene:
    """Maximum-a-posteriori labels and confusions, by EM from the shares of votes.

    An item has label k with chance ``p_k``; source s then says l with chance ``pi_s[k, l]``, votes
    independent given k. Every confusion has a Dirichlet prior worth ``smoothing[0]`` votes on each
    diagonal entry and ``smoothing[1]`` on the others. The steps: ``T_ik ~ p_k prod pi_s[k, l]`` over the votes of i;
    ``pi_s[k, l] ~ sum of T_ik over votes l of s + prior``; ``p_k = mean T_ik``. The log posterior never falls.

    With `order` each judge has a confusion for each order; where they differ it has a position bias. Labels
    name the same thing in both orders ("a is better", not "the first is better").

    Parameters
    ----------
    items, judges : (n,) of int
        Codes >= 0 of each vote's item and judge.
    labels : (n,) of int
        0 to K - 1.
    n_labels : int
        K >= 2.
    order : (n,) of int, optional
        0, 1, or -1 = unknown, which is a source of its own.
    gold : (I,) of int, optional
        Known labels of items, -1 = unknown; they are taken as certain. It says how many items there are.
    smoothing : pair of float
        Votes that every confusion starts with, on its diagonal and beside it; (0, 0) = none, maximum likelihood as in the
        paper, which may end at chances of 0 and at a local maximum.
    max_steps : int
        EM steps allowed.
    tolerance : float
        Done when no posterior moves by more in a step.

    Raises
    ------
    ValueError
        If a column has another length or a code is out of range; the message names it.
    NotConvergedError
        If `max_steps` steps were not enough.

    References
    ----------
    A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28(1), 1979, equations 2.3 to 2.5. (The prior is ours.)

    Examples
    --------
    Two judges agree on forty items; the third says the opposite each time, and is read backwards:

    >>> votes = [[0, 0, 1], [1, 1, 0]] * 20
    >>> items, judges = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    >>> fit = fit_dawid_skene(items, judges, np.ravel(votes), n_labels=2)
    >>> fit.posteriors[:4].argmax(axis=1).tolist(), fit.accuracies().round(1).tolist()
    ([0, 1, 0, 1], [1.0, 1.0, 0.1])
    """
    checked_stop(max_steps, tolerance)
    if len(smoothing) != 2 or not all(0 <= votes < np.inf for votes in smoothing):
        raise ValueError(f"smoothing is {smoothing}: two numbers of votes, 0 or more, right and wrong, are needed")
    votes = _Votes.of(items, judges, labels, order, gold, n_labels)
    posteriors = votes.shares()
    reached: list[float] = []
    move = np.inf
    for _ in range(max_steps):
        prevalence, confusions = votes.maximise(posteriors, smoothing)
        after, log_posterior = votes.expect(prevalence, confusions, smoothing)
        move = float(np.abs(after - posteriors).max(initial=0.0))
        posteriors = after
        reached.append(log_posterior)
        if move <= tolerance:
            return DawidSkene(
                posteriors=posteriors,
                prevalence=prevalence,
                confusions=confusions,
                judges=votes.sources[:, 0],
                orders=votes.sources[:, 1],
                n_votes=np.bincount(votes.source, minlength=len(votes.sources)),
                log_posteriors=np.array(reached),
            )
    raise NotConvergedError(
        f"no maximum after {max_steps} steps: the last still moved a posterior by {move:.3g}, more than the tolerance "
        f"{tolerance:.3g}",
        "allow more steps (max_steps) or a larger tolerance",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """Votes by item, source and label: (n,) each; `sources` is (S, 2), judge and order; `gold` (I,)."""

    item: Ints
    source: Ints
    label: Ints
    sources: Ints
    gold: Ints
    n_labels: int

    @classmethod
    def of(
        cls,
        items: ArrayLike,
        judges: ArrayLike,
        labels: ArrayLike,
        order: ArrayLike | None,
        gold: ArrayLike | None,
        n_labels: int,
    ) -> "_Votes":
        if n_labels < 2:
            raise ValueError(f"n_labels is {n_labels}: at least 2 are needed")
        known = None if gold is None else _codes("gold", gold, None, -1, n_labels - 1)
        item = _codes("items", items, None, 0, None if known is None else len(known) - 1)
        judge = _codes("judges", judges, len(item), 0, None)
        turn = np.full(len(item), -1) if order is None else _codes("order", order, len(item), -1, 1)
        if known is None:
            known = np.full(int(item.max(initial=-1)) + 1, -1)
        if not len(known):
            raise ValueError("there are no votes and no gold labels: nothing can be fitted")
        sources, source = np.unique(np.column_stack([judge, turn]), axis=0, return_inverse=True)
        label = _codes("labels", labels, len(item), 0, n_labels - 1)
        return cls(item, source.ravel().astype(np.int64), label, sources, known, n_labels)

    def shares(self) -> Floats:
        """Where EM starts: each item's shares of votes, gold where known."""
        counts = np.bincount(self.item * self.n_labels + self.label, minlength=len(self.gold) * self.n_labels)
        table = counts.reshape(len(self.gold), self.n_labels).astype(np.float64)
        table[~self._has_votes] = 1.0
        return self._with_gold(table / table.sum(axis=1, keepdims=True))

    def maximise(self, posteriors: Floats, smoothing: tuple[float, float]) -> tuple[Floats, Floats]:
        """Prevalence (K,) and confusions (S, K, K) that fit the posteriors best."""
        k, n_sources = self.n_labels, len(self.sources)
        confusions = np.full((n_sources, k, k), float(smoothing[1]))
        confusions[:, np.arange(k), np.arange(k)] = smoothing[0]
        place = self.source * k + self.label
        for true in range(k):
            weight = posteriors[self.item, true]
            confusions[:, true] += np.bincount(place, weights=weight, minlength=n_sources * k).reshape(n_sources, k)
        votes = confusions.sum(axis=2, keepdims=True)
        # Without smoothing a source may never have met a label: then nothing is known of what it would say.
        return posteriors[self._counted].mean(axis=0), np.where(votes > 0, confusions, 1) / np.where(votes > 0, votes, k)

    def expect(self, prevalence: Floats, confusions: Floats, smoothing: tuple[float, float]) -> tuple[Floats, float]:
        """Posteriors (I, K), and the log posterior of the parameters they come from."""
        with np.errstate(divide="ignore"):
            logs = np.log(confusions)
            # A label that nobody ever names or that gold never has gets no share: its log is -inf.
            joint = np.tile(np.log(prevalence), (len(self.gold), 1))
        for true in range(self.n_labels):
            joint[:, true] += np.bincount(self.item, weights=logs[self.source, true, self.label], minlength=len(self.gold))
        total = logsumexp(joint, axis=1)
        posteriors = np.exp(joint - total[:, None])
        known = np.flatnonzero(self.gold >= 0)
        total[known] = joint[known, self.gold[known]]
        is_right = np.eye(self.n_labels, dtype=np.bool_)
        prior = sum(n * logs[:, where].sum() for n, where in zip(smoothing, (is_right, ~is_right), strict=True) if n)
        return self._with_gold(posteriors), float(total[self._counted].sum() + prior)

    @property
    def _has_votes(self) -> Bools:
        """Items with votes, (I,) bool."""
        return np.bincount(self.item, minlength=len(self.gold)) > 0

    @property
    def _counted(self) -> Bools:
        """Items that inform the prevalence, (I,) bool."""
        return self._has_votes | (self.gold >= 0)

    def _with_gold(self, posteriors: Floats) -> Floats:
        known = np.flatnonzero(self.gold >= 0)
        posteriors[known] = 0.0
        posteriors[known, self.gold[known]] = 1.0
        return posteriors


def _codes(name: str, values: ArrayLike, n: int | None, low: int, high: int | None) -> Ints:
    codes = np.asarray(values)
    if codes.ndim != 1 or (n is not None and len(codes) != n):
        raise ValueError(f"{name} has shape {codes.shape}: one entry a vote is needed" + (f", {n}" if n is not None else ""))
    if len(codes) and codes.dtype.kind not in "iu":
        raise ValueError(f"{name} has type {codes.dtype}: codes are integers")
    wrong = (codes < low) | (codes > (np.inf if high is None else high))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{name}[{row}] is {codes[row]}: allowed are {low} to {'any' if high is None else high}")
    return codes.astype(np.int64)
