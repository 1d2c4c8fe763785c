"""A request shows what others wrote only between its own random fences, each text once and to the letter."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arena.llm.wires.messages import Message
from judges.protocols import PROTOCOLS, Criterion, JudgeInput, SingleProtocol
from judges.safeguards.delimiters import (
    ANNOUNCEMENT,
    IncompleteRequest,
    compose,
    fenced,
    new_delimiter,
    read_back,
    render,
    request_key,
)
from judges.verdicts.game_states import GameState

INJECTIONS = [json.loads(line)["text"] for line in (Path(__file__).parent / "injections.jsonl").read_text().splitlines()]
FENCE = "5f0c8e1d9ab24c7796d1b3a4e2f80c11"
PIECES = st.sampled_from(
    [
        *INJECTIONS, "{prompt}", "{answer_1}", "{answer_2}", "{reference}", "{fence}", "{output_2}", "{{answer_b}}", "#source2",
        "{x.__class__}", "{0}", "%s", "\\1", "\n", "\r\n", "\n\n", "<<<", ">>>", FENCE[:31],
        "begin answer_1", "\u202e", "\x00", " ",
    ]
)  # fmt: skip
TEXT = st.lists(st.one_of(PIECES, st.text(st.characters(codec="utf-8"), max_size=30)), max_size=6).map("".join)
PAIRS = [key for key, protocol in PROTOCOLS.items() if not isinstance(protocol, SingleProtocol)]


def an_item(answers=("yes", "no"), turns=("Is it?",), criteria="", system_prompt=""):
    checklist = (Criterion("Says yes?"), Criterion("Is short?", 2))
    if len(turns) == 1:
        answers = tuple((answer,) for answer in answers)
    return JudgeInput(turns, answers, system_prompt, criteria, checklist)


def a_request(key, item, *, order="ab", reference=None, fence=FENCE, structured=False):
    several = PROTOCOLS[key].turns == "several"
    item = dataclasses.replace(item, turns=item.turns * 2, answers=tuple(a * 2 for a in item.answers)) if several else item
    return PROTOCOLS[key].compose(item, order=order, reference=reference, fence=fence, structured=structured)


def expected(key, prompt, answers, order):
    """The texts of a request by the names of their blocks."""
    first, second = answers if order == "ab" else reversed(answers)
    shown = {"answer": first} if isinstance(PROTOCOLS[key], SingleProtocol) else {"answer_1": first, "answer_2": second}
    texts = {"prompt": prompt} | shown
    if PROTOCOLS[key].turns == "several":
        texts = {f"{name} turn {turn}": text for name, text in texts.items() for turn in (1, 2)}
    checklist = {"checklist item 1": "Says yes?", "checklist item 2": "Is short?"}
    return texts | (checklist if key == "checklist" else {})


@settings(deadline=None)
@given(st.sampled_from(sorted(PROTOCOLS)), TEXT, TEXT, TEXT, st.sampled_from(["ab", "ba"]), st.booleans())
def test_a_request_read_back_gives_the_stored_strings(key, prompt, first, second, order, structured):
    assume(not any(FENCE in text for text in (prompt, first, second)))
    request = a_request(key, an_item((first, second), (prompt,)), order=order, structured=structured)
    assert read_back(request, FENCE) == expected(key, prompt, (first, second), order)


@settings(deadline=None)
@given(TEXT, TEXT, TEXT)
def test_reference_criteria_and_system_prompt_are_fenced_too(reference, criteria, system_prompt):
    assume(reference and criteria and system_prompt and not any(FENCE in text for text in (reference, criteria, system_prompt)))
    request = a_request("pairwise", an_item(criteria=criteria, system_prompt=system_prompt), reference=reference)
    assert read_back(request, FENCE) == {
        "prompt": "Is it?", "answer_1": "yes", "answer_2": "no",
        "reference": reference, "criteria": criteria, "system_prompt": system_prompt,
    }  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_an_injection_stays_inside_its_fence(key, text):
    fence = new_delimiter([text])
    attacked = a_request(key, an_item((text, "no")), fence=fence)
    plain = a_request(key, an_item(), fence=fence)
    assert read_back(attacked, fence) == expected(key, "Is it?", (text, "no"), "ab")
    assert outside(attacked, fence) == outside(plain, fence)


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_that_a_judge_echoes_with_its_fence_is_not_its_verdict(text):
    echo = fenced("answer_1", text, fence=FENCE)
    for protocol in PROTOCOLS.values():
        parsed = protocol.read(f"The answer reads:\n{echo}", fence=FENCE, n_criteria=2)
        assert parsed.state is GameState.UNPARSABLE


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_before_the_judges_last_line_does_not_change_it(text):
    reply = f"It says: {fenced('answer_1', text, fence=FENCE)}\nI disagree.\n[[B>A]]"
    assert PROTOCOLS["arena_hard"].read(reply, fence=FENCE).label == "B>A"


def test_fences_differ_and_stand_in_none_of_the_texts():
    fences = {new_delimiter() for _ in range(1_000)}
    assert len(fences) == 1_000
    assert all(re.fullmatch("[0-9a-f]{32}", fence) for fence in fences)


def test_a_text_that_holds_the_fence_is_refused():
    with pytest.raises(ValueError, match="draw another"):
        fenced("answer_1", f"x {FENCE}", fence=FENCE)


def test_the_fence_is_announced_before_the_material():
    system, user = a_request("pairwise", an_item())
    assert (system.role, user.role) == ("system", "user")
    assert ANNOUNCEMENT.replace("{fence}", FENCE) in system.content


def test_a_block_has_a_plain_name():
    with pytest.raises(ValueError, match="allowed are lower-case"):
        fenced("answer_1>>>", "x", fence=FENCE)


@settings(deadline=None)
@given(TEXT)
def test_a_new_fence_stands_in_no_text_of_the_item(text):
    item = an_item((text, "no"))
    assert not any(new_delimiter(item.texts()) in one for one in item.texts())
    assert text in item.texts()


def test_a_block_that_comes_twice_is_not_read():
    twice = fenced("prompt", "x", fence=FENCE) * 2
    with pytest.raises(ValueError, match="twice"):
        read_back([Message("user", twice)], FENCE)


def test_only_named_slots_are_filled_and_in_one_pass():
    template = "{prompt} {output_2} {{answer_b}} #source2 {x.__class__} {0} {}"
    rendered = render(template, {"prompt": "{answer_1} {prompt}"}, fence=FENCE)
    assert rendered == f"{fenced('prompt', '{answer_1} {prompt}', fence=FENCE)} " + template.split(" ", 1)[1]


def test_a_paragraph_without_its_text_is_left_out():
    assert render("A {prompt}\n\nKey: {reference}\n\nEnd", {"prompt": "q"}, fence=FENCE).endswith("prompt>>>\n\nEnd")


def test_an_empty_answer_is_shown_as_one():
    assert read_back(a_request("pairwise", an_item(("", "no"))), FENCE)["answer_1"] == ""


def test_a_slot_that_is_not_on_the_list_is_refused():
    with pytest.raises(ValueError, match="allowed are"):
        render("{password}", {"password": "x"}, fence=FENCE)


@pytest.mark.parametrize("template", ["{prompt}", "Which is better?", "{prompt} {answer_1} {answer_3}"])
def test_a_request_without_one_of_its_texts_is_not_made(template):
    cut = dataclasses.replace(PROTOCOLS["pairwise"], template=template)
    with pytest.raises(IncompleteRequest, match=r"would lack .*answer_2"):
        cut.compose(an_item(), order="ab", reference=None, fence=FENCE)


@settings(deadline=None)
@given(st.sampled_from(sorted(PROTOCOLS)), TEXT)
def test_two_requests_are_the_same_but_for_the_fence(key, text):
    fences = new_delimiter([text]), new_delimiter([text])
    requests = [a_request(key, an_item((text, "no")), fence=fence) for fence in fences]
    assert requests[0] != requests[1]
    plain = [
        [message.content.replace(fence, "") for message in request] for request, fence in zip(requests, fences, strict=True)
    ]
    assert plain[0] == plain[1]
    keys = [request_key(request, fence, {"seed": 1}, repeat=0) for request, fence in zip(requests, fences, strict=True)]
    assert keys[0] == keys[1]


def test_the_cache_key_holds_all_but_the_fence():
    request = a_request("pairwise", an_item())
    key = request_key(request, FENCE, {"temperature": 0, "model": "m"}, repeat=0)
    assert key == request_key(request, FENCE, {"model": "m", "temperature": 0}, repeat=0)
    others = [
        request_key(request, FENCE, {"temperature": 0, "model": "m"}, repeat=1),
        request_key(request, FENCE, {"temperature": 1, "model": "m"}, repeat=0),
        request_key(a_request("pairwise", an_item(), order="ba"), FENCE, {"temperature": 0, "model": "m"}, repeat=0),
        request_key(a_request("pairwise", an_item(("yes", "no "))), FENCE, {"temperature": 0, "model": "m"}, repeat=0),
    ]
    assert len({key, *others}) == 5


def test_no_text_passes_for_the_fence_in_the_cache_key():
    there = compose("s", "{prompt}", {"prompt": "x"}, fence=FENCE)
    forged = compose("s", "{prompt}", {"prompt": ""}, fence=FENCE)
    assert request_key(there, FENCE, {}, repeat=0) != request_key(forged, FENCE, {}, repeat=0)


def outside(request, fence):
    """What a request says outside of its fenced blocks."""
    block = re.compile(rf"<<<{fence} begin (.*?)>>>\n.*?\n<<<{fence} end \1>>>", re.S)
    return [block.sub(r"<\1>", message.content) for message in request]
