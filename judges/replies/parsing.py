"""Reply text -> verdict label, or the end state with the reason why there is none. Pure text; no input raises an error.

Before it is read, thinking and what stands inside the request's own fences, or between other templates' marks of an answer (an
echo), are cut out. Then:

====  ==========================================================================================================
rank  form of a label
====  ==========================================================================================================
1     the form that was asked for: `[[A]]`; the schema's JSON field, in one object, a wrapper or a code fence;
      `[RESULT]` with the score on the same or the next line; `Verdict: 1` and `8 6` where lines were asked for
2     other brackets, `[A]`, `\\boxed{A}`; any label behind a lead-in: `Final verdict: A`, `Rating: 7`; a JSON field that is
      named nearly so, `{"winner": "A"}`, where the reply is one object with one such field; `Assistant 1: 8` and
      `Assistant 2: 6` at the end, where two scores were asked for
3     a bare label, `A` or `Answer A`, and a label that stands alone in quotation marks or a code block: only as
      the last line with words
====  ==========================================================================================================

A *verdict line* holds nothing else once its markup is off: bold, heading, list mark, table bars, backticks, full stop. The
last sentence of a line is one too, behind a lead-in. Block quotes, footnotes and code are none, nor is a line that is led to as
somebody else's words ("Answer B ends with:"), as the form of a verdict ("The output looks like this:"), as the loser's label
("Worse:"), as a draft's ("Draft verdict:"), as another measure ("Confidence:"), or by a line that denies it ("I do not give").
A JSON field that holds an example or an answer's own words is none, and one beside an error, a "valid" that is false or a loser
of the same label has no label.

====================================================================  ===========================================
what the reply holds                                                  what it says
====================================================================  ===========================================
verdict lines of the highest rank that occurs, all alike              that label
those that differ, on one line too                                    ambiguous, unless the last alone calls
                                                                      itself final: then that one
lines of a lower rank before them, led to as a verdict, all alike,    ambiguous, unless theirs calls itself final
that differ
a line of a lower rank behind them, or a final one, that differs      ambiguous
two JSON objects, two fields named as the verdict ("revised"), or a   ambiguous
JSON field and a verdict line, that differ
none but those that a block quote or a footnote goes on to            unparsable
a sentence behind them that takes the verdict back, or declines one   ambiguous
a sentence behind them that gives the win to another side outright,   ambiguous
calls their own the loser, or corrects the score; `judges.replies.named_winners`,
`judges.replies.other_languages`, `judges.replies.score_corrections`
a sentence right before the label that gives the win to another side  ambiguous
a user that speaks behind them, and another label behind that         ambiguous
the label's own sentence goes on below: "if assistant A is better"    ambiguous
a sentence right before the label that declines to judge              ambiguous
other labels in prose beside a verdict line                           nothing: they never overrule it
no verdict line: labels in prose, several                             ambiguous
one, and the last line announces a verdict that is not understood     unparsable
one, which a sentence denies, supposes, quotes or only names          unparsable, or refused
one, which a sentence gives; `judges.replies.clauses` says which clause a     that label
denial or a supposition belongs to
a verdict line whose label is not of the set                          unparsable; ambiguous beside complete ones
none                                                                  unparsable, or refused
====================================================================  ===========================================

A checklist is read so for each criterion (`1: yes` is rank 1, `1. **Yes** - it names the town` rank 2).
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from arena.lazy_patterns import LazyPattern
from arena.llm.wires.messages import Finish
from judges.replies import lead_ins, remark_words
from judges.replies.cleaning import without_echo, without_marked_answers, without_thoughts
from judges.replies.json_objects import ReplyObject, objects_in, place_of_label
from judges.replies.labels import ASKED, BRACKETED, Labels
from judges.replies.offset_text import OffsetText
from judges.replies.refusals import OPENINGS
from judges.replies.retractions import is_spoken_against, is_taken_back
from judges.replies.verdict_lines import Mention, ReplyReading, Statement, has_words, read_lines
from judges.verdicts.game_states import GameState
from judges.verdicts.reply_endings import UNFINISHED, UNSURE, shows_its_end

# 4: sentences that name another winner, leads to the loser's label, fields beside the verdict; 3: clauses, several labels on
# one line, near names in JSON; 2: a grammar of verdict lines; 1: the last line that held a label.
# A judge's card holds this number: other rules make another judge.
PARSER_VERSION = 4
# "last" and "first" read stored outputs the way their sources did; they are for replays only.
type Pick = Literal["agree", "last", "first"]

_PAGE = LazyPattern(r"\s*(?:<\?xml[^<>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.I)
_PAGE_END = LazyPattern(r"</html\s*>", re.I)
_MOST_LINES = 10_000  # more are no judgement


@dataclass(frozen=True, slots=True)
class Parsed:
    """The label that a reply gives, or why it gives none.

    Attributes
    ----------
    state : how the game ended; the others follow only from `ok`
    label : the label, spelled as its protocol spells it
    start, end : where it stands in the reply as received
    reason : why there is no label, for people
    """

    state: GameState
    label: str | None = None
    start: int | None = None
    end: int | None = None
    reason: str = ""


def judge_reply(text: str | None, finish: Finish, labels: Labels, *, fence: str | None = None, pick: Pick = "agree") -> Parsed:
    """
    The label of one reply of an API: the finish state counts first, then the text.

    Parameters
    ----------
    text : the content of the reply, None where it had none
    finish : how the provider says the reply ended
    labels : the labels that the protocol asked for
    fence : the fence of the request, to cut out what the reply echoes of it

    Examples
    --------
    >>> from judges.replies.labels import BracketedLabels
    >>> labels = BracketedLabels({"a": "A", "b": "B"})
    >>> judge_reply("B is vague.\\n**[[A]]**\\nIt is not [[B]].", "stop", labels)
    Parsed(state=<GameState.OK: 'ok'>, label='A', start=14, end=19, reason='')
    >>> judge_reply("[[A]]", "length", labels).state
    <GameState.TRUNCATED: 'truncated'>
    """
    if ended := UNFINISHED.get(finish):
        return Parsed(ended[0], reason=ended[1])
    if text is None:
        return Parsed(GameState.UNPARSABLE, reason="The reply has no content (null).")
    if not text.strip():
        return Parsed(GameState.UNPARSABLE, reason="The reply is empty.")
    if is_page(text):
        return Parsed(GameState.ERROR, reason="The reply is an HTML page, not a judge's answer.")
    return _whole_if_so(_refused_if_so(parse(text, labels, fence=fence, pick=pick), text), text, finish)


def _whole_if_so(parsed: Parsed, text: str, finish: Finish) -> Parsed:
    """A verdict in a reply without a finish reason counts only if the text shows that the reply is complete."""
    if parsed.state is not GameState.OK or finish not in UNSURE or parsed.start is None or parsed.end is None:
        return parsed
    return parsed if shows_its_end(text, parsed.start, parsed.end) else Parsed(GameState.ERROR, reason=UNSURE[finish])


def parse(text: str, labels: Labels, *, fence: str | None = None, pick: Pick = "agree") -> Parsed:
    """The label in the text, or `ambiguous` or `unparsable` with the reason."""
    traced = OffsetText.of(text)
    objects = objects_in(text)
    # A string in JSON may name a fence or hold the word <think>; only what is no object as a whole is cut.
    if not _is_all(objects, text):
        traced = without_marked_answers(without_thoughts(without_echo(traced, fence)))
        objects = objects_in(traced.text)
    if not has_words(traced.text):
        return _silent("Nothing is left of the reply outside of thinking and echoed text.")
    if traced.text.count("\n") > _MOST_LINES and len(list(filter(has_words, traced.text.splitlines()))) > _MOST_LINES:
        return _silent(f"The reply has more than {_MOST_LINES} lines.")
    stated, named, rest = _in_objects(traced, objects, labels)
    reading = read_lines(rest, labels)
    if pick != "agree":
        return _picked(stated, rest, reading, labels, pick)
    statements = sorted([*stated, *reading.statements], key=lambda each: each.start)
    if statements:
        statements = sorted([*statements, *_contradictions(traced, objects, labels)], key=lambda each: each.start)
        return _by_lines(statements, reading, labels, text)
    return _by_prose(sorted([*named, *reading.mentions], key=lambda each: each.start), reading, labels)


def is_page(text: str) -> bool:
    """Whether this is an HTML page and nothing after it, such as a proxy's error page."""
    ends = list(_PAGE_END.finditer(text))
    return bool(_PAGE.match(text)) and (not ends or not text[ends[-1].end() :].strip())


