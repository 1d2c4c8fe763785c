# ruff: noqa: E501 - lists of words
"""What leads to a label that is not the verdict: the loser's, a draft's, another measure's, or one that is denied in a line that goes on.

A lead-in is what stands before the label on its line, or the line above where that leads on: by a colon, an open end, or as a
heading of a few words. "B is worse: [[A]]" names a side, so it is a reason and no lead-in of this kind.
"""

import re

from arena.lazy_patterns import LazyPattern

_MOST = 300
_NOUN = r"(?:answers?|assistants?|responses?|repl(?:y|ies)|models?|candidates?|options?|solutions?|one|choice|place)"
_NAMES_A_SIDE = LazyPattern(
    rf"\b{_NOUN} #?(?:[ab12]|one|two)(?!\w)|(?<![\w'’])b(?![\w'’])|(?<![\w'’])a(?= (?:is|was|has|does|makes|gives|loses|wins|misses|lacks|fails)\b)|\bthe (?:other|first|second|former|latter)\b|\b(?:neither|both|no)\b|\bit\b|\bthis (?:answer|response|one)\b"
)
_GOOD = r"(?:helpful|good|accurate|correct|useful|convincing|complete|relevant|clear|detailed|preferred|reliable|suitable|favou?red|honest|thorough)"
_BAD = r"(?:mistakes?|errors?|faults?|flaws?|problems?|issues?|gaps?|flawed|mistaken|misleading|wrong|verbose|confus\w+|deductions?|inaccura\w+|incorrect|hallucinations?|harmful)"
_LOSER = LazyPattern(
    rf"\b(?:losers?|losing|worse|worst|weaker|weakest|inferior|poorer|poorest|eliminat\w+|disqualif\w+|rejected?|dispreferred|unpreferred|discarded|defeated|beaten|runner-?up|(?:second|last) (?:place|best)|(?:less|least) {_GOOD}|(?:more|most) {_BAD}|not (?:the )?(?:chosen|preferred|winner|winning|better|best)|fails?"
    r"|verlierer\w*|schlechter\w*|schlechteste\w*|unterlegen\w*|perdedora?|peor|perdante?|pire|moins bonne|peggiore|perdente|pior|verliezer|slechter\w*|slechtste|gorsz\w+|przegran\w+|хуже|худш\w+|проигравш\w+|daha kötü|kaybeden)(?!\w)"
    r"|较差|更差|最差|輸家|输家|败者|敗者|劣る|劣って|더 ?(?:못|나쁜)|패자"
)
_DRAFT = LazyPattern(
    r"\b(?:draft\w*|preliminary|provisional\w*|tentative\w*|initial(?:ly)?|first (?:impression|thought|guess|take|pass|look|reading|draft|instinct)|interim|pending|placeholder|assum\w+|suppos(?:e|ing|ed)|for now|for the moment|so far|working (?:verdict|hypothesis|assumption|label|guess)|gut (?:feeling|reaction)|guess\w*|unconfirmed|not (?:yet )?final|to be (?:confirmed|checked|decided|reviewed)|tbc|tbd|before (?:the |my |any |a )?(?:\w+ )?(?:check|checking|review|reflection|verification|revision|reconsider\w+|reading)"
    r"|vorläufig\w*|erste[rn]? eindruck|entwurf|provisoire|première impression|provisional|preliminar|provvisori\w+|предварительн\w+|voorlopig\w*)(?!\w)|初步|暂定|暫定|草稿|第一印象|仮の|임시"
)
_OVER = LazyPattern(r"\b(?:and|remains?|stands|confirmed)\b")  # "my first impression was right and my final verdict is"
_MEASURED = (
    r"max(?:imum)?|min(?:imum)?|highest(?: possible)?(?: \w+)?|lowest(?: possible)?(?: \w+)?|confidence(?: level)?|certainty|(?:number|count|total|sum) of (?:\w+ )?(?:mistakes?|errors?|faults?|flaws?|issues?|problems?|words?|points?(?: lost)?|sources?|deductions?|steps?|criteria)|(?:mistakes?|errors?|faults?|flaws?|deductions?|penalt(?:y|ies)|bonus)(?: (?:found|counted|made|points))?"
    r"|points? (?:lost|deducted|off|missed|taken off)|deduct(?:ed|ing)?|subtract(?:ed|ing)?|minus|less than|more than|fewer than|at most|at least|at best|up to|not above|no more than|see(?: also)?|cf\.?|sources?|references?|refs?|footnotes?|citations?|notes? (?:no\.?|number)|difficulty|verbosity|length|word count|threshold|confianza|konfidenz|sicherheit|schwierigkeit|fehler(?:zahl)?|confiance|abzug|abzüge"
    r"|confidence in (?:this|that|it|my \w+|the \w+)|置信度|难度|错误数|扣分|最高分|满分|自信度|신뢰도"
)
_OTHER_MEASURE = LazyPattern(
    rf"(?:^|[^\w'’])(?:{_MEASURED})(?: (?:possible )?(?:score|rating|grade|points?|value))?(?: (?:of|for|in) (?:the |this |my |its )?(?:\w+ ?){{1,3}}?)?(?: ?\([^()]{{0,30}}\))?\W*(?:is|are|was|were|would be|of|at|=|:)?\W*$"
)
_OF = LazyPattern(
    r"(?:\bout of|\d\W{0,6}\b(?:of|von|sur|de|из)|\bof(?<!\brating of)(?<!\bratings of)(?<!\bscore of)(?<!\bgrade of)(?<!\bmark of)(?<!\btotal of)(?<!\bevaluation of)(?<!\bassessment of)(?<!\bverdict of)(?<!\bresult of)(?<!\bvalue of)(?<!\bjudgement of)(?<!\bjudgment of)(?<!\bsolid of)) ?\W{0,4}$"
)
# "Rating of the question", "Score before the check": a rating of something else.
_OF_ANOTHER = LazyPattern(
    r"\b(?:rating|score|grade|mark|points?)\b[^:=]{0,20}?\b(?:of|for|before|without|excluding) (?:the |this |my |any |its |a )?(?:\w+ )?(?:question|prompt|task|request|reference|check|deductions?|style|tone|format(?:ting)?|length|verbosity|grammar|spelling|difficulty|review|penalt(?:y|ies)|bonus|other (?:answer|one)|instruction)s?\W*(?:is|was|are|=|:)?\W*$"
)
_OPEN_END = LazyPattern(
    r"\b(?:that|is|are|be|to|goes to|give|gives|choose|pick|select|prefer|say|said|write|conclude|call|award|assign|vote(?: for)?|go with|but|than|as|with|for|of|on|name|mean|not|never|say that|verdict|rate it|label|it|end)$"
)
_DENIES = LazyPattern(
    r"\b(?:not|never|no|nobody|neither|nor|none|hardly|cannot|refuse\w*|den(?:y|ies|ied)|anything but|by no means|far from|under no circumstances|reject\w*|wrong|false|untrue|avoid\w*|oppos\w*|other than|anything other than|rather than|instead of|least of all|anyone but|would|might|could|if|unless"
    r"|nicht|kein\w*|pas|jamais|non|não|niet|nie|не|nunca)(?!\w)|n['’]t\b"
)
_LED_QUOTE = LazyPattern(r"[\"“«‘'「][^\"”»」\n]*\w{2}[^\"”»」\n]*[:,] ?[\"”»’'」]\W{0,3}$")
_OF_THE_VERDICT = LazyPattern(
    r"\b(?:i|we|it is|it['’]s|this is|verdict|winner|rating|score|case|true|false|no means|no circumstances|nobody|is it)\b"
)
_CHOOSES = LazyPattern(r"\b(?:give|gives|choose|pick|select|prefer|say|write|conclude|call|award|assign|vote|for|with)$")
_QUOTATION = LazyPattern(r"[\"“«][^\"”»]{3,}[\"”»]")
_CROSSED = LazyPattern(r"\W*[❌👎✗✘✖🚫⛔❎]\W*")
_STOPS = LazyPattern(r"[.!?](?=\s)|[。！？]|[,;] |\b(?:so|therefore|thus|hence|but|because|since) ")


