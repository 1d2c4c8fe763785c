# ruff: noqa: E501 - lists of words
"""The words by which a remark denies, supposes or quotes a label, leads to one, or takes one back.

The lists err on the side of silence: a label that looks doubtful gives no verdict. They are English first, with the commonest
words of other languages that judges write in.
"""

import re

from arena.lazy_patterns import LazyPattern

DENIED = (
    r"not|never|nor|neither|none|nobody|no one|cannot|without(?! (?:a )?(?:doubt|question))|against|instead of|rather than|other than|unlike"
    r"|no(?! (?:\w+ ){0,2}(?:difference|winner|preference|doubt|question))|far from|hardly|reject\w*|rul(?:e|ed|es|ing) out|refus\w*|den(?:y|ies|ied)|unable"
    r"|wrong\w*|false|incorrect|mistaken\w*|mistake|avoid\w*|exclud\w*|dismiss\w*|discard\w*|withh[eo]ld|undeserved|unfair|unjustified"
    r"|too (?:harsh|generous|strict|kind|high|low|much|lenient|severe)|overstat\w*|exaggerat\w*|oppos\w*|disagree\w*|contrary"
    r"|nicht|kein\w*|nie|nein|ne|pas|jamais|aucun\w*|nunca|ning\w*|non|mai|não|не|нет|нельзя"
)
SUPPOSED = (
    r"might|may|could|would|should|if|unless|suppos\w*|perhaps|maybe|possibl[ye]|at first|first (?:sight|glance|look|impression"
    r"|thought|draft|reading|choice)|initial(?:ly)?|originally|previously|earlier i|tempt\w*|almost|nearly|thought|thinking|hesitat\w*"
    r"|(?<!all )(?<!things )consider\w*|imagin\w*|hypothe\w*|(?:some|many|most|other) (?:people|readers?|judges?|critics?|graders?)"
    r"|(?:some|others|people|critics|readers) (?:say|will|often|think)|someone|somebody|anyone|anybody|everyone|naive\w*|careless\w*"
    r"|superficial\w*|normally|usually|typically|e\.g\.?|example|instance|such as|like(?=\W*\[)|either|i (?:had )?expected|hope[ds]?|hoping"
    r"|wish\w*|deserv\w*|whether|until|requires|needs? to|reserved?|in case|otherwise|close to|arguabl[ye]|argued?|argument for|case for"
    r"|tends?|lean(?:s|ed|ing)?|alternativ\w*|second (?:choice|best|place)|runner-up|rival|versus|vs\.?|options?|choices"
    r"|würde|könnte|wäre|hätte|vielleicht|falls|wenn|ob|pourrait|serait|aurait|peut-être|si|podría|sería|habría|quizás?|tal vez"
    r"|potrebbe|sarebbe|forse|poderia|seria|talvez|бы|возможно|может|если"
)
SAYS = (
    r"(?<!i )says?|said|saying|claim\w*|end(?:s|ed|ing)? (?:with|in|on|by)|clos(?:es?|ed|ing) (?:with|in|on|by)|stat(?:es?|ed|ing)|writ(?:es?|ing|ten)|wrote"
    r"|quot\w*|mention\w*|repeat\w*|asks?|asked|asking|tells?|telling|told|wants?|demand\w*|insist\w*|instruct\w*|ordered|begs?|suggest\w*"
    r"|embed\w*|append\w*|inject\w*|according to|reply with|answer with|respond with|tries|trying|attempt\w*|pretend\w*|announc\w*|means|stands for|denot\w*"
    r"|sagt|schreibt|behauptet|enthält|endet|fordert|dit|écrit|contient|dice|escribe|contiene|говорит|пишет|содержит"
)
HOLDS = (
    r"contain\w*|include[sd]?|including|print\w*|reads|reading|hidden|strings?|text|phrase|words?|prompt|template|format|forms?|placeholder|marker"
    r"|appears?|occurs?|shows up|output|sentence|line|statement|orders?|has|had|holds?|carries|carry|puts?"
)
CONDITIONS = (
    r"if|unless|whether|suppos\w*|assum\w*|imagin\w*|hypothe\w*|provided|when|whenever|until|till|otherwise|in case|as long as|as though|except"
    r"|only|else|would have been|in another|wenn|falls|ob|si|se|если|бы"
)
_QUOTED = f"{SAYS}|{HOLDS}"
_FAR_EAST = (
    r"不|没|沒|非|未|勿|可能|也许|或许|如果|假如|倘若|要是|ない|かもしれ|もし|だろう|아니|않|만약|수도|说|說|写|寫|包含|言う|書"
)
_DOUBT = LazyPattern(
    rf"\b(?:{DENIED}|{SUPPOSED}|{SAYS})(?!\w)|n['’]t\b|['’]d\b|(?:^|[,;] ?)(?:were|had|assuming|provided|as long as|in case) |\?|？|{_FAR_EAST}"
)
_HELD = LazyPattern(rf"\b(?:{HOLDS})\b")
# What may follow a label that is the verdict of its sentence; where it is the subject of one, "[[B]] was close", it is named only.
_GOES_ON = LazyPattern(
    r"\W*$|\s*[,:;(–—\[]|\s+-|\W*\s(?:because|since|as|for|given|assistant|answer|response|feedback|reason\w*|explanation|both|the|i|it is)\b"
)
_DENIAL = LazyPattern(rf"\b(?:{DENIED})\b|n['’]t\b|不|没|沒|非|ない|아니|않")
_OTHERS_WORDS = LazyPattern(
    rf"\b(?:answers?|assistants?|responses?|candidate|model|user|prompt|question|text|reference|[ab]'s|it|he|she|they)\b.{{0,60}}?\b(?:{_QUOTED})\b"
    r"|\baccording to\b"
)
_NAMES_TEXT = LazyPattern(
    r"\b(?:answer|assistant|response|candidate|model|text|prompt|user|question|reference|instruction|example)s?\b"
)
# "I would rate it as slightly better: [[A]]" is only polite.
_POLITE = LazyPattern(r"\bi(?: would|'d) (?:\w+ )?(?:rate|consider|call|judge|score|rank|grade)\b(?=.{0,200}[:–—-]\s*$)")
# "..., so [[A]]": what comes before such a word is a reason.
_THEREFORE = LazyPattern(r"(?:^|[,;–—-])\s*(?:and )?(?:so|therefore|thus|hence|consequently)\b")
_REASON = LazyPattern(r"\b(?:because|since|as|weil|da|denn|parce que|porque|perché)\b|[—–]|:")

