# ruff: noqa: E501 - lists of words
"""The side that a sentence of prose names outright as the winner: a reader takes it for another verdict beside the label.

A *side* is "a", the answer in the first slot, "b", the one in the second, or "c", a tie. A claim is a side with a word of winning
or of losing in a main clause. None are what is denied, supposed, asked or said by others, a point that is granted ("B is better
written, but A is right"), and a word that is limited to a quality ("B is better in style").
"""

import re

from arena.lazy_patterns import LazyPattern
from judges.replies.remark_words import gives_others_words

_MOST = 600  # signs of a sentence that are looked at
_NOUN = r"(?:answers?|assistants?|responses?|repl(?:y|ies)|models?|candidates?|options?|solutions?|outputs?|one)"
_WHOSE = r"(?:['’]s (?:answer|response|reply|output|solution))?(?![\w'’-])"
_MARK = r"[\"'“”‘’(]?"
_FIRST = rf"(?:(?:the )?{_NOUN} (?:no\. ?|number |#)?{_MARK}(?:a|1|one){_MARK}|the (?:first|former)(?: {_NOUN})?|(?<![\w'’]){_MARK}a{_MARK}){_WHOSE}"
_SECOND = rf"(?:(?:the )?{_NOUN} (?:no\. ?|number |#)?{_MARK}(?:b|2|two){_MARK}|the (?:second|latter)(?: {_NOUN})?|(?<![\w'’]){_MARK}b{_MARK}){_WHOSE}"
_OTHER = rf"the other(?: {_NOUN})?(?![\w'’-])"


def _sides(number: int) -> str:
    return rf"(?:(?P<a{number}>{_FIRST})|(?P<b{number}>{_SECOND})|(?P<other{number}>{_OTHER}))"


