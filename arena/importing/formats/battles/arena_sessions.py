"""The arena's files of 140k battles and later ones: battles with ids, and the session and place in which each was fought."""

from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow
from arena.importing.formats.battles.chatbot_arena import CONVERSATIONS, ChatbotArena
from arena.importing.formats.battles.vote_details import DETAILS

SESSION, ORDER = "evaluation_session_id", "evaluation_order"


class ArenaSessions(ChatbotArena):
    """The session, where there is one, is the voter. Where a row has no id, the session and the place in it are one."""

    name = "arena-sessions"
    title = gettext_lazy(
        "the arena's 140k preferences and its experts' 5k: id, evaluation_order, model_a, model_b, winner, conversations; "
        "evaluation_session_id if there"
    )
    link = "https://huggingface.co/datasets/lmarena-ai/arena-human-preference-140k"
    has_own_ids = True
    needed = ("model_a", "model_b", "winner", ORDER, *CONVERSATIONS)
    read = frozenset(
        {*needed, SESSION, "id", "language", "timestamp", "category_tag", "occupational_tags", "is_code", *DETAILS}
    )
    other_words = MappingProxyType(dict[str, tuple[str, ...]]())

    def voter(self, row: Row) -> str:
        return fields.optional_identifier(row, SESSION)

    def row(self, line: int, row: Row) -> BattleRow:
        battle = super().row(line, row)
        return battle._replace(own_id=_own_id(row, battle.votes[0].voter), called="")


def _own_id(row: Row, session: str) -> str:
    order = fields.whole_number(row, ORDER)
    if row.get("id") not in (None, ""):
        return fields.identifier(row, "id")
    if not session or order is None:
        raise RowProblem("id", MISSING, _("an id is needed, or a session and the place in it"))
    return f"{session}/{order}"
