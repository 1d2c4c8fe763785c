"""A judge's replies against labels of three classes: a, b and tie. What could not be read is counted by a stated policy.

The policies are those of published figures; a ranking always leaves out what could not be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from judges.audits.figures.figure import Figure, Floats, Label, of_sums, share
from judges.audits.figures.human_agreement import CODES
from judges.verdicts.verdict import Side

type Unreadable = Literal["tie", "wrong", "drop"]
UNREADABLE: tuple[Unreadable, ...] = get_args(Unreadable.__value__)

N_CLASSES = 3
SILENT = 3
"""The column of unreadable replies; no label is in it."""

MEANS = ("macro_precision", "macro_recall", "macro_f1")


@dataclass(frozen=True, slots=True)
class LabelReport:
    """A judge's replies against labels of three classes, under one policy for replies that could not be read.

    Parameters
    ----------
    accuracy : Figure
    precision, recall, f1 : float
        Means over the classes that occur in labels or replies, in [0, 1]; a class never said has precision 0.
    n_unreadable : int
    policy : "tie", "wrong" or "drop"
    """

    accuracy: Figure
    precision: float
    recall: float
    f1: float
    n_unreadable: int
    policy: Unreadable


def score_labels(
    labels: Sequence[Side], replies: Sequence[Side | None], *, unreadable: Unreadable = "drop", rng: np.random.Generator
) -> LabelReport:
    """Accuracy, macro precision, recall and F1; a reply of None could not be read.

    Parameters
    ----------
    labels : sequence of Side
    replies : sequence of Side or None
    unreadable : "tie", "wrong" or "drop"
        What such a reply counts as. Policies for published figures; rankings always drop.

    Raises
    ------
    ValueError
        If the policy is unknown, lengths differ, or nothing is left.

    Examples
    --------
    >>> report = score_labels(["a", "b", "tie"], ["a", None, "tie"], unreadable="wrong", rng=np.random.default_rng(1))
    >>> round(report.accuracy.value, 3), report.n_unreadable
    (0.667, 1)
    """
    if unreadable not in UNREADABLE:
        raise ValueError(f"unknown policy {unreadable!r} for unreadable replies: allowed are {', '.join(UNREADABLE)}")
    table = confusion(labels, replies, unreadable=unreadable)
    if not len(table):
        raise ValueError("no reply to score: give labels and replies, at least one of them readable")
    label = Label.of(f"accuracy_{unreadable}", unit="items")
    accuracy = share(label, _hits(table), [str(n) for n in range(len(table))], rng=rng)
    precision, recall, f1 = _macro(table.sum(axis=0)[None], _classes(table))[0].tolist()
    return LabelReport(accuracy, precision, recall, f1, sum(reply is None for reply in replies), unreadable)


def label_figures(
    labels: Sequence[Side],
    replies: Sequence[Side | None],
    *,
    prompts: Sequence[str],
    unit: str = "gold_pairs",
    rng: np.random.Generator,
) -> tuple[Figure, ...]:
    """Accuracy and macro means under each policy for unreadable replies, with intervals; once where all could be read.

    Parameters
    ----------
    labels : sequence of Side
    replies : sequence of Side or None
    prompts : sequence of str
        Of each; those of one prompt are drawn together.
    unit : str
        Code of what they are: "gold_pairs" of one reply each, or "replies" where a pair has one in each order.

    Examples
    --------
    >>> figures = label_figures(["a", "b", "tie"], ["a", "b", "b"], prompts=list("xyz"), rng=np.random.default_rng(1))
    >>> [(figure.name, round(figure.value, 3)) for figure in figures][:2]
    [('accuracy', 0.667), ('macro precision', 0.5)]
    """
    figures: list[Figure] = []
    for policy in UNREADABLE if None in replies else UNREADABLE[:1]:
        kept = [n for n, reply in enumerate(replies) if policy != "drop" or reply is not None]
        table = confusion(labels, replies, unreadable=policy)
        suffix = f"_{policy}" if None in replies else ""
        figures += _figures(table, [prompts[n] for n in kept], suffix, unit=unit, rng=rng)
    return tuple(figures)


def confusion(labels: Sequence[Side], replies: Sequence[Side | None], *, unreadable: Unreadable) -> Floats:
    """(n, 3, 4): for each pair a 1 at its label and its reply; the last column is of those that could not be read."""
    pairs = [pair for pair in zip(labels, replies, strict=True) if unreadable != "drop" or pair[1] is not None]
    silent = CODES["tie"] if unreadable == "tie" else SILENT
    table = np.zeros((len(pairs), N_CLASSES, N_CLASSES + 1))
    for row, (label, reply) in enumerate(pairs):
        table[row, CODES[label], silent if reply is None else CODES[reply]] = 1.0
    return table


def _figures(table: Floats, prompts: Sequence[str], suffix: str, *, unit: str, rng: np.random.Generator) -> list[Figure]:
    accuracy = share(Label.of(f"accuracy{suffix}", unit=unit), _hits(table), prompts, rng=rng)
    classes, rows = _classes(table), table.reshape(len(table), N_CLASSES * (N_CLASSES + 1))
    means = [
        of_sums(
            Label.of(f"{key}{suffix}", unit=unit),
            rows,
            prompts,
            lambda sums, part=part: _macro(sums.reshape(-1, N_CLASSES, N_CLASSES + 1), classes)[:, part],  # type: ignore[misc]
            rng=rng,
        )
        for part, key in enumerate(MEANS)
    ]
    return [accuracy, *means]


def _hits(table: Floats) -> list[bool]:
    return [bool(hit) for hit in np.einsum("nii->n", table[:, :, :N_CLASSES]) > 0]


def _classes(table: Floats) -> Floats:
    """1 for the classes that occur in labels or replies."""
    cells = table.sum(axis=0)
    return np.asarray((cells.sum(axis=1) + cells[:, :N_CLASSES].sum(axis=0)) > 0, dtype=np.float64)


def _macro(cells: Floats, classes: Floats) -> Floats:
    """(R, 3) of (R, 3, 4): means over these classes of precision, recall and F1, with 0 for 0/0 (as published figures are)."""
    hits = np.einsum("rii->ri", cells[:, :, :N_CLASSES])
    n_said, n_true = cells[:, :, :N_CLASSES].sum(axis=1), cells.sum(axis=2)
    parts = (hits / np.maximum(n_said, 1), hits / np.maximum(n_true, 1), 2 * hits / np.maximum(n_said + n_true, 1))
    return np.stack([part @ classes / classes.sum() for part in parts], axis=1)
