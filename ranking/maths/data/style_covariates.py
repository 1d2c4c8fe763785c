"""Style of responses as covariates, since length and markdown may sway voters besides the content."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.data.arrays import Floats


def style_differences(
    a_lengths: ArrayLike, b_lengths: ArrayLike, *, a_marks: Mapping[str, ArrayLike], b_marks: Mapping[str, ArrayLike]
) -> dict[str, Floats]:
    """Length and density of markdown of a against b, as covariates for `fit_contextual`.

    ``length = (l_a - l_b) / (l_a + l_b)``; for each kind of mark the density ``d = count / (l + 1)`` and
    ``(d_a - d_b) / (d_a + d_b + 1)``. Each column is divided by its root mean square, so that a coefficient is
    the effect of a usual difference.

    The source subtracts the column's mean too. Here not: which response is called a has no meaning, and a shift
    would give all a an advantage. With it, swapping the sides changed the ratings.

    Parameters
    ----------
    a_lengths, b_lengths : (n,) of float
        Tokens (or characters) of the two responses, 0 or more.
    a_marks, b_marks : mapping of name to (n,) of float
        Counts of marks, for example headers, list items, bold; the same names for both.

    Returns
    -------
    dict of name to (n,) float64
        "length" and the marks' names; root mean square 1, a column of zeros where nothing differs.

    Raises
    ------
    ValueError
        If a count is negative or not finite, the names differ, or a mark is called "length".

    References
    ----------
    T. Li et al., "From crowdsourced data to high-quality benchmarks: Arena-Hard and BenchBuilder pipeline", 2024, and its
    public code's style control.

    Examples
    --------
    Differences 2 / 4 and -2 / 4, over their root mean square 1/2:

    >>> style_differences([3, 1], [1, 3], a_marks={}, b_marks={})["length"].tolist()
    [1.0, -1.0]
    """
    if set(a_marks) != set(b_marks) or "length" in a_marks:
        raise ValueError(f"marks {sorted(a_marks)} of a and {sorted(b_marks)} of b: the same names for both, none 'length'")
    a, b = _counts("a_lengths", a_lengths), _counts("b_lengths", b_lengths)
    columns = {"length": _relative(a, b, nothing=np.where(a + b > 0, 0.0, 1.0))}
    for name, marks in a_marks.items():
        density_a, density_b = _counts(name, marks) / (a + 1), _counts(name, b_marks[name]) / (b + 1)
        columns[name] = _relative(density_a, density_b, nothing=1.0)
    return {name: _scaled(column) for name, column in columns.items()}


def length_saturation(a_lengths: ArrayLike, b_lengths: ArrayLike) -> Floats:
    """``tanh((l_a - l_b) / rms)``: twice as much longer counts less than twice, (n,) in (-1, 1).

    ``rms`` is the root mean square of the differences, where the source has their standard deviation: see
    `style_differences`. A column for `fit_contextual` in place of "length".

    Parameters
    ----------
    a_lengths, b_lengths : (n,) of float
        Tokens (or characters) of the two responses, 0 or more.

    Raises
    ------
    ValueError
        If a length is negative or not finite.

    References
    ----------
    Y. Dubois, B. Galambosi, P. Liang, T. Hashimoto, "Length-controlled AlpacaEval: a simple way to debias automatic
    evaluators", 2024, equation 2.

    Examples
    --------
    >>> length_saturation([30, 10], [10, 30]).round(4).tolist()
    [0.7616, -0.7616]
    """
    return np.asarray(np.tanh(_scaled(_counts("a_lengths", a_lengths) - _counts("b_lengths", b_lengths))), dtype=np.float64)


def _counts(name: str, values: ArrayLike) -> Floats:
    counts = np.asarray(values, dtype=np.float64)
    good = np.isfinite(counts) & (counts >= 0)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"{name}[{row}] is {counts[row]}: a count is a finite number, 0 or more")
    return counts


def _relative(a: Floats, b: Floats, *, nothing: Floats | float) -> Floats:
    return np.asarray((a - b) / (a + b + nothing), dtype=np.float64)


def _scaled(column: Floats) -> Floats:
    size = np.sqrt(np.mean(column**2)) if len(column) else 0.0
    return column / size if size > 0 else column
