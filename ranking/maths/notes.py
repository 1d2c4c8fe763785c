"""Counts in notes and reasons."""


def numbered(n: float, noun: str = "comparison") -> str:
    """`1 comparison`, `2.5 comparisons`."""
    return f"{n:g} {noun}{'' if n == 1 else 's'}"