def _is_all(objects: Sequence[ReplyObject], text: str) -> bool:
    """Whether the text is one JSON object and nothing else."""
    if len(objects) != 1:
        return False
    around = text[: objects[0].start] + text[objects[0].end :]
    return not has_words(around.replace("```json", "").replace("```JSON", ""))


def _in_objects(
    text: OffsetText, objects: Sequence[ReplyObject], labels: Labels
) -> tuple[list[Statement], list[Mention], OffsetText]:
    """Statements of objects on lines of their own, mentions of objects in the middle of prose, and the text without them."""
    stated: list[Statement] = []
    named: list[Mention] = []
    cut: list[tuple[int, int]] = []
    for one in objects:
        stated_labels = [None if one.is_withheld(labels, label) else label for label in one.stated_labels(labels)]
        if not stated_labels and not one.holds(labels) and not _is_all(objects, text.text):
            continue
        cut.append((one.start, one.end))
        places = text.span(*place_of_label(one, text.text, labels))
        is_part, is_inside = _is_part(one, text.text), _is_inside(one, text.text)
        for label in stated_labels:
            if is_inside or is_part:
                before, behind = _beside(one, text.text)
                is_doubtful = is_part or remark_words.is_doubtful(before.casefold(), behind.casefold())
                named.append(Mention(label, *places, is_doubtful))
            else:
                stated += [
                    Statement(ASKED, each, *places, part=part, is_field=True) for part, each in labels.parts(label).items()
                ]
                stated += [Statement(BRACKETED, other, *places, is_field=True) for other in one.others(labels)]
    if _is_all(objects, text.text):
        stated += _near_fields(text, objects[0], labels, has_own=bool(stated))
    return stated, named, text.cut(cut)


