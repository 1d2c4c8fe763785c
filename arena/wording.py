"""Counts in sentences."""


def counted(n: int, one: str, many: str = "") -> str:
    """`1 vote`, `2 votes`, `1,000 replies`: the number and its noun. `many` is needed where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def agreeing(n: int, one: str, many: str) -> str:
    """The verb that goes with so many: `was` or `were`."""
    return one if n == 1 else many
