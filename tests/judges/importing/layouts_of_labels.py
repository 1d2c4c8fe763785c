"""Files of labels, as others publish them."""

from tests.judges.importing.layout_cases import COMO, LAKE, MISSING, NAMED, RHINE, RIVER, Case

BENCH = tuple(("gpt-4o", f"({letter}).") for letter in "ABCD")
REWARD = ("GPT-4", "Como."), ("alpaca-7b", "Rhine.")
PANDA = ("bloom-7b", "one"), ("llama-7b", "two")
REWRITE = "Rewrite.\n\nThis."

LABELS = [
    Case(
        "labels-pairs.csv",
        "pairs",
        [("p1", LAKE, NAMED, "a", "geo"), ("p2", RIVER, (COMO, ("", "Garda.")), "both_bad", "geo")],
        [
            ({"label": "c"}, "label is 'c'; allowed are a, b, tie, both_bad"),
            ({"prompt": ""}, "prompt is empty; a non-empty text is needed"),
            ({"origin": "\u202eevil"}, "a name may have no control, direction or invisible characters"),
        ],
    ),
    Case(
        "labels-answers.jsonl",
        "answers",
        [("", LAKE, (("one", "Como.", True),), None, ""), ("", LAKE, (("two", "Rhine.", False, 1.5),), None, "")],
        [
            ({"correct": "perhaps"}, "is_right is 'perhaps'; allowed are true, false"),
            (
                {"correct": MISSING, "score": MISSING},
                "is_right or a grade is needed; the row has question, response, model",
            ),
            ({"score": "much"}, "grade is 'much'; a number is needed"),
        ],
    ),
    Case(
        "labels-judgebench.jsonl",
        "judgebench",
        [("p1", "Which?", BENCH[:2], "a", "mmlu-pro-law"), ("p2", "Which?", BENCH[2:], "tie", "mmlu-pro-law")],
        [
            ({"label": "A"}, "label is 'A'; allowed are A>B, B>A, A=B, B=A"),
            ({"pair_id": None}, "pair_id is null; a text is needed"),
            ({"question": MISSING}, "question is missing; a text is needed; the row has pair_id"),
        ],
    ),
    Case(
        "labels-pandalm.json",
        "pandalm",
        [("0", REWRITE, PANDA, "b", "Grammarly"), ("1", REWRITE, (("bloom-7b", "true"), PANDA[1]), None, "Grammarly")],
        [
            ({"annotator2": 3}, "annotator2 is 3; allowed are 0, 1, 2"),
            ({"annotator2": True}, "annotator2 is True; allowed are 0, 1, 2"),
            ({"annotator3": MISSING}, "annotator3 is missing; allowed are 0, 1, 2; the row has idx"),
        ],
    ),
    Case(
        "labels-llmbar.json",
        "llmbar",
        [("", LAKE, (COMO, RHINE), "a", ""), ("", RIVER, (COMO, RHINE), "b", "")],
        [
            ({"label": 0}, "label is 0; allowed are 1, 2"),
            ({"output_1": 5}, "output_1 is 5; a text is needed"),
            ({"output_2": MISSING}, "output_2 is missing; a text is needed; the row has input"),
        ],
    ),
    Case(
        "labels-auto-j.jsonl",
        "auto-j",
        [
            ("1", LAKE, (COMO, RHINE), "a", "open_question"),
            ("2", RIVER, (RHINE, ("", "Rhone.")), "tie", "open_question"),
        ],
        [
            ({"label": 3}, "label is 3; allowed are 0, 1, 2"),
            ({"response 2": None}, "response 2 is null; a text is needed"),
            ({"response 1": MISSING}, "response 1 is missing; a text is needed; the row has scenario"),
        ],
    ),
    Case(
        "labels-reward-bench.jsonl",
        "reward-bench",
        [
            ("30", LAKE, REWARD, "a", "alpacaeval-easy"),
            ("31", RIVER, (("GPT-4", "Rhine."), ("alpaca-7b", "Como.")), "a", "alpacaeval-easy"),
        ],
        [
            ({"rejected": 4}, "rejected is 4; a text is needed"),
            ({"chosen": MISSING}, "chosen is missing; a text is needed; the row has prompt"),
            ({"prompt": ""}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "labels-m-reward-bench.jsonl",
        "reward-bench",
        [
            (
                "30 deu_Latn",
                "Nenne einen See.",
                (("GPT-4", "Der Comer See."), ("alpaca-7b", "Der Rhein.")),
                "a",
                "alpacaeval-easy",
            )
        ],
        [
            ({"language": "de de de"}, "language is 'de de de'"),
            ({"chosen_model": "x\u200b"}, "invisible characters"),
            ({"rejected": MISSING}, "rejected is missing; a text is needed; the row has id"),
        ],
    ),
    Case(
        "labels-dpo.jsonl",
        "reward-bench",
        [("", LAKE, (COMO, RHINE), "a", "")],
        [
            ({"chosen": [{"role": "assistant"}]}, "chosen is null; a text is needed"),
            ({"rejected": []}, "rejected is []; a text is needed"),
            ({"prompt": MISSING}, "prompt is missing; a text is needed; the row has chosen"),
        ],
    ),
    Case(
        "labels-orca.jsonl",
        "reward-bench",
        [("", LAKE, (COMO, RHINE), "a", "")],
        [
            ({"question": " "}, "prompt is empty; a non-empty text is needed"),
            ({"chosen": 1}, "chosen is 1; a text is needed"),
            ({"rejected": MISSING}, "rejected is missing; a text is needed; the row has system, question, chosen"),
        ],
    ),
    Case(
        "labels-hh-rlhf.jsonl",
        "chosen-rejected",
        [
            ("", LAKE, (COMO, RHINE), "a", ""),
            ("", "User: Hi.\n\nAssistant: Hello.\n\nUser: Name a lake.", (COMO, RHINE), "a", ""),
        ],
        [
            ({"rejected": "\n\nHuman: Name a river.\n\nAssistant: Como."}, "the same questions as in chosen are needed"),
            ({"chosen": "\n\nHuman: Name a lake."}, "messages that begin with a question and end with an answer are needed"),
            ({"rejected": "Rhine."}, "rejected is 'Rhine.'; messages that begin with a question and end with an answer"),
        ],
    ),
    Case(
        "labels-dpo-implicit.jsonl",
        "chosen-rejected",
        [
            ("", LAKE, (COMO, RHINE), "a", ""),
            ("", "A lake? / Sure?", (("", "Como.\n\nYes."), ("", "Rhine.\n\nNo.")), "a", ""),
        ],
        [
            ({"chosen": [{"role": "assistant", "content": "x"}]}, "messages that begin with a question and end with an answer"),
            ({"chosen": [{"role": "judge", "content": "x"}]}, "the role of a message in chosen is 'judge'"),
            ({"rejected": MISSING}, "rejected is missing; a list of messages is needed, each with role and content; the row"),
        ],
    ),
    Case(
        "labels-kto.jsonl",
        "answers",
        [("", LAKE, (("", "Como.", True),), None, ""), ("", LAKE, (("", "Rhine.", False),), None, "")],
        [
            ({"label": "good"}, "is_right is 'good'; allowed are true, false"),
            ({"completion": MISSING}, "answer is missing; a text is needed; the row has prompt, label"),
            ({"prompt": ""}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "labels-reward-bench-2-ties.jsonl",
        "reward-bench-2",
        [("tied:3", LAKE, (("", "Como.", True), ("", "Garda.", True), ("", "Rhine.", False)), None, "Ties")],
        [
            ({"chosen": ["Como."]}, "num_correct is 2; the list chosen has 1 answers"),
            ({"rejected": []}, "rejected is []; a list is needed, not empty"),
            ({"chosen": ["Como.", None]}, "chosen is null; a text is needed"),
        ],
    ),
    Case(
        "labels-reward-bench-2.jsonl",
        "reward-bench-2",
        [
            (
                "7",
                LAKE,
                (("m1", "Como.", True), ("m2", "Rhine.", False), ("m3", "Rhone.", False), ("m4", "Elbe.", False)),
                None,
                "Factuality",
            ),
        ],
        [
            ({"num_correct": 2}, "num_correct is 2; the list chosen has 1 answers"),
            ({"rejected": "Rhine."}, "rejected is 'Rhine.'; a list is needed, not empty"),
            ({"prompt": None}, "prompt is null; a text is needed"),
        ],
    ),
    Case(
        "labels-helpsteer2.jsonl",
        "helpsteer2",
        [
            ("", LAKE, (("", "Como.", 4.0),), None, ""),
            ("", LAKE, (("", "Rhine.", 1.0),), None, ""),
        ],
        [
            ({"helpfulness": 5}, "helpfulness is 5; a number from 0 to 4 is needed"),
            ({"helpfulness": None}, "helpfulness is missing; a number from 0 to 4 is needed"),
            ({"response": MISSING}, "response is missing; a text is needed; the row has prompt"),
        ],
    ),
    Case(
        "labels-helpsteer2-disagreements.jsonl",
        "helpsteer2",
        [("", "User: Name a lake.\n\nAssistant: Rhine.\n\nUser: A lake!", (("", "Rhine.", 1.0),), None, "")],
        [
            ({"helpfulness": [1, 5]}, "helpfulness is 5; a number from 0 to 4 is needed"),
            ({"helpfulness": []}, "helpfulness is []; a number from 0 to 4 is needed"),
            ({"prompt": " "}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "labels-helpsteer2-preference.jsonl",
        "helpsteer2-preference",
        [("", LAKE, (COMO, RHINE), "a", ""), ("", RIVER, (RHINE, ("", "Rhone.")), "tie", "")],
        [
            ({"preference_strength": 4}, "preference_strength is 4; allowed are -3, -2"),
            ({"preference_strength": MISSING}, "preference_strength is missing; allowed are -3, -2"),
            ({"response_1": 1}, "response_1 is 1; a text is needed"),
        ],
    ),
    Case(
        "labels-helpsteer3.jsonl",
        "helpsteer2-preference",
        [
            ("", LAKE, (COMO, RHINE), "a", ""),
            ("", "User: Hi.\n\nAssistant: Hello.\n\nUser: Name a lake.", (COMO, RHINE), "tie", ""),
        ],
        [
            ({"overall_preference": "first"}, "preference_strength is 'first'; allowed are -3, -2"),
            ({"context": []}, "prompt is []; a list of messages is needed"),
            ({"response2": MISSING}, "response_2 is missing; a text is needed; the row has domain, language, context"),
        ],
    ),
    Case(
        "labels-rm-bench.jsonl",
        "reward-bench-2",
        [
            (
                "chat/1",
                LAKE,
                (("", "Como.", True), ("", "Lake Como.", True), ("", "Rhine.", False), ("", "Alps.", False)),
                None,
                "chat",
            ),
            ("math/2", "Say 2.", (("", "2", True), ("", "3", False)), None, "math"),
        ],
        [
            ({"chosen": []}, "chosen is []; a list is needed, not empty"),
            ({"rejected": MISSING}, "rejected is missing; a list is needed, not empty; the row has id, prompt, chosen"),
            ({"prompt": ""}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "labels-ultrafeedback.jsonl",
        "ultrafeedback",
        [("", LAKE, (("alpaca", "Como.", 4.5), ("wizard", "Rhine.", 3.0)), None, "evol_instruct")],
        [
            ({"completions": []}, "completions is []; a list is needed, not empty"),
            ({"completions": [{"model": "", "response": "x"}]}, "model is empty; a name is needed"),
            ({"instruction": MISSING}, "instruction is missing; a text is needed; the row has source"),
        ],
    ),
    Case(
        "labels-gold-labels.csv",
        "gold-labels",
        [
            ("line 1", "q1", (("one", ""), ("=two", "")), "a", ""),
            ("", "", (("one", ""), ("two", "")), "both_bad", ""),
        ],
        [
            ({"label": "c"}, "label is 'c'; allowed are a, b, tie, both_bad"),
            ({"model_b": "one"}, "model_b is 'one'; a battle needs two different models"),
            ({"gold_set": ""}, "gold_set is empty; a name is needed"),
        ],
    ),
    Case(
        "labels-gold-answers.csv",
        "gold-answers",
        [("line 1", "q1", (("one", "", True),), None, ""), ("", "q2", (("two", "", 2.5),), None, "")],
        [
            ({"is_right": "maybe"}, "is_right is 'maybe'; allowed are true, false"),
            ({"is_right": "", "grade": ""}, "is_right is empty; is_right or a grade is needed"),
            ({"repeat": "x"}, "repeat is 'x'"),
        ],
    ),
]
