"""What counts on a board, in words: votes, verdicts, or both."""

from django.utils.translation import gettext as _

from ranking.models import Leaderboard, Snapshot


def counted_on(shown: Snapshot) -> str:
    """The source whose opinions count."""
    sources: str = shown.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    return Leaderboard.Sources.PEOPLE if "verdicts" in shown.parameters else sources  # verdicts narrow: votes alone count


def words_for(counted: str) -> dict[str, str]:
    """
    `one` and `many` of what counts; `short` for cards on phones; `heading` explains the column of their number; `cluster` says
    that those on one prompt are no independent evidence, `alone` that they are taken for such.
    """
    if counted == Leaderboard.Sources.JUDGES:
        return {
            "one": _("verdict"), "many": _("verdicts"), "short": _("verdicts"),
            "heading": _("Counted verdicts on its battles"),
            "cluster": _("verdicts on one prompt are not independent"), "alone": _("verdicts are taken as independent"),
        }  # fmt: skip
    if counted == Leaderboard.Sources.BOTH:
        return {
            "one": _("vote or verdict"), "many": _("votes and verdicts"), "short": _("counted"),
            "heading": _("Counted votes and verdicts on its battles"),
            "cluster": _("votes and verdicts on one prompt are not independent"),
            "alone": _("votes and verdicts are taken as independent"),
        }  # fmt: skip
    return {
        "one": _("vote"), "many": _("votes"), "short": _("votes"),
        "heading": _("Counted votes on its battles"),
        "cluster": _("votes on one prompt are not independent"), "alone": _("votes are taken as independent"),
    }  # fmt: skip