_ADVERBS = r"(?: (?:(?!stylist|visual|gramma|linguist|superfic|technical|formal)\w+ly|much|far|by far|the|still|overall|just|in fact|indeed|so|thus|then|even|a|an|bit|little|lot|now|also|my|hands down|without (?:a )?doubt|no doubt))*"
_BE = r"(?: (?:is|was|are|were|remains|seems|looks|appears|stays|comes out|turns out|should be|must be|has to be|ought to be|proves)(?: (?:as|to be))?|['’]s| ?[:=](?= ))"
_QUALITY = r"(?:helpful|accurate|correct|useful|convincing|fitting|suitable|reliable|trustworthy|deserving)"
_BEST = r"(?:better|best|superior|stronger|strongest|preferable|preferred|winning|chosen|favou?red)"
_WORST = r"(?:worse|worst|inferior|weaker|weakest|poorer|poorest|losing|less good|not as good)"
# What may follow a comparative that is meant of the whole answer.
_TO_ITS_END = (
    rf"(?= ?(?:$|[.,;:!)?–—-]|than (?:the (?:other|first|second|former|latter)|it\b|{_NOUN}|[ab12]\b)|(?:of|to) (?:the|these|both|them|it\b|[ab12]\b|{_NOUN}\b)"
    rf"|{_NOUN}\b|choice|pick|overall|here|because|since|so\b|and\b|though|although|but\b|yet\b|while|whereas|by |in (?:every|all|most|general|my|the end|total)\b"
    r"|on (?:every|all|both|most|balance)\b|for (?:the (?:user|person|reader)|this|me|several|many|two|three|these|that)\b|after all|nonetheless|all in all|to me|again|instead|now\b))"
)
_WINS = (
    rf"(?:{_BE}{_ADVERBS} (?:(?:{_BEST}|ahead|more {_QUALITY}){_TO_ITS_END}|(?:winner|victor)\b|(?:right|correct) (?:choice|pick|{_NOUN})\b|{_NOUN} (?:to (?:choose|pick|prefer)|i (?:choose|prefer|pick)))"
    r"|(?: (?:clearly|easily|should|have|must|has to|does|deserves to|ought to|still|therefore|narrowly|thus|then|now|overall|definitely|simply|hands down)){0,3} (?:win|wins|won|prevails?|triumphs?)(?! (?:points?|on|in|at|over (?:readers|users))\b)"
    r"| (?:\w+ly )?(?:beats?|outperforms?|surpass(?:es)?|outdoes|outclass(?:es)?|outshines?|defeats?|tops)\b| deserves the (?:win|point|vote|victory|prize|verdict|label|preference)\b"
    r"| (?:comes|came|ranks|finishes|places|is|goes) (?:in )?(?:first|on top|out ahead|out on top)\b| (?:takes?|took|gets?|has|earns?) (?:the|my) (?:win|lead|edge|victory|prize|point|vote|crown|cake|day|upper hand)\b"
    rf"| (?:handles?|does|did|answers?|solves?|serves?|meets?|works?|performs?|explains?|treats?|fits?|fulfil?ls?|responds?|addresses|follows?|fares?)(?: (?:the|this|what|was|is|asked|user|person|reader|question|task|request|prompt|point|problem|instructions?|need|needs|overall|it|much|far|a|lot|bit|clearly|even|job)){{0,5}} (?:better|best)(?: job\b|{_TO_ITS_END}))"
)
_RIGHT = rf"{_BE}(?: (?:\w+ly|in fact|indeed|the|overall))* (?:right|correct|accurate|true)(?: (?:one|{_NOUN}))?(?=\W*$| and (?:the other|{_NOUN}|[ab])\b| (?:here|because|since|overall)\b)"
_LOSES = (
    rf"(?:{_BE}{_ADVERBS} (?:{_WORST}{_TO_ITS_END}|(?:loser|runner-up)\b)|(?: (?:clearly|should|must|does|therefore|thus|then|still|narrowly|has to|deserves to)){{0,3}} (?:lose|loses|lost)(?= ?(?:$|[.,;:!)–—]|to\b|because|here|overall|by\b|this\b|and\b|since|out\b|against))"
    r"| (?:comes|came|ranks|finishes|places|is) (?:in )?(?:last|second|behind)\b)"
)
_WRONG = rf"{_BE}(?: (?:\w+ly|in fact|indeed|overall))* (?:wrong|incorrect|false|mistaken)(?=\W*$|, so| (?:here|overall|because|since)\b)"
_DENIED = rf"{_BE}(?: (?:\w+ly|in fact|after all))*(?:n['’]t| not)(?: (?:\w+ly|in fact|after all))*(?: the| a)? (?:{_BEST}{_TO_ITS_END}|(?:winner|victor)\b)"
_CLAIMS = tuple(
    (LazyPattern(_sides(0) + words), kind)
    for words, kind in ((_WINS, "wins"), (_RIGHT, "right"), (_LOSES, "loses"), (_WRONG, "wrong"), (_DENIED, "denied"))
)
_END = r"(?=\W*$|[.,;:!)–—]| (?:because|since|as|for (?:the|this|these|me)|here|overall|over|instead|now|by|is|and|in (?:every|all|most|the end|general)|on balance|to win|better|more|the (?:better|best)|superior)\b)"
_CHOICE = LazyPattern(
    rf"\b(?:i|we|i['’]d|i['’]ll)(?: (?:now|would|will|still|also|must|have to|had to|have|therefore|thus|hence|do|can only|finally|should|\w+ly|ha['’]ve))* (?:choose|chose|pick|picked|select|prefer|favou?r|vote for|voted for|go with|opt for|side with|settle (?:on|for)|decide (?:for|on|in favou?r of)"
    rf"|find|found|consider|judge|rate|rank|call|award|recommend|give (?:it|this|the (?:win|point|vote|edge|victory)) to|give)(?: it to)? {_sides(1)}{_END}"
    rf"|\b(?:winner|verdict|choice|pick|victory|win|vote|decision|preference|edge|judge?ment|(?:{_BEST})(?: (?:{_NOUN}|choice|option)|(?= ?:))|label)(?: here| overall| of the two)?(?: (?:is|was|goes to|belongs to|must be|should (?:be|go to)|has to be|falls on|ought to be|remains)|:)+(?: (?:\w+ly|in fact|therefore|indeed|for|now|instead))* {_sides(2)}{_END}"
)
# "I find B better" is a choice, "I find B clear" is none.
_JUDGED = LazyPattern(
    rf"(?:find|found|consider|judge|rate|rank|call)\b.{{0,60}}?\b(?:{_BEST}|winner|more {_QUALITY}|higher|first){_TO_ITS_END}|.*\b(?:choos|chose|pick|select|prefer|favou?r|vote|voted|go with|opt|side|settle|decide|award|recommend|give)"
)
_TIE = LazyPattern(
    r"\b(?:it|this|that|the (?:result|outcome|verdict|comparison)|they|both)(?: is|['’]s| was| are| ends? in| remains| comes (?:down|out) (?:to|as)| must be| should be| has to be)?(?: (?:\w+ly|just|still|in fact|therefore|thus|in the end))*(?: an?| the)?(?: \w+)? (?:tie|draw|tied|toss-up|dead heat)\b"
    r"|\b(?:call|consider|judge|rate|declare|score|see)(?: \w+){1,3} (?:an? )?(?:\w+ )?(?:tie|draw|tied|equal)\b|^\W*(?:an? )?(?:clear |close |overall )?(?:tie|draw)\W*$|\bno (?:clear |real |single )?winner\b"
    r"|\b(?:both|they|the (?:two|answers|responses)|(?:answers|assistants|responses) (?:a and b|1 and 2)|a and b)(?: \w+)? (?:are|were|seem|do|perform|did)(?: (?:\w+ly|just|about|all|of))*"
    r" (?:equally (?:good|strong|well|helpful|right|correct|bad|weak|matched)|equal\b|tied\b|on a par|of equal (?:quality|merit|worth)|the same (?:quality|level)|as good as (?:each|one))"
    rf"|\bneither(?: of (?:them|the two|the answers|these))?(?: {_NOUN}(?:a nor b)?)?(?: (?:is|was|seems|comes out|wins|deserves to win|beats|stands out))(?: (?:\w+ly|the))*(?: (?:{_BEST}){_TO_ITS_END}|(?<=wins)|(?<=win)|(?<=beats)|(?<=out))"
)
# A clause of these is granted, supposed, asked or another one's.
_DOUBT = LazyPattern(
    r"\b(?:not|never|no|nobody|none|nor|neither|hardly|cannot|without|deny|denies|doubt|disagree\w*|reject\w*|far from|wrong to (?:say|think)|might|may|could|would|if|unless|whether|had|were|suppos\w*|assum\w*|imagin\w*|at first|first (?:sight|glance|look|impression|thought|draft)|initially|almost|nearly|close to"
    r"|instead of|rather than|what if|when|where|why|how|until|as if|as though|pretend\w*|believing|thinking|wish\w*|hop(?:e|es|ing)|the (?:claim|idea|view|impression|text|line|words?|phrase|sentence|statement) (?:that|of)"
    r"|(?:some|others|many|most|people|readers?|someone|somebody|anyone|everyone|one|you|critics|users?|they|he|she|it|that|which|(?:answers?|assistants?|responses?|prompt|user|text|question) ?[ab12]?|[ab])(?: \w+ly| often| always| also)? (?:says?|said|claims?|claimed|thinks?|thought|believes?|states?|stated|asserts?|writes?|wrote|tells?|told|insists?|suggests? that|pretends?|argues?|holds?|wants?|wrongly|finds?|will|can))\b|n['’]t\b|[?？]"
)
_GRANTS = LazyPattern(
    r"(?:although|though|even though|even if|while|whereas|despite|in spite of|granted|admittedly|albeit|true|sure|to be fair|if)\b"
)
# "If style mattered,", "For beginners", "In style,": the rest is about a case or a quality.
_FRAMES = LazyPattern(
    r"(?:if|unless|when|were|had|should|as for|as far as|regarding|concerning|with (?:regard|respect))\b|for (?!me\b|us\b|th(?:is|ese|at|ose)\b|the (?:user|person|reader)|all\b|\w+ reasons?\b)"
    r"|(?:in|on|at) (?!short\b|sum\b|summary\b|conclusion\b|fact\b|the (?:end|whole|other|contrary)\b|total\b|general\b|my\b|our\b|all\b|every\b|both\b|most\b|balance\b|brief\b|essence\b|effect\b|truth\b|reflection\b|second\b|closer\b|last\b|this case\b|view of\b|light of\b|that case\b|these\b)"
)
_JOINT = LazyPattern(
    r"[,;:–—]+ ?|\s-\s|\b(?:so|therefore|thus|hence|and|because|since|but|yet|as(?= (?:the |answer|assistant|response|[ab] )))\b ?"
)
_POLITE = LazyPattern(
    r"\bi(?: would|['’]d)(?= (?:\w+ )?(?:say|argue|call|choose|pick|prefer|go|rate|conclude|give|judge|vote)\b)"
)
_BUT = LazyPattern(
    r"\b(?:but|yet|however|still|nevertheless|nonetheless|even so|except|though|although|if|when|unless|only|merely|just|while|whereas)\b"
)
_CONTRAST = LazyPattern(r"\b(?:but|yet|however|still|nevertheless|nonetheless|even so)\b(?P<rest>.*)$")
_PRAISE = LazyPattern(
    r"\b(?:right|correct|accurate|better|best|wins?|more|superior|stronger|answers|covers|names|gives|helps|complete|true|prefer\w*|matters|deserves|overall)\b"
)
_DISPRAISE = LazyPattern(r"\b(?:not|never|no|worse|wrong|fails?|close|lacks?|less|nearly|almost|second)\b|n['’]t\b")
_LIMITED = LazyPattern(
    r"^[^.;:!]*?\b(?:in|on|at|for|regarding|concerning|as for|as to|when it comes|with respect|in terms|as far as|only|merely)\b(?! (?:the (?:user|person|reader|end|whole|two)|every|all|both|most|general|fact|my|our|total|short|truth|balance|this (?:case|question|task)|these|several|many|me|it|that reason|what matters)\b)"
)
_STOPS_AT = LazyPattern(r"\b(?:because|since|as|so|therefore|than)\b|[,;:–—]")
# "this verdict names the worse answer"
_NAMES_THE_LOSER = LazyPattern(
    rf"\b(?:verdict|label|line|choice|above|brackets?|letter)\b[^.?]{{0,40}}\b(?:names?|is for|is|gives?|picks?|picked|chose|favou?rs|means|marks|stands for|points (?:at|to)|shows?)\b[^.?]{{0,12}}\b(?:{_WORST}|wrong|loser|eliminated|rejected)(?: {_NOUN})?\b"
)


