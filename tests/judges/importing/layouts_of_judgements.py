"""Files of judgements, as others publish them."""

from judges.verdicts.verdict import Verdict
from tests.judges.importing.layout_cases import (
    COMO,
    FIRST,
    LAKE,
    MISSING,
    NAMED,
    RHINE,
    RIVER,
    SECOND,
    TIE,
    Case,
    scored,
)  # fmt: skip

BENCH = tuple(("gpt-4o-2024-05-13", f"({letter}).") for letter in "ABCD")
MT = ("alpaca-13b", "gpt-3.5-turbo")
GPT, PHI = ("gpt4", "Como."), ("phi", "Rhine.")
LM = ("alpaca", "Como."), ("vicuna", "Rhine.")
HARD = ("gpt-4-0314", "phi")
J = "gpt-4-1106-preview"
BENCHED, REWARDED = "gpt-4o-mini, arena_hard", "internlm/internlm2-7b-reward, reward_model"

JUDGEMENTS = [
    Case(
        "judgements-pairs.csv",
        "pairs",
        [(LAKE, NAMED, "ab", FIRST, "gpt-4o", ""), (LAKE, NAMED, "ba", TIE, "gpt-4o", "A")],
        [
            ({"order": "first"}, "order is 'first'; allowed are ab, ba"),
            ({"prompt": ""}, "prompt is empty; the prompt's text or its prompt_id is needed"),
            ({"cost_usd": "much"}, "cost is 'much'; dollars from 0"),
        ],
    ),
    Case(
        "judgements-scores.jsonl",
        "pairs",
        [("q1", ("one", "two"), "ba", scored(6, 8), "m", ""), ("q2", ("one", "two"), "ab", "error", "m", "")],
        [
            ({"score_a": "eight"}, "score_a is 'eight'; a number is needed"),
            ({"model_b": MISSING}, "answer_b is missing; two answers or the names of two competitors are needed; the row has"),
            ({"model_b": "one"}, "competitor_b is 'one'; two different competitors are needed"),
        ],
    ),
    Case(
        "judgements-grades.jsonl",
        "grades",
        [(LAKE, (("one", "Como."),), "ab", 9.0, "gpt-4", ""), (LAKE, (("two", "Rhine."),), "ab", "error", "gpt-4", "")],
        [
            ({"rating": 11}, "score is 11; a number from 1 to 10 is needed"),
            ({"response": None, "competitor": MISSING}, "answer is empty; the answer that was graded, or its competitor"),
            ({"question": MISSING}, "prompt is missing; the prompt's text or its prompt_id is needed; the row has"),
        ],
    ),
    Case(
        "judgements-judgebench.jsonl",
        "judgebench",
        [
            ("Which?", BENCH[:2], "ab", FIRST, BENCHED, ""),
            ("Which?", BENCH[:2], "ba", TIE, BENCHED, ""),
            ("Which?", BENCH[2:], "ab", "error", BENCHED, ""),
            ("Which?", BENCH[2:], "ba", SECOND, BENCHED, ""),
            ("Which?", BENCH[2:], "ab", "unparsable", BENCHED, ""),
            ("Which?", BENCH[2:], "ba", FIRST, BENCHED, ""),
        ],
        [
            ({"label": "A"}, "label is 'A'; allowed are A>B, B>A"),
            ({"judgments": []}, "judgments is []; a list is needed, not empty"),
            ({"response_B": MISSING}, "response_B is missing; a text is needed; the row has pair_id"),
        ],
    ),
    Case(
        "judgements-judgebench-rewards.jsonl",
        "judgebench",
        [
            ("Which?", BENCH[:2], "ab", scored(1.5, 0.25), REWARDED, ""),
            ("Which?", BENCH[:2], "ba", scored(0.25, 1.5), REWARDED, ""),
            ("Which?", BENCH[2:], "ab", SECOND, REWARDED, ""),
        ],
        [
            ({"judgments": [{"judgment": {"scores": ["x", 1]}, "decision": "A>B"}]}, "scores is 'x'; a number is needed"),
            ({"judgments": [None] * 3}, "a list of 1 or 2 judgements is needed, the second with the answers exchanged"),
            ({"pair_id": MISSING}, "pair_id is missing; a text is needed; the row has"),
        ],
    ),
    Case(
        "judgements-llmbar.json",
        "llmbar",
        [
            (LAKE, (COMO, RHINE), "ab", FIRST, "", ""),
            (LAKE, (COMO, RHINE), "ba", SECOND, "", ""),
            (RIVER, (COMO, RHINE), "ab", SECOND, "", ""),
            (RIVER, (COMO, RHINE), "ba", "unparsable", "", ""),
        ],
        [
            ({"label": 3}, "label is 3; allowed are 1, 2"),
            ({"results": None}, "results is None; a list is needed"),
            ({"input": MISSING}, "input is missing; a text is needed; the row has output_1"),
        ],
    ),
    Case(
        "judgements-llmbar-notes.json",
        "llmbar",
        [
            ("Name a lake!", (COMO, RHINE), "ab", FIRST, "", ""),
            ("Name a lake!", (COMO, RHINE), "ba", "unparsable", "", ""),
            ("A lake?", (COMO, RHINE), "ab", SECOND, "", ""),
            ("A lake?", (COMO, RHINE), "ba", SECOND, "", ""),
        ],
        [
            ({"results": [["Como is one."], "x"]}, "results is 'x'; an object is needed"),
            ({"results": [{"swap = True": 1}]}, "swap = True is 1; an object is needed"),
            ({"output_2": None}, "output_2 is null; a text is needed"),
        ],
    ),
    Case(
        "judgements-alpaca-annotations.json",
        "alpaca-annotations",
        [
            (LAKE, (GPT, PHI), "ab", scored(0.75, 0.25), "weighted_alpaca_eval_gpt4_turbo", ""),
            (RIVER, (GPT, PHI), "ab", "unparsable", "weighted_alpaca_eval_gpt4_turbo", ""),
        ],
        [
            ({"preference": 3}, "preference is 3; a number from 1 (the first is better) to 2"),
            ({"generator_2": "gpt4"}, "generator_2 is 'gpt4'; two different competitors"),
            ({"output_2": MISSING}, "output_2 is missing; a text is needed; the row has instruction"),
        ],
    ),
    Case(
        "judgements-fastchat-single.jsonl",
        "fastchat-single",
        [
            ("81", ("alpaca-13b",), "ab", 7.0, "gpt-4, single answers", ""),
            ("81", ("alpaca-13b",), "ab", "error", "gpt-4, single answers", ""),
        ],
        [
            ({"score": "seven"}, "score is 'seven'; a number from 1 to 10 is needed, or -1"),
            ({"turn": 3}, "turn is 3; allowed are 1, 2"),
            ({"judge": MISSING}, "judge is missing; a text is needed; the row has question_id, model"),
        ],
    ),
    Case(
        "judgements-fastchat-pair.jsonl",
        "fastchat-pair",
        [
            ("81", MT, "ab", SECOND, "gpt-4", ""),
            ("81", MT, "ba", FIRST, "gpt-4", ""),
            ("82", MT, "ab", TIE, "gpt-4", ""),
            ("82", MT, "ba", "unparsable", "gpt-4", ""),
        ],
        [
            ({"g2_winner": "A"}, "g2_winner is 'A'; allowed are model_1, model_2, tie, error"),
            ({"model_2": "alpaca-13b"}, "model_2 is 'alpaca-13b'; two different competitors"),
            ({"g1_winner": MISSING}, "g1_winner is missing; allowed are model_1, model_2, tie, error; the row has question_id"),
        ],
    ),
    Case(
        "judgements-fastchat-pair-of-singles.jsonl",
        "fastchat-pair",
        [
            ("81", ("alpaca-13b",), "ab", 4.0, "gpt-4, single answers", ""),
            ("81", ("gpt-3.5-turbo",), "ab", 9.0, "gpt-4, single answers", ""),
        ],
        [
            ({"m2_score": 11}, "m2_score is 11; a number from 1 to 10 is needed, or -1 where there was none"),
            ({"m2_score": MISSING}, "m2_score is missing; a number from 1 to 10 is needed"),
            ({"model_2": None}, "model_2 is null; a text is needed"),
        ],
    ),
    Case(
        "judgements-arena-hard-v0.1.jsonl",
        "arena-hard",
        [
            ("u1", HARD, "ab", Verdict("second", 2), J, ""),
            ("u1", HARD, "ba", FIRST, J, ""),
            ("u3", HARD, "ab", "unparsable", J, ""),
            ("u3", HARD, "ba", TIE, J, ""),
            ("u2", HARD, "ab", "unparsable", J, ""),
            ("u2", HARD, "ba", FIRST, J, "B>A"),
        ],
        [
            ({"baseline": MISSING}, "baseline is missing; the competitor that was answer A in every first game is needed"),
            ({"games": [{}]}, "a list of 2 games is needed"),
            ({"model": "gpt-4-0314"}, "model is 'gpt-4-0314'; it is the baseline itself"),
        ],
    ),
    Case(
        "judgements-arena-hard-v2.jsonl",
        "arena-hard",
        [
            ("u1", ("o3-mini", "phi"), "ab", "error", "gpt-4.1", ""),
            ("u1", ("o3-mini", "phi"), "ba", FIRST, "gpt-4.1", ""),
            ("u2", ("gemini-2.0-flash-001", "phi"), "ab", Verdict("first", 2), "gpt-4.1", ""),
            ("u2", ("gemini-2.0-flash-001", "phi"), "ba", FIRST, "gpt-4.1", ""),
        ],
        [
            ({"uid": MISSING}, "question_id is missing; a text is needed; the row has category, judge, model"),
            ({"games": ["[[A>B]]", "x"]}, "games is '[[A>B]]'; an object is needed"),
            ({"model": None}, "model is null; a text is needed"),
        ],
    ),
    Case(
        "judgements-auto-j.jsonl",
        "auto-j",
        [("1", ("", ""), "ab", FIRST, "", ""), ("2", ("", ""), "ab", TIE, "", "")],
        [
            ({"output": 3}, "output is 3; allowed are 0 (the first is better), 1 and 2 (a tie)"),
            ({"output": MISSING, "cost": 0}, "output is missing; allowed are 0 (the first is better)"),
            ({"cost": "x"}, "cost is 'x'; dollars from 0"),
        ],
    ),
    Case(
        "judgements-pandalm.json",
        "pandalm",
        [("0", ("", ""), "ab", FIRST, "pandalm", ""), ("1", ("", ""), "ab", TIE, "pandalm", "")],
        [
            ({"pandalm_result": [1]}, "pandalm_result is [1]; allowed are 1, 2, Tie, 0"),
            (
                {"pandalm_result": MISSING},
                "<judge>_result is missing; a field such as pandalm_result is needed; the row has idx",
            ),
            ({"idx": None}, "idx is null; a text is needed"),
        ],
    ),
    Case(
        "judgements-judgelm.jsonl",
        "judgelm",
        [(LAKE, LM, "ab", scored(8, 6), "judgelm-7b", ""), (RIVER, LM, "ab", "unparsable", "judgelm-7b", "")],
        [
            ({"pred_text": 4}, "pred_text is 4; a text is needed"),
            ({"answer2_body": MISSING}, "answer2_body is missing; a text is needed; the row has question_id"),
            ({"question_body": " "}, "question_body is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "judgements-prometheus.jsonl",
        "prometheus",
        [(LAKE, (COMO,), "ab", 5.0, "", ""), (LAKE, (RHINE,), "ab", 2.0, "", "1")],
        [
            ({"orig_score": "7"}, "orig_score is '7'; a grade from 1 to 5 is needed"),
            ({"orig_response": MISSING}, "orig_response is missing; a text is needed; the row has orig_criteria"),
            ({"orig_instruction": 4}, "orig_instruction is 4; a text is needed"),
        ],
    ),
    Case(
        "judgements-prometheus-pairs.jsonl",
        "prometheus-pairs",
        [(LAKE, (COMO, RHINE), "ab", FIRST, "", ""), (LAKE, (COMO, RHINE), "ab", SECOND, "", "A")],
        [
            ({"orig_preference": "C"}, "orig_preference is 'C'; allowed are A, B"),
            ({"orig_preference": MISSING}, "orig_preference is missing; allowed are A, B; the row has orig_criteria"),
            ({"orig_response_A": None}, "orig_response_A is null; a text is needed"),
        ],
    ),
    Case(
        "judgements-games.jsonl",
        "games",
        [
            ("q1", ("one", "two"), "ba", Verdict("second", 2), "Minos", ""),
            ("q1", ("one", "two"), "ab", "unparsable", "Minos", ""),
            ("q1", ("one", "two"), "ab", 8.0, "Minos", ""),
            ("q1", ("one", "two"), "ab", scored(2, 9), "Minos", ""),  # the fourth was not over
        ],
        [
            ({"winner": None, "score_a": None}, "winner is empty; where the state is ok or rule, a winner or the points"),
            ({"judge_identity": "ab"}, "judge_identity is 'ab'; 64 hexadecimal digits are needed"),
            ({"state": "won"}, "state is 'won'; allowed are ok, ambiguous"),
        ],
    ),
]