def is_crossed_out(text: str) -> bool:
    """Whether a text is nothing but a mark that something is wrong, such as ❌."""
    return bool(_CROSSED.fullmatch(text))


def leads_elsewhere(before: str, line_above: str, *, is_number: bool) -> bool:
    """
    Whether the lead-in to a label denies that it is the verdict.

    Parameters
    ----------
    before : what stands before the label on its line, folded
    line_above : the end of the line above, which counts where nothing stands before the label
    is_number : whether labels are numbers, which measure other things as well

    Examples
    --------
    >>> leads_elsewhere("loser: ", "", is_number=False), leads_elsewhere("b is worse: ", "", is_number=False)
    (True, False)
    >>> leads_elsewhere("", "confidence:", is_number=True), leads_elsewhere("a rating of ", "", is_number=True)
    (True, False)
    """
    before = before[-_MOST:].replace("[result]", "")
    if breaks_off(line_above):
        return True
    if _has_letters(before):
        return _leads_elsewhere(before, is_number=is_number)
    above = line_above[-_MOST:].strip(" \t*_|")
    is_heading = len(above.split()) <= 5 and not _NAMES_A_SIDE.search(above)
    is_filled = "[" in above or re.search(r"[:=] ?[^\s:=]+$", above)  # it has what it leads to: "loser: b"
    is_open = above.endswith((":", "=")) or bool(_OPEN_END.search(above)) or is_heading
    return is_open and not is_filled and _leads_elsewhere(above, is_number=is_number)


