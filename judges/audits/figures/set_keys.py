"""Keys of the sets of battles behind figures, and who may see which."""

from collections.abc import Mapping

GOLD = "gold_"
"""How keys of sets of gold labels begin."""

ALIKE, SLOTS = ("agrees", "partly", "differs"), ("leans_first", "leans_second")
BY_LOOK: Mapping[str, tuple[str, str]] = {
    "length": ("longer", "shorter"),
    "lists": ("more_lists", "fewer_lists"),
    "bold": ("more_bold", "less_bold"),
}
OWN = ("own_found", "own_missed", "other_found", "other_missed")
GRADED = ("right_as_right", "right_as_wrong", "wrong_as_right", "wrong_as_wrong")

OF_LABELS = frozenset(
    {
        *ALIKE, *OWN, "agrees_twice", "differs_twice", "same_winner", "other_winner",
        *(f"{key}{suffix}" for keys in BY_LOOK.values() for key in keys for suffix in ("", "_of_equals")),
    }
)  # fmt: skip
"""Sets by which a reader who sees the verdicts knows the label: what people said, or the gold label where nobody voted."""


def is_for_curators(key: str) -> bool:
    """Whether a set of this key tells what gold labels say."""
    return key.startswith(GOLD) or key in GRADED or key == "contradicted"
