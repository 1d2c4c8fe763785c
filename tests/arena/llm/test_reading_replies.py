"""What bodies of replies say: how they ended, what of them is the answer, what was used. Nothing in them is trusted."""

import json
import random

import pytest

from arena.llm.client import close_clients, complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.endings import ending_of
from arena.llm.wires.messages import Completion, Usage
from arena.llm.wires.thinking import parted
from judges.protocols.pairwise import PAIRWISE
from tests.arena.llm.conftest import SECRET, question, target_at
from tests.arena.llm.raw_server import answering, reply

HALF = "Answer B looks like [[B]] at first sight, but on reading its second"
WHOLE = "Answer A is clearer.\n\n[[A]]"


@pytest.fixture(scope="module")
def server():
    with answering() as running:
        yield running
    close_clients()


@pytest.fixture(autouse=True)
def _fresh_clients(monkeypatch):
    """One server for all of them, so one client, too."""
    monkeypatch.setenv("AGON_KEY_TEST", f"127.0.0.1 {SECRET}")


def asked(server, body, *headers, status=200, wire="openai"):
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    server.pieces = [reply(written, *headers, status=f"{status} Said")]
    return complete(target_at(f"http://127.0.0.1:{server.port}", wire), question(), attempt="a-1")


def chat(content, reason="stop", **more):
    message = content if isinstance(content, dict) else {"role": "assistant", "content": content}
    return {"id": "x", "model": "m", "choices": [{"index": 0, "finish_reason": reason, "message": message}]} | more


def message(text, reason="end_turn"):
    return {"type": "message", "model": "m", "content": [{"type": "text", "text": text}], "stop_reason": reason}


def verdict(completion):
    read = PAIRWISE.read(completion.text, completion.finish)
    return str(read.state), read.label


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("stop", "stop STOP FinishReason.STOP end_turn endTurn stop_sequence eos EOS_TOKEN COMPLETE FINISH_REASON_STOP"),
        ("length", "length MAX_TOKENS max_tokens maxTokens FinishReason.MAX_TOKENS FINISH_REASON_MAX_TOKENS model_length "
                   "max-tokens MaxTokens max_output_tokens model_context_window_exceeded REASON_MAX_LEN"),
        ("filtered", "content_filter content-filter contentFilter SAFETY RECITATION FinishReason.SAFETY BLOCKLIST sensitive "
                     "PROHIBITED_CONTENT SPII content_filtered guardrail_intervened ERROR_TOXIC IMAGE_SAFETY LANGUAGE"),
        ("refused", "refusal"),
        ("tool", "tool_calls tool_use function_call TOOL_CALL MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL tool-calls"),
        ("paused", "pause_turn"),
        ("error", "error ERROR abort insufficient_system_resource network_error USER_CANCELLED time_limit MALFORMED_RESPONSE"),
        ("unknown", "sparkling OTHER 中文x"),
    ],
)  # fmt: skip
def test_one_table_knows_the_words_in_any_spelling(ending, words):
    assert {word: ending_of(word) for word in words.split()} == dict.fromkeys(words.split(), ending)


def test_a_reason_that_is_none_is_not_said():
    assert [ending_of(said) for said in (None, "", "null", "FINISH_REASON_UNSPECIFIED")] == ["unsaid"] * 4
    assert ending_of({"reason": "stop"}) == "unknown"


