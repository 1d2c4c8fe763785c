"""Amounts for people: what was spent never shows as nothing."""

import pytest

from arena.templatetags.money import amount, dollars, duration


@pytest.mark.parametrize(
    ("micro", "shown"),
    [(0, "$0.00"), (1, "$0.000001"), (4_900, "$0.0049"), (10_000, "$0.01"), (1_500_000, "$1.50"), (2_345_600_000, "$2,345.60")],
)
def test_every_amount_has_digits_enough(micro, shown):
    assert (dollars(micro), amount(micro)) == (shown, shown[1:])


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (10, "10 s"), (60, "1 min"), (61, "1 min 1 s"), (7_200, "2 h"), (7_265, "2 h 1 min"), (86_400, "24 h")],
)
def test_a_duration_has_no_empty_parts(seconds, shown):
    assert duration(seconds) == shown