def _contradictions(text: OffsetText, objects: Sequence[ReplyObject], labels: Labels) -> list[Statement]:
    """Near names in objects beside the verdict, `[[A]]` and then `{"winner": "B"}`: they may only disagree with it."""
    return [
        Statement(BRACKETED, label, *text.span(one.start, one.end), is_field=True)
        for one in objects
        if not one.stated_labels(labels) and not _is_part(one, text.text) and not _is_inside(one, text.text)
        for label in (*one.others(labels), *(label for _, label in one.near(labels)))
    ]


def _is_part(one: ReplyObject, text: str) -> bool:
    """Whether the line above shows it as an example or as another's words, or its sentence goes on below."""
    above = _line_before(text, one.start)
    is_led = remark_words.leads_to_an_example(above) or lead_ins.leads_elsewhere("", above, is_number=False)
    return is_led or remark_words.goes_on(_line_behind(text, one.end))


def _is_inside(one: ReplyObject, text: str) -> bool:
    """Whether an object stands in a line of prose or in a block quote."""
    before, behind = _beside(one, text)
    return has_words(before.removesuffix("json")) or has_words(behind) or before.lstrip().startswith(">")


def _near_fields(text: OffsetText, one: ReplyObject, labels: Labels, *, has_own: bool) -> list[Statement]:
    """Fields that are named nearly as the asked one: one alone counts, and beside the asked one it may only disagree."""
    near = one.near(labels)
    if len(near) != 1 and not has_own:
        return []
    places = [text.span(*place_of_label(one, text.text, labels, name)) for name, _ in near]
    near_labels = [None if one.is_withheld(labels, label) else label for _, label in near]
    return [Statement(BRACKETED, label, *at, is_field=True) for at, label in zip(places, near_labels, strict=True)]


