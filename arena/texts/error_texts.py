"""Error messages that servers and clients leave in place of an answer: they are not answers, and nobody should judge them."""

import re
from collections.abc import Iterable

LONGEST = 400  # of an answer that says no more than this; longer ones speak about errors
_PHRASES = (
    "Too Many Requests|Internal Server Error|Bad Gateway|Service (Temporarily )?Unavailable|Gateway Time-?out|"
    "Request Time-?out|Unauthorized|Forbidden|Bad Request|Payment Required|(Site )?Overloaded"
)
_PREFIX = r"\[?((API|HTTP|Request|Server|Call) |[\w.]*)?(?i:error|exception|failed|failure)( code)?\]?:? *"
_HTTP = r"HTTP(/\d(\.\d)?)?( status| error)?( code)?:? *"
_CLASS = (
    r"((openai|anthropic|requests|httpx2?|httpcore|aiohttp|urllib3|litellm|botocore|google|groq|mistralai|cohere|replicate)"
    r"(\.\w+)*\.[A-Z]\w*(Error|Exception|Timeout)|"
    r"(APIConnection|APIStatus|APITimeout|Authentication|BadRequest|ContextWindowExceeded|InternalServer|InvalidRequest|"
    r"PermissionDenied|RateLimit|ReadTimeout|ServiceUnavailable|UnprocessableEntity)Error)"
)
"""Errors of clients, as Python names them: no answer begins with one and a colon to explain it in so few words."""
_CONDITIONS = (
    r"(?i:rate limit (was |has been |is )?(exceeded|reached)|request timed out|service unavailable|"
    r"(the )?(server|model) (is )?(currently )?overloaded|connection (error|refused|reset by peer|timed out)|"
    r"(api )?quota exceeded|insufficient[_ ]quota|context[_ ]length[_ ]exceeded)"
)
"""Said after the word error alone: each could be a right answer by itself."""
_OF_PROXIES = r"(?i:upstream request timeout|upstream connect error.*|no healthy upstream|internal server error)"
_END = r"[.!]?"
# no prose: an answer may explain what such a status means
_TAIL = r"\W*(for url: .*|(- )?[{<].*|(nginx|openresty|cloudflare)\S*)?"
_ONE_OBJECT = r"[^{}]*\}\s*(,\s*\"request_id\"\s*:\s*\"[^\"]*\"\s*)?"  # the body that a provider sends with an error
_SIGNS = (
    r"\$(ERROR|MODERATION)\$",  # FastChat, Arena-Hard
    r"\$MODERATION\$.*",
    r"(NETWORK|API REQUEST|API) ERROR\b.*",
    r"RATE LIMIT OF THIS MODEL IS REACHED\b.*",
    r"YOU HAVE REACHED THE CONVERSATION LENGTH LIMIT\b.*",
    r"THIS SESSION HAS BEEN INACTIVE FOR TOO LONG\b.*",
    r"YOUR (TEXT|INPUT|IMAGE) VIOLATES OUR CONTENT MODERATION GUIDELINES\b.*",
    r"Error code: \d{3}\b.*",
    r"\(error[_ ]code: ?\d{3,5}\)",  # FastChat, beside its own message or alone
    rf"{_CLASS}: .*",
    rf"{_PREFIX}({_CONDITIONS}|{_OF_PROXIES}){_END}",
    rf"({_OF_PROXIES}){_END}",
    r"Traceback \(most recent call last\):.*",
    rf"{_PREFIX}({_HTTP})?([45]\d\d:? *)?((Client|Server) Error: )?({_PHRASES})\b({_TAIL}|\s*[-:,.;].*)",
    rf"{_PREFIX}({_HTTP})?[45]\d\d\b{_TAIL}",
    rf"({_HTTP})?[45]\d\d:? *((Client|Server) Error: )?({_PHRASES})\b{_TAIL}",
    rf"Internal Server Error\b{_TAIL}",
    rf'\{{\s*("type"\s*:\s*"error"\s*,\s*)?"error"\s*:\s*\{{(?=.*"message"\s*:)(?=.*"(code|type|status)"\s*:){_ONE_OBJECT}\}}',
)
_NOTHING = frozenset({"nan", "NaN", "None", "null", "NULL", "<NA>"})
_ERROR = re.compile(f"({'|'.join(_SIGNS)})", re.DOTALL)


def is_error_text(text: str) -> bool:
    """
    Whether an answer is nothing but an error message.

    Examples
    --------
    >>> is_error_text("$ERROR$"), is_error_text("**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REFRESH THIS PAGE.**")
    (True, True)
    >>> is_error_text("A network error is one that a network makes."), is_error_text("ERROR")
    (False, False)
    """
    return len(text) <= LONGEST and _ERROR.fullmatch(text.strip(" \t\r\n*#`")) is not None


def has_error_text(text: str, turns: Iterable[str] = ()) -> bool:
    """Whether an answer, or one of its turns, is nothing but an error message."""
    return is_error_text(text) or any(map(is_error_text, turns))


def is_word_for_nothing(text: str) -> bool:
    """
    Whether an answer is the word that programs write for a missing value. It may still be a right answer ("None").

    Examples
    --------
    >>> is_word_for_nothing("nan"), is_word_for_nothing(" None "), is_word_for_nothing("None of them.")
    (True, True, False)
    """
    return text.strip() in _NOTHING
