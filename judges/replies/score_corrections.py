# ruff: noqa: E501 - lists of words
"""Sentences after a score that replace it: "I lower this to 4.", "so 4.", "minus 3 for length"."""

from arena.lazy_patterns import LazyPattern
from judges.replies.labels import number_in

_MOST = 400
_NUMBER = r"\W{{0,3}}(?P<{0}>\d{{1,3}}(?:\.\d{{1,2}})?)(?![\w.]*\d)"
_ENDS = r"(?= ?(?:points?|/ ?\d+|out of \d+|stars?|punkte|分)?\W*(?:$|[.,;:!)]| (?:because|since|as|for|instead|at (?:best|most)|is|overall|now|seems)\b))"
_IT = (
    r"(?:it|this|that|these|the (?:score|rating|grade|mark|result|verdict|number)|my (?:score|rating|grade|verdict)|the above)"
)
_TO_ANOTHER = LazyPattern(
    rf"\b(?:revis\w+|updat\w+|adjust\w+|correct(?:ed|ion)|amend\w*|new|changed|recalculated|recomputed|fairer|better|true|actual|real)(?: (?:score|rating|grade|mark|verdict|result|value))?(?: (?:is|to|would be|of))?\W{{0,3}}{_NUMBER.format('n0')}{_ENDS}"
    rf"|\b(?:lower|raise|reduce|increase|change|adjust|drop|bring|cut|move|correct|revise|set|push|downgrade|upgrade|bump|take|update)(?:ing|d|ed|ped)? (?:{_IT} )?(?:(?:down|up|back) )?to (?:a |an )?{_NUMBER.format('n1')}{_ENDS}"
    rf"|(?:^|[,;:–—]|\b(?:and|but)) ?(?:so|therefore|thus|hence|make (?:it|that)|i(?:['’]d| would)? (?:now )?(?:say|give(?: it)?|go (?:with|for)|settle (?:on|for)|rate it|score it)|rather|it (?:is|should be|must be|gets|deserves|earns|merits)|{_IT} (?:should (?:be|have been|read)|must be|ought to be)|better|closer to|more like|eher|lieber|besser|plutôt|mejor|más bien|piuttosto|meglio|melhor|liever|raczej|скорее|лучше) (?:only |just |really |rather |a |an |at most |about |more like |uma? |un[ae]? |eine?r? )*{_NUMBER.format('n2')}{_ENDS}"
    rf"|^\W*(?:however|but|yet|still|though|actually|no|hmm|well)?,? ?{_NUMBER.format('n3')}(?:/\d+)? (?:is|would be|seems|might be|may be|feels|looks|fits)(?: (?:\w+ly|much|a|the|more))* (?:fair\w*|better|apt|appropriate|right|fitting|accurate|correct|just|enough|suitable|deserved|reasonable|score|rating|grade|what)\b"
    rf"|^\W*(?:however|but|yet|actually|no|hmm|well|thus|hence|overall|in short|conclusion|in conclusion)\b[,:]? {_NUMBER.format('n4')}\W*$"
)
_BY_POINTS = LazyPattern(
    r"^\W*(?:(?:however|but|then|and|so|i|now|also|please|must|have to|will|would|still|therefore),? )*(?:deduct(?:ing)?|subtract(?:ing)?|minus|take off|taking off|knock off|less|plus|add(?:ing)?|dock)\W{1,3}(?:(?:a|an|another|one|two|three|half a|\d+(?:\.\d+)?)\b)(?: points?\b| for\b|\W*$)"
    r"|^\W*[-−–+] ?\d+(?:\.\d+)? (?:points? )?(?:for|because)\b"
)
_OFF = LazyPattern(
    rf"^\W*(?:(?:however|but|actually|hmm|no|well|on balance),? )?(?:(?:i think |i find )?{_IT} (?:is|was|seems|looks|feels|may be|might be)|das (?:ist|war)|c['’]est|es|é|è|dat is|это)(?: (?:\w+ly|a bit|a little|clearly|far|much))* (?:too (?:high|low|generous|harsh|kind|strict|lenient|much|severe)|zu (?:hoch|niedrig|gut|streng|milde)|trop (?:haut|élevé|bas|sévère|généreux)|demasiado (?:alto|bajo)|troppo (?:alto|basso)|muito (?:alto|baixo)|te (?:hoog|laag)|слишком)\b"
    r"|^\W*too (?:high|low|generous|harsh)\b|(?:分数|评分)?太(?:高|低)了?|高すぎ|低すぎ|너무 (?:높|낮)"
)
_DENIED = LazyPattern(
    r"\b(?:if|would have|unless|not|never|nor|some|others|one (?:might|could|may)|readers|the (?:answer|user|text|question) says)\b|n['’]t\b|[?？\"“”]"
)


def corrects(sentence: str, label: str) -> bool:
    """
    Whether a sentence behind a score, folded, gives another score in its place, or takes points from it.

    Examples
    --------
    >>> corrects("i lower this to 4.", "6"), corrects("it names 3 of 4 towns.", "6"), corrects("so 6.", "6")
    (True, False, False)
    """
    text = sentence[:_MOST].strip()
    if _BY_POINTS.search(text) or _OFF.search(text):
        return True
    correction = _TO_ANOTHER.search(text)
    if correction is None or _DENIED.search(text):
        return False
    score = next(number for number in correction.groupdict().values() if number)
    return number_in(score, 0, 1_000) != label
