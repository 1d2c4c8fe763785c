"""Texts that servers and clients leave where an answer should be: they are no answers, and nobody is to judge them."""

import re

LONGEST = 400  # of an answer that says no more than this; longer ones speak about errors
_SIGNS = (
    r"\$(ERROR|MODERATION)\$",  # FastChat, Arena-Hard
    r"\$MODERATION\$.*",
    r"(NETWORK|API REQUEST|API) ERROR\b.*",
    r"RATE LIMIT OF THIS MODEL IS REACHED\b.*",
    r"YOU HAVE REACHED THE CONVERSATION LENGTH LIMIT\b.*",
    r"THIS SESSION HAS BEEN INACTIVE FOR TOO LONG\b.*",
    r"YOUR (TEXT|INPUT|IMAGE) VIOLATES OUR CONTENT MODERATION GUIDELINES\b.*",
    r"(Error code: \d{3}\b|Internal Server Error|502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out).*",
    r"Traceback \(most recent call last\):.*",
)
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
