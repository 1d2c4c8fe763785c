"""The lines of a reply that give a verdict, and the labels that its prose names: see the table in `judges.replies.parsing`."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from arena.lazy_patterns import LazyPattern
from judges.replies import clauses, lead_ins, remark_words
from judges.replies.cleaning import quotations_that_go_on, without_quotations
from judges.replies.labels import ASKED, BARE, LabelInProse, Labels, Stated
from judges.replies.offset_text import OffsetText

_TAG = LazyPattern(r"<[^<>\n]{0,40}>")  # </answer>, <|im_end|>
_WORD = LazyPattern(r"[^\W_]")
_LINE = LazyPattern(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LONGEST = 300  # signs of a verdict line, and of what is looked at round a label in prose
_LONGEST_LABEL = 24
_LONGEST_LEAD = 60  # signs of a lead-in
_LONGEST_OPENING = 40  # of words before a label that a line before may lead to
_MOST_MENTIONS = 200  # labels in prose; more are noise
_OPEN = LazyPattern(r"(?:[ \t|#_]|[-+•·*–—](?=[ \t\[(])|>)*")
_CLOSE = LazyPattern(r"[ \t|_.!;,。]*$")
_NUMBERED = LazyPattern(r"\d{1,2}[.)][ \t]+(?=\D)")
_PAIRS = {
    '"': '"',
    "'": "'",
    "“": "”",
    "„": "“",
    "‘": "’",
    "‚": "‘",
    "「": "」",
    "『": "』",
    "《": "》",
    "`": "`",
    "(": ")",
    "{": "}",
}
_QUOTES = frozenset("\"'“„‘‚「『《")
_BOUNDARY = LazyPattern(r"""(?<=[.!?])["')\]]{0,2}[ \t]+|(?<=[。！？])|(?=\[result\])""")
_BUT = LazyPattern(r"[ ,;] ?(?:but|yet) (?=(?:my|the) final )")
_STOP = LazyPattern(r"[.!?](?=\s|$)|[。！？]")
_IN_FIELD = (
    """["']{0}["'][ \\t]*:[ \\t]*(?:"([^"\\n]{{1,24}})"|'([^'\\n]{{1,24}})'|(-?\\d{{1,6}}(?:\\.\\d{{1,6}})?)(?=[\\s,}}]))"""
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A verdict line or a JSON field, and where the label stands in the reply as received; the label is None where incomplete."""  # noqa: E501

    rank: int
    label: str | None
    start: int
    end: int
    part: int = 0
    is_final: bool = False
    is_led: bool = False  # by a word for a verdict or a score, "winner:"
    is_field: bool = False
    is_in_quotation: bool = False  # which goes on without its mark: alone it decides nothing


@dataclass(frozen=True, slots=True)
class Mention:
    """A label that prose names, and whether the sentence denies, supposes or quotes it."""

    label: str | None
    start: int
    end: int
    is_doubtful: bool
    sentence: str = ""
    is_denied: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    text: str  # plain
    start: int  # in the plain text
    before: str  # the line with words before it
    is_last: bool


@dataclass(frozen=True, slots=True)
class ReplyReading:
    """
    What a reply states and what its prose names.

    Attributes
    ----------
    statements : verdict lines, in order
    aside : bare labels on lines that are not the last: they decide nothing
    mentions : labels in prose, in order
    last_line : the last line with words, and where it begins in the reply as received
    sentences : the sentences of the prose, with their places
    """

    statements: list[Statement]
    aside: list[Statement]
    mentions: list[Mention]
    last_line: str
    last_start: int
    plain: OffsetText

    def sentences_after(self, place: int) -> Iterator[str]:
        """The sentences that begin after this place."""
        for line in _LINE.finditer(self.plain.text):
            if self.plain.places[line.end() - 1] < place:
                continue
            start = line.start()
            while start < line.end() and self.plain.places[start] < place:
                start += 1
            yield from (sentence for sentence in _BOUNDARY.split(self.plain.text[start : line.end()]) if sentence)

    def text_after(self, place: int) -> str:
        """All text after this place, folded."""
        return self.plain.text[bisect_left(self.plain.places, place) :]

    def words_before(self, place: int) -> str:
        """What stands before this place on its line, or the last line above with words where that is nothing."""
        at = bisect_left(self.plain.places, place)
        start = self.plain.text.rfind("\n", 0, at) + 1
        before = self.plain.text[max(start, at - _LONGEST) : at]
        if not has_words(before) and start:
            above = self.plain.text[max(0, start - 1 - 2 * _LONGEST) : start - 1].rstrip(" \t\n\r-=*_#|")
            before = above.rpartition("\n")[2][-_LONGEST:]
        return before


def has_words(text: str) -> bool:
    """Whether anything is left of a text without its tags, rules and brackets."""
    return _WORD.search(_TAG.sub("", text) if "<" in text else text) is not None


def read_lines(text: OffsetText, labels: Labels) -> ReplyReading:
    """The text of a reply without its JSON objects, thinking and echoes."""
    plain = without_quotations(text).plain()
    lines = _lines(plain.text, labels)
    statements: list[Statement] = []
    aside: list[Statement] = []
    doubtful: set[int] = set()  # starts of lines that look like a verdict and are introduced as another's words
    lead = ""
    for line in lines:
        above, (stated, lead) = lead, _stated(line, lead, labels)
        if stated is None:
            continue
        one, start, end, is_final = stated
        places = plain.span(line.start + start, line.start + end)
        is_led = remark_words.names_a_verdict(above) or remark_words.names_a_verdict(
            line.text[max(0, start - _LONGEST_LEAD) : start]
        )
        statement = Statement(one.rank, one.label, *places, part=one.part, is_final=is_final, is_led=is_led)
        is_theirs = remark_words.leads_to_an_example(line.before) and not _leads(line.before)
        is_another = _leads_elsewhere(line, start, labels) if one.part == 0 else lead_ins.breaks_off(line.before)
        if is_another or remark_words.ends_in_quotation(line.before) or (is_theirs and not is_final):
            doubtful.add(line.start)
        elif one.rank == BARE and not (line.is_last or labels.is_line):
            aside.append(statement)
        else:
            statements += [statement, *_beside_it(plain, line, start, one, labels)]
    statements += [*_fields(plain, labels), *_by_name(plain, lines, labels)]
    taken = {statement.start for statement in statements}
    mentions = [each for each in _mentions(plain, lines, labels, doubtful) if each.start not in taken]
    last = lines[-1] if lines else None
    last_start = plain.places[last.start] if last else 0
    inside = [text.span(*span) for span in quotations_that_go_on(text.text)]
    statements = [
        replace(each, is_in_quotation=any(start <= each.start < end for start, end in inside)) if inside else each
        for each in sorted(statements, key=lambda statement: statement.start)
    ]
    return ReplyReading(statements, aside, mentions, last.text if last else "", last_start, plain)


def _leads_elsewhere(line: _Line, place: int, labels: Labels) -> bool:
    """Whether what stands before a label makes it the loser's, a draft's or another measure's."""
    return lead_ins.leads_elsewhere(line.text[max(0, place - _LONGEST) : place], line.before, is_number=labels.is_score)


def _beside_it(plain: OffsetText, line: _Line, place: int, one: Stated, labels: Labels) -> Iterator[Statement]:
    """Other labels that the same line gives before its last one: "[RESULT] 4 Feedback: vague [RESULT] 2"."""
    before = line.text[:place]
    for other in labels.in_prose(before):
        is_named_only = not before.startswith("[result]", other.start) and _mention(plain, line, other, labels).is_doubtful
        if other.label and other.label != one.label and not is_named_only:
            yield Statement(ASKED, other.label, *plain.span(line.start + other.start, line.start + other.end))
    at = 0
    for sentence in (*_BOUNDARY.finditer(before), None):
        end = sentence.start() if sentence else len(before)
        whole = _whole_line(replace(line, text=before[at:end], is_last=False), "", labels, has_lead=True)
        if whole and whole[0]:
            led, begin, until, is_final = whole[0]
            places = plain.span(line.start + at + begin, line.start + at + until)
            yield Statement(led.rank, led.label, *places, part=led.part, is_final=is_final)
        at = sentence.end() if sentence else end


def _by_name(plain: OffsetText, lines: Sequence[_Line], labels: Labels) -> list[Statement]:
    """The scores that the last lines give by name, "Assistant 1: 8" and "Assistant 2: 6"."""
    scores = labels.by_name(plain.text)
    if scores is None:
        return []
    one, start, end = scores
    before = next(line.before for line in reversed(lines) if line.start <= start)
    is_theirs = before.endswith(":") or remark_words.introduces_others_words(before)
    return [] if is_theirs and not _leads(before) else [Statement(one.rank, one.label, *plain.span(start, end), part=one.part)]


def _lines(text: str, labels: Labels) -> list[_Line]:
    lines: list[_Line] = []
    for match in _LINE.finditer(text):
        if not has_words(match[0]):
            continue
        before = _STOP.split(lines[-1].text[-_LONGEST:].strip())[-1].strip() if lines else ""
        for start, end in labels.rows(match[0]):
            lines.append(_Line(match[0][start:end], match.start() + start, before, False))
    return [*lines[:-1], replace(lines[-1], is_last=True)] if lines else []


def _leads(line: str) -> bool:
    """Whether a line is nothing but a lead-in, such as a heading."""
    core, *_ = _core(line, 0)
    lead_in = remark_words.LEAD.match(core)
    return lead_in is not None and lead_in.end() == len(core)


def _stated(line: _Line, lead: str, labels: Labels) -> tuple[tuple[Stated, int, int, bool] | None, str]:
    """The label that a line states, with its place and whether the line calls it final; and its lead-in to the next line."""
    if len(line.text) <= _LONGEST and (whole := _whole_line(line, lead, labels)):
        return whole
    for at in _last_sentences(line.text):
        before, sentence = line.text[max(0, at - _LONGEST) : at], replace(line, text=line.text[at:])
        whole = _whole_line(sentence, "", labels, has_lead=True)
        is_led_in = sentence.text.startswith("[result]") and remark_words.is_doubtful(_STOP.split(before)[-1], "")
        if whole is None or is_led_in or remark_words.gives_others_words(before):
            continue
        if whole[0] is None:
            return None, whole[1]
        one, start, end, is_final = whole[0]
        return (one, start + at, end + at, is_final), ""
    return _final_clause(line, labels), ""


def _final_clause(line: _Line, labels: Labels) -> tuple[Stated, int, int, bool] | None:
    """The label that the last clause of a line states as final: "I leaned to [[A]] at first, but my final verdict is [[B]]"."""
    joint = _BUT.search(line.text, max(0, len(line.text) - _LONGEST))
    if joint is None or remark_words.gives_others_words(line.text[: joint.start()]):
        return None
    head = _STOP.split(line.text[: joint.start()])[-1]
    whole = _whole_line(replace(line, text=line.text[joint.end() :]), "", labels, has_lead=True)
    if not whole or not whole[0] or not clauses.asserts(head, is_joined=True):
        return None
    one, start, end, is_final = whole[0]
    is_clear = one.rank == ASKED and one.label is not None and is_final
    return (one, start + joint.end(), end + joint.end(), is_final) if is_clear else None


def _last_sentences(text: str) -> list[int]:
    """Where the last two sentences of a line begin, if they are short enough to be a verdict."""
    boundaries = _BOUNDARY.finditer(text, max(0, len(text) - _LONGEST))
    return [each.end() for each in boundaries if each.end() < len(text)][-2:]


def _whole_line(
    line: _Line, lead: str, labels: Labels, *, has_lead: bool = False
) -> tuple[tuple[Stated, int, int, bool] | None, str] | None:
    core, start, is_quoted = _core(line.text, 0)
    numbered = _NUMBERED.match(core)
    for skipped in [0, *([numbered.end()] if numbered else [])]:
        rest, at = core[skipped:], start + skipped
        stated = None if has_lead else _form(rest, at, lead, labels)
        own_lead = ""
        if stated is None or stated[0].label is None:
            own_lead, led = _led(rest, at, labels, is_last=line.is_last)
            stated = led or stated
        if stated is not None:
            one, begin, end = stated
            if is_quoted and one.rank < BARE and not lead:
                one = one._replace(rank=BARE)
            return (one, begin, end, remark_words.calls_itself_final(own_lead or lead)), ""
        if own_lead:  # a lead-in and nothing more: it leads to the next line
            return None, own_lead
    return None


def _form(text: str, at: int, lead: str, labels: Labels) -> tuple[Stated, int, int] | None:
    core, start, _ = _core(text, at)
    if lead and (phrase := remark_words.PHRASE.match(core)) and not remark_words.is_doubtful(phrase[0], ""):
        core, start = core[phrase.end() :], start + phrase.end()
    one = labels.stated(core, lead) if core else None
    # What follows a heading may be prose: only a label is a statement there.
    if one is None or (lead and one.label is None and not labels.stated(core, "")):
        return None
    return one, start, start + len(core)


def _led(text: str, at: int, labels: Labels, *, is_last: bool) -> tuple[str, tuple[Stated, int, int] | None]:
    """The lead-in of a line, and the label that it leads to."""
    skipped = remark_words.prefix_length(text)
    for begin in dict.fromkeys((0, skipped)):
        phrase = remark_words.LED_PHRASE.match(text, begin)
        is_clear = phrase is not None and not remark_words.is_doubtful(phrase["phrase"], "")
        if phrase and is_clear and (stated := _form(text[phrase.end() :], at + phrase.end(), "", labels)):
            return phrase[0], stated
        lead = remark_words.LEAD.match(text, begin)
        if lead is None:
            continue
        core, start, _ = _core(text[lead.end() :], at + lead.end())
        if not core:
            return lead[0], None
        if again := remark_words.LEAD.match(core):  # "The better one is: Verdict: 2"
            core, start, _ = _core(core[again.end() :], start + again.end())
            if not core:
                return lead[0], None
        stated = _form(core, start, lead[0], labels)
        if stated and stated[0].label is not None:
            return lead[0], stated
        one = labels.stated(core, lead[0])
        if one and one.label is None and is_last and _is_incomplete(core, lead, labels):
            return lead[0], (one, start, start + len(core))
    return "", None


def _is_incomplete(text: str, lead: re.Match[str], labels: Labels) -> bool:
    """Whether a lead-in leads to a short text that is no label, rather than to prose or to several labels."""
    is_short = bool(lead["sign"].strip()) and len(text) <= _LONGEST_LABEL
    return is_short and remark_words.may_be_incomplete(lead[0]) and not any(label.label for label in labels.in_prose(text))


def _core(text: str, at: int) -> tuple[str, int, bool]:
    """A line without its markup: headings, list marks, table bars, full stops, and the marks round it; where it begins; if quoted."""  # noqa: E501
    start, end = 0, len(text)
    is_quoted = False
    for _ in range(6):
        start = _OPEN.match(text, start, end).end()  # type: ignore[union-attr]
        end = max(start, _CLOSE.search(text, start, end).start())  # type: ignore[union-attr]
        if end - start < 3 or _PAIRS.get(text[start]) != text[end - 1]:
            break
        is_quoted = is_quoted or text[start] in _QUOTES
        start, end = start + 1, end - 1
    return text[start:end], at + start, is_quoted


def _fields(plain: OffsetText, labels: Labels) -> list[Statement]:
    """Fields of JSON that does not parse as a whole, on lines that begin as JSON does."""
    if len(labels.fields) > 1:
        return []
    statements: list[Statement] = []
    for field in re.finditer(_IN_FIELD.format(labels.fields[0]), plain.text):
        begin = plain.text.rfind("\n", 0, field.start()) + 1
        if plain.text[begin : field.end()].lstrip()[:1] in "{\"'":
            value = field[1] or field[2] or field[3]
            label = labels.in_object({labels.fields[0]: value})
            statements.append(Statement(1, label, *plain.span(*field.span()), is_field=True))
    return statements


def _mentions(plain: OffsetText, lines: Sequence[_Line], labels: Labels, doubtful: set[int]) -> list[Mention]:
    labels_in_prose = [(line, label) for line in lines for label in labels.in_prose(line.text)]
    is_flood = len(labels_in_prose) > _MOST_MENTIONS
    return [
        _mention(plain, line, label, labels, is_doubtful=is_flood or line.start in doubtful) for line, label in labels_in_prose
    ]


def _mention(plain: OffsetText, line: _Line, label: LabelInProse, labels: Labels, *, is_doubtful: bool = False) -> Mention:
    places = plain.span(line.start + label.start, line.start + label.end)
    if is_doubtful:
        return Mention(label.label, *places, is_doubtful=True)
    before, after = _sentence(line.text, label.start, label.end)
    if line.before.endswith(":") and not _leads(line.before) and len(line.text[: label.start].strip()) < _LONGEST_OPENING:
        before = f"{line.before} {before}"
    is_given = _is_given(line, label, before, after)
    is_doubtful = not is_given and remark_words.is_doubtful(before, after)
    is_doubtful = is_doubtful or clauses.speaks_against(after, label.label or "")
    is_doubtful = is_doubtful or _is_quoted(line.text, label.start, label.end)
    is_doubtful = is_doubtful or _is_another(line, label, labels)
    is_denied = not is_given and remark_words.denies(before, after)
    return Mention(label.label, *places, is_doubtful, f"{before} {after}", is_denied)


def _is_another(line: _Line, label: LabelInProse, labels: Labels) -> bool:
    """Whether a label in prose is the loser's, a draft's or another measure's, or is crossed out."""
    before, after = line.text[: label.start], line.text[label.end :]
    is_crossed = lead_ins.is_crossed_out(before[-10:]) or lead_ins.is_crossed_out(after[:10])
    return is_crossed or lead_ins.is_left_open(after) or _leads_elsewhere(line, label.start, labels)


def _is_given(line: _Line, label: LabelInProse, before: str, after: str) -> bool:
    """Whether a label is the verdict of its sentence although words of doubt stand beside it."""
    earlier = line.text[: label.start]
    if label.label is None or remark_words.gives_others_words(earlier[: len(earlier) - len(before)]):
        return False
    if remark_words.introduces_others_words(line.before) and not _leads(line.before):
        return False
    return clauses.is_given(before, after, label.label, opens_line=not has_words(earlier))


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """The text before and after a label in its sentence."""
    before = text[max(0, start - _LONGEST) : start]
    stops = list(_STOP.finditer(before))
    before = before[stops[-1].end() :] if stops else before
    after = text[end : end + _LONGEST]
    stop = _STOP.search(after)
    return before, after[: stop.end()] if stop else after


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Whether a label is between quotation marks."""
    if any(text.count(mark, 0, start) % 2 for mark in '"`'):
        return True
    if re.search(r"(?:^|[\s(\[])['‘](?:[^'‘’\n]|(?<=\w)['’](?=\w)){0,80}$", text[max(0, start - 90) : start]) and re.search(
        "['’]", text[end : end + 90]
    ):
        return True
    near, behind = text[max(0, start - _LONGEST) : start], text[end : end + _LONGEST]
    pairs = ("“”", "„“", "‘’", "「」", "『』", "《》")
    return any(near.rfind(pair[0]) > near.rfind(pair[1]) and pair[1] in behind for pair in pairs)
