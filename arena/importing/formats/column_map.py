"""Which column of a file holds what, as chosen by a person: on the page with a select for each field, at the command line with
--map.

`prompt=question` reads the column `question` as the prompt; `answer:gpt-x=col3` reads `col3` as the answers of the model gpt-x.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.fields import LONGEST_NAME
from arena.importing.files.problems import shown
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Import
from arena.outcomes import Outcome
from arena.seen_names import is_storable, name_fault

ANSWER = "answer:"  # and the name of a model
MOST_COLUMNS = 200
MOST_VALUES = 100
LONGEST_COLUMN = 500

OF_KIND: Mapping[str, Mapping[str, Any]] = {
    Import.Kind.BATTLES: {
        "prompt": gettext_lazy("What was asked"),
        "answer_a": gettext_lazy("The first answer"),
        "answer_b": gettext_lazy("The second answer"),
        "winner": gettext_lazy("Which is better"),
        "model_a": gettext_lazy("The model of the first answer"),
        "model_b": gettext_lazy("The model of the second answer"),
        "voter": gettext_lazy("Voter"),
        "voted_at": gettext_lazy("When"),
        "strength": gettext_lazy("How much better: 1 or 2"),
        "reasons": gettext_lazy("Reasons"),
        "prompt_id": gettext_lazy("The prompt's id"),
        "system_prompt": gettext_lazy("The system text"),
        "category": gettext_lazy("Category"),
        "language": gettext_lazy("Language"),
    },
    Import.Kind.RESPONSES: {
        "prompt": gettext_lazy("What was asked"),
        "prompt_id": gettext_lazy("The prompt's id"),
        "prompt_row": gettext_lazy("The row of the prompt in its file, from 1"),
        "competitor": gettext_lazy("The model that answered"),
        "text": gettext_lazy("The answer"),
        "system_prompt": gettext_lazy("The system text"),
    },
    Import.Kind.PROMPTS: {
        "prompt": gettext_lazy("What is asked"),
        "id": gettext_lazy("The prompt's id"),
        "system_prompt": gettext_lazy("The system text"),
        "reference": gettext_lazy("A right answer"),
        "category": gettext_lazy("Category"),
        "language": gettext_lazy("Language"),
    },
}
"""The fields of each kind of file of this room, with their labels."""

OUTCOMES: Mapping[str, Any] = {
    Outcome.A.value: gettext_lazy("the first is better"),
    Outcome.B.value: gettext_lazy("the second is better"),
    Outcome.TIE.value: gettext_lazy("both good (a tie)"),
    Outcome.BOTH_BAD.value: gettext_lazy("both bad"),
}


def fields_of(kind: str) -> Mapping[str, Any]:
    """The fields of a kind of file, with their labels."""
    return OF_KIND[kind] if kind in OF_KIND else kind_of(kind).fields


def value_field_of(kind: str) -> str:
    """The field whose values may need to be explained; empty: none."""
    return kind_of(kind).value_field if is_of_room(kind) else "winner" if kind == Import.Kind.BATTLES else ""


def values_for(kind: str) -> Mapping[str, Any]:
    """The possible meanings of that field's values, with labels."""
    return kind_of(kind).values if is_of_room(kind) else OUTCOMES


LEAVE_OUT = "leave_out"


def meanings_for(kind: str) -> Mapping[str, Any]:
    """What a person may say of a value: what it means, or that its rows stay away."""
    return {**values_for(kind), LEAVE_OUT: gettext_lazy("leave such rows out")}


class ColumnMapError(ValueError):
    """An invalid map: the message says why, and what is allowed."""


