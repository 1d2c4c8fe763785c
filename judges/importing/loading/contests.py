"""Prompts and answers of a file -> battles: those of the arena, and new ones where it has none.

A prompt is found by its id, else by its text. An answer is found by its competitor and text; where the file does not say whose
it is, by its text alone; where it gives no text, it is what the arena has of the competitor. Missing ones are created, unless
the file only names them: then there is no battle.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import batched, count
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from arena.importing.checks.newcomers import must_be_allowed
from arena.importing.files.problems import Problems, RowProblem
from arena.importing.files.rows import PromptRow
from arena.importing.formats.benchmarks.mt_bench import FIRST_TURN
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import PromptLookup
from arena.importing.loading.responses import ResponseKey, response_ids
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps, in_parts
from arena.llm.wires.thinking import parted
from arena.models import Arena, Battle, Competitor, CompetitorStatus, Import, Prompt, PromptPool, Response
from judges.importing.rows import NamedAnswer
from judges.verdicts.verdict import Order, Side

UNKNOWN = "unknown"
LONGEST_NAME = 200
ROWS_A_QUERY = 500
SWAPPED: dict[Side, Side] = {"a": "b", "b": "a"}
_UNNAMED = re.compile(rf"{UNKNOWN}( \(\w+\))?")


class Contest(NamedTuple):
    """One or two answers to a prompt, as a file names them."""

    prompt: PromptRow
    answers: tuple[NamedAnswer, ...]
    turn: int = 0  # 1: the first turn alone


@dataclass(frozen=True, slots=True)
class Placed:
    """The battle of a pair; `order` is the one that shows the pair's answer a first."""

    battle_id: int
    order: Order

    def label(self, side: Side) -> Side:
        """The pair's label, for the sides of the battle."""
        return SWAPPED.get(side, side) if self.order == "ba" else side


class StoredAnswer(NamedTuple):
    """A response of the arena."""

    pk: int
    prompt_id: int
    competitor_id: int
    name: str


def side_names(first: str, second: str) -> tuple[str, str]:
    """Two answers of one model, or of unknown models, are told apart by their side."""
    names = [(name.strip() or UNKNOWN)[: LONGEST_NAME - 4] for name in (first, second)]
    return (names[0], names[1]) if names[0] != names[1] else (f"{names[0]} (A)", f"{names[1]} (B)")


def lettered(number: int) -> str:
    """The name of one of several answers of unknown models."""
    return f"{UNKNOWN} ({chr(ord('A') + number)})" if number < 26 else f"{UNKNOWN} ({number + 1})"


def is_unnamed(name: str) -> bool:
    """Whether it says no more than the side."""
    return not name or _UNNAMED.fullmatch(name) is not None


