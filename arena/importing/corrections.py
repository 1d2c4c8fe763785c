"""Correction of one answer, by hand or by a program: the new text is used from then on, and what was judged stays as it was."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from arena.archiving.putting_away import reason_of
from arena.archiving.refusals import must_be_in_use
from arena.importing.files.problems import RowProblem
from arena.importing.loading import bulk
from arena.importing.loading.responses import replaced
from arena.llm.wires.replies import is_blank
from arena.models import Response


class NotCorrected(ValueError):
    """The answer stays as it is; the message says why, and what to do."""


def correct_answer(answer: Response, turns: Sequence[str], because: str, actor: User | None) -> Response:
    """Replace this answer by one with these words, turn by turn; returns the new answer.

    Battles and verdicts keep the text that was judged; new ones take the new one. Raises ValueError, whose message is for
    people: no reason, no words, the same words, an archived part, or a run that still asks about it.
    """
    because = reason_of(because)
    with transaction.atomic():
        bulk.wait_for_loads(answer.prompt.arena_id)
        locked = Response.objects.select_for_update(no_key=True, of=("self",))
        old = locked.select_related("prompt__arena", "competitor").get(pk=answer.pk)
        must_be_in_use(old.prompt.arena, old.prompt, old.competitor)
        if old.superseded_by_id is not None:
            raise NotCorrected(
                _("answer %(other)s has corrected it already: correct that one") % {"other": old.superseded_by_id}
            )
        must_be_in_use(old)
        if all(is_blank(turn) for turn in turns):
            raise NotCorrected(_("an answer cannot be empty: archive it instead, with the reason"))
        if len(turns) != max(1, len(old.turns)):
            raise NotCorrected(_("the answer has %(n)s turns: give as many") % {"n": max(1, len(old.turns))})
        if [*turns] == (old.turns or [old.text]):
            raise NotCorrected(_("this is the present text already: nothing was changed"))
        try:
            return replaced(old, turns, because, actor)
        except RowProblem as problem:
            raise NotCorrected(problem.allowed) from problem