@dataclass(frozen=True)
class ColumnMap:
    """Fields with the columns that hold them; `values` says what the cells of the column `winner` mean."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "ColumnMap":
        """From an import's stored options."""
        return cls(options.get("map") or {}, options.get("values") or {})

    @property
    def as_options(self) -> dict[str, Any]:
        return {"map": dict(self.columns)} | ({"values": dict(self.values)} if self.values else {})

    @property
    def answers(self) -> dict[str, str]:
        """Models with the columns of their answers."""
        return {name.removeprefix(ANSWER): column for name, column in self.columns.items() if name.startswith(ANSWER)}

    @property
    def meanings(self) -> dict[str, str]:
        """Values with what they mean, without those whose rows are left out."""
        return {value: meaning for value, meaning in self.values.items() if meaning != LEAVE_OUT}

    @property
    def left_out(self) -> frozenset[str]:
        """Values whose rows are left out."""
        return frozenset(value for value, meaning in self.values.items() if meaning == LEAVE_OUT)

    def as_flags(self) -> list[str]:
        """The same for the command line, a flag and its value in turn."""
        maps = [("--map", f"{name}={column}") for name, column in self.columns.items()]
        values = [("--value", f"{value}={outcome}") for value, outcome in self.values.items()]
        pairs = [[flag, word] if not word.startswith("-") else [f"{flag}={word}"] for flag, word in (*maps, *values)]
        return [word for pair in pairs for word in pair]

    def checked(self, kind: str) -> "ColumnMap":
        """Raises ColumnMapError if it does not suit this kind of file."""
        known = fields_of(kind)
        for name, column in self.columns.items():
            model = name.removeprefix(ANSWER) if name.startswith(ANSWER) and kind == Import.Kind.RESPONSES else None
            if model is None and name not in known:
                text = _("%(field)s is not a field of this kind of file; its fields are %(known)s")
                raise ColumnMapError(text % {"field": shown(name), "known": ", ".join(_names(kind))})
            if model is not None and (not model.strip() or len(model) > LONGEST_NAME or name_fault(model)):
                text = _("%(name)s cannot be a model's name: %(fault)s")
                raise ColumnMapError(text % {"name": shown(model), "fault": name_fault(model) or _("a name is needed")})
            if not is_storable(column) or len(column) > LONGEST_COLUMN:
                raise ColumnMapError(_("%(column)s is no column") % {"column": shown(column)})
        _must_be_enough(kind, self.columns)
        meanings = meanings_for(kind)
        if wrong := next((each for each in self.values.values() if each not in meanings), None):
            text = _("a value can mean %(allowed)s, not %(value)s")
            raise ColumnMapError(text % {"allowed": ", ".join(meanings), "value": shown(wrong)})
        if len(self.columns) > MOST_COLUMNS or len(self.values) > MOST_VALUES or not is_storable(dict(self.values)):
            raise ColumnMapError(_("at most %(most)d columns can be named") % {"most": MOST_COLUMNS})
        return self


def column_map(columns: Iterable[str], values: Iterable[str] = ()) -> ColumnMap:
    """Out of flags: `field=column`, and `value=a`. Raises ColumnMapError."""
    return ColumnMap(dict(map(_field_and_column, columns)), dict(map(_value_and_meaning, values)))


def _field_and_column(written: str) -> tuple[str, str]:
    """Split at the first equals sign; a model's name may contain one if the column does not."""
    name, sign, column = written.rpartition("=") if written.startswith(ANSWER) else written.partition("=")
    if not sign or not name.strip() or not column:
        raise ColumnMapError(_("%(value)s has to be FIELD=COLUMN, such as prompt=question") % {"value": shown(written)})
    return name.strip(), column


def _value_and_meaning(written: str) -> tuple[str, str]:
    value, sign, meaning = written.rpartition("=")
    if not sign:
        text = _("%(value)s has to be VALUE=MEANING, such as 1=a; a meaning is one of %(allowed)s")
        raise ColumnMapError(text % {"value": shown(written), "allowed": ", ".join((*OUTCOMES, LEAVE_OUT))})
    return value.strip(), meaning.strip()


def _names(kind: str) -> list[str]:
    return [*fields_of(kind), *([f"{ANSWER}MODEL"] if kind == Import.Kind.RESPONSES else [])]


def _must_be_enough(kind: str, columns: Mapping[str, str]) -> None:
    """Raises ColumnMapError unless the fields that every row needs are named."""
    labels = fields_of(kind)
    if is_of_room(kind):
        lacks = kind_of(kind).lacks(columns)
        _need(not lacks, lacks)
    elif kind == Import.Kind.BATTLES:
        pairs = [{"answer_a", "answer_b"} <= columns.keys(), {"model_a", "model_b"} <= columns.keys()]
        _need("winner" in columns, labels["winner"])
        _need(any(pairs), _("two answers, or the names of two models"))
        _need("prompt" in columns or "answer_a" not in columns, labels["prompt"])
    elif kind == Import.Kind.RESPONSES:
        _need(not columns.keys().isdisjoint({"prompt", "prompt_id", "prompt_row"}), labels["prompt"])
        _need("text" in columns or any(name.startswith(ANSWER) for name in columns), labels["text"])
    else:
        _need("prompt" in columns, labels["prompt"])


def _need(is_there: bool, what: object) -> None:
    if not is_there:
        raise ColumnMapError(_("Choose the column for: %(field)s.") % {"field": what})


def columns_digest(names: Sequence[str]) -> str:
    """Equal for files with the same columns, in whatever order."""
    return hashlib.blake2b(json.dumps(sorted(names)).encode(), digest_size=8).hexdigest()


def remembered(kind: str, names: Sequence[str], *, by: int) -> tuple[ColumnMap, str, str] | None:
    """How a user's newest import of a file with these columns was read by such a map: the map, its kind and that file's name.

    Only the user's own imports: other users' choices and file names are theirs.
    """
    known = Import.objects.filter(options__columns=columns_digest(names), created_by=by)
    newest = (known.filter(kind=kind) if kind else known).order_by("-pk").first()
    if newest is None or not newest.options.get("map"):
        return None
    return ColumnMap.of(newest.options), newest.kind, newest.filename
