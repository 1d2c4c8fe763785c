"""Files of answers, as others publish them."""

from tests.arena.importing.layout_cases import MISSING, NAME_IS_NEEDED, Case, answer, brought, prompt

HELM = "openai/gpt-4-0613"


def of_lake(line, text, **more):
    asked = prompt(line, "id12", "Which is a lake?", reference="Como")
    return answer(line, "id12", HELM, text, asked=asked, brings=True, **more)


RESPONSES = [
    Case(
        "responses-own.csv",
        "csv",
        [
            answer(2, "q1", "model-one", "Paris.", tokens_out=2, asked=prompt(2, "", "q1")),
            answer(3, "Name a lake.", "model-two", "Como.", tokens_out=3, asked=prompt(3, "", "Name a lake."), brings=True),
        ],
        [
            ({"competitor": ""}, f"competitor is empty; {NAME_IS_NEEDED}"),
            ({"tokens_out": "many"}, "tokens_out is 'many'; a whole number from 0"),
            ({"prompt": ""}, f"prompt is empty; {NAME_IS_NEEDED}"),
        ],
    ),
    Case(
        "responses-own.jsonl",
        "jsonl",
        [
            answer(1, "q1", "one", "Paris.", asked=prompt(1, "", "q1")),
            answer(2, "q2", "two", "Como.\n\nGarda.", "Como.", "Garda.", asked=prompt(2, "", "q2")),
        ],
        [
            ({"turns": MISSING}, "text is missing; a text is needed; the row has question_id, model"),
            ({"model": 4}, "competitor is 4; a text is needed"),
            ({"question_id": MISSING}, "prompt is missing; a text is needed; the row has model, turns"),
        ],
    ),
    Case(
        "responses-by-row.csv",
        "by-row",
        [
            answer(2, "", "one", "Como.", tokens_out=2, prompt_row=2),
            answer(3, "", "two", "Paris.\n\nLyon.", "Paris.", "Lyon.", prompt_row=1),
        ],
        [
            ({"prompt_row": "0"}, "prompt_row is 0; a row number from 1 is needed"),
            ({"prompt_row": "q1"}, "prompt_row is 'q1'; a whole number from 0"),
            ({"competitor": ""}, f"competitor is empty; {NAME_IS_NEEDED}"),
            ({"text": MISSING}, "a missing column is 'text'"),
        ],
    ),
    Case(
        "responses-arena-hard-messages.jsonl",
        "arena-hard",
        [
            answer(1, "0122", "gpt-4-0613", "Como.", asked=prompt(1, "", "Name a lake.")),
            answer(2, "0123", "gpt-4-0613", "Rhine.", asked=prompt(2, "", "Name a river.")),
        ],
        [
            ({"messages": None}, "messages is None; a list of objects with role and content is needed"),
            ({"messages": [{"role": "user", "content": "x"}]}, "at least one message of the role assistant is needed"),
            ({"model": MISSING}, "model is missing; a text is needed; the row has uid, ans_id, messages, tstamp"),
        ],
    ),
    Case(
        "responses-arena-hard-choices.jsonl",
        "model-answers",
        [answer(1, "u1", "mC", "Sort it."), answer(2, "u2", "mC", "Rain falls.")],
        [
            ({"choices": []}, "choices is []; a list is needed, not empty"),
            ({"choices": [{"index": 0}]}, "turns of choices is None; a list is needed, not empty"),
            ({"model_id": MISSING}, "model_id is missing; a text is needed; the row has question_id, answer_id"),
        ],
    ),
    Case(
        "responses-mt-bench.jsonl",
        "model-answers",
        [
            answer(1, "81", "gpt-4", "Aloha!\n\nAgain.", "Aloha!", "Again."),
            answer(1, "81", "gpt-4", "Hello!\n\nOnce more.", "Hello!", "Once more.", repeat=1),
            answer(2, "82", "gpt-4", "Dear boss.\n\nRevised.", "Dear boss.", "Revised."),
        ],
        [
            ({"choices": ["Dear boss."]}, "choices is 'Dear boss.'; a list of objects with turns is needed"),
            ({"choices": [{"turns": [4]}]}, "choices is 4; a text is needed"),
            ({"question_id": None}, "question_id is null; a text is needed"),
        ],
    ),
    Case(
        "responses-alpaca-eval.json",
        "alpaca-eval",
        [
            brought(2, "", "gpt4", "Al Pacino.", ["Name two actors."]),
            brought(9, "", "gpt4", "Yes.", ["Say yes."]),
        ],
        [
            ({"output": None}, "output is null; a text is needed"),
            ({"generator": ""}, f"generator is empty; {NAME_IS_NEEDED}"),
            ({"instruction": MISSING}, "instruction is missing; a text is needed; the row has dataset, output, generator"),
        ],
    ),
    Case(
        "responses-chat.jsonl",
        "chat",
        [
            brought(1, "c1", "gpt-4", "Como.", ["Name a lake."]),
            brought(2, "c2", "gpt-4", "Rhine.\n\nPo.", ["Name a river.", "Another."], "Rhine.", "Po."),
        ],
        [
            ({"conversation": [{"role": "user", "content": "x"}]}, "at least one message of the role assistant is needed"),
            ({"model": MISSING}, "model is missing; a text is needed; the row has conversation_id, conversation, turn"),
            ({"conversation": "x"}, "messages is 'x'; a list of messages is needed"),
        ],
    ),
    Case(
        "responses-wide.csv",
        "wide",
        [
            brought(2, "", "gpt-4o", "Como.", ["Name a lake."]),
            brought(2, "", "llama-3-8b", "Alps.", ["Name a lake."]),
            brought(3, "", "gpt-4o", "Rhine.", ["Name a river."]),
        ],
        [
            ({"prompt": ""}, "prompt is ''; a non-empty text is needed"),
            ({"gpt-4o": "a\0b"}, "gpt-4o is 'a\\x00b'; NUL characters are not allowed"),
            ({"prompt": "a\0b"}, "prompt is 'a\\x00b'; NUL characters are not allowed"),
        ],
    ),
    Case(
        "responses-ultrafeedback.jsonl",
        "several-answers",
        [
            brought(1, "", "gpt-4", "Como.", ["Name a lake."]),
            brought(1, "", "ultralm-13b", "Alps.", ["Name a lake."]),
            brought(2, "", "gpt-4", "Yes.", ["Say yes."]),
        ],
        [
            ({"completions": "Yes."}, "answers is 'Yes.'; an object of model: text is needed, or a list of objects with model"),
            ({"completions": [{"response": "Yes."}]}, "model is null; a text is needed"),
            ({"completions": []}, "the number of answers is 0; 1 to 1000 are allowed"),
        ],
    ),
    Case(
        "responses-answers-by-name.jsonl",
        "several-answers",
        [
            brought(1, "q1", "ann", "Como.", ["Name a lake."]),
            brought(1, "q1", "bob", "Alps.", ["Name a lake."]),
            brought(2, "q2", "ann", "Yes.", ["Say yes."]),
        ],
        [
            ({"answers": {"ann": 5}}, "answers is 5; a text is needed"),
            ({"answers": {"": "x"}}, f"model is empty; {NAME_IS_NEEDED}"),
            ({"prompt": MISSING}, "prompt is missing; a text is needed; the row has id, answers"),
        ],
    ),
    Case(
        "responses-lm-eval.jsonl",
        "lm-eval",
        [
            brought(1, "", "told beside", "The answer is 4.", ["Question: 2+2?\nAnswer:"]),
            brought(2, "", "told beside", "Six.", ["Question: 3+3?\nAnswer:"]),
        ],
        [
            ({"resps": [[["-1.2", "True"]]]}, "a list with a list of texts is needed: likelihoods are not answers"),
            ({"arguments": []}, "arguments is []; the text that was asked is needed, as gen_args_0 or in a list"),
            ({"resps": MISSING}, "resps is missing; a list with a list of texts is needed"),
        ],
    ),
    Case(
        "responses-helm.json",
        "helm",
        [answer(2, "id12", "told beside", "Como"), answer(10, "id13", "told beside", "Yes.")],
        [
            ({"predicted_text": 4, "perturbation": None}, "predicted_text is 4; a text is needed"),
            ({"instance_id": "", "perturbation": None}, f"instance_id is empty; {NAME_IS_NEEDED}"),
            ({"predicted_text": MISSING, "perturbation": None}, "predicted_text is missing; a text is needed; the row has"),
        ],
    ),
    Case(
        "responses-helm-state.json",
        "helm-state",
        [
            of_lake(21, "A. Como"),
            of_lake(21, " It is Como, by", repeat=1, finish="length"),
            of_lake(251, "B. Rhine", repeat=2),
            of_lake(323, "", repeat=3, finish="failed"),
            answer(
                378, "id13", HELM, "Yes.", thinking="They want a yes.", brings=True,
                asked=prompt(378, "id13", "Say yes.", system_prompt="Be brief."),
            ),
        ],
        [
            ({"instance": MISSING}, "instance is missing; an object is needed, such as {...}; the row has"),
            ({"result": {"success": True, "completions": []}}, "completions is []; a list of objects with text is needed"),
            ({"request": {"prompt": "x"}}, "model_deployment is missing; a text is needed; the row has"),
        ],
    ),
]  # fmt: skip
