"""What setting an import aside does, in sentences: the same before and after, for pages and commands."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.archiving.imported_rows import MOVED, forecast, has_no_record
from arena.evidence.curation import n_votes_kept, n_votes_of_others
from arena.models import Import
from arena.wording import number

ARCHIVES = (Import.Kind.PROMPTS, Import.Kind.RESPONSES)


def cannot_be_undone(source: Import) -> str:
    """Why the rows of a published import cannot be set aside; empty where they can."""
    if source.kind in ARCHIVES and has_no_record(source):
        return _(
            "It cannot be set aside as a whole: it came in before it was recorded which prompts and answers a file brings, or "
            "it only gave texts to prompts that were here by their ids. Archive them in the admin."
        )
    return ""


def before_setting_aside(source: Import) -> list[str]:
    """What will happen."""
    if source.kind in ARCHIVES:
        return about_moved(forecast(source).as_counts())
    return _about_votes(source) if source.kind == Import.Kind.BATTLES else []


def after_moving(source: Import) -> list[str]:
    """What happened last to a file of prompts or answers that was set aside or restored."""
    return about_moved(source.report.get(MOVED, {}))


def about_moved(counts: Mapping[str, int]) -> list[str]:
    """Of prompts and answers."""
    n = {name: counts.get(name, 0) for name in ("prompts", "answers", *_SENTENCES)}
    rows = [
        words % {"n": number(count)}
        for count, words in (
            (n["prompts"], ngettext("%(n)s prompt", "%(n)s prompts", n["prompts"])),
            (n["answers"], ngettext("%(n)s answer", "%(n)s answers", n["answers"])),
        )
        if count
    ]
    head = _("Archived with it: %(rows)s.") % {"rows": _(" and ").join(rows)} if rows else _("Nothing of it was in use alone.")
    return [head, *(_sentence(name, n[name]) for name in _SENTENCES if n[name])]


def _sentence(name: str, n: int) -> str:
    return _SENTENCES[name](n) % {"n": number(n)}


_SENTENCES = {
    "kept": lambda n: ngettext(
        "%(n)s row stays in use, because another imported file has it, too.",
        "%(n)s rows stay in use, because other imported files have them, too.",
        n,
    ),
    "compared": lambda n: ngettext(
        "%(n)s of the answers is in battles: what was voted and judged there stays as it is.",
        "%(n)s of the answers are in battles: what was voted and judged there stays as it is.",
        n,
    ),
    "corrected": lambda n: ngettext(
        "%(n)s answer was corrected by it: the text before that is in use in its place.",
        "%(n)s answers were corrected by it: the texts before that are in use in their places.",
        n,
    ),
    "left": lambda n: ngettext(
        "%(n)s answer that came otherwise is to one of these prompts: nobody is asked about it meanwhile.",
        "%(n)s answers that came otherwise are to these prompts: nobody is asked about them meanwhile.",
        n,
    ),
    "filled": lambda n: ngettext(
        "%(n)s prompt that was here by its id got its text from it, and keeps it.",
        "%(n)s prompts that were here by their ids got their texts from it, and keep them.",
        n,
    ),
}


def _about_votes(source: Import) -> list[str]:
    n_others, n_kept = n_votes_of_others(source), n_votes_kept(source)
    others = ngettext(
        "%(n)s vote on its battles came later and not with this file: it counts as before.",
        "%(n)s votes on its battles came later and not with this file: they count as before.",
        n_others,
    )
    kept = ngettext(
        "%(n)s of its votes is in another imported file, too: it counts on.",
        "%(n)s of its votes are in other imported files, too: they count on.",
        n_kept,
    )
    return [words % {"n": number(n)} for n, words in ((n_kept, kept), (n_others, others)) if n]
