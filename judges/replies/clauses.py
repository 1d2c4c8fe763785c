# ruff: noqa: E501 - lists of words
"""Which clause of a sentence a denial or a supposition belongs to: the label's own clause, or that of a reason beside it.

`judges.replies.remark_words` calls a sentence doubtful for any word of doubt in it. Such a word does not touch a label that opens its line or
follows directly on a lead-in ("my final verdict is"), where it stands

- in a clause before the lead-in that gives a reason or grants a point: "Since B does not answer, my verdict is ",
- in a remark behind the label that says something about an answer: "[[B]] Assistant A does not answer."

The rules are narrow on purpose: what they do not know stays doubtful. A clause that says what somebody says or that sets a
condition always does, and so does a remark that speaks of the verdict itself or that favours the other answer.
"""

import re

from arena.lazy_patterns import LazyPattern
from judges.replies.remark_words import CONDITIONS, DENIED, HOLDS, LEAD, LED_PHRASE, SAYS, SUPPOSED

_SAYS = LazyPattern(rf"\b(?:{SAYS}|write|end|begin\w*|reads?|prompt\w*|allegedly|supposedly)\b|[\"“”„«»`「」:?？]")
_HOLDS = LazyPattern(rf"\b(?:{HOLDS.replace('|has|had', '')})\b|\b(?:has|had) (?:at|as|in|on|by|for)\b")
_DOUBT = LazyPattern(rf"\b(?:{DENIED}|{SUPPOSED})\b|n['’]t\b|['’]d\b|[?？]")
_SUPPOSED = LazyPattern(rf"\b(?:{SUPPOSED})\b|['’]d\b")
_DENIAL = LazyPattern(rf"\b(?:{DENIED})\b|n['’]t\b")
_CONDITION = LazyPattern(rf"\b(?:{CONDITIONS})\b|(?:^|[,;] ?)(?:had|were|was|should|could|would|might|may|did|do) ")
_REASON = r"(?:since|because|as|although|though|even though|while|whereas|given that|considering that|seeing that|despite|in spite of)"
_JOINED = LazyPattern(r"(?P<joint>(?:and |but )?(?:and|but|yet|so|thus|therefore|hence|still|however),? )?")
_LED_TO = LazyPattern(
    r"(?:that )?(?:the )?(?:(?:assistant|answer|response|model)s?\b|both\b|neither\b|a tie|tie|[ab] is\b)(?!.*\b(?:for|in|on|by)\b)"
)
# Clauses after the first one of a reason; "in B's opinion" and "one would expect" are none.
_GOES_ON = LazyPattern(
    rf"(?:{_REASON}|and|or|nor|but|which|the|an?|its|(?:assistant|answer|response) [ab])\b(?!.*\b(?:one|people|you|readers?|opinion|view|eyes|words|sake)\b)"
)
# A clause that breaks off goes on in the next one: "it is not true that, all in all, my verdict is".
_OPEN_END = LazyPattern(
    r"\b(?:that|how|why|what|which|who|with|of|in|at|on|to|from|for|by|and|or|nor|but|than|is|are|was|were|has|had|have|be|being|been|as"
    r"|because|since|although|though|while|whereas|it|not|never|no|the|a|an|its?|this|following|end|beginning|believe|think|agree|sure|mean)$"
)
_SIDE = r"(?:the )?(?:assistant|answer|response|model|candidate)(?:['’]s)? (?P<{0}>[ab])\b"
_VERBS = (
    r"(?:answer|address|run|name|give|explain|follow|provide|mention|cite|show|cover|solve|meet|respond|use|check|test|compile|work|list|support|handle"
    r"|finish|complete|understand|engage|offer|justify|know|help|match|stay|stick|deliver|produce|reach|account|get)(?:s|es)?"
)
_TRAITS = (
    r"(?:right|correct|accurate|complete|perfect|true|helpful|relevant|detailed|good|great|wrong|incorrect|false|inaccurate|incomplete|irrelevant|unhelpful|untrue"
    r"|mistaken|valid|convincing|finished|specific|useful|thorough|concise|better)\b"
)
_ADVERBS = r"(?:(?:even|fully|actually|really|quite|properly|entirely|very|particularly|completely|clearly|directly|correctly|simply|factually|also|at all|as|so|all|both) )*"
_FAULTS = (
    rf"(?: (?:does|did|do|could|can) ?(?:not|n['’]t) {_ADVERBS}{_VERBS}\b| cannot {_ADVERBS}{_VERBS}\b| (?:does|did)n['’]t {_ADVERBS}{_VERBS}\b| never {_VERBS}\b| fail(?:s|ed)? to {_ADVERBS}{_VERBS}\b"
    rf"| (?:is|are|was|were) {_ADVERBS}(?:not {_ADVERBS})?{_TRAITS}| (?:is|are|was|were)n['’]t {_ADVERBS}{_TRAITS}"
    r"| (?:has|have|had|gives?|gave|names?|cites?|offers?|provides?) no(?:ne| \w+)| (?:lacks?|misses|missed|omits|forgets|ignores|contradicts)\b)"
)
_BOTH = (
    r"(?P<both>both|neither)(?: of (?:them|the (?:two|answers|responses|assistants)))?(?: (?:answer|response|assistant|one)s?)?"
)
_ABOUT = LazyPattern(
    rf"(?:(?:{_REASON}|but|and) )?(?:{_SIDE.format('side')}|(?P<letter>[ab])|{_BOTH}|(?:the|this) (?:answer|response|assistant))"
    rf"(?:{_FAULTS}|(?<=neither)(?: (?:is|are|was|were) {_ADVERBS}{_TRAITS}| (?:does|did) {_VERBS}\b)|(?<=er)(?: (?:is|was) {_ADVERBS}{_TRAITS}| (?:does|did) {_VERBS}\b))(?P<rest>[^\[\]]*)$"
)
# Words by which a remark speaks of the verdict itself, or may.
_OF_VERDICT = LazyPattern(
    r"\b(?:this|that|these|those|which|such|it (?:is|was)|it['’]s|i|me|my|we|you|verdict|judge?ment|label|rating|score|grade|choice|decision|vote|point|winn?\w*|won"
    r"|lose[sr]?|losing|lost|worse|worst|inferior|weaker|behind|beaten|brackets?|instruct\w*|either|better|best|superior|stronger|preferred|preferable|tie[ds]?|draw)\b"
)
_TIE = LazyPattern(
    r"(?:it(?: is|['’]s) )?(?:a )?(?:tie|draw)\b(?P<tie>[^\[\]]*)$|no (?:clear |real |obvious |single |definite )?(?:winner|difference|preference)\b(?P<none>[^\[\]]*)$"
)
_QUALITY = (
    r"not (?:quite |fully |entirely |very |particularly |completely |overly |especially |really )?"
    r"(?:complete|perfect|flawless|detailed|concise|thorough|comprehensive|exhaustive|helpful|specific|precise|informative|polished|deep)"
)
_LACKS = LazyPattern(rf"{_QUALITY}\b(?P<rest>[^\[\]]*)$")
_LACKS_FIRST = LazyPattern(
    rf"\W*(?:(?:it|(?:the|this) (?:answer|response)) (?:is|was) {_QUALITY}|(?:the|this) (?:answer|response) (?:is|was) (?:not (?:quite |fully |entirely )?(?:correct|right|accurate)|wrong|incorrect)) ?[:–—-] ?$"
)
_SEPARATED = LazyPattern(r"\W*?(?:[,:;.(–—]|\s-)\s*")
_ENDS = LazyPattern(r"[^\w?？]*$")
_BECAUSE = LazyPattern(r"\W*(?:because|since|given that|for)\b")
_JOINTS = LazyPattern(r"[,;]|\b(?:and|but|while|whereas)\b")
_BETTER = (
    r"(?: (?:is|was|are|seems|remains|['’]s))?(?: (?:\w+ly|much|far|the|still|overall))*"
    r" (?:better|best|superior|stronger|preferred|preferable|winner|wins|won|the winner)(?= ?(?:$|[.,;:!)–—-]|than|answer|response|one|assistant|overall|here|because|since))"
)
_WORSE = r"(?: (?:is|was|['’]s))?(?: (?:\w+ly|much|far|the|still|overall|also))* (?:worse|worst|inferior|weaker|loses|lost|wrong|incorrect|not (?:as good|better|right|correct)|(?:is|was|does|did) not(?=\W*$))(?!\w)"
_FAVOURS = LazyPattern(rf"(?:{_SIDE.format('side')}|\b(?P<letter>[ab])){_BETTER}")
_DISFAVOURS = LazyPattern(rf"(?:{_SIDE.format('side')}|\b(?P<letter>[ab])){_WORSE}")
_NONE_BETTER = LazyPattern(rf"\b(?:neither(?: \w+)?{_BETTER}|both are (?:equal|the same)|(?:it is|it['’]s|a) (?:tie|draw)\b)")
_SPEAKS_OF_ITSELF = LazyPattern(
    r"\W*?(?:[:;,(–—]|\s-)\s*(?:not|no|nope|never|wrong|false|incorrect|too|hardly|unless|if|only if|or|were|had|would|might|perhaps|maybe|said|says|so (?:says|claims|it)|quoted"
    r"|(?:this|that|which|it) (?:is|was|would|could|might|may|can|does|has)\b[^.]{0,60}?\b(?:not|never|wrong|false|incorrect|too|would|could|might|no)\b)(?!\w)"
)
_CHANGES = LazyPattern(
    r"\W*(?:(?:no|i mean|rather|or|make it),? )*(?:assistant |answer |response )?(?P<other>[abc])\W*$|\W*the (?:opposite|reverse)\b|\W*the other(?: one)?\W*$|\W*(?:by|from|in|of) (?:the )?(?:answer|assistant|response)\b"
    r"|\W*as an? (?:joke|placeholder|example|test|quotation|quote|format)\b|.*\b(?P<then>[abc]) (?:for|overall|in|on)\b|\W*for\b[^.]*\bnot overall\b"
    r"|\W*(?:(?:assistant|answer|response) b|the (?:answer|response) b) (?:typed|gives|gave|put|puts|adds|added|wrote)\b"
)
_AS_SAID = LazyPattern(rf"\W*as\b[^,;]*?\b(?:{SAYS}|{HOLDS.replace('|has|had', '')})\b")


