"""Competitors that give the same long answer to many prompts, found in the texts alone."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

SHORTEST = 80  # characters; shorter answers may well be the same by chance
FEWEST_PROMPTS = 5
SMALLEST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Answered:
    """One stored answer, for the search of constant ones."""

    response: int
    competitor: Hashable
    prompt: Hashable
    text: str
    is_short: bool = False  # its prompt has a verifier of short answers, where many right answers are the same


@dataclass(frozen=True, slots=True)
class ConstantAnswer:
    """A text with which a competitor answers several prompts."""

    competitor: Hashable
    text: str
    responses: tuple[int, ...]
    n_prompts: int
    share: float  # of the competitor's prompts


def constant_answers(rows: Iterable[Answered]) -> tuple[ConstantAnswer, ...]:
    """
    Texts of 80 characters or more with which a competitor answers at least 5 prompts and 5 % of its prompts.

    Prompts with a verifier of short answers count among its prompts, but their answers are not compared.
    """
    prompts: dict[Hashable, set[Hashable]] = defaultdict(set)
    same: dict[tuple[Hashable, str], list[Answered]] = defaultdict(list)
    for row in rows:
        prompts[row.competitor].add(row.prompt)
        plain = " ".join(row.text.split()).casefold()
        if len(plain) >= SHORTEST and not row.is_short:
            same[row.competitor, plain].append(row)
    candidates = (_constant(answers, len(prompts[competitor])) for (competitor, _), answers in same.items())
    return tuple(one for one in candidates if one.n_prompts >= FEWEST_PROMPTS and one.share >= SMALLEST_SHARE)


def _constant(answers: list[Answered], n_prompts: int) -> ConstantAnswer:
    of_prompts = {answer.prompt for answer in answers}
    first = answers[0]
    responses = tuple(answer.response for answer in answers)
    return ConstantAnswer(first.competitor, first.text, responses, len(of_prompts), len(of_prompts) / n_prompts)
