"""What one battle gives a judge to read."""

from dataclasses import dataclass

from judges.verdicts.verdict import Order


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question of a checklist that an answer meets or not, and what it counts."""

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.weight < float("inf")):
            raise ValueError(f"weight {self.weight!r} of the criterion {self.text[:60]!r}; allowed are finite numbers above 0")


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """A prompt and the two answers to it.

    Attributes
    ----------
    turns : what the user said, turn by turn
    answers : answer a and answer b, each turn by turn
    criteria : the operator's rubric, in words
    checklist : the prompt's own criteria
    """

    turns: tuple[str, ...]
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    system_prompt: str = ""
    criteria: str = ""
    checklist: tuple[Criterion, ...] = ()

    def in_slots(self, order: Order) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The answers of the first and of the second slot."""
        return self.answers if order == "ab" else (self.answers[1], self.answers[0])

    def texts(self) -> tuple[str, ...]:
        """All that others wrote, for drawing a fence that stands in none of it."""
        return (
            *self.turns, *self.answers[0], *self.answers[1], self.system_prompt, self.criteria,
            *(criterion.text for criterion in self.checklist),
        )  # fmt: skip