def is_given(before: str, after: str, label: str, *, opens_line: bool) -> bool:
    """
    Whether a label is its sentence's verdict although words of doubt stand in the sentence.

    Examples
    --------
    >>> is_given("since b does not answer, my final verdict is ", "", "A", opens_line=False)
    True
    >>> is_given("", " assistant a does not answer.", "B", opens_line=True), is_given("", " is wrong.", "B", opens_line=True)
    (True, False)
    """
    if not (_leads(before) if before.strip(" \t|#_-*") else opens_line):
        return _is_number(label) and bool(_LACKS_FIRST.match(before) and _ENDS.match(after))
    has_lead = bool(before.strip(" \t|#_-*"))
    return _ends_well(after, label, has_lead=has_lead)


def speaks_against(after: str, label: str) -> bool:
    """
    Whether what follows a label in its sentence takes it back at once, or favours another answer.

    Examples
    --------
    >>> speaks_against(": no, that is wrong", "A"), speaks_against(" b is better.", "A"), speaks_against(": b is wrong", "A")
    (True, True, False)
    """
    remark = _remark(after)
    is_known = _is_known(remark, label, has_lead=True)
    if changed := _CHANGES.match(after):
        other = changed["other"] or changed["then"]
        if other is None or (_favoured(label) and other != _favoured(label)):
            return True
    return (
        bool(_AS_SAID.match(after)) or _favours_another(after, label) or bool(_SPEAKS_OF_ITSELF.match(after) and not is_known)
    )


