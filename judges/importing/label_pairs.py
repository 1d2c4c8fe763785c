"""Rows of labels -> pairs with the better answer known: as the file compares them, or of answers that are right or graded."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import combinations

from judges.importing.rows import LabelledAnswer, LabelRow, Place


def pairs_of(rows: Sequence[LabelRow], *, grades_decide: bool = False, place: Place = "line") -> list[LabelRow]:
    """Every pair, each with a key of its own: the file's own one, else its line, or its row where rows were sent.

    Each right and each wrong answer to a prompt is in at least one pair; if grades decide, every two answers with different
    grades make a pair. Which answer of such a pair comes first is drawn by hash. Equal grades make no label.
    """
    keyed = [row if row.key else row._replace(key=f"{place} {row.line}") for row in rows]
    pairs = [row for row in keyed if row.is_pair]
    for row in _by_prompt([row for row in keyed if not row.is_pair]):
        pairs += _of_rights(row)
        pairs += _of_grades(row) if grades_decide else []
    return _with_keys(pairs)


def _with_keys(pairs: Sequence[LabelRow]) -> list[LabelRow]:
    seen: dict[str, int] = {}
    keyed = []
    for pair in pairs:
        key = pair.key[:180]
        seen[key] = seen.get(key, 0) + 1
        keyed.append(pair._replace(key=key if seen[key] == 1 else f"{key} ({seen[key]})"))
    return keyed


def _by_prompt(rows: Sequence[LabelRow]) -> Iterator[LabelRow]:
    """The answers to one prompt together."""
    groups: dict[object, list[LabelRow]] = {}
    for row in rows:
        groups.setdefault((row.prompt.key, row.prompt.turns, row.prompt.system_prompt), []).append(row)
    for group in groups.values():
        answers = dict.fromkeys(answer for row in group for answer in row.answers)
        if len(answers) > 1:
            yield group[0]._replace(answers=tuple(answers))


def _pair(row: LabelRow, better: LabelledAnswer, worse: LabelledAnswer, name: str) -> LabelRow:
    is_first = sha256(f"{name}\0{better.text}\0{worse.text}".encode("utf-8", "surrogatepass")).digest()[0] % 2 == 0
    both = (better, worse) if is_first else (worse, better)
    return row._replace(key=name, answers=both, label="a" if is_first else "b", is_pair=True)


def _of_rights(row: LabelRow) -> list[LabelRow]:
    right = [answer for answer in row.answers if answer.is_right is True]
    wrong = [answer for answer in row.answers if answer.is_right is False]
    if not right or not wrong:
        return []
    n_pairs = max(len(right), len(wrong))
    return [_pair(row, right[n % len(right)], wrong[n % len(wrong)], f"{row.key}, pair {n + 1}") for n in range(n_pairs)]


def _grade(answer: LabelledAnswer) -> float:
    return answer.grade or 0.0


def _of_grades(row: LabelRow) -> list[LabelRow]:
    graded = [answer for answer in row.answers if answer.grade is not None]
    return [
        _pair(row, max(two, key=_grade), min(two, key=_grade), f"{row.key}, pair {n}")
        for n, two in enumerate(combinations(graded, 2), 1)
        if two[0].grade != two[1].grade
    ]