_QUALIFIER = (
    r"(?:so|thus|therefore|hence|then|and|finally|overall|ultimately|my|the|our|this|final|official|ultimate|"
    r"conclusion|in (?:conclusion|summary|short|the end|total)|to (?:conclude|sum up|summarize)|all in all|i (?:conclude|find|think|believe|judge)(?: that)?"
    r"|(?:after|(?:up)?on) (?:careful |further |some |due |closer |full )?(?:re)?(?:consideration|reflection|comparison|evaluation|examination|weighing)(?: of both(?: (?:answers|responses|assistants))?)?"
    r"|mein|das|die|der|endgültige[rs]?|abschließende[rs]?|le|la|el|mon|ma|mi|il|o|meu|minha|мой|моя|окончательн\w+|итогов\w+),?[ ]"
)
_NOUN = (
    r"verdict|judge?ment|decision|winner|ratings?|scores?|grade|result|evaluation(?:[ _]result)?|assessment|choice|conclusion"
    r"|preference|pick|vote|label|mine(?= ?:)|bottom line|(?:better|best|winning|preferred|superior|stronger)(?: (?:answer|response|assistant|one|model|option))?"
    r"|final[ _]?(?:answer|output|choice|label)|final|overall|answer(?= ?[:=])|output(?= ?[:=])|\[result\]"
    r"|urteil|bewertung|note|punktzahl|fazit|entscheidung|gewinner|ergebnis|gesamturteil|endurteil|jugement|décision|gagnant|résultat|verdict final"
    r"|veredicto(?: final)?|veredito(?: final)?|verdetto(?: finale)?|puntuación|calificación|pontuação|punteggio|ganador|vencedor|vincitore|resultado|risultato"
    r"|decisión|decisão|nota|voto|вердикт|итог|оценка|победитель|решение|балл|werdykt|ocena|oordeel|eindoordeel|karar|sonuç|puan"
    r"|(?:最终|最終|总体|総合|我的)?(?:结论|結論|裁决|裁決|判决|判定|判断|评分|評分|评价|評価|得分|分数|评级|胜者|获胜者|勝者|答案|スコア|点数)(?:结果)?"
    r"|(?:최종 ?)?(?:판정|점수|결론|평가|승자)|निर्णय|अंतिम निर्णय|الحكم(?: النهائي)?|النتيجة"
)
_VERB = (
    r"(?:i|we)(?: (?:therefore|thus|hence|now|clearly|finally|hereby))? (?:choose|pick|select|prefer|vote(?: for)?|go (?:with|for)|opt for|settle (?:on|for)"
    r"|decide (?:on|for)|give|award|assign|rate|say|judge)(?: (?:(?:this|the) (?:answer|response|assistant)|this|it))?"
    r"(?: (?:a|an|as|at|with|score of|a score of|a rating of)(?= [\d\[]))?"
)
LEAD = LazyPattern(
    rf"(?:{_QUALIFIER}){{0,5}}(?:(?P<noun>{_NOUN})(?: (?:for|of) (?:the|this) (?:answer|response|assistant))?|(?P<verb>{_VERB}))"
    r"(?: ?\([^()\n]{0,24}\)(?= ?[:=|–—-]| is ))?"
    r"(?P<sign>(?: (?:is|are|goes to|stands at|ist|est|es|è|é|lautet|это)(?=[ :]|$)|是|为|為|は)?[ \t]*(?:(?:[:=|–—→⇒➜➔]|->|=>|>>|-(?=[ \t]))+[ \t]*)*)"
)
# Arena-Hard's own layout: "My final verdict is Assistant A is slightly better: [[A>B]]".
LED_PHRASE = LazyPattern(rf"(?:{_QUALIFIER}){{0,5}}(?:{_NOUN})(?: is)?:? (?P<phrase>[^:\[\]\n\"?]{{1,60}}[:,.–—-]? ?)(?=\[\[)")
PHRASE = LazyPattern(r"[^:\[\]\n\"?]{1,60}[:–—-] ?(?=\[\[)")
_PREFIX = LazyPattern(r"(?:[^,:;\"“”\[\]\n]{1,90}, ){1,2}")
_FINAL = LazyPattern(
    r"final|ultimate|overall|conclu|in the end|all in all|bottom line|endgültig|endurteil|gesamt|abschlie|definit|最终|最終|최종|总体|総合"
    r"|окончательн|итог|अंतिम|النهائي"
)
_LEADS_ON = LazyPattern(rf"(?:{_NOUN}|choose|pick|therefore|thus|hence|so)(?: \w+){{0,4}}(?: is| are)?:$")

