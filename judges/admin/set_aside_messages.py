"""Messages to curators after verdicts were set aside or restored."""

from django.utils.translation import ngettext

from arena.wording import number


def set_aside_message(n_games: int) -> str:
    message = ngettext(
        "%(n)s verdict set aside; boards follow in a moment.", "%(n)s verdicts set aside; boards follow in a moment.", n_games
    )
    return message % {"n": number(n_games)}


def restored_message(n_games: int) -> str:
    message = ngettext(
        "%(n)s verdict restored; boards follow in a moment.", "%(n)s verdicts restored; boards follow in a moment.", n_games
    )
    return message % {"n": number(n_games)}
