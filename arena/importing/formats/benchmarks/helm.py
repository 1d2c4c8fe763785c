"""HELM: the instances and predictions that its web pages show, and scenario_state.json, which holds all requests of a run.

A prompt is what an instance asks, under the instance's id; the instructions and examples around it in a request are not part
of it. A changed instance (a perturbation) asks something else under the same id, so it is left out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS, Shape
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.benchmarks.harnesses import competitor_option
from arena.importing.formats.chat_messages import asked_row
from arena.importing.formats.conversations import whole_question
from arena.importing.formats.format import Format
from arena.models import FinishState

LINK = "https://crfm-helm.readthedocs.io/en/latest/code/"
CUT = {"length", "max_tokens"}
MOST_REPEATS = 32_767


class HelmInstances(Format[PromptRow]):
    name = "helm"
    title = gettext_lazy("HELM's instances.json: id, input, references")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("id", "input", "references")
    read = frozenset({*needed, "perturbation"})
    has_rows_of_several = True

    def __init__(self, path: Path) -> None:
        self._n_changed = 0

    def rows(self, line: int, row: Row) -> Iterator[PromptRow]:
        if row.get("perturbation"):
            self._n_changed += 1
        else:
            yield question_of(line, row)

    def notes(self) -> list[FileNote]:
        return [note(_CHANGED_QUESTIONS, n=self._n_changed)] if self._n_changed else []


class HelmPredictions(Format[ResponseRow]):
    name = "helm"
    title = gettext_lazy("HELM's display_predictions.json: instance_id, predicted_text; the model is given as an option")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("instance_id", "predicted_text")
    read = frozenset({*needed, "train_trial_index", "perturbation", "thinking_text", "mapped_output"})
    has_rows_of_several = True

    def __init__(self, path: Path) -> None:
        self._n_changed = 0

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        if row.get("perturbation"):
            self._n_changed += 1
            return
        trial = fields.whole_number(row, "train_trial_index", most=MOST_REPEATS)
        key, text = fields.identifier(row, "instance_id"), fields.text(row, "predicted_text")
        text = _with_choice(text, fields.text(row, "mapped_output", default=""))
        answer = without_thinking(ResponseRow(line, key, competitor_option(self.options), text, repeat=trial or None))
        thought = fields.text(row, "thinking_text", default="")
        yield answer._replace(thinking=thought) if thought else answer

    def notes(self) -> list[FileNote]:
        return [note(_CHANGED_ANSWERS, n=self._n_changed)] if self._n_changed else []


class HelmStatePrompts(Format[PromptRow]):
    """Each instance once, however many requests were made of it."""

    name = "helm-state"
    title = gettext_lazy("HELM's scenario_state.json: the instances of its request_states")
    link = LINK
    shapes = frozenset({Shape.JSON_OBJECT})
    needed = ("instance", "request")
    read = frozenset({"instance"})
    has_rows_of_several = True

    def __init__(self, path: Path) -> None:
        self._seen: dict[str, PromptRow] = {}
        self._n_changed = 0

    def rows(self, line: int, row: Row) -> Iterator[PromptRow]:
        instance = _object(row, "instance")
        if instance.get("perturbation"):
            self._n_changed += 1
            return
        asked = question_of(line, instance)
        if self._seen.setdefault(asked.key, asked).turns != asked.turns:
            remedy = _("another instance in the file has this id and asks something else: give it another id")
            raise RowProblem(_("the id of an instance"), asked.key, remedy)
        if self._seen[asked.key] is asked:
            yield asked

    def notes(self) -> list[FileNote]:
        changed = [note(_CHANGED_REQUESTS, n=self._n_changed)] if self._n_changed else []
        return [note(_BARE), *changed]


class HelmStateAnswers(Format[ResponseRow]):
    """Each completion is an answer of the model that the request names; further ones to the same instance are repeats of it."""

    name = "helm-state"
    title = gettext_lazy("HELM's scenario_state.json: the completions of its request_states, with the instances as prompts")
    link = LINK
    shapes = frozenset({Shape.JSON_OBJECT})
    needed = ("instance", "request", "result")
    read = frozenset({*needed, "reference_index", "request_mode", "output_mapping"})
    has_rows_of_several = True

    def __init__(self, path: Path) -> None:
        self._n_changed = self._n_scored = self._n_unanswered = 0
        self._n_answers: dict[tuple[str, str], int] = {}

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        instance, request = _object(row, "instance"), _object(row, "request")
        if instance.get("perturbation"):
            self._n_changed += 1
        elif row.get("reference_index") is not None or row.get("request_mode") == "calibration":
            self._n_scored += 1
        elif row.get("result") is None:
            self._n_unanswered += 1
        else:
            asked = question_of(line, instance)
            model = fields.name(request, "model" if request.get("model") else "model_deployment")
            for answer in _answers(line, row, asked, model):
                number = self._n_answers.get((asked.key, model), 0)
                self._n_answers[asked.key, model] = number + 1
                yield answer._replace(repeat=number or None)

    def notes(self) -> list[FileNote]:
        counted = (
            (_CHANGED_REQUESTS, self._n_changed), (_SCORED, self._n_scored), (_UNANSWERED, self._n_unanswered),
        )  # fmt: skip
        return [note(_BARE), note(_REPEATS), *(note(words, n=n) for words, n in counted if n)]


_CHANGED_QUESTIONS = ngettext_lazy("%(n)s changed question left out.", "%(n)s changed questions left out.", "n")
_CHANGED_ANSWERS = ngettext_lazy(
    "%(n)s answer to a changed question left out.", "%(n)s answers to changed questions left out.", "n"
)
_CHANGED_REQUESTS = ngettext_lazy(
    "%(n)s request with a changed question (a perturbation) left out: it is another prompt under the same id.",
    "%(n)s requests with changed questions (perturbations) left out: they are other prompts under the same ids.",
    "n",
)
_SCORED = ngettext_lazy(
    "%(n)s request that scores a given choice left out: nothing was answered.",
    "%(n)s requests that score a given choice left out: nothing was answered.",
    "n",
)
_UNANSWERED = ngettext_lazy("%(n)s request without a result left out.", "%(n)s requests without a result left out.", "n")
_BARE = gettext_lazy(
    "A prompt is the instance's own input: the instructions and examples that a request puts around it are not kept."
)
_REPEATS = gettext_lazy(
    "Several completions, and those of further training sets or trials, are repeated answers, in the order of the file."
)


def question_of(line: int, instance: Row) -> PromptRow:
    """The prompt of an instance; references tagged as correct are the right answers."""
    question, key = instance.get("input"), fields.identifier(instance, "id")
    given = question if isinstance(question, dict) else {"text": question}
    if given.get("messages"):
        asked = asked_row(line, whole_question(given, "messages"), key, "messages")
    else:
        text = fields.text(given, "text")
        if not text.strip():
            raise RowProblem("input", question, _("a non-empty text is needed"))
        asked = PromptRow(line, key, (text,), status="draft" if given.get("multimedia_content") else "")
    references = instance.get("references")
    if not isinstance(references, list) or not all(isinstance(each, dict) for each in references):
        raise RowProblem("references", references, _("a list of objects with output and tags is needed"))
    right = [each.get("output") for each in references if "correct" in fields.texts(each, "tags")]
    texts = [fields.text(each if isinstance(each, dict) else {"text": each}, "text") for each in right]
    return asked._replace(reference="\n\n".join(texts))


def _answers(line: int, state: Row, asked: PromptRow, model: str) -> Iterator[ResponseRow]:
    result = _object(state, "result")
    if result.get("success") is False:
        yield ResponseRow(line, asked.key, model, "", finish=FinishState.FAILED.value, asked=asked, brings_prompt=True)
        return
    completions = result.get("completions")
    if not isinstance(completions, list) or not completions or not all(isinstance(each, dict) for each in completions):
        raise RowProblem("completions", completions, _("a list of objects with text is needed, not empty"))
    choices = state.get("output_mapping") or {}
    if not isinstance(choices, dict):
        raise RowProblem("output_mapping", choices, _("an object is needed, such as {...}"))
    for each in completions:
        text = fields.text(each, "text")
        text = _with_choice(text, fields.text(choices, text.strip(), default=""))
        answer = without_thinking(
            ResponseRow(line, asked.key, model, text, finish=_finish(each), asked=asked, brings_prompt=True)
        )  # fmt: skip
        thinking = each.get("thinking")
        thought = fields.text(thinking, "text", default="") if isinstance(thinking, dict) else ""
        yield answer._replace(thinking=thought) if thought else answer


def _with_choice(text: str, choice: str) -> str:
    """A letter with the choice that it stands for, which the question itself does not name."""
    letter = text.strip()
    return f"{letter}. {choice}" if choice and len(letter) == 1 else text


def _finish(completion: Mapping[str, Any]) -> str:
    ending = completion.get("finish_reason")
    reason = ending.get("reason") if isinstance(ending, dict) else ending
    return FinishState.LENGTH.value if isinstance(reason, str) and reason.lower() in CUT else FinishState.STOP.value


def _object(row: Row, column: str) -> Row:
    value = row.get(column)
    if not isinstance(value, dict):
        raise RowProblem(column, MISSING if column not in row else value, _("an object is needed, such as {...}"))
    return value