_TURNS = (
    r"wait|hold on|hang on|actually|oops|whoops|ups|h+m+|sorry|apologies|my apologies|pardon|no,|no wait|nope|well, actually|edit:|update:|corrections?"
    r"|corrected|ah,|oh,|oh no|moment|one moment|instead,|rather,|(?:up)?on (?:second|further|closer|reflection)|after (?:all,|reconsider\w*|further)|in hindsight|thinking again|looking again"
    r"|(?:please )?(?:disregard|ignore|forget|discard)|never ?mind|erratum|errata|retraction|(?:revised|amended) verdict|make (?:that|it)|or rather|come to think|but (?:wait|no)"
    r"|warte|korrektur|entschuldigung|verzeihung|doch|eigentlich|nein|halt|attends|attendez|en fait|correctif|rectification|espera|perdón|en realidad|corrección|rectifico"
    r"|aspetta|anzi|scusa|correzione|in realtà|espere|desculpe|correção|на самом деле|подожди|стоп|нет,|поправка|исправ"
)
_STARTS_TURN = LazyPattern(
    rf"\W*(?:{_TURNS})(?!\w)|\W*(?:等等|等一下|更正|抱歉|对不起|不对|不,|其实|訂正|待って|いや|すみません|実は|정정|잠깐|아니)"
)
_TAKES_BACK = LazyPattern(
    r"\b(?:scratch that|strike that|take (?:that|it|this|my verdict) back|take back|chang(?:e|ed|ing) my (?:mind|verdict|answer|decision|vote|rating|score)"
    r"|i (?:now |hereby |must |have to |need to |will |want to |would like to |'ll )?(?:change|revise|retract|withdraw|correct|reverse|reconsider|amend|update|rescind|revoke|recant)"
    r"|i (?:was|am|have been|got it|got that|had it|have it) (?:wrong|mistaken|in error)|(?:that|this|my (?:verdict|decision|rating|score|choice)|the above) (?:is|was) (?:wrong|mistaken|premature|a (?:slip|mistake|typo))|misread|misjudged|mistyped|mixed (?:them |it |that )?up|swapped (?:them|the)|confused (?:them|the)|i meant"
    r"|my (?:mistake|error|bad|slip)|(?:a|by|in) (?:slip|typo|error|mistake)|let me (?:reconsider|correct|revise|change|rethink|redo|fix|restate)"
    r"|should have (?:been|said|written|chosen|picked|given|gone)|should (?:be|read|say)(?= .{1,16}$)|the other way (?:a)?round|on (?:second|further|closer) (?:thoughts?|reflection|inspection|consideration|look|reading)"
    r"|(?:verdict|decision|rating|score|label)(?: above)? (?:is|was) (?:wrong|withdrawn|void|reversed|retracted|revoked)|no longer|now (?:say|think|choose|prefer|pick|give|believe)"
    r"|(?:scrap|drop|delete|cancel|void|strike|erase) (?:the|that|this|my) (?:\w+ )?(?:line|verdict|label|rating|score|decision|above)"
    r"|i(?:['’]ve| have| had)? (?:mixed|confused|swapped|switched|interchanged) (?:up )?(?:the|these|those|both|which|my|two)"
    r"|(?:this|that|it|the (?:above|line|label)|the (?:line|label|verdict|rating|score) above) (?:is|was) not (?:my|a|the|meant as (?:a|my)) (?:(?:final|real|actual|true) )?(?:verdict|decision|judge?ment|rating|score|choice|answer)"
    r"|(?:this|that|it|the (?:above|line|label)|the (?:line|label|verdict|rating|score) above) (?:is|was) (?:merely |only |just |but )?(?:an? |my )?(?:\w+ )?(?:example|placeholder|illustration|guess|default|dummy|filler)"
    r"|(?:provisional|preliminary|tentative|placeholder) (?:verdict|decision|judge?ment|rating|score|label)"
    r"|no (?:verdict|decision|judge?ment|rating|score) (?:can|could|will|is)(?: \w+)? (?:be )?(?:given|made|possible|reached)"
    r"|i (?:have not|haven['’]t|did not|didn['’]t) (?:yet )?(?:read|compared?|evaluated?|looked?|check(?:ed)?|seen) (?:at )?(?:the|both|either|these|any)"
    r"|make (?:that|it) (?:an? )?(?=\W?\[|\S{1,3}\W*$)|retract|ich (?:ändere|korrigiere|nehme)|je (?:change|corrige|retire)|cambio mi|retiro mi|меняю)\b"
    r"|我改|改为|改成|収回|撤回|変更します|변경"
)
_CLAIMS = LazyPattern(
    r"\b(?:better|best|winner|wins|verdict|right|correct|choose|pick|select|prefer|must be|it is|it's|go with|final|rating|score|decision|answer is)\b"
)
_ANNOUNCES = LazyPattern(
    r"\b(?:verdict|judge?ment|decision|winner|ratings?|scores?|grade|result|choice|conclusion|final answer|bottom line|points)\b[^.\n]{0,60}?(?:\bis\b|\bare\b|\bgoes\b|[:=–—]|->|→)"
    r"|\b(?:wins|won|(?:is|was) (?:\w+ ){0,3}(?:better|best|superior|preferred|stronger|winner)|(?:i|we) (?:\w+ )?(?:prefer|choose|pick|select|vote|rate|give|award))\b"
    r"|^\W*(?:verdict|winner|rating|score|decision|urteil|gewinner|bewertung|вердикт|оценка|(?:最终|最終)?(?:结论|評価|评分|判定|得分))\b"
)