@pytest.mark.parametrize("text", [HALF, WHOLE, '{"reasoning": "x", "verdict": "A"}'])
@pytest.mark.parametrize(
    ("reason", "state"),
    [("MAX_TOKENS", "truncated"), ("FinishReason.MAX_TOKENS", "truncated"), ("SAFETY", "filtered"), ("RECITATION", "filtered"),
     ("error", "error"), ("abort", "error"), ("pause_turn", "error"), ("tool_calls", "error"), ("refusal", "refused")],
)  # fmt: skip
def test_what_was_cut_filtered_or_broke_off_gives_no_verdict_whatever_its_text(server, text, reason, state):
    assert verdict(asked(server, chat(text, reason))) == (state, None)
    assert verdict(asked(server, message(text, reason), wire="anthropic")) == (state, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [(HALF, ("unparsable", None)), (WHOLE, ("ok", "A")), ("It is vague. **[[B]]** I would", ("unparsable", None)),
     ('{"reasoning": "x", "verdict": "A"}', ("ok", "A")), ("At first [[B]]", ("unparsable", None)),
     ("The better answer is [[B]], since it", ("error", None))],
)  # fmt: skip
@pytest.mark.parametrize("reason", [None, "sparkling"])
def test_without_a_known_reason_only_a_reply_that_shows_its_end_gives_a_verdict(server, text, said, reason):
    assert verdict(asked(server, chat(text, reason))) == said
    assert verdict(asked(server, message(text, reason), wire="anthropic")) == said


@pytest.mark.parametrize(
    ("content", "text", "thinking"),
    [
        ([{"type": "thinking", "text": "maybe [[B]]"}, {"type": "text", "text": "[[A]]"}], "[[A]]", "maybe [[B]]"),
        ([{"type": "text", "text": "[[A]]"}, {"type": "reasoning", "text": "maybe [[B]]"}], "[[A]]", "maybe [[B]]"),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "[[A]]"}],
            "[[A]]",
            "hm",
        ),
        ([{"type": "reasoning_content", "reasoning": "hm"}, {"type": "output_text", "text": "[[A]]"}], "[[A]]", "hm"),
        (["[[A]]"], "[[A]]", ""),
        ([{"text": "[[A]]"}, {"type": "image_url", "text": "[[B]]"}], "[[A]]", ""),
        ({"content": "[[A]]", "reasoning_content": "hm"}, "[[A]]", "hm"),
        (
            {"content": "[[A]]", "reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
            "[[A]]",
            "hm",
        ),
        ({"content": None, "reasoning_content": "all of it"}, "", "all of it"),
        ("<think>maybe [[B]]</think>[[A]]", "[[A]]", "<think>maybe [[B]]</think>"),
    ],
)
def test_parts_that_are_no_text_are_no_part_of_the_answer(server, content, text, thinking):
    completion = asked(server, chat(content))
    assert (completion.text, completion.thinking) == (text, thinking)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nFour.", "Four."),
        ("<thinking>Hm.</thinking>Four.", "Four."),
        ("<reasoning>Hm.</reasoning>\nFour.", "Four."),
        ("<thought>Hm.</thought>\nFour.", "Four."),
        ("<seed:think>Hm.</seed:think>Four.", "Four."),
        ("[THINK]Hm.[/THINK]Four.", "Four."),
        ("◁think▷Hm.◁/think▷Four.", "Four."),
        ("<|begin_of_thought|>Hm.<|end_of_thought|>\n<|begin_of_solution|>Four.<|end_of_solution|>", "Four."),
        ("<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Four.<|END_RESPONSE|>", "Four."),
        ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Four.<|return|>", "Four."),
        ("analysisWe add.assistantfinalFour.", "Four."),
        ("Hm.\n</think>\n\nFour.", "Four."),
        ("<think>one <think>two</think> more</think>\nFour.", "Four."),
        ("<think>a</think><think>b</think>Four.", "Four."),
        ("<think>I wonder", ""),
        ("<think>\n\n</think>\n\n", ""),
    ],
)
def test_thinking_in_the_text_is_taken_out(said, answer):
    assert parted(said)[0] == answer
    assert parted(said)[1]


@pytest.mark.parametrize(
    "text",
    [
        "Use <think> and </think> round what is thought.",
        "The tag </think> closes it.",
        "It ends with </think>.\nThen the answer follows.",
        "```xml\n<think>\n  <a/>\n</think>\n```\nThat is the form.",
        "Close it by `</think>`\nand go on.",
        "An example:\n<think>\nhello\n</think>\nThat is all.",
        "Analysis: four.",
        "analysis of the sum",
        "I think </b> is wrong.",
    ],
)
def test_a_tag_that_is_spoken_of_is_text(text):
    assert parted(text) == (text, "")


