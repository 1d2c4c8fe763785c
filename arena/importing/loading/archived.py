"""Nothing is added to archived rows: their names stay taken, and the refusal says how to bring them back."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from arena.importing.files.problems import RowProblem
from arena.models import Competitor, Prompt


class ArchivedParts:
    """Archived prompts (by number) and competitors (by name) among those that some rows mean, each with its reason."""

    def __init__(self, arena_id: int, *, prompts: Iterable[int] = (), competitors: Iterable[str] = ()) -> None:
        here = {"arena": arena_id}
        asked = list(Prompt.objects.archived().filter(pk__in=list(prompts), **here))
        named = Competitor.objects.archived().filter(name__in=list(competitors), **here)
        self._prompts: Mapping[int, str] = {each.pk: each.archived_because for each in asked}
        self._undone = {each.pk for each in asked if each.archived_with_id is not None}
        self._competitors: Mapping[str, str] = dict(named.values_list("name", "archived_because"))

    def problem(self, *, prompt: int | None, key: str, names: Iterable[str], brings_prompt: bool = False) -> RowProblem | None:
        """Of a row that means this prompt and these competitors. What was archived with its import comes back with a file that
        brings it, too.
        """
        for name in names:
            if name in self._competitors:
                return _problem(_("the competitor"), name, self._competitors[name])
        if prompt is not None and prompt in self._prompts and not (brings_prompt and prompt in self._undone):
            return _problem(_("the prompt's id"), key, self._prompts[prompt])
        return None


def _problem(what: str, value: str, because: str) -> RowProblem:
    text = _("archived (%(reason)s): bring it back first in the admin, or leave the row out")
    return RowProblem(what, value, text % {"reason": because})