def _beside(one: ReplyObject, text: str) -> tuple[str, str]:
    """The text on the lines of an object, before and after it."""
    begin = text.rfind("\n", 0, one.start) + 1
    end = text.find("\n", one.end)
    return text[begin : one.start][-300:], text[one.end : end if end >= 0 else len(text)][:300]


def _line_before(text: str, place: int) -> str:
    """The line above the one with this place, if no blank line is between."""
    above = text[max(0, text.rfind("\n", 0, place) - 300) : max(0, text.rfind("\n", 0, place))]
    return above.rpartition("\n")[2].removesuffix("```json").strip().casefold()


def _line_behind(text: str, place: int) -> str:
    """The line below the one with this place, as it was written; empty where that is blank."""
    end = text.find("\n", place)
    return "" if end < 0 else text[end + 1 : end + 301].partition("\n")[0].strip()


def _by_lines(statements: Sequence[Statement], reading: ReplyReading, labels: Labels, text: str) -> Parsed:
    """The verdict lines decide, part by part."""
    if all(statement.is_in_quotation for statement in statements):
        return _silent("The only verdict line belongs to the quotation above it.")
    decided: dict[int, Statement] = {}
    for part in dict.fromkeys(statement.part for statement in statements):
        one = _agreed([statement for statement in statements if statement.part == part])
        if isinstance(one, Parsed):
            return one
        decided[part] = one
    label = labels.whole({part: str(one.label) for part, one in decided.items()})
    if label is None:
        return _silent("A label that is not complete.")
    last = max(statements, key=lambda each: each.start)
    if is_taken_back(reading, last.end, label, labels):
        return Parsed(GameState.AMBIGUOUS, reason="The verdict is taken back behind it.")
    if remark_words.goes_on(_line_behind(text, last.end)):
        return Parsed(GameState.AMBIGUOUS, reason="The label is a part of a sentence that goes on behind it.")
    if remark_words.declines(reading.words_before(min(one.start for one in decided.values()))):
        return Parsed(GameState.AMBIGUOUS, reason="The reply declines to judge, and gives a label behind it.")
    if is_spoken_against(reading, min(one.start for one in decided.values()), label, labels):
        return Parsed(GameState.AMBIGUOUS, reason="The sentence before the label gives the win to another side.")
    return _ok(label, min(one.start for one in decided.values()), max(one.end for one in decided.values()))


def _agreed(statements: Sequence[Statement]) -> Statement | Parsed:
    """The statement that decides, or why none does."""
    rank = min(statement.rank for statement in statements)
    highest = [statement for statement in statements if statement.rank == rank]
    last = highest[-1]
    against = [each for each in statements if _is_against(each, last)] + _led_otherwise(statements, last)
    if len({statement.label for statement in highest}) > 1:
        is_decided = last.is_final and last.label and not any(each.is_final or each.is_field for each in highest[:-1])
        if not is_decided:
            return _differ(statements)
    if any(each.is_field for each in statements):
        against += [each for each in statements if each.label != last.label]
    if against:
        return _differ(statements)
    return last if last.label is not None else _differ(statements)


def _is_against(one: Statement, decided: Statement) -> bool:
    """Whether a line of a lower rank gives another label later on, or calls another label final."""
    return (
        one.rank > decided.rank
        and one.label != decided.label
        and (one.start > decided.start or (one.is_final and bool(one.label)))
    )


def _led_otherwise(statements: Sequence[Statement], decided: Statement) -> list[Statement]:
    """
    Lines before a label that is not called final, which are introduced as a verdict and give another label.

    Several that differ among themselves, "Clarity: rating 6", "Accuracy: rating 8", are of parts and speak against nothing.
    """
    if decided.is_final:
        return []
    led = [
        each for each in statements if each.rank > decided.rank and each.is_led and each.label and each.start < decided.start
    ]
    return led if len({each.label for each in led}) == 1 and led[0].label != decided.label else []