def is_doubtful(before: str, after: str) -> bool:
    """
    Whether a sentence denies, supposes, quotes or merely names the label that stands between its two parts.

    Examples
    --------
    >>> is_doubtful("i would not say ", ""), is_doubtful("b does not add up, so ", "."), is_doubtful("both are fine: ", "")
    (True, False, False)
    """
    therefore = list(_THEREFORE.finditer(before))
    before = before[therefore[-1].end() :] if therefore else before
    before = _POLITE.sub("", before)
    if not _GOES_ON.match(after):
        return True
    reason = _REASON.search(after)
    after = after[: reason.start()] if reason else after
    nearest = before.rpartition(",")[2]
    return any(map(_DOUBT.search, (before, after))) or any(map(_HELD.search, (nearest, after)))


def denies(before: str, after: str) -> bool:
    """Whether a sentence denies the label that stands between its two parts."""
    return bool(_DENIAL.search(before) or _DENIAL.search(after))


def gives_others_words(text: str) -> bool:
    """Whether a text introduces another's words, such as "Answer B ends with"."""
    return bool(_OTHERS_WORDS.search(text))


def may_be_incomplete(lead: str) -> bool:
    """Whether what follows a lead-in has to be a label; a "final answer" may be the answer to the question."""
    return bool(re.search(r"verdict|judge?ment|decision|winner|rating|score|grade|urteil|вердикт|结论|判定|\[result\]", lead))


