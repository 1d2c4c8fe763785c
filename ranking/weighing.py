"""Weights of categories as an address writes them: `over=maths:2,code:1`. One ranking has one spelling."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from math import gcd
from urllib.parse import quote, unquote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEAN_RATING = "mean-rating"
WAYS = {
    MEAN_RATING: gettext_lazy("mean rating"), "mean-win-rate": gettext_lazy("mean win rate"),
    "borda": gettext_lazy("Borda points"), "borda-two-level": gettext_lazy("Borda points at two levels"),
}  # fmt: skip
"""How the ratings of several categories become one score, by their names in addresses."""

PARTLY = "partly"
MOST_CATEGORIES = 12
MOST_WEIGHT = 1000
LONGEST_NUMBER = 20  # characters of a weight
HUNDREDTHS = 100  # of a weight of 1: two decimals count


class WrongWeights(ValueError):
    """The message says what is wrong with the weights of an address."""


def written_weights(values: Sequence[str]) -> str:
    """
    The one spelling: categories in order, weights as the smallest whole numbers of the same proportions. Where these are
    too large to be read again, they are the smallest numbers with two decimals.

    Raises
    ------
    WrongWeights

    Examples
    --------
    >>> written_weights(["maths:1,code:.5", "poems:0"])
    'code:1,maths:2'
    >>> written_weights(["maths:33.33,code:10"])
    'code:10,maths:33.33'
    """
    weights: dict[str, int] = {}
    for part in (part.strip() for value in values for part in value.split(",") if part.strip()):
        written, colon, number = part.rpartition(":")
        category = trimmed_path(unquote(written if colon else part))
        if category in weights:
            raise WrongWeights(_("“%(category)s” is weighed twice: give it one weight.") % {"category": category})
        weights[category] = hundredths(number) if colon else HUNDREDTHS
    weights = {category: weight for category, weight in weights.items() if category and weight}
    _check_categories(weights)
    divisor = reduce(gcd, weights.values(), 0) or 1
    unit = 1 if max(weights.values(), default=0) <= MOST_WEIGHT * divisor else HUNDREDTHS
    return ",".join(f"{quote(category, safe='/ ')}:{weights[category] // divisor / unit:g}" for category in sorted(weights))


def trimmed_path(written: str) -> str:
    """
    A category without the spaces and slashes around it.

    Examples
    --------
    >>> trimmed_path(" / maths/algebra/ "), trimmed_path("/ /")
    ('maths/algebra', '')
    """
    while (shorter := written.strip().strip("/")) != written:
        written = shorter
    return written


def weights_of(over: str) -> dict[str, float]:
    """By category, of the one spelling.

    Examples
    --------
    >>> weights_of("code:1,maths:2")
    {'code': 1, 'maths': 2}
    >>> weights_of("code:10,maths:33.33")
    {'code': 10, 'maths': 33.33}
    """
    parts = (part.rpartition(":") for part in over.split(",") if part)
    return {unquote(category): float(weight) if "." in weight else int(weight) for category, _colon, weight in parts}


def hundredths(number: str) -> int:
    """
    Of a weight as a reader writes it.

    Raises
    ------
    WrongWeights
        It is no number from 0 to `MOST_WEIGHT`.
    """
    written = number.strip()
    try:
        weight = Decimal(written) if len(written) <= LONGEST_NUMBER else Decimal(-1)
    except InvalidOperation:
        weight = Decimal(-1)
    if not weight.is_finite() or not 0 <= weight <= MOST_WEIGHT:
        message = _("“%(value)s” is no weight: write a number from 0 to %(most)s.")
        raise WrongWeights(message % {"value": written[:LONGEST_NUMBER], "most": MOST_WEIGHT})
    return round(HUNDREDTHS * weight)


def _check_categories(weights: dict[str, int]) -> None:
    if len(weights) > MOST_CATEGORIES:
        raise WrongWeights(_("At most %(most)s categories can be weighed.") % {"most": MOST_CATEGORIES})
    for category in weights:
        if above := next((other for other in weights if category.startswith(f"{other}/")), ""):
            message = _("“%(category)s” is a part of “%(above)s”: weigh one of the two.")
            raise WrongWeights(message % {"category": category, "above": above})
