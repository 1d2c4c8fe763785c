"""Gold pairs made from verifiers: one answer that passes and one that fails. Files of labels are read by `formats.labels`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from arena.texts.verifiers import VerifierTimeoutError, passes
from judges.verdicts.verdict import Side


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two answers to a prompt, and which is better.

    Parameters
    ----------
    key : str
        Unique in the set.
    prompt, answer_a, answer_b : str
    label : Side
    origin : str
        Subject or source, for figures by group; "" = unknown.
    competitor_a, competitor_b : str
        Whose answers; "" = unknown.
    reference : str
    """

    key: str
    prompt: str
    answer_a: str
    answer_b: str
    label: Side
    origin: str = ""
    competitor_a: str = ""
    competitor_b: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """One competitor's answer to a prompt, to be checked."""

    competitor: str
    text: str


@dataclass(frozen=True, slots=True)
class VerifiedPrompt:
    """A prompt with its verifier and the answers to it."""

    key: str
    text: str
    verifier: Mapping[str, Any]
    answers: Sequence[GradedAnswer]
    reference: str = ""
    origin: str = ""
    called: str = ""  # in messages; empty: by its key


@dataclass(frozen=True, slots=True)
class GoldPairs:
    """Pairs made from verifiers, and prompts without a pair."""

    pairs: tuple[GoldPair, ...]
    n_all_pass: int
    n_all_fail: int
    n_unchecked: int
    invalid: tuple[tuple[str, str], ...] = ()
    """Prompts whose verifier cannot be used, as they are called, with the reason: some of those that could not be checked."""


def gold_pairs_from_verifiers(prompts: Iterable[VerifiedPrompt], *, seed: int = 0) -> GoldPairs:
    """One pair for each prompt that one answer passes and one fails.

    Which of several, and which stands on side a, is drawn by hash of the seed and the prompt's key, so neither the order of
    prompts nor of answers matters. Answers that are the same text pass or fail together, so a pair never has equal ones.

    Examples
    --------
    >>> answers = [GradedAnswer("x", "It is 7."), GradedAnswer("y", "It is 8.")]
    >>> made = gold_pairs_from_verifiers([VerifiedPrompt("p", "3 + 4?", {"kind": "numeric", "value": 7}, answers)])
    >>> pair = made.pairs[0]
    >>> {"a": pair.competitor_a, "b": pair.competitor_b}[pair.label]
    'x'
    """
    pairs: list[GoldPair] = []
    invalid: list[tuple[str, str]] = []
    n_all_pass = n_all_fail = n_unchecked = 0
    for prompt in prompts:
        try:
            graded = [(passes(prompt.verifier, answer.text), answer) for answer in prompt.answers]
        except VerifierTimeoutError:
            n_unchecked += 1
            continue
        except ValueError as error:  # stored before verifiers were checked at the door
            n_unchecked += 1
            invalid.append((prompt.called or prompt.key, str(error)))
            continue
        right = [answer for has_passed, answer in graded if has_passed]
        wrong = [answer for has_passed, answer in graded if not has_passed]
        if right and wrong:
            pairs.append(_made_pair(prompt, right, wrong, seed=seed))
        n_all_pass += bool(right and not wrong)
        n_all_fail += bool(wrong and not right)
        n_unchecked += not graded
    return GoldPairs(tuple(pairs), n_all_pass, n_all_fail, n_unchecked, tuple(invalid))


def _made_pair(prompt: VerifiedPrompt, right: Sequence[GradedAnswer], wrong: Sequence[GradedAnswer], *, seed: int) -> GoldPair:
    def lot(*what: str) -> bytes:
        return sha256(json.dumps([seed, prompt.key, *what]).encode()).digest()

    winner, loser = (min(some, key=lambda answer: lot(answer.competitor, answer.text)) for some in (right, wrong))
    is_a = lot("side")[0] % 2 == 0
    a, b = (winner, loser) if is_a else (loser, winner)
    return GoldPair(
        key=prompt.key,
        prompt=prompt.text,
        answer_a=a.text,
        answer_b=b.text,
        label="a" if is_a else "b",
        origin=prompt.origin,
        competitor_a=a.competitor,
        competitor_b=b.competitor,
        reference=prompt.reference,
    )