def asserts(head: str, *, is_joined: bool) -> bool:
    """Whether the clauses before a lead-in are whole ones, so that the text after them is asserted."""
    clauses = [clause.strip() for clause in re.split(r"[,;]|\bbut\b", head) if clause.strip(" \t|#_-*")]
    if _SAYS.search(head) or _HOLDS.search(head) or _CONDITION.search(head):
        return False
    if any(_OPEN_END.search(clause) for clause in clauses):
        return False
    reason = re.match(rf"\W*{_REASON}\b", head)
    if re.search(r"\bthat\b", head[reason.end() :] if reason else head):
        return False
    if reason:
        is_whole = len(clauses[0].split()) > len(reason[0].split()) + 1
        return is_whole and all(_GOES_ON.match(clause) for clause in clauses[1:])
    if is_joined:
        return True
    return not _SUPPOSED.search(head) and all(_ABOUT.match(clause) or not _DENIAL.search(clause) for clause in clauses)


def _leads(before: str) -> bool:
    """Whether a text ends with a lead-in to a label, and all before the lead-in is asserted."""
    places = [0, *(joint.end() for joint in re.finditer(r"[,;] ?|(?<= )(?=but )", before))]
    for place in reversed(places):
        start = place + len(before[place:]) - len(before[place:].lstrip(" \t|#_-*"))
        joined = _JOINED.match(before, start)
        start, is_joined = (joined.end(), bool(joined["joint"])) if joined else (start, False)
        is_free = not is_joined or re.match(r"(?:my|the|our|i|we)\b", before[start:])
        if not is_free or before.startswith("then", start) or not _is_lead(before[start:]):
            continue
        head = before[:place]
        return not head.strip(" \t|#_-*") or asserts(head, is_joined=is_joined)
    return False


