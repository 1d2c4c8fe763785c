"""The formats of judgements and labels that can be imported, by name, and recognition of a file's format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from arena.importing.files.looks import look_at
from arena.importing.files.notes import FileNote
from arena.importing.files.problems import PlainWords, Problems, some_names
from arena.importing.formats import NotRecognised, any_of_shape, kind_and_format, of_no_format
from arena.importing.formats.format import Format
from arena.importing.formats.recognition import FileStart, recognised, start_of
from judges.importing.formats.exported_answers import ExportedAnswers
from judges.importing.formats.exports import ExportedGames, ExportedLabels
from judges.importing.formats.format import JudgementFormat, LabelFormat
from judges.importing.formats.judgements.arena_hard import ArenaHardJudgements
from judges.importing.formats.judgements.by_number import AutoJOutputs, PandaLmResults
from judges.importing.formats.judgements.comparisons import AlpacaJudgements, JudgeBench, JudgeLm, LlmBar
from judges.importing.formats.judgements.fastchat import PairJudgements, SingleJudgements
from judges.importing.formats.judgements.plain import PlainGrades, PlainPairs
from judges.importing.formats.judgements.prometheus import PrometheusGrades, PrometheusPairs
from judges.importing.formats.labels.answers import (
    HelpSteer2,
    HelpSteer2Preference,
    PlainAnswers,
    RewardBench2,
    UltraFeedback,
)
from judges.importing.formats.labels.chosen import ChosenTalks, RewardBench
from judges.importing.formats.labels.pairs import (
    AutoJLabels,
    JudgeBenchLabels,
    LlmBarLabels,
    PandaLmLabels,
    PlainLabels,
)

JUDGEMENT_FORMATS: Mapping[str, type[JudgementFormat]] = {
    each.name: each
    for each in (
        PlainPairs, PlainGrades, JudgeBench, LlmBar, AlpacaJudgements, SingleJudgements, PairJudgements, ArenaHardJudgements,
        AutoJOutputs, PandaLmResults, JudgeLm, PrometheusGrades, PrometheusPairs, ExportedGames,
    )
}  # fmt: skip
LABEL_FORMATS: Mapping[str, type[LabelFormat]] = {
    each.name: each
    for each in (
        PlainLabels, PlainAnswers, JudgeBenchLabels, PandaLmLabels, LlmBarLabels, AutoJLabels, RewardBench, ChosenTalks,
        RewardBench2, HelpSteer2, HelpSteer2Preference, UltraFeedback, ExportedLabels, ExportedAnswers,
    )
}  # fmt: skip
OF_SETS = frozenset({ExportedLabels.name, ExportedAnswers.name})
"""Formats whose rows name their gold sets."""
EARLIER_NAMES = {"plain": "pairs"}


class FormatRead(NamedTuple):
    """The name of the format to read a file by, and why."""

    format: str
    notes: tuple[FileNote, ...] = ()


def format_of(path: Path, known: Mapping[str, type[Format[Any]]], chosen: str = "", *, filename: str = "") -> FormatRead:
    """`chosen` where somebody chose, else the one that is recognised. Raises NotRecognised where none is."""
    chosen = EARLIER_NAMES.get(chosen, chosen)
    if chosen in known:
        return FormatRead(chosen)
    looks, sample = look_at(path), start_of(path)
    problems = Problems(filename or path.name)
    if chosen:
        problems.add(1, _("the format"), chosen, _("known are %(formats)s") % {"formats": ", ".join(known)})
        problems.stop_if_any()
    recognition = recognised(sample, known) or recognised(sample, known, is_chosen=True)
    if recognition:
        return FormatRead(recognition.key, (recognition.reason,))
    if looks.is_empty or looks.broken or looks.binary or not sample.names:
        return FormatRead(any_of_shape(known, looks.shape))  # its reading says what is wrong
    problems.add(1, _("the format"), PlainWords(_("not recognised")), _unknown(path, known, sample))
    raise NotRecognised(tuple(problems.first), problems.n_all)


def _unknown(path: Path, known: Mapping[str, type[Format[Any]]], sample: FileStart) -> str:
    """An explanation: the file's columns, what it might be, and which formats exist."""
    others = {"import_judgements": JUDGEMENT_FORMATS, "import_gold": LABEL_FORMATS}
    text = _("its columns are %(columns)s, which looks like a file for %(command)s")
    for command, formats in others.items():
        if formats is not known and recognised(sample, formats):
            return text % {"columns": some_names(sample.names), "command": command}
    if other := kind_and_format(path):
        return text % {"columns": some_names(sample.names), "command": f"import_{other[0]}"}
    return of_no_format(sample, known)


def described(known: Mapping[str, type[Format[Any]]]) -> str:
    """What each format reads, for --help."""
    lines = [f"  {name}: {each.columns()}{f'; see {each.link}' if each.link else ''}" for name, each in known.items()]
    rules = (
        "The format is recognised by the columns, whatever their case and order. A file may be CSV (cells separated by , ; or "
        "tabs), JSON lines, a JSON array or Parquet, and packed by gzip or zstd."
    )
    return "\n".join(["columns, by format:", *lines, "", rules])
