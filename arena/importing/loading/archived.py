"""Nothing is added to archived rows: their names stay taken, and the refusal says how to bring them back."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from arena.importing.files.problems import RowProblem
from arena.models import Competitor, Prompt


class ArchivedParts:
    """Archived prompts (by number) and competitors (by name) among those that some rows mean, each with its reason."""

    def __init__(self, arena_id: int, *, prompts: Iterable[int] = (), competitors: Iterable[str] = ()) -> None:
        here = {"arena": arena_id}
        asked = Prompt.objects.archived().filter(pk__in=list(prompts), **here)
        named = Competitor.objects.archived().filter(name__in=list(competitors), **here)
        self._prompts: Mapping[int, str] = dict(asked.values_list("pk", "archived_because"))
        self._competitors: Mapping[str, str] = dict(named.values_list("name", "archived_because"))

    def problem(self, *, prompt: int | None, key: str, names: Iterable[str]) -> RowProblem | None:
        """Of a row that means this prompt and these competitors."""
        for name in names:
            if name in self._competitors:
                return _problem(_("the competitor"), name, self._competitors[name])
        if prompt is not None and prompt in self._prompts:
            return _problem(_("the prompt's id"), key, self._prompts[prompt])
        return None


def _problem(what: str, value: str, because: str) -> RowProblem:
    text = _("archived (%(reason)s): bring it back first in the admin, or leave the row out")
    return RowProblem(what, value, text % {"reason": because})
