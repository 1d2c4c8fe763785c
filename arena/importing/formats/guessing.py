"""What the columns of a file most likely hold, guessed from their names and the first rows: a start for whoever names them."""

import re
from collections.abc import Mapping, Sequence

from arena.importing.files.columns import folded
from arena.importing.files.fields import without_point
from arena.importing.formats.battles.pairs import OwnPairs, outcome_of
from arena.importing.formats.chat_messages import OWN_IDS
from arena.importing.formats.column_map import ANSWER, MOST_COLUMNS, OF_KIND, ColumnMap, values_for
from arena.importing.formats.recognition import FileStart
from arena.importing.formats.several_answers import NO_MODELS, VERDICTS
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Import

MOST_VALUES = 12
MOST_PAIRED = 100  # columns of which each is compared with each
MOST_ANSWERS = MOST_COLUMNS - 10  # beside the other fields
LONGEST_VALUE = 60
FEWEST_LETTERS = 3  # of the beginning of a name
SEVERAL_WORDS = 3  # in the mean: what is longer is a text, and no name
NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "instruction", "input", "query", "task", "text", "user", "problem", "request", "post"),
    "winner": ("winner", "better", "preferred", "preference", "label", "choice", "chosen", "verdict", "vote", "best", "result",
               "outcome", "pick", "annotation", "rating"),
    "answer_a": ("answer_a", *OwnPairs.other_words["answer_a"], "completion_a", "candidate_a", "left", "first", "output1"),
    "answer_b": ("answer_b", *OwnPairs.other_words["answer_b"], "completion_b", "candidate_b", "right", "second", "output2"),
    "model_a": ("model_a", *OwnPairs.other_words["model_a"], "system_a", "left_model", "name_a", "source_a"),
    "model_b": ("model_b", *OwnPairs.other_words["model_b"], "system_b", "right_model", "name_b", "source_b"),
    "voter": ("voter", *OwnPairs.other_words["voter"]),
    "voted_at": ("voted_at", *OwnPairs.other_words["voted_at"]),
    "prompt_id": OWN_IDS,
    "id": ("id", *OWN_IDS),
    "competitor": ("competitor", "model", "model_name", "model_id", "generator", "llm", "system_name"),
    "text": ("answer", "output", "response", "completion", "generation", "reply", "text", "generated_text", "prediction"),
    "system_prompt": ("system_prompt", "system", "system_message"),
    "reference": ("reference", "gold", "expected", "target", "ideal", "correct_answer", "solution", "answer"),
    "category": ("category", "topic", "subject", "domain"),
    "language": ("language", "lang"),
    "strength": ("strength",),
    "reasons": ("reasons",),
}  # fmt: skip
_LETTERS = {"l": "a", "r": "b"}
_NO_ANSWERS = frozenset(map(folded, NO_MODELS | VERDICTS))
_PARTS = re.compile(r"[\W_]+")
_SIDES = ({"a", "b"}, {"1", "2"}, {"left", "right"}, {"first", "second"}, {"0", "1"}, {"x", "y"}, {"old", "new"},
          {"links", "rechts"}, {"gauche", "droite"})  # fmt: skip


def guessed(start: FileStart, kind: str = "") -> tuple[str, ColumnMap]:
    """The kind of file, if none is given, and its map; fields without evidence are left out."""
    columns = _Columns(start)
    kind = kind or _kind(columns)
    if is_of_room(kind):
        return kind, _of_room(columns, kind, start)
    making = {Import.Kind.BATTLES: _battles, Import.Kind.RESPONSES: _responses, Import.Kind.PROMPTS: _prompts}
    chosen = making[Import.Kind(kind)](columns)
    order = [*OF_KIND[kind]]
    known = {name: chosen[name] for name in sorted(chosen, key=lambda name: order.index(name) if name in order else len(order))}
    return kind, ColumnMap(known, guessed_values(values_of(start, known.get("winner", "")), known))


def _of_room(columns: "_Columns", kind: str, start: FileStart) -> ColumnMap:
    """By the names of the columns; each is taken once."""
    room, chosen = kind_of(kind), dict[str, str]()
    free = {folded(columns.plain(name)): name for name in reversed(columns.names)}
    for name, words in room.names.items():
        if column := next((free[word] for word in map(folded, words) if free.get(word) not in {None, *chosen.values()}), ""):
            chosen[name] = column
    return ColumnMap(chosen, guessed_values(values_of(start, chosen.get(room.value_field, "")), chosen, kind))


def _meaning(value: str) -> str:
    return _LETTERS.get(value.casefold()) or str(outcome_of(value) or "")


