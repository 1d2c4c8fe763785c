"""Import or check of files of judgements and labels, from a command or a page, creating the arena if it is new."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from arena.importing.checks.newcomers import UNASKED_COMPETITORS
from arena.importing.files import receiving
from arena.importing.files.notes import FileNote
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps
from arena.importing.loading.trials import tried
from arena.models import Arena, Import
from judges.importing import notes
from judges.importing.formats import LABEL_FORMATS, OF_SETS
from judges.importing.formats.exports import ExportedLabels
from judges.importing.loading.exported_gold import load_exported_answers, load_exported_labels
from judges.importing.loading.gold import Loaded, load_labels
from judges.importing.loading.judgements import JudgementChoices, Taken, load_judgements
from judges.importing.reading import ReadFile, must_look_right, read_judgements, read_labels
from judges.importing.rows import LabelRow, Place
from judges.importing.sources import load_checked, new_things, source_of


@dataclass(frozen=True, slots=True)
class Home:
    """The destination: the arena of this short name, which is created if missing."""

    slug: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The result of importing a file of labels."""

    arena: Arena
    loaded: Loaded
    n_rows: int
    n_labels: int  # of pairs, in the whole set
    n_battles: int
    notes: list[FileNote] = field(default_factory=list)


@contextmanager
def in_arena(home: Home, *, n_to_try: int | None = None, steps: Steps = ALL_AT_ONCE) -> Iterator[Arena]:
    """`n_to_try`: rows of a check, which leaves nothing behind."""
    with steps.whole() if n_to_try is None else tried(n_to_try):
        yield receiving.arena_for(home.slug, home.name)[0]


def take_judgements(
    path: Path,
    home: Home,
    *,
    filename: str = "",
    chosen: str = "",
    options: Mapping[str, Any] | None = None,
    choices: JudgementChoices | None = None,
    is_check: bool = False,
    is_listed: bool = False,
) -> tuple[Arena, Taken]:
    """Raises ImportProblems, TooManyCompetitors and OSError; nothing is written then, and nothing by a check.

    `is_listed`: the file becomes an import, which can be set aside as a whole.
    """
    receiving.must_be_regular(path)
    file = read_judgements(path, filename=filename, chosen=chosen, options=options)
    must_look_right(file, options, what="" if is_listed or is_check else _("the row"))
    source = None
    if is_listed and not is_check:
        arena = Arena.objects.filter(slug=home.slug).first()
        source = source_of(path, file, arena, Import.Kind.JUDGEMENTS, options or {})
    if source is not None and source.state == Import.State.PUBLISHED:  # rows of it may have become new since
        choices = replace(choices or JudgementChoices(), source=source)
        source = None
    is_first_checked = is_check or source is not None
    with in_arena(home, n_to_try=len(file.rows) if is_first_checked else None) as arena:
        taken = load_judgements(path, file, arena, choices)
    if source is not None:
        source.arena = arena = receiving.arena_for(home.slug, home.name)[0]
        load_checked(path, source, counts_of_judgements(taken), taken.notes)
    return arena, taken


def take_labels(
    path: Path,
    home: Home,
    *,
    filename: str = "",
    chosen: str = "",
    options: Mapping[str, Any] | None = None,
    name: str = "",
    place: Place = "line",
    most_new: int = UNASKED_COMPETITORS,
    is_check: bool = False,
    is_listed: bool = False,
) -> Labelled:
    """Raises as `take_judgements`. Without a name the gold set is called like the file."""
    receiving.must_be_regular(path)
    file = read_labels(path, filename=filename, chosen=chosen, options=options)
    must_look_right(file, options, what=_("the row") if place == "row" else "")
    file_notes = [*file.notes, *notes.of_columns(file.ignored)]
    decide = file.format in LABEL_FORMATS and LABEL_FORMATS[file.format].grades_decide
    layout: dict[str, Any] = {"origin": file.format, "filename": file.filename, "grades_decide": decide, "most_new": most_new}
    layout["place"] = place
    called = name or name_of_set(file)
    source = None
    if is_listed and not is_check:
        arena = Arena.objects.filter(slug=home.slug).first()
        source = source_of(path, file, arena, Import.Kind.LABELS, options or {})
    if source is not None and source.state == Import.State.PUBLISHED:  # rows of it may have become new since
        layout["source"], source = source, None
    is_first_checked = is_check or source is not None
    labelled = label(home, called, file.rows, is_check=is_first_checked, file_notes=file_notes, **layout)
    if source is not None:
        source.arena = receiving.arena_for(home.slug, home.name)[0]
        load_checked(path, source, counts_of_labels(labelled), [*labelled.notes, *labelled.loaded.notes()])
        labelled = replace(labelled, arena=source.arena)
    return labelled


def counts_of_judgements(taken: Taken) -> dict[str, int]:
    """For the report of an import."""
    return {
        "judgements": taken.n_rows, "games": taken.n_games, "judges": len(taken.judges), **new_things(taken.n_new)
    }  # fmt: skip


def counts_of_labels(labelled: Labelled) -> dict[str, int]:
    """For the report of an import."""
    n_labels = labelled.n_labels + labelled.loaded.n_answers
    return {"labels": n_labels, "battles": labelled.n_battles, **new_things(labelled.loaded.n_new)}


def name_of_set(file: ReadFile[LabelRow]) -> str:
    """The gold set's name: that of the file, unless its rows name their sets."""
    return "" if file.format in OF_SETS else Path(file.filename).stem


def label(
    home: Home,
    name: str,
    rows: Iterable[LabelRow],
    *,
    origin: str,
    filename: str = "",
    grades_decide: bool = False,
    most_new: int = UNASKED_COMPETITORS,
    is_check: bool = False,
    file_notes: Iterable[FileNote] = (),
    source: Import | None = None,
    steps: Steps = ALL_AT_ONCE,
    place: Place = "line",
) -> Labelled:
    """Labels of the arena out of rows."""
    every = list(rows)
    with in_arena(home, n_to_try=len(every) if is_check else None, steps=steps) as arena:
        if origin in OF_SETS:
            load = load_exported_labels if origin == ExportedLabels.name else load_exported_answers
            loaded = load(arena, every, filename=filename, name=name, source=source, steps=steps)
        else:
            loaded = load_labels(
                arena,
                name,
                every,
                origin=origin,
                filename=filename,
                grades_decide=grades_decide,
                most_new=most_new,
                source=source,
                steps=steps,
                place=place,
            )
        n_battles = len({one.battle_id for one in loaded.placed.values()})
        return Labelled(arena, loaded, len(every), loaded.n_labels, n_battles, list(file_notes))
