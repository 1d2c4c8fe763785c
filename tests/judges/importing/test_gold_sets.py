"""Pairs made from verifiers, and what PandaLM's own files say."""

from collections import Counter
from itertools import permutations

import numpy as np

from judges.audits.figures.three_class_labels import score_labels
from judges.importing.gold_sets import GradedAnswer, VerifiedPrompt, gold_pairs_from_verifiers
from judges.importing.reading import read_judgements, read_labels


def prompt(key: str, *texts: str) -> VerifiedPrompt:
    answers = [GradedAnswer(f"m{number}", text) for number, text in enumerate(texts)]
    return VerifiedPrompt(key, "3 + 4?", {"kind": "numeric", "value": 7}, answers)


def test_a_pair_has_one_answer_that_passes_and_one_that_fails():
    made = gold_pairs_from_verifiers([prompt(str(n), "7", "8", "It is 7", "9") for n in range(200)])
    assert len(made.pairs) == 200
    for pair in made.pairs:
        right, wrong = (pair.answer_a, pair.answer_b) if pair.label == "a" else (pair.answer_b, pair.answer_a)
        assert right in ("7", "It is 7")
        assert wrong in ("8", "9")
    # Sides are drawn: 100 and three standard errors.
    assert abs(Counter(pair.label for pair in made.pairs)["a"] - 100) < 3 * 7.1
    assert len({(pair.competitor_a, pair.competitor_b) for pair in made.pairs}) == 8


def test_prompts_that_all_pass_or_all_fail_are_counted():
    made = gold_pairs_from_verifiers([prompt("1", "7", "7."), prompt("2", "8"), prompt("3"), prompt("4", "7", "8")])
    assert (len(made.pairs), made.n_all_pass, made.n_all_fail, made.n_unchecked) == (1, 1, 1, 1)


def test_the_order_of_answers_and_prompts_does_not_matter():
    whole = prompt("1", "7", "8", "It is 7", "9")
    orders = {
        gold_pairs_from_verifiers([VerifiedPrompt("1", whole.text, whole.verifier, list(order))]).pairs
        for order in permutations(whole.answers)
    }
    assert len(orders) == 1
    assert len({gold_pairs_from_verifiers([whole], seed=seed).pairs for seed in range(20)}) > 1


def test_an_answer_that_cannot_be_checked_makes_no_pair():
    slow = VerifiedPrompt(
        "1", "x", {"kind": "regex", "pattern": "(a|aa)+$"}, [GradedAnswer("x", "a" * 60 + "!"), GradedAnswer("y", "a")]
    )
    made = gold_pairs_from_verifiers([slow])
    assert (made.pairs, made.n_unchecked) == ((), 1)


def test_pandalms_own_test_set(shared_data):
    rows = read_labels(shared_data / "pandalm" / "testset-v1.json").rows
    labels = [row.label for row in rows]
    assert Counter(labels) == {"tie": 105, "a": 422, "b": 472}
    judged = read_judgements(shared_data / "pandalm" / "pandalm-7b-testset-v1.json").rows
    said = [{"first": "a", "second": "b", "tie": "tie"}[row.judgement.verdict.winner] for row in judged]
    assert round(100 * score_labels(labels, said, rng=np.random.default_rng(1)).accuracy.value, 2) == 66.77
