"""Which of two answers is preferred, by whom and how surely: the content of training files. Nothing is invented.

An answer is chosen if more than half of all opinions on the two prefer it: ties, *both bad*, equal numbers prefer none.
Evidence that was set aside is ignored. Votes on the same two answers count together, in whichever battles they were cast.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, QuerySet

from arena.models import Battle, Vote
from arena.outcomes import Outcome

MUCH = 2  # the strength of a vote for a much better answer


class TwoAnswers(NamedTuple):
    """The numbers of two answers to one prompt, as battles have them."""

    prompt: int
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class PairTally:
    """All counted opinions on two answers."""

    outcomes: Mapping[str, int]
    n_strong: Mapping[str, int]  # of those for a and for b: how many say much better
    judges: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return sum(self.outcomes.values())

    @property
    def majority(self) -> str:
        """The outcome that more than half name; empty if there is none."""
        return next((outcome for outcome, n in self.outcomes.items() if 2 * n > self.n), "")


@dataclass(frozen=True, slots=True)
class Preference:
    """Of two answers the one that is chosen, and how surely."""

    answers: TwoAnswers
    tally: PairTally
    winner: str  # a | b

    @property
    def chosen(self) -> int:
        return self.answers.a if self.winner == Outcome.A else self.answers.b

    @property
    def rejected(self) -> int:
        return self.answers.b if self.winner == Outcome.A else self.answers.a

    @property
    def n_against(self) -> int:
        return self.tally.outcomes.get(Outcome(self.winner).swapped(), 0)

    @property
    def is_contested(self) -> bool:
        """Whether anybody chose the other one."""
        return self.n_against > 0

    @property
    def margin(self) -> float:
        """The share of opinions for it less the share for the other one, in (0, 1]."""
        return (self.tally.outcomes[self.winner] - self.n_against) / self.tally.n

    @property
    def is_much_better(self) -> bool:
        """Whether more than half of those who chose it said so."""
        return 2 * self.tally.n_strong.get(self.winner, 0) > self.tally.outcomes[self.winner]


def preferences_of(
    tallies: Mapping[TwoAnswers, PairTally],
    *,
    least_votes: int,
    with_contested: bool,
    most_a_prompt: int | None,
    same: Mapping[int, int],
) -> list[Preference]:
    """In the order of prompts; on each the surest first. `same`: prompts that are taken for another of their text."""
    by_prompt: dict[int, list[Preference]] = defaultdict(list)
    for answers, each in tallies.items():
        if each.n >= least_votes and each.majority in {Outcome.A, Outcome.B}:
            preference = Preference(answers, each, each.majority)
            if with_contested or not preference.is_contested:
                by_prompt[same.get(answers.prompt, answers.prompt)].append(preference)
    return [preference for prompt in sorted(by_prompt) for preference in sorted(by_prompt[prompt], key=_surest)[:most_a_prompt]]


def both_bad(tallies: Mapping[TwoAnswers, PairTally], *, least_votes: int) -> list[TwoAnswers]:
    """Pairs of answers that more than half call both bad."""
    return [answers for answers, each in tallies.items() if each.n >= least_votes and each.majority == Outcome.BOTH_BAD]


def _surest(preference: Preference) -> tuple[float, int, TwoAnswers]:
    return -preference.margin, -preference.tally.n, preference.answers


def with_two_answers(battles: "QuerySet[Battle]") -> "QuerySet[Battle]":
    """Battles whose answers are both whole, have a text, and are not the same."""
    return battles.filter(prompt__isnull=False).exclude(prompt__content_hash="").comparable()  # type: ignore[attr-defined,no-any-return]


def in_use(battles: "QuerySet[Battle]") -> "QuerySet[Battle]":
    """Battles of which neither the prompt nor an answer nor a model is archived; a corrected answer is."""
    of_sides = {f"{what}_{side}__archived_at": None for what in ("response", "competitor") for side in ("a", "b")}
    return battles.filter(prompt__archived_at=None, **of_sides)


def tallies_of_people(battles: "QuerySet[Battle]") -> dict[TwoAnswers, PairTally]:
    """Votes that count, on two answers each; `battles` are those of `with_two_answers`."""
    votes = Vote.objects.counted().filter(battle__in=battles.order_by().values("pk")).order_by()
    columns = ("battle__prompt_id", "battle__response_a_id", "battle__response_b_id", "outcome", "strength")
    outcomes: dict[TwoAnswers, Counter[str]] = defaultdict(Counter)
    strong: dict[TwoAnswers, Counter[str]] = defaultdict(Counter)
    for prompt, a, b, outcome, strength, n in votes.values_list(*columns).annotate(n=Count("pk")):
        answers = TwoAnswers(prompt, a, b)
        outcomes[answers][outcome] += n
        if strength == MUCH:
            strong[answers][outcome] += n
    return {answers: PairTally(outcomes[answers], strong[answers]) for answers in sorted(outcomes)}


def labels_of(preferences: Iterable[Preference], bad: Sequence[TwoAnswers]) -> dict[int, Counter[bool]]:
    """How often each answer is desirable, and how often it is not."""
    labels: dict[int, Counter[bool]] = defaultdict(Counter)
    for preference in preferences:
        labels[preference.chosen][True] += 1
        labels[preference.rejected][False] += 1
    for answers in bad:
        for answer in (answers.a, answers.b):
            labels[answer][False] += 1
    return labels