def _differ(statements: Sequence[Statement]) -> Parsed:
    labels = sorted({str(statement.label) for statement in statements if statement.label})
    if not labels:
        return _silent("A label that is not complete.")
    return Parsed(
        GameState.AMBIGUOUS, reason=f"Verdict lines that differ: {', '.join(labels)[:200]}, or one that is not complete."
    )


def _by_prose(mentions: Sequence[Mention], reading: ReplyReading, labels: Labels) -> Parsed:
    """Without a verdict line, labels in prose count where all agree and none is in doubt."""
    complete = [mention for mention in mentions if mention.label]
    found_labels = sorted({str(mention.label) for mention in complete})
    aside = {str(one.label) for one in reading.aside}
    if len(found_labels) > 1 or (found_labels and len(aside) == 1 and aside != set(found_labels)):
        return Parsed(GameState.AMBIGUOUS, reason=f"Several labels: {', '.join(sorted({*found_labels, *aside}))[:200]}.")
    if not complete:
        return _silent("A label that is not complete." if mentions else "No label.")
    on_last = [mention for mention in mentions if mention.start >= reading.last_start]
    if on_last and not any(mention.label for mention in on_last):
        return Parsed(GameState.AMBIGUOUS, reason="The last line has a label that is not complete, other lines have others.")
    if not on_last and remark_words.announces(reading.last_line):
        return _silent("The last line announces a verdict that is not understood.")
    if any(mention.is_doubtful for mention in complete):
        return _silent(f"The only label, {found_labels[0][:40]}, is denied, supposed, quoted or only named.")
    if is_taken_back(reading, complete[-1].end, found_labels[0], labels):
        return Parsed(GameState.AMBIGUOUS, reason="The verdict is taken back behind it.")
    if remark_words.declines(reading.words_before(complete[-1].start)):
        return Parsed(GameState.AMBIGUOUS, reason="The reply declines to judge, and gives a label behind it.")
    if is_spoken_against(reading, complete[-1].start, found_labels[0], labels):
        return Parsed(GameState.AMBIGUOUS, reason="The sentence before the label gives the win to another side.")
    return _ok(found_labels[0], complete[-1].start, complete[-1].end)


def _picked(stated: Sequence[Statement], rest: OffsetText, reading: ReplyReading, labels: Labels, pick: Pick) -> Parsed:
    """The first or the last of all labels, wherever it is."""
    folded = rest.folded()
    in_text = [(mention.label, *folded.span(mention.start, mention.end)) for mention in labels.in_prose(folded.text)]
    in_lines = [
        (one.label, one.start, one.end) for one in [*stated, *reading.statements] if one.rank == ASKED or labels.is_line
    ]
    complete = sorted((start, end, label) for label, start, end in [*in_text, *in_lines] if label)
    if not complete:
        return _silent("A label that is not complete." if in_text or in_lines else "No label.")
    start, end, label = complete[-1 if pick == "last" else 0]
    return _ok(label, start, end)


def _ok(label: str, start: int, end: int) -> Parsed:
    return Parsed(GameState.OK, label, start, end)


def _silent(reason: str) -> Parsed:
    return Parsed(GameState.UNPARSABLE, reason=reason)


def _refused_if_so(parsed: Parsed, text: str) -> Parsed:
    """The same, or a refusal if there is no label and the reply refuses in words."""
    if parsed.state is not GameState.UNPARSABLE or not refuses(text):
        return parsed
    return Parsed(GameState.REFUSED, reason="The model refused in words.")


def refuses(text: str) -> bool:
    """Whether a reply begins as refusals do."""
    beginning = without_thoughts(OffsetText.of(text)).text.strip().lstrip("#*_>\"' \n").casefold()
    return html.unescape(beginning[:400]).replace("’", "'").replace("**", "").startswith(OPENINGS)