def names_a_verdict(lead: str) -> bool:
    """Whether a lead-in leads to a verdict or a score rather than to an answer to the question."""
    return bool(_OF_A_VERDICT.search(lead)) or may_be_incomplete(lead)


_OF_A_VERDICT = LazyPattern(
    r"\b(?:better|best|preferred|superior|preference|pick|vote|choose|select|prefer|opt|favou?r|jugement|gagnant|ganador|vencedor|vincitor|veredicto|veredito|verdetto|gewinner|bewertung|note|punktzahl|entscheidung|oordeel|werdykt|karar|победитель|оценка)|(?:胜者|获胜|勝者|裁决|裁決|判决|승자|판정|점수)"
)
_ASKS_WHETHER = LazyPattern(
    r"\W*(?:(?:but|and|so|or|then),? )?(?:is|was|are|were|am|can|does|do|did|has|have|had|shall|will)\b.*[?？]"
)


def introduces_others_words(line: str) -> bool:
    """Whether the line that leads on to the next one, by a colon or an open end, leads to a label that is not the judge's own."""
    if not line.endswith((":", ",")):
        return bool(re.search(rf"(?<![^\s])(?:{_QUOTED})(?: (?:the|this|these|with|that|lines?|words?|text))*$", line))
    if not _ASKS_WHETHER.match(line):  # "Which one is better?:" leads to the judge's own answer, "Is it this one?:" does not
        line = re.sub("[?？]", " ", line)
    if _POLITE.search(line):
        return bool(_DOUBT.search(_POLITE.sub("", line)))
    return bool(_DOUBT.search(line) or (_NAMES_TEXT.search(line) and not _LEADS_ON.search(line)))


# A line that shows how to write a verdict, and gives none.
_SHOWS_A_FORM = LazyPattern(
    r"\byour (?:final |own )?(?:verdict|rating|score|answer|decision|judge?ment|choice|reply|response|output)\b"
    r"|\b(?:expected|required|desired|correct|requested) (?:final )?(?:output|reply|response) (?:is|looks?|would|should|will|has)\b"
    r"|\b(?:looks?|written|phrased|formatted|reads?) (?:like|as)(?: (?:this|so|follows))?:?$|\bwould (?:be|look|read|say|write)\b"
    r"|\b(?:for example|for instance|e\.g\.|an? (?:example|sample|illustration)|such as)\b[^.]{0,60}:?$"
)