def names_another(sentence: str, side: str, *, is_before: bool = False) -> bool:
    """
    Whether a sentence beside a verdict for a side, folded, gives the win to another side outright.

    Parameters
    ----------
    side : "a", "b" or "c" for a tie; "" where labels have no sides: then nothing is another one
    is_before : whether it stands before the label: there "B is correct" may be but a point on the way to the verdict

    Examples
    --------
    >>> names_another("in short, b is better.", "a"), names_another("b is not better.", "a")
    (True, False)
    >>> names_another("b is better written, but a is right.", "a"), names_another("answer a is wrong, so it loses.", "a")
    (False, True)
    """
    if not side or "?" in sentence or "？" in sentence:
        return False
    text = _POLITE.sub("i", sentence[:_MOST].rstrip())
    if _NAMES_THE_LOSER.search(text) and not _DOUBT.search(text):
        return True
    return any(claimed != side for claimed in _claimed(text, side, weak=not is_before and side != "c"))


def _claimed(text: str, side: str, *, weak: bool) -> list[str]:
    """The sides to which a sentence gives the win."""
    sides: list[str] = []
    for pattern, kind in _CLAIMS:
        if kind in ("right", "wrong") and not weak:
            continue
        for claim in pattern.finditer(text):
            named = _named(claim, (0,), side)
            if kind == "denied" and named != side:
                continue  # that the other one is no better, or neither of two that tie, repeats the label
            if _stands(text, claim, side, is_weak=kind in ("right", "wrong")):
                sides.append(named if kind in ("wins", "right") else _against(named, side))
    sides += [
        _named(choice, (1, 2), side)
        for choice in _CHOICE.finditer(text)
        if (choice["a2"] or choice["b2"] or choice["other2"] or _JUDGED.search(text, choice.start()))
        and _stands(text, choice, side)
    ]
    sides += ["c" for tie in _TIE.finditer(text) if _stands(text, tie, side)]
    return sides