def _is_lead(text: str) -> bool:
    lead = LEAD.match(text)
    if lead is not None and lead.end() == len(text):
        return bool(lead["sign"].strip() or lead["verb"])
    phrase = LED_PHRASE.match(f"{text}[[")
    if phrase is None or phrase.end() != len(text):
        return False
    lead_in = phrase["phrase"].rstrip(":,.–—- ")
    return bool(_LED_TO.match(lead_in)) and not _has_doubt(lead_in)


def _ends_well(after: str, label: str, *, has_lead: bool) -> bool:
    """Whether nothing follows the label, or a reason or a remark that is known to leave it alone."""
    if _ENDS.match(after):
        return True
    if "?" in after or _favours_another(after, label):
        return False
    if _BECAUSE.match(after):
        return True
    return _is_known(_remark(after), label, has_lead=has_lead)


def _remark(after: str) -> str:
    separated = _SEPARATED.match(after)
    return after[separated.end() :].strip(" \t.!)") if separated else after.strip(" \t.!)")


def _is_known(remark: str, label: str, *, has_lead: bool) -> bool:
    """Whether a remark is of one of the kinds that leave the label alone."""
    if tie := _TIE.match(remark):
        rest = tie["tie"] or tie["none"] or ""
        return _favoured(label) == "c" and not _DOUBT.search(rest) and not _SAYS.search(rest)
    if lacks := _LACKS.match(remark):
        return has_lead and _is_number(label) and _is_harmless(lacks["rest"])
    if own := _FAVOURS.match(remark):  # "[[A]] A is better."; another one's praise is met before
        return not _has_doubt(remark[own.end() :])
    about = _ABOUT.match(remark)
    if about is None or not _is_harmless(about["rest"]):
        return False
    # "[[B]] Answer B does not answer" contradicts itself; so may "[[C]] Answer A does not answer".
    favoured, side = _favoured(label), about["side"] or about["letter"]
    further = [clause for clause in _JOINTS.split(about["rest"]) if re.search(rf"\b{favoured or 'b'}\b", clause)]
    return (not side or favoured not in (side, "c")) and not any(map(_DENIAL.search, further))


def _is_harmless(rest: str) -> bool:
    return not (
        _SUPPOSED.search(rest)
        or _SAYS.search(rest)
        or _HOLDS.search(rest)
        or _CONDITION.search(rest)
        or _OF_VERDICT.search(rest)
    )


def _has_doubt(text: str) -> bool:
    return bool(_DOUBT.search(text) or _SAYS.search(text) or _HOLDS.search(text))


def _favours_another(text: str, label: str) -> bool:
    """Whether a text calls another answer the better one, or this one the worse."""
    favoured = _favoured(label)
    if not favoured:
        return False
    for pattern, is_for in ((_FAVOURS, True), (_DISFAVOURS, False)):
        for match in pattern.finditer(text):
            side = match["side"] or match["letter"]
            if (side != favoured) if is_for else (side == favoured):
                return True
    return favoured != "c" and bool(_NONE_BETTER.search(text))


def _favoured(label: str) -> str:
    """The side that a label favours, "c" for a tie, nothing where labels are numbers."""
    folded = label.lower()
    if _is_number(label) or not folded:
        return ""
    return "c" if "=" in folded else folded[0]


def _is_number(label: str) -> bool:
    return label[:1].isdigit()