def leads_to_an_example(line: str) -> bool:
    """Whether a line that leads on to the next one shows how to write a verdict, or introduces another's words."""
    if line.endswith((":", ",")) and _SHOWS_A_FORM.search(line):
        return True
    is_open = re.search(r"\bwould (?:be|look|read|say|write)\b[^.]*\b(?:as|like|say|write|be|read|with|out)$", line)
    return bool(is_open) or introduces_others_words(line)


_GOES_ON_BELOW = LazyPattern(
    r"(?:only |or |and )?(?:if|when|whenever|unless|in case|would|could|should|might|may|were|is|was|means|stands|denotes|signif\w+)\b"
    r"|but i (?:still |first )?(?:need|have to|must|can|could|will|would|am|do)\b"
)


def goes_on(line: str) -> bool:
    """
    Whether the line below a label goes on with its sentence, so that the label is a part of that; as it was written.

    Examples
    --------
    >>> goes_on("if assistant A is better"), goes_on("If you like brevity, B is fine.")
    (True, False)
    """
    return line[:1].islower() and _GOES_ON_BELOW.match(line) is not None


_DECLINES = LazyPattern(
    r"\bi (?:can ?not|can['’]t|could not|couldn['’]t|am (?:not able|unable) to|refuse to|decline to|won['’]t|will not|do not want to)"
    r" (?:fairly |really |properly |honestly )?(?:decide|judge|choose|evaluate|compare|assess|rate|grade|give (?:a|any) (?:verdict|rating|score|judge?ment))"
    r"(?: (?:this|that|these|them|it|the|either|any|both|two|answers?|responses?|here|at all|yet|fairly)){0,4}\W*(?:$|[.;,]|\bbut\b)"
)


def declines(sentence: str) -> bool:
    """
    Whether a sentence declines to judge at all, rather than on some point.

    Examples
    --------
    >>> declines("i cannot judge these answers. "), declines("i cannot decide on style alone, but a is right: ")
    (True, False)
    """
    return bool(_DECLINES.search(sentence))


def ends_in_quotation(line: str) -> bool:
    """Whether a line ends by introducing another's words, "Answer B ends with:": not even a final verdict is the judge's own then."""
    return bool(
        re.search(
            rf"\b(?:answer|assistant|response|candidate|model|user|prompt) ?[ab12]?\b[^.]{{0,60}}?\b(?:{SAYS})(?: (?:the|this|these|with|that|in|last|final|lines?|words?|text|way))*:?$",
            line,
        )
    )


def prefix_length(text: str) -> int:
    """How long the clauses before a lead-in are, such as "All in all, "; 0 where they put it in doubt."""
    prefix = _PREFIX.match(text)
    return 0 if prefix is None or _DOUBT.search(prefix[0]) else prefix.end()


def calls_itself_final(lead: str) -> bool:
    return bool(_FINAL.search(lead))


def takes_back(sentence: str) -> bool:
    """
    Whether a sentence behind a verdict takes it back.

    Examples
    --------
    >>> takes_back("wait, b is better."), takes_back("i change my verdict."), takes_back("answer b forgets the unit.")
    (True, True, False)
    """
    return bool(
        _STARTS_TURN.match(sentence)
        or _TAKES_BACK.search(sentence)
        or _DECLINES.search(sentence)
        or _WAVERS.fullmatch(sentence)
    )


# A word that leaves the label open, or crosses it out, and nothing beside it.
_WAVERS = LazyPattern(
    r"\W*(?:\(?(?:maybe|perhaps|possibly|probably not|i guess|not sure|i am not sure|i['’]m not sure|tentatively|provisionally|for now|pending(?: \w+){0,3}|to be (?:confirmed|checked|decided)|tbc|tbd|draft|not final|or not|unsure|vielleicht|peut-être|quizás?|forse|talvez)\W*|[❌👎✗✘✖🚫⛔❎]\W*)"
)


def claims(sentence: str) -> bool:
    """Whether a sentence gives a verdict rather than naming one."""
    return bool(_CLAIMS.search(sentence))


def announces(line: str) -> bool:
    """Whether a line names a verdict, a rating or a winner."""
    return bool(_ANNOUNCES.search(line))
