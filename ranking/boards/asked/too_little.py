"""What is too little for a board that a reader asked for: its ranges would be noise, and five voters hide each of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from arena.wording import counted, number
from arena.wording import gettext as _
from ranking.models import Leaderboard

LEAST_VOTERS = 5
FEW_PROMPTS, FEW_VOTERS, NOTHING = "few_prompts", "few_voters", "nothing"
CODES = {FEW_PROMPTS, FEW_VOTERS, NOTHING}
"""Error codes of boards that are not fitted for this."""


@dataclass
class TooLittle(Exception):
    """What the filters of a board leave, and how much is needed at least; `part` is the category that has too little."""

    code: str
    n: int
    least: int
    part: str = ""

    def in_numbers(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "code" and value != ""}


def told(board: Leaderboard) -> str:
    """Why this board is not fitted, in the reader's language; "" where that is not for too little."""
    if board.error_code not in CODES or board.too_little is None:
        return ""
    sentence, part = _sentence(board, board.too_little), board.too_little.get("part", "")
    return _("In the category %(category)s: %(sentence)s") % {"category": part, "sentence": sentence} if part else sentence


def _sentence(board: Leaderboard, numbers: Mapping[str, Any]) -> str:
    n, least = numbers["n"], numbers["least"]
    of_judges = board.sources == Leaderboard.Sources.JUDGES
    if board.error_code == NOTHING:
        return _("No verdict fits these filters.") if of_judges else _("No vote fits these filters.")
    if board.error_code == FEW_VOTERS:
        values = {"voters": counted(n, "voter", "voters"), "least": number(least)}
        return _("Votes of %(voters)s fit: at least %(least)s are needed.") % values
    values = {"prompts": counted(n, "prompt", "prompts"), "least": number(least)}
    if of_judges:
        return _("Verdicts on %(prompts)s fit: at least %(least)s are needed.") % values
    return _("Votes on %(prompts)s fit: at least %(least)s are needed.") % values