def values_of(start: FileStart, column: str) -> list[str]:
    """The distinct values of a column in the first rows."""
    if not column:
        return []
    values: dict[str, None] = {}
    for row in start.rows:
        value = row.get(column)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if value is not None and not isinstance(value, list | dict) and len(str(value)) <= LONGEST_VALUE:
            values.setdefault(str(value).strip())
    return [value for value in values if value][:MOST_VALUES]


def guessed_values(values: Sequence[str], columns: Mapping[str, str], kind: str = Import.Kind.BATTLES.value) -> dict[str, str]:
    """Outcomes of those that tell one; names of the columns of the answers do, too. 0 and 1 can be meant in two ways."""
    sides = {folded(columns.get(name, "")): name[-1] for name in ("answer_b", "model_b", "answer_a", "model_a")}
    meant = {value: sides.get(folded(value)) or _meaning(value) or _begun(value, sides) for value in values}
    plain = {without_point(value) for value in meant}
    if "0" in plain and "2" not in plain:
        meant = {value: outcome for value, outcome in meant.items() if without_point(value) != "1"}
    allowed = values_for(kind)
    return {value: outcome for value, outcome in meant.items() if outcome in allowed}


def _begun(value: str, sides: Mapping[str, str]) -> str:
    """The side whose column's name begins with this value, where it is one alone."""
    begun = {side for name, side in sides.items() if _begins(name, folded(value))}
    return begun.pop() if len(begun) == 1 else ""


class _Columns:
    """The columns, and what the first rows hold in each."""

    def __init__(self, start: FileStart) -> None:
        self.names = [name for name in start.names if name]
        self._plain = {name: "_".join(part for part in _PARTS.split(name.casefold()) if part) for name in self.names}
        self._cells = {name: [row[name] for row in start.rows if _is_filled(row.get(name))] for name in self.names}

    def plain(self, name: str) -> str:
        return self._plain[name]

    def called(self, field: str, taken: Sequence[str] = ()) -> str:
        """The column whose name matches this field; earlier words are better."""
        free = {folded(self._plain[name]): name for name in reversed(self.names) if name not in taken}
        return next((free[word] for word in map(folded, NAMES[field]) if word in free), "")

    def is_text(self, name: str) -> bool:
        cells = self._cells[name]
        return bool(cells) and all(isinstance(cell, str) for cell in cells) and self.n_words(name) >= SEVERAL_WORDS

    def is_in_words(self, name: str) -> bool:
        """Texts that are no numbers, however short."""
        cells = self._cells[name]
        return bool(cells) and all(isinstance(cell, str) for cell in cells) and not all(map(_is_number, cells))

    def may_be_answers(self, taken: Sequence[str]) -> list[str]:
        """Columns of words whose names speak of nothing else: there are models that answer in one word."""
        free = [name for name in self.names if name not in taken and folded(self._plain[name]) not in _NO_ANSWERS]
        return [name for name in free if self.is_in_words(name)]

    def n_words(self, name: str) -> float:
        cells = self._cells[name]
        return sum(len(str(cell).split()) for cell in cells) / len(cells) if cells else 0.0

    def is_verdict(self, name: str) -> bool:
        """A few short values, most of which tell an outcome."""
        if self.names_columns(name):
            return True
        values = {str(cell).strip().casefold() for cell in self._cells[name] if not isinstance(cell, list | dict)}
        n_known = sum(without_point(value) == "0" or bool(_meaning(value)) for value in values)
        return 0 < len(values) <= MOST_VALUES and n_known * 2 > len(values)

    def names_columns(self, name: str) -> bool:
        """Whether its few values are names of other columns, or beginnings of them."""
        values = {folded(str(cell)) for cell in self._cells[name] if not isinstance(cell, list | dict)}
        others = [folded(self._plain[other]) for other in self.names if other != name]
        return 0 < len(values) <= MOST_VALUES and all(any(_begins(other, value) for other in others) for value in values)

    def texts(self, taken: Sequence[str]) -> list[str]:
        return [name for name in self.names if name not in taken and self.is_text(name)]


def _begins(name: str, value: str) -> bool:
    return name == value or (len(value) >= FEWEST_LETTERS and name.startswith(value))


def _is_filled(cell: object) -> bool:
    return cell is not None and cell != ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def texts_among(start: FileStart, names: Sequence[str]) -> list[str]:
    """Those of these columns that look like answers: texts of several words, whose names speak of nothing else."""
    columns = _Columns(start)
    return [name for name in columns.may_be_answers(()) if name in names and columns.is_text(name)]


