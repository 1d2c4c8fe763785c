"""What curators are told when verdicts were set aside or restored."""

from django.utils.translation import ngettext

from arena.wording import number


def set_aside_told(n_games: int) -> str:
    told = ngettext(
        "%(n)s verdict set aside; boards follow in a moment.", "%(n)s verdicts set aside; boards follow in a moment.", n_games
    )
    return told % {"n": number(n_games)}


def restored_told(n_games: int) -> str:
    told = ngettext(
        "%(n)s verdict restored; boards follow in a moment.", "%(n)s verdicts restored; boards follow in a moment.", n_games
    )
    return told % {"n": number(n_games)}
