"""Gold sets: three layouts, labels that are never guessed, and pairs made from verifiers."""

import json
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from judges.audits.figures.three_class_labels import score_labels
from judges.importing.gold_sets import (
    GoldSetError,
    GradedAnswer,
    VerifiedPrompt,
    gold_pairs_from_verifiers,
    read_gold_set,
)

JUDGEBENCH = {
    "pair_id": "1f", "source": "mmlu-pro-math", "question": "1 + 1?", "response_model": "m",
    "response_A": "2", "response_B": "3", "label": "A>B",
}  # fmt: skip
PANDALM = {
    "idx": 0, "motivation_app": "Grammarly", "cmp_key": "bloom-7b_llama-7b", "instruction": "Rewrite.", "input": "This.",
    "response1": "one", "response2": "two", "annotator1": 1, "annotator2": 2, "annotator3": 2,
}  # fmt: skip
PLAIN = {"prompt": "1 + 1?", "answer_a": "2", "answer_b": "3", "label": "a"}


def written(folder, layout: str, *rows: object):
    path = folder / f"{layout}.json"
    text = json.dumps(rows) if layout == "pandalm" else "\n".join(json.dumps(row) for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def read(folder, layout: str, *rows: object):
    return read_gold_set(layout, written(folder, layout, *rows))


def test_the_judgebench_layout(tmp_path):
    pairs = read(tmp_path, "judgebench", JUDGEBENCH, JUDGEBENCH | {"pair_id": "2f", "label": "B>A"})
    assert [(pair.key, pair.label, pair.origin) for pair in pairs] == [
        ("1f", "a", "mmlu-pro-math"),
        ("2f", "b", "mmlu-pro-math"),
    ]


def test_the_pandalm_layout(tmp_path):
    (pair,) = read(tmp_path, "pandalm", PANDALM)
    assert (pair.label, pair.annotations, pair.prompt) == ("b", ("a", "b", "b"), "Rewrite.\n\nThis.")
    assert (pair.competitor_a, pair.competitor_b, pair.origin) == ("bloom-7b", "llama-7b", "Grammarly")


def test_names_that_cannot_be_told_apart_are_left_open(tmp_path):
    (pair,) = read(tmp_path, "pandalm", PANDALM | {"cmp_key": "my_model_other"})
    assert (pair.competitor_a, pair.competitor_b) == ("", "")


def test_three_annotators_of_three_minds_give_no_label(tmp_path):
    (pair,) = read(tmp_path, "pandalm", PANDALM | {"annotator3": 0})
    assert pair.label is None


def test_the_plain_layout(tmp_path):
    pairs = read(tmp_path, "plain", PLAIN, PLAIN | {"id": "x", "label": "both_bad", "reference": "2"})
    assert [(pair.key, pair.label, pair.reference) for pair in pairs] == [
        ("plain.json, line 1", "a", ""),
        ("x", "both_bad", "2"),
    ]


@pytest.mark.parametrize(
    ("layout", "rows", "message"),
    [
        (
            "plain",
            [PLAIN, PLAIN | {"label": "A"}],
            r"plain.json, line 2: label is 'A'; allowed are 'a', 'b', 'tie', 'both_bad'",
        ),
        (
            "plain",
            [{"prompt": "x"}],
            "line 1: prompt, answer_a, answer_b and label are needed; missing: answer_a, answer_b, label; here are: prompt",
        ),
        ("plain", [PLAIN | {"answer_a": None}], "plain.json, line 1: answer_a is None; it has to be a text"),
        (
            "judgebench",
            [{"question": "x"}],
            "line 1: pair_id, .* are needed; missing: pair_id, response_A, response_B, label; here",
        ),
        (
            "pandalm",
            [{"idx": 1}],
            "entry 1: cmp_key, .* annotator3 are needed; missing: cmp_key, instruction, .*; here are: idx",
        ),
        ("plain", [PLAIN | {"label": ["a"]}], r"label is \['a'\]; allowed are"),
        ("judgebench", [JUDGEBENCH | {"label": "A=B"}], r"judgebench.json, line 1: label is 'A=B'; allowed are 'A>B', 'B>A'"),
        ("judgebench", [JUDGEBENCH, JUDGEBENCH], "the pair '1f' is there twice"),
        ("pandalm", [PANDALM | {"annotator2": 3}], "pandalm.json, entry 1: annotator2 is 3; allowed are 0, 1, 2"),
        ("pandalm", [PANDALM | {"annotator2": True}], "annotator2 is True"),
        ("pandalm", ["text"], "entry 1: 'text'; it has to be a JSON object"),
        ("plain", [], "no pairs"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_place(tmp_path, layout, rows, message):
    with pytest.raises(GoldSetError, match=message):
        read(tmp_path, layout, *rows)


def test_bad_files_and_layouts_are_refused(tmp_path):
    path = tmp_path / "gold.jsonl"
    twice = (b'{"prompt": "x", "prompt": "y"}', r"line 1: no JSON \(the key 'prompt' is there twice\)")
    for content, message in ((b"{", "line 1: no JSON"), (b"\xff\xff", "byte 0 is not UTF-8"), twice):
        path.write_bytes(content)
        with pytest.raises(GoldSetError, match=message):
            read_gold_set("plain", path)
    with pytest.raises(GoldSetError, match="a dict; it has to be one JSON list"):
        read_gold_set("pandalm", _single(path))
    with pytest.raises(GoldSetError, match="unknown layout 'csv': allowed are judgebench, pandalm, plain"):
        read_gold_set("csv", path)


def _single(path):
    path.write_text("{}")
    return path


def test_the_same_columns_are_read_as_csv(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text('Prompt;answer_a;answer_b;label;competitor_a\n2+2?;4;"5;\n6";a;\n3+3?;;6;b;x\n', encoding="utf-8")
    first, second = read_gold_set("plain", path)
    assert (first.prompt, first.answer_b, first.label, first.competitor_a) == ("2+2?", "5;\n6", "a", "")
    assert (second.answer_a, second.competitor_a, second.place) == ("", "x", "gold.csv, line 4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("prompt,answer_a\nx,y\n", "gold.csv, line 2: prompt, .* needed; missing: answer_b, label; here are: prompt, answer_a"),
        (
            "prompt,answer_a,answer_b,label\nx,y,z,A\n",
            "gold.csv, line 2: label is 'A'; allowed are 'a', 'b', 'tie', 'both_bad'",
        ),
        ("prompt,answer_a,answer_b,label\nx,y\n", "gold.csv, line 2: the number of cells is 2; the header has 4 columns"),
        ("prompt,answer_a\n", "no pairs"),
    ],
)
def test_a_csv_that_cannot_be_understood_is_named_with_its_place(tmp_path, content, message):
    path = tmp_path / "gold.csv"
    path.write_text(content)
    with pytest.raises(GoldSetError, match=message):
        read_gold_set("plain", path)


def test_a_line_separator_inside_a_text_is_no_new_line(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text("\ufeff" + json.dumps(PLAIN | {"answer_a": "one\u2028two"}, ensure_ascii=False) + "\r\n", encoding="utf-8")
    (pair,) = read_gold_set("plain", path)
    assert pair.answer_a == "one\u2028two"


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
    pairs = read_gold_set("pandalm", shared_data / "pandalm" / "testset-v1.json")
    assert Counter(pair.label for pair in pairs) == {"tie": 105, "a": 422, "b": 472}
    rows = json.loads((shared_data / "pandalm" / "pandalm-7b-testset-v1.json").read_text(encoding="utf-8"))
    said = [{"0": "tie", "1": "a", "2": "b"}[str(row["pandalm_result"])] for row in rows]
    assert (
        round(100 * score_labels([pair.label for pair in pairs], said, rng=np.random.default_rng(1)).accuracy.value, 2) == 66.77
    )