def _kind(columns: _Columns) -> str:
    first, second = _pair(columns, [], "answer_a", "answer_b")
    models = _pair(columns, [], "model_a", "model_b")
    if (first or models[0]) and _verdict(columns, [first, second, *models]):
        return str(Import.Kind.BATTLES)
    columns_of = _responses(columns)
    of_models = [column for name, column in columns_of.items() if name.startswith(ANSWER) and columns.is_text(column)]
    if ("text" in columns_of and "competitor" in columns_of) or len(of_models) > 1:
        return str(Import.Kind.RESPONSES)
    return str(Import.Kind.PROMPTS)


def _battles(columns: _Columns) -> dict[str, str]:
    answers = _pair(columns, [], "answer_a", "answer_b")
    named = dict(zip(("answer_a", "answer_b"), answers, strict=True))
    models = _pair(columns, [*answers], "model_a", "model_b")
    named |= dict(zip(("model_a", "model_b"), models, strict=True))
    named["winner"] = _verdict(columns, [*named.values()])
    named["prompt"] = _prompt(columns, [*named.values()])
    return _others(
        columns, named, ("voter", "voted_at", "strength", "reasons", "prompt_id", "system_prompt", "category", "language")
    )


def _responses(columns: _Columns) -> dict[str, str]:
    model = columns.called("competitor")
    if model:
        return _others(columns, _answers_of(columns, model), ("system_prompt",))
    named = {"prompt": _prompt(columns, [])}
    named["prompt_id"] = columns.called("prompt_id", [*named.values()])
    named = _others(columns, named, ("system_prompt",))
    free = columns.may_be_answers([*named.values()])
    return named | {f"{ANSWER}{name}": name for name in free[:MOST_ANSWERS]}


def _answers_of(columns: _Columns, model: str) -> dict[str, str]:
    """A model and its answer in each row. The only text beside a prompt's id is the answer, whatever its name."""
    key = columns.called("prompt_id", [model])
    prompt = columns.called("prompt", [model, key])
    text = columns.called("text", [model, key, prompt])
    prompt = prompt or _prompt(columns, [model, key, text])
    text = text or next(iter(columns.texts([model, key, prompt])), "")
    if key and not text:
        prompt, text = "", prompt
    return {"prompt": prompt, "prompt_id": key, "competitor": model, "text": text}


def _prompts(columns: _Columns) -> dict[str, str]:
    named = {"prompt": _prompt(columns, [])}
    return _others(columns, named, ("id", "system_prompt", "reference", "category", "language"))


def _others(columns: _Columns, named: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """Add the fields that only a name reveals; drop those without a column."""
    for name in names:
        named[name] = columns.called(name, [*named.values()])
    return {name: column for name, column in named.items() if column}


def _prompt(columns: _Columns, taken: Sequence[str]) -> str:
    """By its name, else the first text that is nothing else."""
    return columns.called("prompt", taken) or next(iter(columns.texts(taken)), "")


def _verdict(columns: _Columns, taken: Sequence[str]) -> str:
    named = columns.called("winner", taken)
    return named or next((name for name in columns.names if name not in taken and columns.is_verdict(name)), "")


def _pair(columns: _Columns, taken: Sequence[str], first: str, second: str) -> tuple[str, str]:
    """By their names; else two whose names differ by a, b or 1, 2 alone; of three texts beside a verdict, the last two."""
    named = columns.called(first, taken), columns.called(second, taken)
    if all(named):
        return named
    wants_text = first == "answer_a"
    for at, one in enumerate(columns.names[:MOST_PAIRED]):
        for other in columns.names[at + 1 : MOST_PAIRED]:
            difference = _differ_by(columns.plain(one), columns.plain(other))
            if one in taken or other in taken or not difference:
                continue
            if wants_text == (columns.is_text(one) and columns.is_text(other)) and (wants_text or "model" in difference):
                return one, other
    texts = columns.texts(taken) if wants_text else []
    has_verdict = any(columns.is_verdict(name) for name in columns.names)
    return (texts[1], texts[2]) if len(texts) == 3 and has_verdict else ("", "")


def _differ_by(one: str, other: str) -> str:
    """What two names have in common, where they differ by their sides alone: answer_left, answer_right."""
    first, second = (re.findall(r"[a-z]+|\d+", name) for name in (one, other))
    if len(first) != len(second):
        return ""
    different = [{a, b} for a, b in zip(first, second, strict=True) if a != b]
    common = " ".join(a for a, b in zip(first, second, strict=True) if a == b)
    return (common or "sides") if len(different) == 1 and different[0] in _SIDES else ""
