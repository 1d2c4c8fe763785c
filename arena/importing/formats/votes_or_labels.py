"""Files that may be of several kinds: where nothing but a word that has two meanings tells votes from gold labels, somebody is
asked; else a note says what the file may be, too.
"""

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.columns import Columns, folded
from arena.importing.files.notes import COUNTED, FileNote, note
from arena.importing.files.problems import ImportProblems, PlainWords, Problems, either
from arena.importing.formats import kind_and_format, kinds_that_fit
from arena.importing.formats.battles.pairs import OwnPairs
from arena.importing.formats.recognition import start_of
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Import

TWO_MEANINGS = frozenset({"label"})  # of all words for the column that says which answer is better


class VotesOrLabels(ImportProblems):
    """The only problem: somebody has to say whether the column holds votes or gold labels."""


def must_be_told_apart(path: Path, filename: str) -> None:
    """Raises VotesOrLabels where the file may be either; a column of voters makes it votes."""
    if kind_and_format(path) != (Import.Kind.BATTLES, OwnPairs.name):
        return
    sample = start_of(path)
    renamed = Columns(OwnPairs.needed, OwnPairs.read, OwnPairs.other_words).renamed(sample.names)
    read_as = {renamed.get(name, name): name for name in sample.names}
    if "voter" in read_as or folded(read_as["winner"]) not in TWO_MEANINGS:
        return
    if Import.Kind.LABELS not in kinds_that_fit(sample):
        return
    problems = Problems(filename)
    problems.add(1, _("the column %(name)s") % {"name": read_as["winner"].strip()}, PlainWords(_("of two meanings")), _rule())
    raise VotesOrLabels(tuple(problems.first), 1)


def _rule() -> str:
    return _(
        "say whether it holds gold labels, which are known to be right and by which judges are measured (kind labels; at the "
        "command line import_gold), or votes, by which models are ranked (kind battles; import_battles --format pairs)"
    )


def other_kinds(path: Path, kind: str) -> list[FileNote]:
    """What a file of this kind may be, too, unless its columns leave no doubt."""
    names = start_of(path).names
    if is_of_room(kind) and kind_of(kind).surely_has(names):
        return []
    others = [str(COUNTED[other]) for other in kinds_that_fit(start_of(path)) if other != kind]
    return [note(_OTHERS, kinds=either(others))] if others else []


_OTHERS = gettext_lazy("By its columns the file could also hold %(kinds)s: if it does, import it as %(kinds)s.")
