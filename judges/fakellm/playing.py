"""What the fake says: pure, from the script, the request and how many came before."""

import hashlib
import re

from judges.fakellm.asked import LABEL, ReceivedRequest, content_key
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.wording import checklist, is_to_write_checklist, label_of_grade, label_of_winner, worded

_QUALITY = re.compile(r"\bquality[=: ]\s*(-?\d+(?:\.\d+)?)")
_FAMILY = re.compile(r"\bfamily[=: ]\s*(\w+)")


def behaviour_of(script: Script, asked: ReceivedRequest, number: int) -> str:
    """How the fake behaves on the request that came `number`th (from 0)."""
    for rule in script.rules:
        if rule.contains in asked.text:
            return rule.behaviour
    if number < len(script.behaviours):
        return script.behaviours[number]
    drawn = uniform(script.seed, "mix", asked.content_key(), asked.seed)
    for behaviour, share in script.mix.items():
        drawn -= share
        if drawn < 0:
            return behaviour
    return "good"


def reply_text(script: Script, asked: ReceivedRequest, number: int) -> str:
    """The text of a good reply."""
    for rule in script.rules:
        if rule.reply is not None and rule.contains in asked.text:
            return rule.reply
    outside = script.obey == "outside_fence"
    if script.obey and (label := asked.last_label(outside_fence=outside, ignore=script.ignore)):
        return worded(asked, label)
    if (stored := script.replay.get(asked.content_key())) is not None:
        return stored
    if not script.replies and is_to_write_checklist(asked):
        return checklist(script)
    if script.judge is not None and asked.answers():
        return _judged(script, script.judge, asked)
    return script.replies[number % len(script.replies)] if script.replies else _fixed(script, asked)


def uniform(*words: object) -> float:
    """A number in [0, 1) that depends on the words alone."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _fixed(script: Script, asked: ReceivedRequest) -> str:
    """The one reply; where JSON is asked for, its label in JSON."""
    labels = LABEL.findall(script.reply)
    return worded(asked, labels[-1]) if asked.schema is not None and labels else script.reply


def _judged(script: Script, judge: JudgeScript, asked: ReceivedRequest) -> str:
    answers = asked.answers()
    if len(answers) > 1:
        return worded(asked, label_of_winner(script, asked, _winner(script, judge, answers[0], answers[1], asked)))
    return worded(asked, label_of_grade(script, asked, is_right=_grade(script, judge, answers[0], asked)))


def _winner(script: Script, judge: JudgeScript, first: str, second: str, asked: ReceivedRequest) -> str:
    if judge.always:
        return judge.always
    p_first = _p_first(script, judge, first, second)
    texts = (first, second)
    if judge.draw_by == "item":  # one draw for both orders: the sorted first answer's chance, whichever slot it is in
        texts = (min(texts), max(texts))
    drawn = (script.seed, content_key({"1": texts[0], "2": texts[1], "prompt": asked.slots.get("prompt", "")}), asked.seed)
    if uniform("tie", *drawn) < judge.p_tie:
        return "tie"
    is_as_drawn = texts == (first, second)
    says_drawn_first = uniform("winner", *drawn) < (p_first if is_as_drawn else 1 - p_first)
    return "first" if says_drawn_first == is_as_drawn else "second"


def _p_first(script: Script, judge: JudgeScript, first: str, second: str) -> float:
    if judge.p_first is not None:
        return judge.p_first
    lead = _quality(script, first) - _quality(script, second)
    if lead:
        p = judge.accuracy if lead > 0 else 1 - judge.accuracy
    else:
        longer = len(first) - len(second)
        p = 0.5 if not longer else judge.longer if longer > 0 else 1 - judge.longer
    own = [bool(judge.family) and _family(script, answer) == judge.family for answer in (first, second)]
    p += judge.slot_bias + judge.family_bonus * (own[0] - own[1])
    return min(max(p, 0.0), 1.0)


def _grade(script: Script, judge: JudgeScript, answer: str, asked: ReceivedRequest) -> bool:
    drawn = (script.seed, asked.content_key(), asked.seed)
    if uniform("knows", *drawn) < judge.p_correct:
        return _quality(script, answer) > 0
    return uniform("guess", *drawn) < judge.p_positive


def _quality(script: Script, answer: str) -> float:
    if answer in script.answers:
        return float(script.answers[answer].get("quality", 0))
    match = _QUALITY.search(answer)
    return float(match[1]) if match else 0.0


def _family(script: Script, answer: str) -> str:
    if answer in script.answers:
        return str(script.answers[answer].get("family", ""))
    match = _FAMILY.search(answer)
    return match[1] if match else ""