@pytest.mark.parametrize("size", [100_000])
@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", "<think></think>", "`", "``a ", "<|channel|>analysis", "a </think> b "]
)
def test_any_row_of_tags_is_read_in_time(piece, size):
    parted(piece * (size // len(piece)))


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 300}}, Usage(10, 305)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 315}, Usage(10, 305)),
        (
            {"prompt_tokens": 10, "completion_tokens": 305, "completion_tokens_details": {"reasoning_tokens": 300}},
            Usage(10, 305),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 305, "reasoning_tokens": 300, "total_tokens": 315}, Usage(10, 305)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 300}, Usage(10, 305)),
        ({"input_tokens": 10, "output_tokens": 5}, Usage(10, 5)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 10**9}, None),
        ({"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 10**9}}, None),
        ({"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 10**9}, None),
        ({"prompt_tokens": 10**9, "completion_tokens": 10**9}, None),
        ({"input_tokens": 10, "cache_read_input_tokens": 10**9, "output_tokens": 5}, None),
        ({"prompt_tokens": "10", "completion_tokens": "5"}, None),
        ({"prompt_tokens": 10, "completion_tokens": 0}, None),
        ({"prompt_tokens": 10}, None),
        ("none", None),
        (None, None),
    ],
)
def test_all_tokens_are_counted_or_none(server, usage, read):
    assert asked(server, chat("[[A]]", usage=usage)).usage == read


def _choice(index, content, **message):
    message = {"role": "assistant", "content": content} | message
    return {"index": index, "finish_reason": "stop", "message": message}


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_choices_the_one_of_index_0_is_the_reply(server, first):
    choices = [_choice(0, "[[A]]"), _choice(1, "[[B]]")]
    assert asked(server, {"choices": [choices[first], choices[1 - first]]}).text == "[[A]]"


def test_of_a_stream_of_two_choices_the_one_of_index_0_is_the_reply(server):
    chunks = [{"choices": [{"index": n, "delta": {"content": text}, "finish_reason": end}]}
              for n, text, end in [(1, "[[B", None), (0, "[[A", None), (1, "]]", "stop"), (0, "]]", "stop")]]  # fmt: skip
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()
    completion = asked(server, body, "content-type: text/event-stream")
    assert (completion.text, completion.finish) == ("[[A]]", "stop")


_TOOL = {"id": "c", "type": "function", "function": {"name": "search", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("wire", "body", "reason"),
    [
        ("openai", {"choices": [_choice(0, "[[A]]", role="user")]}, "of the role 'user'"),
        ("openai", {"choices": [_choice(0, "[[A]]", role="tool")]}, "of the role 'tool'"),
        ("anthropic", message("[[A]]") | {"role": "user"}, "of the role 'user'"),
        ("openai", {"choices": [_choice(0, "[[A]]", tool_calls=[_TOOL])]}, "tool call"),
        ("openai", {"choices": [_choice(0, "[[A]]", function_call={"name": "search", "arguments": "{}"})]}, "tool call"),
        (
            "anthropic",
            {"content": [{"type": "text", "text": "[[A]]"}, {"type": "tool_use", "name": "x"}], "stop_reason": "end_turn"},
            "tool call",
        ),
        (
            "openai",
            b'data: {"choices": [{"index": 0, "delta": {"role": "user", "content": "[[A]]"}}]}\n\n',
            "of the role 'user'",
        ),
        (
            "openai",
            b'data: {"choices": [{"index": 0, "delta": {"content": "[[A]]", "tool_calls": [{"index": 0}]}}]}\n\n',
            "tool call",
        ),
        (
            "anthropic",
            b'data: {"type": "message_start", "message": {"role": "assistant"}}\n\n'
            b'data: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "[[A]]"}}\n\n'
            b'data: {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "x"}}\n\n',
            "tool call",
        ),
    ],
)
def test_what_calls_a_tool_or_is_said_by_somebody_else_is_no_reply(server, wire, body, reason):
    with pytest.raises(LLMError, match=reason) as caught:
        asked(server, body, wire=wire)
    assert (caught.value.kind, caught.value.cause) == (Kind.GAME, Cause.NO_COMPLETION)


@pytest.mark.parametrize("empty", [{"tool_calls": []}, {"tool_calls": None}, {"tool_calls": [None]}, {"function_call": None}])
def test_empty_fields_of_tools_call_none(server, empty):
    assert asked(server, {"choices": [_choice(0, "[[A]]", **empty)]}).text == "[[A]]"


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", "utf-16"])
def test_a_body_that_begins_with_a_byte_order_mark_is_read(server, mark):
    body = json.dumps(chat(WHOLE))
    assert asked(server, body.encode(mark) if isinstance(mark, str) else mark + body.encode()).text == WHOLE


def test_a_redirect_says_where_it_leads_and_nothing_that_is_secret(server):
    with pytest.raises(LLMError) as caught:
        asked(server, b"", f"location: https://u:p@elsewhere.example/v1/x?key={SECRET}", status=307)
    assert (caught.value.kind, caught.value.cause) == (Kind.ENDPOINT, Cause.ADDRESS)
    assert caught.value.reason.endswith(
        "it sends the call on to https://elsewhere.example/v1/x, and no call follows. Check the base URL"
    )


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        (["retry-after: 7"], {}, 7),
        ([], {"error": {"message": "Rate limit reached. Please try again in 1m2.5s."}}, 62.5),
        ([], {"error": {"message": "Please retry after 24 seconds."}}, 24),
        ([], {"error": {"message": "x", "details": [{"retryDelay": "34s"}]}}, 34),
        ([], {"error": "model is loading", "estimated_time": 20.5}, 20.5),
        (["x-ratelimit-reset: 9"], {}, 9),
        (["x-ratelimit-reset: 99999999999999"], {}, 3600),
        (["retry-after: Mon, 01 Jan 99999999999999 00:00:00 GMT"], {}, None),
    ],
)
def test_how_long_to_wait_is_read_where_it_is_said(server, headers, body, seconds):
    with pytest.raises(LLMError) as caught:
        asked(server, body, *headers, status=429)
    assert caught.value.retry_after == seconds


def test_whatever_a_body_holds_a_call_ends_in_a_completion_or_a_typed_failure(server):
    rng = random.Random(9)
    seeds = [
        chat(WHOLE, usage={"prompt_tokens": 1, "completion_tokens": 2}), message(WHOLE),
        {"error": {"code": 429, "message": "x"}},
        [{"error": {"message": "x", "details": [{"loc": ["body", 1]}], "metadata": {"raw": '{"error": 1}'}}}],
        chat([{"type": "thinking", "thinking": [{"text": "x"}]}, {"type": "text", "text": "y"}]),
    ]  # fmt: skip
    for number in range(400):
        body = _mutated(rng, rng.choice(seeds))
        status, wire = rng.choice([200, 200, 400, 401, 429, 500]), rng.choice(["openai", "anthropic"])
        try:
            assert isinstance(asked(server, body, status=status, wire=wire), Completion)
        except LLMError as error:
            assert error.reason, number  # noqa: PT017  either is right


JUNK = [
    None,
    True,
    -1,
    10**30,
    1.5,
    float("inf"),
    "",
    "x",
    "\ud800",
    "\0",
    [],
    {},
    [[]],
    [None],
    {"error": {}},
    "data: {}",
    "<think>",
]


def _mutated(rng, body):
    """One value replaced, or the written text cut or stirred."""
    copy = json.loads(json.dumps(body))
    places = list(_places(copy))
    for parent, key in rng.sample(places, min(len(places), rng.randint(1, 3))):
        parent[key] = rng.choice(JUNK)
    written = json.dumps(copy).encode("utf-8", "surrogatepass")
    return written[: rng.randrange(len(written))] if rng.random() < 0.2 else written


def _places(node):
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from _places(node[key])