def breaks_off(line_above: str) -> bool:
    """
    Whether the line above breaks off in a clause that denies, supposes or quotes, so that what stands below is a part of that.

    Examples
    --------
    >>> breaks_off("i certainly do not give"), breaks_off("because b is not right, my verdict is")
    (True, False)
    """
    above = line_above[-_MOST:].strip(" \t*_|")
    if _LED_QUOTE.search(above):
        return True
    if not _OPEN_END.search(above):
        return False
    clause = re.split(r"[,;] |[.!?] ", above)[-1]
    is_denied = bool(_DENIES.search(clause)) and bool(_OF_THE_VERDICT.search(clause) or _CHOOSES.search(clause))
    return is_denied or bool(_QUOTATION.search(above))


def is_left_open(after: str) -> bool:
    """Whether what follows a label on its line keeps it open: "for now", "maybe"."""
    return bool(
        re.match(
            r"\W*(?:for now|for the moment|pending|tentatively|provisionally|maybe|perhaps|possibly|unless|to be|tbc|tbd|draft)\b",
            after,
        )
    )


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _leads_elsewhere(text: str, *, is_number: bool) -> bool:
    clause = _STOPS.split(text)[-1].rstrip(" \t*_|#-–—>[(")
    if is_number and any(each.search(clause) for each in (_OTHER_MEASURE, _OF, _OF_ANOTHER)):
        return True
    last = _last_part(clause)
    draft = _DRAFT.search(last)
    if draft and not _OVER.search(last, draft.end()):
        return True
    return bool(_LOSER.search(last) and not _NAMES_A_SIDE.search(last))


def _last_part(clause: str) -> str:
    """The text between the last two colons: of "initial thoughts: both fine", the lead-in is "both fine"."""
    parts = [part for part in re.split(r"[:=]", clause) if _has_letters(part)]
    if len(parts) > 1 and clause.rstrip(" ").endswith((":", "=")):
        return " ".join(parts[-2:])
    return parts[-1] if parts else ""
