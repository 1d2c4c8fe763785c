"""Files of battles and votes, as others publish them."""

from arena.importing.files.rows import BattleRow, VoteRow
from tests.arena.importing.layout_cases import BAD, MISSING, NAME_IS_NEEDED, TIE, A, B, Case, battle, prompt

BATTLES = [
    Case(
        "battles-arena-2023.json",
        "chatbot-arena",
        [
            battle(
                2, "", "chatglm-6b", "koala-13b",
                prompt(2, "58210e39b3fd4441a2bd4a518bb44c2d", "What is the difference between OpenCL and CUDA?", language="en"),
                [("arena_user_973", B)], ("Both are APIs.", "CUDA is NVIDIA's."), happened=1682351591.1322,
            ),
            battle(
                44, "", "oasst-pythia-12b", "alpaca-13b",
                prompt(44, "2cf8f87b6e9d46f0acbf7bbba4fa6d83", "Name a lake.", "Another one."),
                [("arena_user_973", BAD, "names were visible")], ("Alps\n\nRhine", "Bonn\n\nParis"), happened=1682351654.6681,
                turns=(("Alps", "Rhine"), ("Bonn", "Paris")),
            ),
        ],
        [
            ({"winner": "model_c"}, "winner is 'model_c'; allowed are model_a, model_b, tie, tie (bothbad), both_bad"),
            ({"conversation_b": "Bonn"}, "conversation_b is 'Bonn'; a list of messages is needed, each with role and content"),
            ({"model_a": MISSING}, "model_a is missing; a text is needed; the row has question_id, model_b, winner, judge"),
        ],
    ),
    Case(
        "battles-arena-100k.jsonl",
        "chatbot-arena",
        [
            battle(
                1, "", "gpt-4o", "claude-3", prompt(1, "ef1d", "Hi there, how are you?", language="en"), [("9c72", TIE)],
                ("Well.", "Fine."), happened=1719358331.2,
            ),
            battle(
                2, "", "claude-3", "gpt-4o",
                prompt(2, "ef1e", "Say yes.", language="de", tags=("creative_writing", "real_world", "code")), [("9c73", A)],
                ("Yes.", "No."), happened=1719358332.2,
            ),
        ],
        [
            ({"model_b": 3}, "model_b is 3; a text is needed"),
            ({"tstamp": "yesterday"}, "tstamp is 'yesterday'; seconds or milliseconds since 1970"),
            ({"conversation_a": [{"role": "judge", "content": "x"}]}, "the role of a message in conversation_a is 'judge'"),
        ],
    ),
    Case(
        "battles-arena-140k.jsonl",
        "arena-sessions",
        [
            battle(
                1, "0a1f", "ann", "bob", prompt(1, "", "Name a lake.", language="en"), [("s1", BAD)], ("Alps", "Bonn"),
                happened=1749542400.0,
            ),
            battle(
                2, "0a20", "bob", "ann", prompt(2, "", "Name a river.", language="en"), [("s1", A)], ("Rhine", "Como"),
                happened=1749542460.0,
            ),
        ],
        [
            ({"winner": 1}, "winner is 1; allowed are model_a"),
            ({"timestamp": "10.06.2025"}, "timestamp is '10.06.2025'; seconds or milliseconds since 1970, or an ISO 8601 date"),
            ({"conversation_b": MISSING}, "conversation_b is missing; a list of messages is needed"),
        ],
    ),
    Case(
        "battles-wsdm.csv",
        "chatbot-arena",
        [
            battle(
                2, "", "o1-preview", "reka-core", prompt(2, "", "vulnerable bicycle\nhow to lock it?", language="en"),
                [("", B)], ("Use a chain.", "Use a U-lock."), called="00007cff",
            ),
            battle(
                4, "", "gpt-4o", "mistral-large", prompt(4, "", "Wie heißt du?", language="de"), [("", A)], ("Anna.", "Bob."),
                called="00007cfe",
            ),
        ],
        [
            ({"id": "a\nb"}, "id is 'a\\nb'"),
            ({"winner": "b loses"}, "winner is 'b loses'; allowed are model_a"),
            ({"model_a": ""}, f"model_a is empty; {NAME_IS_NEEDED}"),
            ({"response_a": "a\0b"}, "response_a is 'a\\x00b'; NUL characters are not allowed"),
        ],
    ),
    Case(
        "battles-kaggle-55k.csv",
        "kaggle-pairs",
        [
            battle(
                2, "30192", "gpt-4-1106-preview", "gpt-4-0613", prompt(2, "", "Is it right?", "And now?"), [("", A)],
                ("It depends.\n\nYes \ufffd.", "No.\n\n"), turns=(("It depends.", "Yes \ufffd."), ("No.", "")),
            ),
            battle(
                3, "53567", "koala-13b", "gpt-4-0613", prompt(3, "", "What is a plinth?"), [("", TIE)], ("A base.", "A wall.")
            ),
        ],
        [
            ({"winner_model_a": "1"}, "winner_model_a, winner_model_b, winner_tie is '1, 0, 1'; one of these columns is 1"),
            ({"winner_tie": "yes"}, "winner_tie is 'yes'; allowed are true, false"),
            ({"prompt": '[""]'}, "prompt is '[\"\"]'; a non-empty text is needed"),
        ],
    ),
    Case(
        "battles-mt-bench-votes.jsonl",
        "mt-bench-votes",
        [
            battle(
                1, "", "alpaca-13b", "gpt-3.5-turbo", prompt(1, "81 turn 1", "Write a blog post."), [("author_2", B)],
                ("Aloha!", "A trip."),
            ),
            battle(
                2, "", "alpaca-13b", "gpt-3.5-turbo", prompt(2, "81", "Write a blog post.", "Rewrite it."),
                [("gpt-4, pair-v2", TIE)], ("Aloha!\n\nAgain.", "A trip.\n\nA walk."),
                turns=(("Aloha!", "Again."), ("A trip.", "A walk.")),
            ),
        ],
        [
            ({"turn": 3}, "turn is 3; allowed are 1, 2"),
            ({"winner": "gpt-4"}, "winner is 'gpt-4'; allowed are model_a"),
            ({"conversation_a": MISSING}, "conversation_a is missing; a list of messages is needed"),
        ],
    ),
    Case(
        "battles-pandalm.json",
        "pandalm",
        [
            battle(
                2, "0", "bloom-7b", "llama-7b",
                prompt(2, "", "Make it shorter.\n\nIf you have any questions, please let me know."),
                [("annotator1", B), ("annotator2", TIE), ("annotator3", A)], ("Ask me.", "Questions?"),
            ),
            battle(
                14, "1", "cerebras-gpt-6.7B", "opt-7b", prompt(14, "", "Tell a joke."),
                [("annotator1", A), ("annotator2", A), ("annotator3", A)], ("Ha.", "Ho."),
            ),
        ],
        [
            ({"annotator2": 3}, "annotator2 is 3; allowed are 0 (tie), 1, 2"),
            ({"cmp_key": "alone"}, "cmp_key is 'alone'; model1_model2 has to name two different models"),
            ({"response1": MISSING}, "response1 is missing; a text is needed; the row has idx, motivation_app, cmp_key"),
        ],
    ),
    Case(
        "battles-llmfao.csv",
        "llmfao",
        [
            battle(2, "0", "Airoboros L2 70B", "Weaver 12k", prompt(2, "8"), [("58", TIE)]),
            battle(3, "0", "Airoboros L2 70B", "Weaver 12k", prompt(3, "8"), [("71", A)]),
        ],
        [
            ({"winner": "top"}, "winner is 'top'; allowed are left, right, tie"),
            ({"right": ""}, f"right is empty; {NAME_IS_NEEDED}"),
            ({"worker": ""}, f"worker is empty; {NAME_IS_NEEDED}"),
        ],
    ),
    Case(
        "battles-alpaca-annotations.json",
        "alpaca-annotations",
        [
            battle(
                2, "", "text_davinci_003", "gpt4", prompt(2, "", "Name two actors."), [("alpaca_eval_gpt4", B)],
                ("Al Pacino.", "Meryl Streep and Al Pacino."),
            ),
            battle(
                14, "", "text_davinci_003", "gpt4", prompt(14, "", "Say yes."), [("alpaca_eval_gpt4", TIE)], ("Yes.", "Yes.")
            ),
        ],
        [
            ({"preference": None}, "preference is None; a number from 1 (the first is better) to 2 is needed, or 0 for a tie"),
            ({"preference": 3}, "preference is 3; a number from 1"),
            ({"output_2": MISSING}, "output_2 is missing; a text is needed; the row has instruction, output_1, generator_1"),
        ],
    ),
    Case(
        "battles-argilla.json",
        "argilla",
        [
            battle(2, "r1", "ann", "bob", prompt(2, "", "Name a lake."), [("6b12", A), ("7c13", TIE)], ("Como.", "Alps.")),
            battle(35, "r2", "bob", "ann", prompt(35, "", "Name a river."), [], ("Rhine.", "Bonn.")),
        ],
        [
            ({"fields": {"text": "x"}}, "answer_a is missing; a text is needed"),
            ({"responses": None}, "responses is None; the answers to one question are needed, each with value and user_id"),
            ({"responses": {"q": [{"value": "great", "user_id": "u"}]}}, "responses is 'great'; allowed are a, answer_a"),
        ],
    ),
    Case(
        "battles-label-studio.json",
        "label-studio",
        [
            battle(
                2, "11", "answer_a", "answer_b", prompt(2, "", "Name a lake."), [("ann@example.org", A)], ("Como.", "Alps.")
            ),
            battle(37, "12", "answer_a", "answer_b", prompt(37, "", "Name a river."), [("2", B)], ("Bonn.", "Rhine.")),
        ],
        [
            ({"annotations": "none"}, "annotations is 'none'; a list of objects is needed"),
            ({"data": {"prompt": "x", "answer1": "y"}}, "answer_b is missing; a text is needed"),
            ({"id": MISSING}, "id is missing; a text is needed; the row has annotations, drafts, predictions, data"),
        ],
    ),
    Case(
        "battles-doccano.jsonl",
        "pairs",
        [
            battle(1, "", "answer_a", "answer_b", prompt(1, "", "Name a lake."), [("", A)], ("Como.", "Alps.")),
            battle(2, "", "answer_a", "answer_b", prompt(2, "", "Name a river."), [("", B)], ("Bonn.", "Rhine.")),
        ],
        [
            ({"label": ["good"]}, "winner is 'good'; allowed are a, b, tie, both_bad, 1 and 2, or the name of one of the two"),
            ({"label": []}, "winner is []; allowed are a, b, tie"),
            ({"text": ""}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "battles-newcomer.csv",
        "pairs",
        [
            battle(2, "", "answer_a", "answer_b", prompt(2, "", "Name a lake."), [("", A)], ("Como", "The Alps; or so")),
            battle(3, "", "answer_a", "answer_b", prompt(3, "", "Name a river."), [("", B)], ("Bonn", "Rhine")),
            battle(4, "", "answer_a", "answer_b", prompt(4, "", "Name a town."), [("", TIE)], ("Bonn", "Köln")),
        ],
        [
            ({"better": "0"}, "winner is '0'; 0 and 1 are ambiguous; allowed are a, b, tie, both_bad, 1 and 2"),
            ({"better": ""}, "winner is empty; allowed are a, b, tie"),
            ({"question": " "}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "battles-own.jsonl",
        "pairs",
        [
            battle(
                1, "", "ann", "bob", prompt(1, "q1", "Name a lake.", category="facts/places", language="en"), [("v1", A)],
                ("Como", "Alps"), happened=1714557600.0,
            ),
            battle(
                2, "", "bob", "ann", prompt(2, "q2", "Name a river.", category="facts/places", language="en"), [("v1", B)],
                ("Bonn", "Rhine"), happened=1714557660.0,
            ),
        ],
        [
            ({"winner": "carl"}, "winner is 'carl'; allowed are a, b, tie, both_bad, 1 and 2, or the name of one of the two"),
            ({"model_b": ""}, f"model_b is empty; {NAME_IS_NEEDED}"),
            ({"winner": MISSING}, "winner is missing; allowed are a, b, tie"),
        ],
    ),
    Case(
        "battles-exported.jsonl",
        "battles",
        [
            BattleRow(
                1, "8", "ann", "bob", prompt(1, "q2"), (VoteRow("v2", TIE, "too fast", is_order_known=True),),
                happened=1714557660.0, repeats=(0, 0),
            ),
            BattleRow(
                2, "7", "bob", "ann", prompt(2, "q1"),
                (
                    VoteRow(
                        "v1", B, is_order_known=True, reasons=("accurate",), comment="Como is a lake.", strength=2, dwell_ms=900
                    ),
                ),
                happened=1714557600.0, repeats=(1, 0),
            ),
        ],
        [
            ({"winner": "ann"}, "winner is 'ann'; allowed are a, b, tie, both_bad"),
            ({"strength": 0}, "strength is 0; 1 or 2 is allowed, and only where a model is better"),
            ({"battle": MISSING}, "battle is missing; a text is needed; the row has prompt_id, model_a, model_b, repeat_a"),
        ],
    ),
    Case(
        "battles-argilla-1.json",
        "argilla",
        [
            battle(2, "", "ann", "bob", prompt(2, "", "Name a lake."), [("6b12", A), ("7c13", TIE)], ("Como.", "Alps.")),
            battle(61, "", "bob", "ann", prompt(61, "", "Name a river."), [("6b12", B)], ("Rhine.", "Bonn.")),
        ],
        [
            ({"fields": {"prompt": "", "response-1": "x", "response-2": "y"}}, "prompt is empty; a non-empty text is needed"),
            (
                {"responses": [{"user_id": "u", "values": {"ranking": {"value": ["response-1"]}}}]},
                "responses is ['response-1']; allowed are a, answer_a",
            ),
            (
                {"responses": [{"user_id": "u", "values": {"ranking": {"value": [{"value": "response-1", "rank": 1}]}}}]},
                "responses is [{'value': 'response-1', 'rank': 1}]; allowed are a, answer_a",
            ),
        ],
    ),
    Case(
        "battles-argilla-hub.jsonl",
        "argilla-table",
        [
            battle(1, "r1", "ann", "bob", prompt(1, "", "Name a lake."), [("6b12", A), ("7c13", TIE)], ("Como.", "Alps.")),
            battle(2, "r2", "bob", "ann", prompt(2, "", "Name a river."), [("7c13", B)], ("Rhine.", "Bonn.")),
            battle(3, "r3", "bob", "ann", prompt(3, "", "Name a town."), [], ("Rhine.", "Bonn.")),
        ],
        [
            ({"preference.responses": "response_a"}, "preference.responses is 'response_a'; a list of answers is needed"),
            ({"response_a": MISSING}, "answer_a is missing; a text is needed; the row has id, status, _server_id, instruction"),
            ({"id": None}, "id is null; a text is needed"),
        ],
    ),
    Case(
        "battles-argilla-hub-1.jsonl",
        "argilla-table",
        [
            battle(1, "x1", "ann", "bob", prompt(1, "", "Name a lake."), [("6b12", B)], ("Como.", "Alps.")),
            battle(2, "x2", "bob", "ann", prompt(2, "", "Name a river."), [("6b12", A)], ("Rhine.", "Bonn.")),
        ],
        [
            ({"ranking": "response-1"}, "ranking is 'response-1'; a list of answers is needed"),
            ({"metadata": '{"model_a": "ann"}'}, "model_b is missing; a text is needed"),
            ({"prompt": " "}, "prompt is ' '; a non-empty text is needed"),
        ],
    ),
    Case(
        "battles-label-studio-min.json",
        "label-studio-rows",
        [
            battle(
                2, "11", "answer_a", "answer_b", prompt(2, "", "Name a lake."), [("1", A)], ("Como.", "Alps."),
                happened=1714557600.0,
            ),
            battle(
                18, "11", "answer_a", "answer_b", prompt(18, "", "Name a lake."), [("2", B)], ("Como.", "Alps."),
                happened=1714557660.0,
            ),
            battle(
                34, "12", "answer_a", "answer_b", prompt(34, "", "Name a river."), [], ("Bonn.", "Rhine."),
                happened=1714557720.0,
            ),
        ],
        [
            ({"pw": [{"selected": "top"}]}, "pw is 'top'; allowed are a, answer_a"),
            ({"created_at": "today"}, "created_at is 'today'; seconds or milliseconds since 1970, or an ISO 8601 date"),
            ({"answer2": MISSING}, "answer_b is missing; a text is needed; the row has prompt, answer1, id, annotator"),
        ],
    ),
    Case(
        "battles-label-studio.csv",
        "label-studio-rows",
        [
            battle(
                2, "11", "answer_a", "answer_b", prompt(2, "", "Name a lake."), [("1", A)], ("Como.", "Alps."),
                happened=1714557600.0,
            ),
            battle(
                3, "12", "answer_a", "answer_b", prompt(3, "", "Name a river."), [("1", B)], ("Bonn.", "Rhine."),
                happened=1714557720.0,
            ),
        ],
        [
            ({"comparison": "Response 3"}, "comparison is 'Response 3'; allowed are a, answer_a"),
            ({"id": ""}, f"id is empty; {NAME_IS_NEEDED}"),
            ({"prompt": ""}, "prompt is empty; a non-empty text is needed"),
        ],
    ),
    Case(
        "battles-label-studio-texts.json",
        "label-studio",
        [
            battle(2, "11", "answer_a", "answer_b", None, [("1", A)]),
            battle(27, "12", "answer_a", "answer_b", None, [("1", B)]),
        ],
        [
            ({"data": {"text1": "x"}}, "answer_b is missing; a text is needed"),
            ({"data": {"text1": "x", "text2": 5}}, "answer_b is 5; a text is needed"),
            ({"annotations": [{"result": "left"}]}, "result is 'left'; a list is needed"),
        ],
    ),
    Case(
        "battles-kaggle-without-id.csv",
        "kaggle-pairs",
        [
            battle(
                2, "", "gpt-4-1106-preview", "gpt-4-0613", prompt(2, "", "Is it right?"), [("", A)], ("It depends.", "No.")
            ),
            battle(3, "", "koala-13b", "gpt-4-0613", prompt(3, "", "What is a plinth?"), [("", B)], ("A base.", "A wall.")),
        ],
        [
            ({"winner_model_b": "0"}, "winner_model_a, winner_model_b, winner_tie is '0, 0, 0'; one of these columns is 1"),
            ({"model_a": ""}, f"model_a is empty; {NAME_IS_NEEDED}"),
            ({"response_b": "[1]"}, "response_b is 1; a text is needed"),
        ],
    ),
    Case(
        "battles-arena-strength.csv",
        "chatbot-arena",
        [
            BattleRow(
                2, "", "ann", "bob", prompt(2, "q1"), (VoteRow("v1", A, reasons=("accurate", "clear"), strength=2),)
            ),
            BattleRow(3, "", "bob", "ann", prompt(3, "q2"), (VoteRow("v1", TIE),)),
        ],
        [
            ({"strength": "1"}, "strength is 1; 1 or 2 is allowed, and only where a model is better"),
            ({"strength": "much"}, "strength is 'much'; a whole number from 0 to 2 is needed"),
            ({"reasons": "x" * 201}, "a name may have at most 200 characters"),
        ],
    ),
]  # fmt: skip
