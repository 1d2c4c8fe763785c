"""Gold sets: pairs of answers of which is known which is better, read from files or made from verifiers.

A row that cannot be understood stops the reading, with its file and line; a label is never guessed.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from arena.importing.files.json_objects import with_keys_once
from arena.seen_names import made_storable, name_fault
from arena.texts.verifiers import VerifierTimeoutError, passes
from judges.verdicts.verdict import Side

JUDGEBENCH_LABELS: Mapping[str, Side] = {"A>B": "a", "B>A": "b"}
PANDALM_LABELS: Mapping[int, Side] = {0: "tie", 1: "a", 2: "b"}
PLAIN_LABELS: Mapping[str, Side] = {"a": "a", "b": "b", "tie": "tie", "both_bad": "both_bad"}
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Fields:
    """What a layout reads, and how its files are written."""

    needed: tuple[str, ...]
    also: tuple[str, ...]
    written: str


LABELS = "; label is one of "
FIELDS: Mapping[str, Fields] = {
    "judgebench": Fields(
        ("pair_id", "question", "response_A", "response_B", "label"), ("source", "response_model"),
        f"JSON lines or CSV{LABELS}{', '.join(JUDGEBENCH_LABELS)}",
    ),
    "pandalm": Fields(
        ("cmp_key", "instruction", "response1", "response2", "annotator1", "annotator2", "annotator3"),
        ("idx", "input", "motivation_app"),
        "one JSON list; an annotator says 1 or 2 for the better response, 0 for a tie",
    ),
    "plain": Fields(
        ("prompt", "answer_a", "answer_b", "label"), ("id", "origin", "reference", "competitor_a", "competitor_b"),
        f"JSON lines or CSV{LABELS}{', '.join(PLAIN_LABELS)}; prompt and answers are texts, not ids",
    ),
}  # fmt: skip


def fields_told() -> str:
    """What each layout reads, for --help."""
    lines = [
        f"  {name}: {', '.join(each.needed)} and, if present, {', '.join(each.also)} ({each.written})"
        for name, each in FIELDS.items()
    ]
    return "\n".join(["fields, by format:", *lines])


class GoldSetError(ValueError):
    """A gold set that cannot be read: where, what was found, what is allowed."""


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two answers to a prompt, and which is better.

    Parameters
    ----------
    key : str
        Unique in the set.
    prompt, answer_a, answer_b : str
    label : Side or None
        None = annotators name no outcome by majority: nothing to score against.
    origin : str
        Subject or source, for figures by group; "" = unknown.
    competitor_a, competitor_b : str
        Whose answers; "" = unknown.
    reference : str
    annotations : tuple of Side
        What each annotator said, where the set has several.
    place : str
        Where it stands in its file; "" = in none.
    """

    key: str
    prompt: str
    answer_a: str
    answer_b: str
    label: Side | None
    origin: str = ""
    competitor_a: str = ""
    competitor_b: str = ""
    reference: str = ""
    annotations: tuple[Side, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class _GoldRow:
    """An object of a file, with where it stood."""

    place: str
    values: Mapping[str, Any]

    def with_all(self, needed: Sequence[str]) -> "_GoldRow":
        """Itself; raises GoldSetError with all that is missing."""
        if missing := [name for name in needed if name not in self.values]:
            are_needed = f"{', '.join(needed[:-1])} and {needed[-1]} are needed"
            here = ", ".join(str(name)[:40] for name in list(self.values)[:MOST_NAMED]) or "none"
            raise GoldSetError(f"{self.place}: {are_needed}; missing: {', '.join(missing)}; here are: {here}")
        return self

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise GoldSetError(f"{self.place}: {name} is {value!r}; it has to be a text")
        return value

    def name(self, field: str) -> str:
        """Of a model or a source; empty where the file says nothing."""
        value = self.text(field, default="").strip()
        return self.seen(field, value)

    def seen(self, field: str, name: str) -> str:
        if fault := name_fault(name):
            raise GoldSetError(f"{self.place}: {field} is {name!r}; {fault}")
        return name

    def answer(self, name: str) -> str:
        """As `text`; the public PandaLM file has six answers that are JSON's word true instead of a text."""
        value = self.values.get(name)
        return json.dumps(value) if isinstance(value, bool) else self.text(name)

    def label(self, name: str, allowed: Mapping[Any, Side]) -> Side:
        value = self.values.get(name)
        # True == 1 in a mapping: a label is of the type that it is written as.
        if isinstance(value, str | int) and not isinstance(value, bool) and value in allowed:
            return allowed[value]
        raise GoldSetError(f"{self.place}: {name} is {value!r}; allowed are {', '.join(map(repr, allowed))}")


def read_judgebench(path: Path) -> tuple[GoldPair, ...]:
    """JudgeBench layout: JSON lines with pair_id, source, question, response_model, response_A, response_B, label.

    References
    ----------
    S. Tan et al., "JudgeBench: a benchmark for evaluating LLM-based judges", 2024.
    """
    return _unique(path, (_judgebench_pair(row) for row in _lines(path, FIELDS["judgebench"])))


def read_pandalm(path: Path) -> tuple[GoldPair, ...]:
    """PandaLM layout: one JSON list with idx, cmp_key, instruction, input, response1, response2, annotator1 to annotator3.

    The label is what more than half of the annotators say.

    References
    ----------
    Y. Wang et al., "PandaLM: an automatic evaluation benchmark for LLM instruction tuning optimization", 2023.
    """
    return _unique(path, (_pandalm_pair(row.with_all(FIELDS["pandalm"].needed)) for row in _entries(path)))


def read_plain(path: Path) -> tuple[GoldPair, ...]:
    """JSON lines with prompt, answer_a, answer_b, label (a, b, tie, both_bad); if known id, origin, reference, competitors."""
    return _unique(path, (_plain_pair(row) for row in _lines(path, FIELDS["plain"])))


READERS: Mapping[str, Callable[[Path], tuple[GoldPair, ...]]] = {
    "judgebench": read_judgebench,
    "pandalm": read_pandalm,
    "plain": read_plain,
}


def read_gold_set(layout: str, path: Path) -> tuple[GoldPair, ...]:
    """Read a file of a layout of `READERS`.

    Raises
    ------
    GoldSetError
        If the layout is unknown, or the file cannot be read as one.
    """
    if layout not in READERS:
        raise GoldSetError(f"unknown layout {layout!r}: allowed are {', '.join(READERS)}")
    return READERS[layout](path)


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """One competitor's answer to a prompt, to be checked."""

    competitor: str
    text: str


@dataclass(frozen=True, slots=True)
class VerifiedPrompt:
    """A prompt with its verifier and the answers to it."""

    key: str
    text: str
    verifier: Mapping[str, Any]
    answers: Sequence[GradedAnswer]
    reference: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class GoldPairs:
    """Pairs made from verifiers, and prompts that gave none."""

    pairs: tuple[GoldPair, ...]
    n_all_pass: int
    n_all_fail: int
    n_unchecked: int
    invalid: tuple[tuple[str, str], ...] = ()
    """Prompts (by key) whose verifier cannot be used, with the reason; they are among those that could not be checked."""


def gold_pairs_from_verifiers(prompts: Iterable[VerifiedPrompt], *, seed: int = 0) -> GoldPairs:
    """One pair for each prompt that one answer passes and one fails.

    Which of several, and which stands on side a, is drawn by hash of the seed and the prompt's key, so neither the order of
    prompts nor of answers matters. Answers that are the same text pass or fail together, so a pair never has equal ones.

    Examples
    --------
    >>> answers = [GradedAnswer("x", "It is 7."), GradedAnswer("y", "It is 8.")]
    >>> made = gold_pairs_from_verifiers([VerifiedPrompt("p", "3 + 4?", {"kind": "numeric", "value": 7}, answers)])
    >>> pair = made.pairs[0]
    >>> {"a": pair.competitor_a, "b": pair.competitor_b}[pair.label]
    'x'
    """
    pairs: list[GoldPair] = []
    invalid: list[tuple[str, str]] = []
    n_all_pass = n_all_fail = n_unchecked = 0
    for prompt in prompts:
        try:
            graded = [(passes(prompt.verifier, answer.text), answer) for answer in prompt.answers]
        except VerifierTimeoutError:
            n_unchecked += 1
            continue
        except ValueError as error:  # stored before verifiers were checked at the door
            n_unchecked += 1
            invalid.append((prompt.key, str(error)))
            continue
        right = [answer for has_passed, answer in graded if has_passed]
        wrong = [answer for has_passed, answer in graded if not has_passed]
        if right and wrong:
            pairs.append(_made_pair(prompt, right, wrong, seed=seed))
        n_all_pass += bool(right and not wrong)
        n_all_fail += bool(wrong and not right)
        n_unchecked += not graded
    return GoldPairs(tuple(pairs), n_all_pass, n_all_fail, n_unchecked, tuple(invalid))


def _made_pair(prompt: VerifiedPrompt, right: Sequence[GradedAnswer], wrong: Sequence[GradedAnswer], *, seed: int) -> GoldPair:
    def lot(*what: str) -> bytes:
        return sha256(json.dumps([seed, prompt.key, *what]).encode()).digest()

    winner, loser = (min(some, key=lambda answer: lot(answer.competitor, answer.text)) for some in (right, wrong))
    is_a = lot("side")[0] % 2 == 0
    a, b = (winner, loser) if is_a else (loser, winner)
    return GoldPair(
        key=prompt.key,
        prompt=prompt.text,
        answer_a=a.text,
        answer_b=b.text,
        label="a" if is_a else "b",
        origin=prompt.origin,
        competitor_a=a.competitor,
        competitor_b=b.competitor,
        reference=prompt.reference,
    )


def _judgebench_pair(row: _GoldRow) -> GoldPair:
    model = row.name("response_model")
    return GoldPair(
        key=row.text("pair_id"),
        prompt=row.text("question"),
        answer_a=row.text("response_A"),
        answer_b=row.text("response_B"),
        label=row.label("label", JUDGEBENCH_LABELS),
        origin=row.name("source"),
        competitor_a=model,
        competitor_b=model,
        place=row.place,
    )


def _pandalm_pair(row: _GoldRow) -> GoldPair:
    annotations = tuple(row.label(f"annotator{number}", PANDALM_LABELS) for number in (1, 2, 3))
    majority = [said for said in set(annotations) if 2 * annotations.count(said) > len(annotations)]
    names = row.name("cmp_key").split("_")
    # Names may hold _ themselves: which is which is not guessed.
    first, second = names if len(names) == 2 else ("", "")
    extra = row.text("input", default="")
    return GoldPair(
        key=str(row.values.get("idx", row.place)),
        prompt=row.text("instruction") + (f"\n\n{extra}" if extra else ""),
        answer_a=row.answer("response1"),
        answer_b=row.answer("response2"),
        label=majority[0] if majority else None,
        origin=row.name("motivation_app"),
        competitor_a=first,
        competitor_b=second,
        annotations=annotations,
        place=row.place,
    )


def _plain_pair(row: _GoldRow) -> GoldPair:
    return GoldPair(
        key=str(row.values.get("id", row.place)),
        prompt=row.text("prompt"),
        answer_a=row.text("answer_a"),
        answer_b=row.text("answer_b"),
        label=row.label("label", PLAIN_LABELS),
        origin=row.name("origin"),
        competitor_a=row.name("competitor_a"),
        competitor_b=row.name("competitor_b"),
        reference=row.text("reference", default=""),
        place=row.place,
    )


def _lines(path: Path, fields: Fields) -> Iterator[_GoldRow]:
    content = _content(path)
    if content.strip() and content.lstrip()[0] not in "{[":
        yield from _cells(path, fields)
        return
    # Not splitlines: it also breaks at characters that JSON allows inside a text.
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            place = f"{path.name}, line {number}"
            yield _object(place, _parsed(place, line)).with_all(fields.needed)


def _cells(path: Path, fields: Fields) -> Iterator[_GoldRow]:
    """Rows of a CSV; what is empty and not needed is as if it were not there."""
    # Reports of imports are in the reader's language: Django, which pairs that a program makes can do without.
    from arena.importing.files.columns import Columns
    from arena.importing.files.problems import ImportProblems, Problems
    from arena.importing.files.reading import read_rows

    problems = Problems(path.name)
    for line, row in read_rows(path, problems=problems, columns=Columns(read=(*fields.needed, *fields.also))):
        values = {name: value for name, value in row.items() if value or name in fields.needed}
        yield _GoldRow(f"{path.name}, line {line}", made_storable(values)).with_all(fields.needed)
    if problems.n_all:
        raise GoldSetError(str(ImportProblems(tuple(problems.first), problems.n_all)))


def _entries(path: Path) -> Iterator[_GoldRow]:
    rows = _parsed(path.name, _content(path))
    if not isinstance(rows, list):
        raise GoldSetError(f"{path.name}: a {type(rows).__name__}; it has to be one JSON list of objects")
    for number, row in enumerate(rows, 1):
        yield _object(f"{path.name}, entry {number}", row)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GoldSetError(f"{path.name}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


def _parsed(place: str, text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=with_keys_once)
    except (ValueError, RecursionError) as error:
        raise GoldSetError(f"{place}: no JSON ({error})") from error


def _object(place: str, value: object) -> _GoldRow:
    if not isinstance(value, dict):
        raise GoldSetError(f"{place}: {str(value)[:40]!r}; it has to be a JSON object")
    return _GoldRow(place, made_storable(value))


def _unique(path: Path, pairs: Iterable[GoldPair]) -> tuple[GoldPair, ...]:
    found: dict[str, GoldPair] = {}
    for pair in pairs:
        if pair.key in found:
            raise GoldSetError(f"{path.name}: the pair {pair.key!r} is there twice; give every pair its own id")
        found[pair.key] = pair
    if not found:
        raise GoldSetError(f"{path.name}: no pairs; is it the right file?")
    return tuple(found.values())