@dataclass
class Finder:
    """Finds or creates what a file names, in one arena. Use inside a transaction.

    `problems` collect what contradicts the arena. Raises TooManyCompetitors where more than `most_new` are new.
    """

    arena: Arena
    pool: str
    problems: Problems
    most_new: int
    source: Import | None = None
    steps: Steps = ALL_AT_ONCE
    share: float = 0.0  # of its file: finding and making all of these
    _texts: dict[tuple[int, bytes], list[StoredAnswer]] = field(default_factory=lambda: defaultdict(list))
    _of: dict[tuple[int, str], StoredAnswer] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)
    _sides: set[str] = field(default_factory=set)  # names that say no more than the side
    _letters: dict[int, dict[str, str]] = field(default_factory=dict)
    _first_turns: dict[str, PromptRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        home, _is_new = PromptPool.objects.get_or_create(
            arena=self.arena, slug=self.pool[:50], defaults={"name": self.pool[:120]}
        )
        self._prompts = PromptLookup(self.arena.pk, home, self.source)
        self._competitors = CompetitorLookup(self.arena)

    def battles(self, contests: Sequence[Contest]) -> list[Placed | None]:
        """The battle of each pair; None if the file only names something that the arena lacks."""
        return [one for some in self._in_steps(contests, self._battles) for one in some]

    def answers(self, contests: Sequence[Contest]) -> list[list[StoredAnswer | None]]:
        """The response of each answer of each contest."""
        return [sides for some in self._in_steps(contests, self._answers) for sides in some]

    def _in_steps[T](self, contests: Sequence[Contest], find: Callable[[Sequence[Contest]], list[T]]) -> Iterator[list[T]]:
        for some in in_parts(contests, self.steps.texts_a_step):
            with self.steps.step(self.share * len(some) / len(contests)):
                yield find(some)

    def _battles(self, contests: Sequence[Contest]) -> list[Placed | None]:
        answers = self._answers(contests)
        pairs = [(first, second) if first and second else None for first, second in answers]
        made = battles_of(self.arena, [pair for pair in pairs if pair])
        return [None if pair is None else placed(made, *pair) for pair in pairs]

    def _answers(self, contests: Sequence[Contest]) -> list[list[StoredAnswer | None]]:
        prompts = self._prompt_ids(contests)
        self._read_answers({pk for pk in prompts if pk is not None})
        named = [self._named(each, pk) for each, pk in zip(contests, prompts, strict=True)]
        new = {name for sides in named for name, _text, stored in sides if stored is None and name}
        self._make(new)
        ids = self._competitors.ids(new)
        wanted = {
            ResponseKey(pk, ids[name], text): ()
            for sides, pk in zip(named, prompts, strict=True) if pk is not None
            for name, text, stored in sides if stored is None and name and text is not None
        }  # fmt: skip
        made = response_ids(wanted, self.source) if wanted else {}
        return [[self._stored(side, pk, ids, made) for side in sides] for sides, pk in zip(named, prompts, strict=True)]

    def _stored(
        self, side: "_Named", prompt: int | None, ids: dict[str, int], made: dict[ResponseKey, int]
    ) -> StoredAnswer | None:
        if side.stored is not None or prompt is None or not side.name or side.text is None:
            return side.stored
        competitor = ids[side.name]
        return StoredAnswer(made[ResponseKey(prompt, competitor, side.text)], prompt, competitor, side.name)

    def _named(self, contest: Contest, prompt: int | None) -> list["_Named"]:
        """The competitor of each answer, and the stored answer if there is one."""
        if prompt is None:
            return [_Named("", None, None) for _ in contest.answers]
        if len(contest.answers) == 1:
            return [self._alone(contest, prompt)]
        given = [answer.competitor.strip()[: LONGEST_NAME - 4] for answer in contest.answers]
        names = self._lettered_pair(contest, prompt) if all(map(is_unnamed, given)) else side_names(*given)
        self._sides.update(name for name in names if name not in given)
        sides = [
            self._known(contest, prompt, at, name, is_given=name == given_name)
            for at, (name, given_name) in enumerate(zip(names, given, strict=True))
        ]
        first, second = sides
        if first.owner == second.owner:  # the answer found by its text belongs to the other side's competitor: keep them apart
            free = next(name for name in (names[1], names[0], *map(lettered, range(3))) if name != first.owner)
            self._sides.update({free} - set(given))
            sides[1] = _Named(free, second.text, None)
        return sides

    def _lettered_pair(self, contest: Contest, prompt: int) -> tuple[str, str]:
        """Two answers of unknown models: an answer that occurs in several pairs keeps its letter."""
        letters = self._letters.setdefault(prompt, {})
        first, second = (answer.text or "" for answer in contest.answers)
        name = letters.get(first) or next(each for each in map(lettered, count()) if each != letters.get(second))
        other = letters.get(second) or ""
        if not other or other == name:
            other = next(each for each in (lettered(1), lettered(0), *map(lettered, range(2, 4))) if each != name)
        letters.setdefault(first, name)
        letters.setdefault(second, other)
        return name, other

    def _alone(self, contest: Contest, prompt: int) -> "_Named":
        """An answer of an unknown model gets a letter that no other answer to its prompt has."""
        name, text = contest.answers[0].competitor.strip()[: LONGEST_NAME - 4], contest.answers[0].text
        if name and not is_unnamed(name):
            return self._known(contest, prompt, 0, name, is_given=True)
        here = self._texts.get((prompt, _digest(parted(text)[0])), []) if text is not None else []
        if here or text is None:
            return _Named("", text, here[0] if here else None)
        letters = self._letters.setdefault(prompt, {})
        if text not in letters:
            taken = {name for (of, name) in self._of if of == prompt} | set(letters.values())
            letters[text] = next(letter for letter in map(lettered, count()) if letter not in taken)
        return _Named(letters[text], text, None)

    def _known(self, contest: Contest, prompt: int, at: int, name: str, *, is_given: bool) -> "_Named":
        text = contest.answers[at].text
        if text is None:
            stored = self._of.get((prompt, name))
            return _Named(name, None, stored) if stored or not contest.turn else self._first_turn(contest, name)
        if is_given and not is_unnamed(name):
            return _Named(name, text, None)
        here = self._texts.get((prompt, _digest(parted(text)[0])), [])
        same = next((one for one in here if one.name == name), here[0] if here else None)
        return _Named(name, text, same)

    def _first_turn(self, contest: Contest, name: str) -> "_Named":
        """The first turn of an answer of several turns, as an answer to the first turn."""
        of_whole = Response.objects.filter(prompt__arena=self.arena, prompt__key=contest.prompt.key, competitor__name=name)
        turns = of_whole.order_by("repeat").values_list("turns", flat=True).first()
        return _Named(name, str(turns[0]) if turns else None, None)

    def _prompt_ids(self, contests: Sequence[Contest]) -> list[int | None]:
        rows = [self._asked(each) for each in contests]
        given = [row for row in rows if row is not None]
        self._prompts.look_up(given)
        self._prompts.look_up([row._replace(key="") for row in given if row.turns])
        by_place: dict[int, PromptRow | None] = {}
        for at, row in enumerate(rows):
            by_place[at] = None if row is None else self._as_here(row)
        new = [row for row in by_place.values() if row is not None and row.turns]
        ids = self._prompts.ids(new) if new else {}
        self._must_be_one_text_each(new)
        known = self._prompts.look_up([row for row in by_place.values() if row is not None])
        ids |= {identity: each.pk for identity, each in known.items()}
        return [None if row is None else ids.get(self._prompts.identity(row)) for row in by_place.values()]

    def _must_be_one_text_each(self, new: Sequence[PromptRow]) -> None:
        """Of rows with one id the first has made the prompt: the answers of others would be filed under its text."""
        for row in new:
            if row.key and self._prompts.contradiction(row):
                allowed = _("another row has this id with another text: give each text an id of its own, or ignore the ids")
                self.problems.add_row(row.line, RowProblem(_("the prompt's id"), row.key, allowed))

    def _as_here(self, row: PromptRow) -> PromptRow | None:
        """Found by its id, else by its text, else taken as new. None if it is only named and the arena lacks it."""
        known = self._prompts.look_up([])
        if row.key and self._prompts.identity(row) in known:
            if problem := self._prompts.contradiction(row):
                self.problems.add_row(row.line, problem)
                return None
            return row
        if not row.turns:
            return None
        bare = row._replace(key="")
        return bare if self._prompts.identity(bare) in known else row

    def _asked(self, contest: Contest) -> PromptRow | None:
        """The prompt; for a judgement of the first turn alone, the prompt of that turn."""
        row = contest.prompt
        if contest.turn != 1 or not row.key:
            return row
        if row.key not in self._first_turns:
            whole = Prompt.objects.filter(arena=self.arena, key=row.key).first()
            first = row
            if whole is None or len(whole.turns) > 1:
                turns = tuple(whole.turns[:1]) if whole else ()
                system, category, language = (whole.system_prompt, whole.category, whole.language) if whole else ("", "", "")
                first = PromptRow(row.line, FIRST_TURN.format(row.key), turns, system, category=category, language=language)
            self._first_turns[row.key] = first
        return self._first_turns[row.key]

    def _read_answers(self, prompts: set[int]) -> None:
        """What the arena has of these prompts."""
        for some in batched(sorted(prompts - self._read), ROWS_A_QUERY):
            rows = Response.objects.filter(prompt__in=some).order_by("repeat", "pk")
            for pk, prompt, competitor, name, text in rows.values_list(
                "pk", "prompt_id", "competitor_id", "competitor__name", "text"
            ).iterator(chunk_size=500):
                one = StoredAnswer(pk, prompt, competitor, name)
                self._of.setdefault((prompt, name), one)
                self._texts[prompt, _digest(text)].append(one)
        self._read |= prompts

    def _make(self, names: Iterable[str]) -> None:
        """New competitors; sides without a model's name are hidden from voters and boards."""
        here = set(self.arena.competitors.values_list("name", flat=True))
        new = [name for name in sorted(names) if name not in here]
        must_be_allowed(len(new), self.most_new)
        rows = [Competitor(arena=self.arena, name=name, **self._status(name)) for name in new]
        Competitor.objects.bulk_create(rows, ignore_conflicts=True)

    def _status(self, name: str) -> dict[str, str]:
        return {"status": CompetitorStatus.UNNAMED} if name in self._sides or is_unnamed(name) else {}


class _Named(NamedTuple):
    """An answer as the file names it, or as it is stored."""

    name: str
    text: str | None
    stored: StoredAnswer | None

    @property
    def owner(self) -> str:
        return self.stored.name if self.stored else self.name


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _key(one: StoredAnswer, other: StoredAnswer) -> tuple[int, int]:
    """The two responses of a battle, that of the competitor with the lower id first."""
    return (one.pk, other.pk) if one.competitor_id < other.competitor_id else (other.pk, one.pk)


def placed(battles: Mapping[tuple[int, int], int], first: StoredAnswer, second: StoredAnswer) -> Placed:
    return Placed(battles[_key(first, second)], "ab" if first.competitor_id < second.competitor_id else "ba")


def battles_of(arena: Arena, pairs: Sequence[tuple[StoredAnswer, StoredAnswer]]) -> dict[tuple[int, int], int]:
    """By responses: the stored battle of the two, preferably one made for judging rather than for votes."""
    wanted = {_key(*pair): pair for pair in pairs}
    battles = dict(standing(arena, wanted))
    new = [
        Battle(
            arena=arena, prompt_id=pair[0].prompt_id, competitor_a_id=low.competitor_id, competitor_b_id=high.competitor_id,
            response_a_id=low.pk, response_b_id=high.pk, created_at=timezone.now(),
        )
        for key, pair in wanted.items() if key not in battles
        for low, high in [sorted(pair, key=lambda each: each.competitor_id)]
    ]  # fmt: skip
    made = Battle.objects.bulk_create(new, batch_size=ROWS_A_QUERY)
    return battles | {(each.response_a_id or 0, each.response_b_id or 0): each.pk for each in made}


def standing(arena: Arena, wanted: Iterable[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], int]]:
    """The battles of these two responses each."""
    keys = set(wanted)
    best: dict[tuple[int, int], tuple[bool, int]] = {}
    for some in batched(sorted({key[0] for key in keys}), ROWS_A_QUERY):
        rows = Battle.objects.published().filter(arena=arena, response_a__in=some)
        for pk, first, second, row_key in rows.values_list("pk", "response_a_id", "response_b_id", "row_key"):
            if (first, second) in keys:
                one = (row_key is not None, pk)
                best[first, second] = min(best.get((first, second), one), one)
    yield from ((key, pk) for key, (_is_voted, pk) in best.items())
