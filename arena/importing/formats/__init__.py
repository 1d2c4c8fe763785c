"""The formats that can be imported, by kind and name, and recognition of a file's format."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.headers import may_be_a_row
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.notes import COUNTED, FileNote, note
from arena.importing.files.problems import ImportProblems, PlainWords, Problems, either, some_names
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow
from arena.importing.formats.battles.arena_sessions import ArenaSessions
from arena.importing.formats.battles.argilla import Argilla, ArgillaTable
from arena.importing.formats.battles.chatbot_arena import ChatbotArena
from arena.importing.formats.battles.kaggle_pairs import KagglePairs
from arena.importing.formats.battles.label_studio import LabelStudio, LabelStudioRows
from arena.importing.formats.battles.llmfao import Llmfao
from arena.importing.formats.battles.own_battles import OwnBattles
from arena.importing.formats.battles.pairs import OwnPairs
from arena.importing.formats.battles.pandalm import PandaLm
from arena.importing.formats.benchmarks.alpaca_eval import AlpacaAnnotations, AlpacaInstructions, AlpacaOutputs
from arena.importing.formats.benchmarks.arena_hard import ArenaHardAnswers, ArenaHardQuestions
from arena.importing.formats.benchmarks.harnesses import LmEvalSamples
from arena.importing.formats.benchmarks.helm import HelmInstances, HelmPredictions, HelmStateAnswers, HelmStatePrompts
from arena.importing.formats.benchmarks.mt_bench import ModelAnswers, MtBenchQuestions, MtBenchVotes
from arena.importing.formats.benchmarks.question_sets import ChoiceColumns, Gsm8k, IfEval, MultipleChoice
from arena.importing.formats.chat_messages import ChatAnswers, ChatPrompts, OpenAiEvals, WildBench
from arena.importing.formats.format import Format
from arena.importing.formats.mapped import NAME as MAPPED
from arena.importing.formats.mapped import MappedBattles, MappedPrompts, MappedResponses
from arena.importing.formats.own_cells import tells_no_votes
from arena.importing.formats.prompt_files import CsvPrompts, JsonPrompts
from arena.importing.formats.recognition import FileStart, Recognition, recognised, start_of
from arena.importing.formats.response_files import CsvResponses, JsonResponses, ResponsesByRow
from arena.importing.formats.several_answers import SeveralAnswers, Wide
from arena.models import Import

OWN = ("jsonl", "csv")  # one thing in two shapes
lazy_shape_label: Any = lazy(lambda shape: Shape(shape).label, str)

__all__ = [
    "BATTLE_FORMATS", "MAPPED", "OWN", "PROMPT_FORMATS", "RESPONSE_FORMATS", "AnyFormat", "Format", "NotRecognised",
    "any_of_shape", "columns_of", "format_of", "formats_of", "kind_and_format", "kinds_that_fit", "of_no_format",
    "reading_format", "stored_name",
]  # fmt: skip


type AnyFormat = Format[BattleRow] | Format[PromptRow] | Format[ResponseRow]

BATTLE_FORMATS: dict[str, type[Format[BattleRow]]] = {
    each.name: each
    for each in (
        ChatbotArena, ArenaSessions, Llmfao, PandaLm, OwnPairs, OwnBattles, KagglePairs, MtBenchVotes, AlpacaAnnotations,
        Argilla, ArgillaTable, LabelStudio, LabelStudioRows,
    )
}  # fmt: skip
PROMPT_FORMATS: dict[str, type[Format[PromptRow]]] = {
    each.name: each
    for each in (
        JsonPrompts, CsvPrompts, ArenaHardQuestions, MtBenchQuestions, AlpacaInstructions, ChatPrompts, IfEval, OpenAiEvals,
        MultipleChoice, ChoiceColumns, Gsm8k, WildBench, HelmInstances, HelmStatePrompts,
    )
}  # fmt: skip
RESPONSE_FORMATS: dict[str, type[Format[ResponseRow]]] = {
    each.name: each
    for each in (
        JsonResponses, CsvResponses, ResponsesByRow, ArenaHardAnswers, ModelAnswers, AlpacaOutputs, ChatAnswers, SeveralAnswers,
        Wide, LmEvalSamples, HelmPredictions, HelmStateAnswers,
    )
}  # fmt: skip


_BY_KIND: dict[str, dict[str, type[AnyFormat]]] = {
    Import.Kind.BATTLES: {**BATTLE_FORMATS},
    Import.Kind.PROMPTS: {**PROMPT_FORMATS},
    Import.Kind.RESPONSES: {**RESPONSE_FORMATS},
}


_BY_HAND: dict[str, type[AnyFormat]] = {
    Import.Kind.BATTLES: MappedBattles,
    Import.Kind.PROMPTS: MappedPrompts,
    Import.Kind.RESPONSES: MappedResponses,
}


def formats_of(kind: str) -> Mapping[str, type[Format[Any]]]:
    return _BY_KIND[kind] if kind in _BY_KIND else _room(kind).formats


def _room(kind: str) -> Any:
    """The reader of another app's kind; that app's formats are built on this module."""
    return import_module("arena.importing.kinds").kind_of(kind)


READ_BY = ("map", "values", "models", "ignore_ids", "replace", "again", "judge", "gold", "order", "scale", "baseline")
"""Options that change what a file is read as."""


def stored_name(name: str, options: Mapping[str, Any]) -> str:
    """A format's name in an import: one file that is read in two ways is two imports."""
    chosen = {key: options[key] for key in READ_BY if options.get(key)}
    return (
        f"{name}-{hashlib.blake2b(json.dumps(chosen, sort_keys=True).encode(), digest_size=4).hexdigest()}" if chosen else name
    )


