"""Files of prompts, as others publish them."""

from tests.arena.importing.layout_cases import MISSING, NAME_IS_NEEDED, Case, prompt

PROMPTS = [
    Case(
        "prompts-own.csv",
        "csv",
        [
            prompt(2, "q1", "What is the capital of France?", reference="Paris", category="facts", language="en",
                   tags=("geo", "easy")),
            prompt(3, "q2", "Name a lake.", category="facts", language="en"),
        ],
        [
            ({"prompt": ""}, "turns (1 to 200 texts) or prompt (a text) are needed, not empty"),
            ({"language": "Klingon"}, "language is 'Klingon'; a code such as en or de"),
            ({"id": "x" * 201}, "a name may have at most 200 characters"),
        ],
    ),
    Case(
        "prompts-own.jsonl",
        "jsonl",
        [
            prompt(1, "q1", "Name a lake.", "Another.", system_prompt="Be brief.", reference="Como", category="facts",
                   language="en", tags=("geo",), verifier={"kind": "contains", "any": ["Como"]}),
            prompt(2, "q2", "Name a river."),
        ],
        [
            ({"prompt": MISSING}, "turns is missing; turns (1 to 200 texts) or prompt (a text) are needed, not empty"),
            ({"verifier": {"kind": "nonsense"}}, "unknown verifier kind 'nonsense'"),
            ({"status": "live"}, "status is 'live'; allowed are"),
        ],
    ),
    Case(
        "prompts-plain.csv",
        "csv",
        [prompt(2, "", "Name a lake."), prompt(3, "", "Name a river.")],
        [
            ({"question": " "}, "a text) are needed, not empty"),
            ({"question": "a\0b"}, "NUL characters are not allowed"),
            ({"question": "a\ud800"}, "the file must be UTF-8"),
        ],
    ),
    Case(
        "prompts-arena-hard-v0.1.jsonl",
        "mt-bench",
        [
            prompt(1, "328c", "Use ABC notation to write a melody.", category="ABC Sequence Puzzles & Groups"),
            prompt(2, "b43c", "Solve this in C++.", category="Input-Output"),
        ],
        [
            ({"turns": [{"text": "x"}]}, "turns is null; a text is needed"),
            ({"turns": "Solve this."}, "turns is 'Solve this.'; a list is needed, not empty"),
            ({"question_id": MISSING}, "question_id is missing; a text is needed; the row has category, cluster, turns"),
        ],
    ),
    Case(
        "prompts-arena-hard-again.jsonl",
        "arena-hard",
        [
            prompt(1, "328c", "Use ABC notation to write a melody.", category="ABC Sequence Puzzles & Groups"),
            prompt(2, "b43c", "Solve this in C++.", category="Input-Output"),
        ],
        [
            ({"prompt": ""}, "prompt is ''; a non-empty text is needed"),
            ({"uid": ""}, f"uid is empty; {NAME_IS_NEEDED}"),
            ({"prompt": MISSING}, "prompt is missing; a text is needed; the row has uid, category, cluster"),
        ],
    ),
    Case(
        "prompts-arena-hard-v2.jsonl",
        "arena-hard",
        [
            prompt(1, "0006", "Write a parser.", category="hard_prompt/coding", language="en",
                   tags=("baseline:o3-mini-2025-01-31",)),
            prompt(2, "0007", "Schreibe ein Gedicht.", category="creative_writing/creative_writing", language="de",
                   tags=("baseline:gemini-2.0-flash-001",)),
        ],
        [
            ({"language": "Klingon"}, "language is 'Klingon'; a code such as en or de"),
            ({"category": ["x"]}, "category is ['x']; a text is needed"),
            ({"uid": MISSING}, "uid is missing; a text is needed; the row has category, subcategory, language, prompt"),
        ],
    ),
    Case(
        "prompts-mt-bench.jsonl",
        "mt-bench",
        [
            prompt(1, "101", "Imagine you overtake the second person.", "And the last one?", category="reasoning",
                   reference="You are second.\n\nUncertain."),
            prompt(2, "81", "Compose a blog post.", "Rewrite it.", category="writing"),
        ],
        [
            ({"turns": []}, "turns is []; a list is needed, not empty"),
            ({"turns": ["x", ""]}, "turns is ['x', '']; a list of texts is needed, none of them empty"),
            ({"reference": [1]}, "reference is 1; a text is needed"),
        ],
    ),
    Case(
        "prompts-alpaca-eval.json",
        "alpaca-eval",
        [
            prompt(2, "", "What are the names of some actors?", reference="Al Pacino.", category="helpful_base"),
            prompt(8, "", "How did states get names?", reference="From tribes.", category="koala"),
        ],
        [
            ({"instruction": ""}, "instruction is ''; a non-empty text is needed"),
            ({"instruction": 5}, "instruction is 5; a text is needed"),
            ({"instruction": MISSING}, "instruction is missing; a text is needed; the row has dataset, output, generator"),
        ],
    ),
    Case(
        "prompts-openai-chat.jsonl",
        "chat",
        [
            prompt(1, "", "Name a lake.", system_prompt="Be brief."),
            prompt(2, "", "What is this?\n\n[image_url b469f8a839e44696]", status="draft"),
        ],
        [
            ({"messages": []}, "messages is []; a list of messages is needed, each with role and content"),
            ({"messages": [{"role": "tool", "content": "x"}]}, "the role of a message in messages is 'tool'; allowed are user"),
            (
                {"messages": [{"role": "assistant", "content": "x"}]},
                "the user's turns in messages is ''; a non-empty text is needed",
            ),
        ],
    ),
    Case(
        "prompts-sharegpt.json",
        "chat",
        [prompt(2, "c1", "Name a lake.", "Another."), prompt(23, "c2", "Name a river.", system_prompt="Be brief.")],
        [
            ({"conversations": [{"value": "x"}]}, "the role of a message in messages is missing; allowed are user, human"),
            ({"conversations": [{"from": "human", "value": 5}]}, "messages is 5; a text is needed"),
            ({"conversations": MISSING}, "messages is missing; a list of messages is needed, each with role and content"),
        ],
    ),
    Case(
        "prompts-ifeval.jsonl",
        "ifeval",
        [
            prompt(1, "1000", "Write 300+ words and no commas.",
                   tags=("punctuation:no_comma", "length_constraints:number_words"),
                   verifier={"kind": "constraint", "must_not_include": [","], "min_words": 300}),
            prompt(2, "1001", "Do not say the.", tags=("keywords:forbidden_words",),
                   verifier={"kind": "regex", "pattern": r"(?is)\A(?!.*\b(?:the)\b)"}),
            prompt(3, "1005", "Answer in JSON.", tags=("detectable_format:json_format",)),
        ],
        [
            ({"kwargs": []}, "kwargs is []; a list of objects is needed, one for each of instruction_id_list"),
            ({"prompt": ""}, "prompt is ''; a non-empty text is needed"),
            ({"key": MISSING}, "key is missing; a text is needed; the row has prompt, instruction_id_list, kwargs"),
        ],
    ),
    Case(
        "prompts-openai-evals.jsonl",
        "openai-evals",
        [
            prompt(1, "", "What is 2 + 2?", system_prompt="Answer with a number.", reference="4"),
            prompt(2, "", "User: 2+2?\n\nAssistant: 4\n\nUser: 3+3?", reference="6\n\nsix"),
        ],
        [
            ({"input": 5}, "input is 5; a list of messages is needed"),
            ({"ideal": [5]}, "ideal is 5; a text is needed"),
            ({"input": " "}, "the user's turns in input is ' '; a non-empty text is needed"),
        ],
    ),
    Case(
        "prompts-mmlu.jsonl",
        "multiple-choice",
        [
            prompt(1, "", "What is 2 + 2?\n\nA. 3\nB. 4\nC. 5\nD. 6", reference="B. 4", category="elementary_mathematics",
                   verifier={"kind": "mcq", "answer": "B"}),
            prompt(2, "", "Which is a lake?\n\nA. Como\nB. Rhine\nC. Alps\nD. Bonn", reference="A. Como", category="geography",
                   verifier={"kind": "mcq", "answer": "A"}),
        ],
        [
            ({"answer": 4}, "answer is 4; the letter, the number from 0 or the text of one of the 4 choices is needed"),
            ({"choices": ["Como"]}, "choices is ['Como']; a list of 2 to 26 texts is needed"),
            ({"question": MISSING}, "question is missing; a text is needed; the row has subject, choices, answer"),
        ],
    ),
    Case(
        "prompts-arc.jsonl",
        "multiple-choice",
        [
            prompt(1, "Mercury_7175875", "Which is a lake?\n\nA. Rhine\nB. Como", reference="B. Como",
                   verifier={"kind": "mcq", "answer": "B"}),
            prompt(2, "Mercury_7175876", "Which is a river?\n\nA. Rhine\nB. Como", reference="A. Rhine",
                   verifier={"kind": "mcq", "answer": "A"}),
        ],
        [
            ({"answerKey": "C"}, "answer is 'C'; the letter, the number from 0 or the text of one of the 2 choices is needed"),
            ({"choices": {"label": ["A", "B"]}}, "a list of 2 to 26 texts is needed"),
            ({"question": ""}, "question is ''; a non-empty text is needed"),
        ],
    ),
    Case(
        "prompts-wildbench.jsonl",
        "wildbench",
        [
            prompt(1, "6a0f", "Plan a trip.", reference="Day one: Como.", category="Planning", tags=("Advice seeking",)),
            prompt(2, "6a10", "User: Hi.\n\nAssistant: Hello.\n\nUser: Fix my code.", category="Coding & Debugging"),
        ],
        [
            ({"conversation_input": {}}, "conversation_input is {}; a list of messages is needed"),
            ({"primary_tag": 4}, "primary_tag is 4; a text is needed"),
            ({"session_id": MISSING}, "session_id is missing; a text is needed; the row has conversation_input, references"),
        ],
    ),
    Case(
        "prompts-helm.json",
        "helm",
        [prompt(2, "id12", "Which is a lake?", reference="Como"), prompt(54, "id13", "Say yes.")],
        [
            ({"input": {"text": ""}}, "input is {'text': ''}; a non-empty text is needed"),
            ({"references": ["Como"]}, "references is ['Como']; a list of objects with output and tags is needed"),
            ({"input": MISSING}, "text is null; a text is needed"),
        ],
    ),
    Case(
        "prompts-helm-state.json",
        "helm-state",
        [
            prompt(21, "id12", "Which is a lake?", reference="Como"),
            prompt(256, "id13", "Say yes.", system_prompt="Be brief."),
        ],
        [
            ({"instance": {"input": {"text": " "}, "id": "id13"}}, "input is {'text': ' '}; a non-empty text is needed"),
            ({"instance": {"input": {"text": "x"}, "id": "id12", "references": []}}, "the id of an instance is 'id12'"),
            ({"instance": MISSING}, "instance is missing; an object is needed, such as {...}; the row has"),
        ],
    ),
    Case(
        "prompts-mmlu-columns.csv",
        "choice-columns",
        [
            prompt(2, "", "What is 2 + 2?\n\nA. 3\nB. 4\nC. 5\nD. 6", reference="B. 4", category="elementary_mathematics",
                   verifier={"kind": "mcq", "answer": "B"}),
            prompt(3, "", "Which is a lake?\n\nA. Como\nB. Rhine\nC. Alps\nD. Bonn", reference="A. Como", category="geography",
                   verifier={"kind": "mcq", "answer": "A"}),
        ],
        [
            ({"answer": "E"}, "answer is 'E'; the letter, the number from 0 or the text of one of the 4 choices is needed"),
            ({"B": ""}, "B is empty; the choices A, B and so on are needed, without a gap"),
            ({"question": ""}, "question is ''; a non-empty text is needed"),
        ],
    ),
    Case(
        "prompts-gsm8k.jsonl",
        "gsm8k",
        [
            prompt(1, "", "Natalia sold 48 clips in April and half as many in May. How many in all?",
                   reference="She sold 48/2 = <<48/2=24>>24 in May.\n48+24 = <<48+24=72>>72 in all.\n#### 72",
                   verifier={"kind": "numeric", "value": 72}),
            prompt(2, "", "What do 1,000 pens at $ 1.25 cost?", reference="1000 * 1.25 = 1250.\n#### 1,250",
                   verifier={"kind": "numeric", "value": 1250}),
        ],
        [
            ({"answer": "It is 1,250."}, "answer is 'It is 1,250.'; a text that ends in #### and a number is needed"),
            ({"question": " "}, "question is ' '; a non-empty text is needed"),
            ({"answer": MISSING}, "answer is missing; a text is needed; the row has question"),
        ],
    ),
]  # fmt: skip