def _named(claim: re.Match[str], numbers: tuple[int, ...], side: str) -> str:
    """The side that a claim names; "the other one" is the one that the label does not favour."""
    for number in numbers:
        if claim[f"a{number}"]:
            return "a"
        if claim[f"b{number}"]:
            return "b"
    return {"a": "b", "b": "a"}.get(side, "a")


def _against(loser: str, side: str) -> str:
    """Who wins where this side loses: of two sides the other one; a tie is broken by it."""
    return {"a": "b", "b": "a"}[loser] if side in (loser, "c") else side


def _stands(text: str, claim: re.Match[str], side: str, *, is_weak: bool = False) -> bool:
    """Whether nothing about a claim denies, supposes, grants, limits or quotes it."""
    joints = list(_JOINT.finditer(text, 0, claim.start()))
    begin = joints[-1].end() if joints else 0
    before, after = text[begin : claim.start()], text[claim.end() :]
    opening = text[: claim.start()].strip(" \t-•*#>|")
    near = _STOPS_AT.split(after, maxsplit=1)[0]
    if (
        _DOUBT.search(before)
        or _DOUBT.search(_without_own(near))
        or _GRANTS.match(before.strip())
        or _is_quoted(text, claim.start())
    ):
        return False
    if _GRANTS.match(opening) and not _closed(opening):
        return False
    if _FRAMES.match(opening) and not re.search(r"\b(?:so|therefore|thus|hence)\b", opening):
        return False
    led = opening.rpartition(":")[0] if opening.endswith(":") else ""
    if led and gives_others_words(led):
        return False
    if _LIMITED.search(near) or re.match(r",? (?:but )?(?:only|merely|just|if|unless|as long as|provided)\b", after):
        return False
    if is_weak:
        return not (
            _BUT.search(after)
            or re.search(r"\b(?:also|too|as well|both|equally|partly|mostly|largely)\b", f"{before}{claim[0]}{near}")
        )
    contrast = _CONTRAST.search(after)
    return contrast is None or not _is_own(contrast["rest"], side)


def _closed(opening: str) -> bool:
    """Whether a clause that grants a point is over before the claim: "although a is short, b is better"."""
    return opening.endswith((",", ";")) or ", " in opening


def _without_own(near: str) -> str:
    return re.sub(r"\bnot (?:only|merely|just)\b", "", near)


def _is_own(rest: str, side: str) -> bool:
    """Whether the text after a "but" speaks for the side that the label favours, or limits the claim before it."""
    if re.match(r" (?:only|merely|just|not|in style)\b", rest):
        return True
    own = {"a": _FIRST, "b": _SECOND, "c": r"\b(?:both|equal\w*|tie|neither)\b"}[side]
    return bool(re.search(own, rest)) and bool(_PRAISE.search(rest)) and not _DISPRAISE.search(rest)


def _is_quoted(text: str, place: int) -> bool:
    """Whether a place stands between quotation marks."""
    head = text[:place]
    return any(head.count(mark) % 2 for mark in '"`') or any(
        head.rfind(left) > head.rfind(right) for left, right in ("“”", "«»", "「」")
    )