def format_of(kind: str, stored: str) -> type[Format[Any]]:
    """The format of an import."""
    known = {**formats_of(kind), MAPPED: _BY_HAND[kind] if kind in _BY_HAND else _room(kind).by_hand}
    return known[stored] if stored in known else known[stored.rpartition("-")[0]]


class NotRecognised(ImportProblems):
    """No format fits the columns, but they can be named by hand."""


class ReadBy(NamedTuple):
    """The format to read a file by, with notes about that choice."""

    format: str
    notes: Sequence[FileNote] = ()
    doubts: Sequence[FileNote] = ()


def reading_format(kind: str, chosen: str, path: Path) -> ReadBy:
    """`chosen` if one was chosen; of Agon's own two, the one that matches the file's shape. Else the one that is recognised.

    Raises NotRecognised where none is.
    """
    return _fitting(kind, chosen, path) if chosen else _recognised(kind, path)


def columns_of(path: Path) -> str:
    """The file's own names for its first columns, for a sentence."""
    return some_names(start_of(path).names)


def kind_and_format(path: Path) -> tuple[str, str] | None:
    """What a file is of all that can be imported; None where it is not recognised.

    Kinds of other rooms come after our own, unless their columns leave no doubt.
    """
    sample = start_of(path)
    known = {(kind, name): each for kind, formats in _BY_KIND.items() for name, each in formats.items()}
    own = None if tells_no_votes(sample.names) else recognised(sample, known)
    own_key: tuple[str, str] | None = own.key if own else None
    of_rooms = [(kind, match) for kind in kinds_that_fit(sample) if (match := recognised(sample, formats_of(kind)))]
    sure = next(((kind, match.key) for kind, match in of_rooms if _room(kind).surely_has(sample.names)), None)
    if sure or (own_key and not known[own_key].is_guess):
        return sure or own_key
    return next(((kind, match.key) for kind, match in of_rooms), own_key)


def kinds_that_fit(sample: FileStart) -> list[str]:
    """Kinds of other apps of which a format is recognised."""
    return [kind for kind in settings.IMPORT_KINDS if recognised(sample, formats_of(kind))]


def _known(kind: str, sample: FileStart) -> Recognition | None:
    """Games and gold labels name battles as votes do, but are not votes."""
    return None if kind in _BY_KIND and tells_no_votes(sample.names) else recognised(sample, formats_of(kind))


def _fitting(kind: str, name: str, path: Path) -> ReadBy:
    known = formats_of(kind)
    shape = look_at(path).shape
    if name not in OWN or look_at(path).is_empty or shape in known[name].shapes:
        return ReadBy(name)
    other = next(own for own in OWN if own != name)
    if shape not in known[other].shapes:
        return ReadBy(name)  # its reading says that the shape is wrong
    text = gettext_lazy("The file is %(shape)s: read by the format %(name)s.")
    return ReadBy(other, [note(text, shape=lazy_shape_label(shape), name=other)])


def _recognised(kind: str, path: Path) -> ReadBy:
    looks, sample = look_at(path), start_of(path)
    recognition = _known(kind, sample)
    if recognition is None and kind not in _BY_KIND:
        recognition = recognised(sample, formats_of(kind), is_chosen=True)
    if recognition:
        is_guess = formats_of(kind)[recognition.key].is_guess
        return (
            ReadBy(recognition.key, doubts=[recognition.reason]) if is_guess else ReadBy(recognition.key, [recognition.reason])
        )
    if looks.is_empty or looks.broken or looks.binary or not sample.names:
        return ReadBy(any_of_shape(formats_of(kind), looks.shape))  # its reading says what is wrong
    problems = Problems(path.name)
    problems.add(1, _("the format"), PlainWords(_("not recognised")), _unknown(kind, sample))
    raise NotRecognised(tuple(problems.first), problems.n_all)


def any_of_shape(formats: Mapping[str, type[Format[Any]]], shape: Shape) -> str:
    """One that takes files of this shape, where there is one."""
    return next((name for name, each in formats.items() if shape in each.shapes), next(iter(formats)))


def _unknown(kind: str, sample: FileStart) -> str:
    """An explanation: the file's columns, what it might be, and which formats exist."""
    others = [other.value for other in Import.Kind if other != kind and _known(other, sample)]
    if others:
        text = _("its columns are %(columns)s, which looks like %(kinds)s: import it as that")
        return text % {"columns": some_names(sample.names), "kinds": either([str(COUNTED[other]) for other in others])}
    if tells_no_votes(sample.names):
        return _("it holds judgements or gold labels: import it with import_judgements or import_gold")
    return of_no_format(sample, formats_of(kind))


def of_no_format(sample: FileStart, formats: Mapping[str, type[Format[Any]]]) -> str:
    """What to do with a file that none of these formats fits."""
    text = _("its columns are %(columns)s; choose one of the formats %(formats)s, or rename the columns to match one of them")
    if sample.shape == Shape.CSV and may_be_a_row(sample.names):
        text = _(
            "its first line is %(columns)s, which looks like a row: write a line with the names of the columns above it, such "
            "as those of one of the formats %(formats)s"
        )
    return text % {"columns": some_names(sample.names), "formats": ", ".join(formats)}
