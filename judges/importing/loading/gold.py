"""Labels -> battles with their answers, and a gold set of the arena that serves all its judges."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, cast

from django.db.models import QuerySet

from arena.evidence.ledger import record_labels
from arena.importing.checks.newcomers import UNASKED_COMPETITORS
from arena.importing.files.notes import FileNote, about_thinking, lazy_lines_of
from arena.importing.files.problems import Problems
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps, in_parts
from arena.llm.wires.replies import is_blank
from arena.llm.wires.thinking import parted
from arena.models import Arena, Import, Response
from arena.seen_names import name_fault
from judges.importing import notes, pandalm_battles
from judges.importing.label_pairs import pairs_of
from judges.importing.loading.contests import Contest, Finder, Placed, StoredAnswer
from judges.importing.loading.named_answers import OWN_LAYOUTS, with_stored_answers
from judges.importing.rows import JudgementRow, LabelledAnswer, LabelRow, NamedAnswer, Place
from judges.models import Game, GoldAnswer, GoldItem, GoldSet, Judge
from judges.verdicts.verdict import Side, agreed_label

LONGEST_NAME = 200
UNNAMED = "gold"  # a set whose name people could not read
KEYS_A_QUERY = 1_000
FINDING = 0.8  # of the work on a file of labels: its prompts, answers and battles
SAME = " = "  # between the keys of pairs that are one battle with one label

type Labels = frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of the labels of a file.

    Parameters
    ----------
    gold : GoldSet
    placed : mapping of pair key to Placed
    repeated : tuple of tuple of str
        Keys of pairs that are one and the same battle, group by group.
    contradicted : mapping of battle id to labels
        Battles of this set's pairs that have labels which contradict each other, of whatever set: they count in no figure.
    empty : tuple of str
        Keys of pairs with an empty answer.
    n_thought : int
        Answers with what was thought before.
    n_new : mapping of str to int
        Prompts, answers and competitors that were made.
    not_meant : tuple of FileNote
        Texts that are most likely an id or a name, with their lines.
    n_without_label : int
        Pairs of which the file does not say which is better.
    n_not_here : int
        Rows that name a prompt which the arena has not.
    n_answers : int
        Answers with a label of their own.
    n_otherwise : int
        Of them those that have another label in this set already, which stays.
    served_by : str
        The name that the labels were to have, where a set that is here has them all.
    other_sets : tuple of GoldSet
        Where the file names its sets, those beside `gold`.
    n_added : int
        Labels that are new in the set.
    """

    gold: GoldSet
    placed: Mapping[str, Placed]
    repeated: tuple[tuple[str, ...], ...]
    contradicted: Mapping[int, tuple[str, ...]]
    empty: tuple[str, ...]
    n_thought: int
    n_new: Mapping[str, int]
    not_meant: tuple[FileNote, ...]
    n_without_label: int = 0
    n_not_here: int = 0
    n_answers: int = 0
    n_otherwise: int = 0
    served_by: str = ""
    other_sets: tuple[GoldSet, ...] = ()
    n_added: int = 0

    def notes(self) -> Iterator[FileNote]:
        """For people: what is new, what was merged, which labels contradict each other, and which answers are not answers."""
        yield notes.of_new(self.n_new)
        yield from self._about_sets()
        if self.repeated:
            yield notes.of_repeated_pairs([SAME.join(keys) for keys in self.repeated], sum(map(len, self.repeated)))
        if self.contradicted:
            # By the pair's key in the file: a check makes battles of its own, whose numbers are gone with it.
            keys = {one.battle_id: key for key, one in list(self.placed.items())[::-1]}
            yield notes.of_contradictions({keys[battle]: labels for battle, labels in self.contradicted.items()})
        if self.empty:
            yield notes.of_empty_answers(self.empty)
        if self.n_thought:
            yield about_thinking(self.n_thought)

    @property
    def n_labels(self) -> int:
        """Of pairs, in all of the sets."""
        return sum(gold.items.count() for gold in (self.gold, *self.other_sets))

    def _about_sets(self) -> Iterator[FileNote]:
        if self.other_sets:
            yield notes.of_sets(gold.name for gold in (self.gold, *self.other_sets))
        if self.served_by:
            yield notes.of_serving_set(self.gold.name)
        if self.n_answers:
            yield notes.of_labelled_answers(self.n_answers)
        if self.n_otherwise:
            yield notes.of_other_labels(self.n_otherwise)
        if self.n_not_here:
            yield notes.of_unknown_prompts(self.n_not_here)

    def warnings(self) -> Iterator[FileNote]:
        """What most likely is not meant."""
        yield from warnings_of(self.not_meant)


def warnings_of(not_meant: Sequence[FileNote]) -> Iterator[FileNote]:
    """The first of them, and how many more."""
    yield from not_meant[: notes.MOST_NAMED]
    if (n_more := len(not_meant) - notes.MOST_NAMED) > 0:
        yield notes.of_more_ids(n_more)


def load_labels(
    arena: Arena, name: str, rows: Sequence[LabelRow], *, origin: str, steps: Steps = ALL_AT_ONCE, **options: Any
) -> Loaded:
    """As `_load_labels`; in one transaction, or in steps."""
    with steps.whole():
        return _load_labels(arena, name, rows, origin=origin, steps=steps, **options)


def _load_labels(
    arena: Arena,
    name: str,
    rows: Sequence[LabelRow],
    *,
    origin: str,
    steps: Steps,
    filename: str = "",
    grades_decide: bool = False,
    is_named: bool = True,
    of_judges: Iterable[Judge] = (),
    most_new: int = UNASKED_COMPETITORS,
    source: Import | None = None,
    place: Place = "line",
) -> Loaded:
    """The gold set with all labels, and where each pair stands. What is here already is not made again.

    The set is the one of this name, else the one that has all these labels already. Labels that come with judgements and were
    given no name of their own (`is_named`) go to the set that has most of them, or that these judges are measured by. Pairs of
    a test set whose battles were imported with people's votes are those battles.

    Raises TooManyCompetitors where more than `most_new` competitors are new and need a yes, and ImportProblems where a prompt
    is here with another text, or a name stands for no answer or for several; nothing is written then.
    """
    if origin in OWN_LAYOUTS:
        rows = with_stored_answers(arena, rows, filename=filename or name)
    pairs = pairs_of(rows, grades_decide=grades_decide, place=place)
    not_meant, before = tuple(ids_for_texts(arena, pairs)), n_here(arena)
    placed = _standing(arena, pairs) if origin == "pandalm" else {}
    missing = [pair for pair in pairs if pair.key not in placed]
    with steps.step():
        finder = Finder(arena, origin, Problems(filename or name), most_new, source, steps, _share(source, FINDING / 2))
    singles = [(row, answer) for row in rows for answer in row.answers if not _says_nothing(answer)]
    contests = [Contest(pair.prompt, tuple(map(_named_answer, pair.answers))) for pair in missing]
    battles = finder.battles(contests)
    answers = [each[0] for each in finder.answers([Contest(row.prompt, (_named_answer(one),)) for row, one in singles])]
    finder.problems.stop_if_any()
    placed |= {pair.key: one for pair, one in zip(missing, battles, strict=True) if one is not None}
    items = _items(pairs, placed)
    with steps.step():
        gold = _set_for(arena, name, origin, _labels(items), is_named=is_named, of_judges=of_judges)
    n_before = _n_labels(gold)
    n_otherwise = add_labels(arena, gold, items, _gold_answers(singles, answers), source, steps)
    return Loaded(
        gold, placed, _repeated(placed), contradicted(arena, {one.battle_id for one in placed.values()}), *_odd_answers(pairs),
        {thing: n - before[thing] for thing, n in n_here(arena).items()}, not_meant,
        sum(pair.label is None for pair in pairs), sum(one is None for one in (*battles, *answers)), len(singles), n_otherwise,
        name if gold.name != name[:120] else "", n_added=_n_labels(gold) - n_before,
    )  # fmt: skip


def _named_answer(answer: LabelledAnswer) -> NamedAnswer:
    return NamedAnswer(answer.competitor, answer.text)


def _says_nothing(answer: LabelledAnswer) -> bool:
    return answer.is_right is None and answer.grade is None


def _items(pairs: Iterable[LabelRow], placed: Mapping[str, Placed]) -> list[GoldItem]:
    """Without a gold set yet; pairs that are one battle with one label are one item, which names them all."""
    items: dict[tuple[int, str], GoldItem] = {}
    for pair in pairs:
        if pair.label is None or (at := placed.get(pair.key)) is None:
            continue
        label = at.label(pair.label)
        new = GoldItem(battle_id=at.battle_id, label=label, order=at.order, note=pair.key)
        item = items.setdefault((at.battle_id, label), new)
        if item.note != pair.key and item.order == at.order and len(item.note) + len(pair.key) < 190:
            item.note = f"{item.note}{SAME}{pair.key}"
    return list(items.values())


def _labels(items: Iterable[GoldItem]) -> Labels:
    return frozenset((item.battle_id, item.label) for item in items)


def _set_for(arena: Arena, name: str, origin: str, wanted: Labels, *, is_named: bool, of_judges: Iterable[Judge]) -> GoldSet:
    """One gold set serves all judges; it is found by its name, else by its content."""
    name = UNNAMED if name_fault(name) else name[:120]
    here = {gold.name: gold for gold in arena.gold_sets.order_by("pk")}
    if name in here:
        return here[name]
    labels = {gold: _labels(gold.items.all()) for gold in here.values()} if wanted else {}
    equal = next((gold for gold, kept in labels.items() if kept == wanted), None)
    if equal is None and not is_named:
        common = {gold: len(kept & wanted) for gold, kept in labels.items()}
        best = max(common, key=lambda gold: common[gold], default=None)
        equal = best if best is not None and common[best] else _of_judges(here.values(), origin, of_judges)
    return equal or GoldSet.objects.create(arena=arena, name=name, origin=origin)


def _of_judges(sets: Iterable[GoldSet], origin: str, judges: Iterable[Judge]) -> GoldSet | None:
    """The set of this layout that the other games of these judges are measured by, if there is just one: a judge's games may
    come in parts.
    """
    games = Game.objects.filter(judge__in=list(judges))
    measured = [gold for gold in sets if gold.origin == origin and games.filter(battle__gold_items__gold_set=gold).exists()]
    return measured[0] if len(measured) == 1 else None


def _n_labels(gold: GoldSet) -> int:
    return gold.items.count() + gold.answers.count()


def add_labels(
    arena: Arena,
    gold: GoldSet,
    items: Sequence[GoldItem],
    answers: Mapping[int, GoldAnswer],
    source: Import | None = None,
    steps: Steps = ALL_AT_ONCE,
) -> int:
    """How many answers have another label in this set."""
    n_otherwise, every = 0, [*items, *answers.values()]
    for some in in_parts(every, steps.rows_a_step):
        with steps.step(_share(source, 1 - FINDING) * len(some) / len(every)) as step:
            of_pairs = [each for each in some if isinstance(each, GoldItem)]
            of_answers = {each.response_id: each for each in some if isinstance(each, GoldAnswer)}
            n_new, n_other = _add_labels(arena, gold, of_pairs, of_answers, source)
            if source is not None and source.kind == Import.Kind.LABELS:
                step.n_added = n_new
        n_otherwise += n_other
    return n_otherwise


def _share(source: Import | None, share: float) -> float:
    """Of a file of labels; of judgements with labels beside them, the judgements are the work."""
    return share if source is not None and source.kind == Import.Kind.LABELS else 0.0


def _add_labels(
    arena: Arena, gold: GoldSet, items: Sequence[GoldItem], answers: Mapping[int, GoldAnswer], source: Import | None
) -> tuple[int, int]:
    """How many are new, and how many answers have another label in this set."""
    known = _labels(_here(gold.items.all(), "battle", {item.battle_id for item in items}))
    new = [item for item in items if (item.battle_id, item.label) not in known]
    labelled = list(_here(gold.answers.all(), "response", set(answers)))
    labels = {each.response_id: (each.is_right, each.grade) for each in labelled}
    new_answers = [answer for pk, answer in answers.items() if pk not in labels]
    for item in new:
        item.gold_set, item.source = gold, source
    for answer in new_answers:
        answer.gold_set, answer.source = gold, source
    GoldItem.objects.bulk_create(new)
    GoldAnswer.objects.bulk_create(new_answers)
    if n_labels := len(new) + len(new_answers):
        record_labels(arena_id=arena.pk, n_labels=n_labels, reason=f"gold set {gold.name}")
    return n_labels, sum(pk in labels and labels[pk] != (each.is_right, each.grade) for pk, each in answers.items())


def _here[M: (GoldItem, GoldAnswer)](rows: "QuerySet[M]", name: str, numbers: set[int]) -> "QuerySet[M]":
    """Those on these battles or answers, or all where that would be too many numbers for a statement."""
    return rows.filter(**{f"{name}__in": numbers}) if len(numbers) <= KEYS_A_QUERY else rows


def _gold_answers(
    singles: Sequence[tuple[LabelRow, LabelledAnswer]], answers: Sequence[StoredAnswer | None]
) -> dict[int, GoldAnswer]:
    by_response: dict[int, GoldAnswer] = {}
    for (row, answer), stored in zip(singles, answers, strict=True):
        if stored is not None:
            one = GoldAnswer(response_id=stored.pk, is_right=answer.is_right, grade=answer.grade, note=row.key[:200])
            by_response.setdefault(stored.pk, one)
    return by_response


def n_here(arena: Arena) -> dict[str, int]:
    answers = Response.objects.filter(prompt__arena=arena)
    return {"prompt": arena.prompts.count(), "answer": answers.count(), "competitor": arena.competitors.count()}


def ids_for_texts(arena: Arena, pairs: Sequence[LabelRow | JudgementRow]) -> Iterator[FileNote]:
    """Prompts that are another prompt's id, and answers that are a competitor's name: texts are needed there."""
    ids: set[str] = set()
    asked = {"\n\n".join(pair.prompt.turns) for pair in pairs}
    for some in batched({text for text in asked if 0 < len(text) <= LONGEST_NAME}, KEYS_A_QUERY):
        named = arena.prompts.filter(key__in=some).values_list("key", "turns")
        ids |= {key for key, turns in named if turns != [key]}
    names = {answer.competitor for pair in pairs for answer in pair.answers if answer.competitor}
    names |= set(arena.competitors.values_list("name", flat=True))
    for pair in pairs:
        place: object = lazy_lines_of([pair.line]) if pair.line else getattr(pair, "key", "")
        prompt = "\n\n".join(pair.prompt.turns)
        if prompt in ids:
            yield notes.of_id_for_prompt(place, prompt)
        for side, text in zip("ab", [answer.text for answer in pair.answers], strict=False):
            if text is not None and text in names:
                yield notes.of_name_for_answer(place, side, text)


def _odd_answers(pairs: Iterable[LabelRow]) -> tuple[tuple[str, ...], int]:
    """Keys of pairs with an empty answer, and how many answers include thinking."""
    empty, n_thought = [], 0
    for pair in pairs:
        parts = [parted(answer.text) for answer in pair.answers if answer.text is not None]
        n_thought += sum(1 for _, thinking in parts if thinking)
        if any(is_blank(text) for text, _ in parts):
            empty.append(pair.key)
    return tuple(empty), n_thought


def _repeated(placed: Mapping[str, Placed]) -> tuple[tuple[str, ...], ...]:
    by_battle: dict[int, list[str]] = defaultdict(list)
    for key, one in placed.items():
        by_battle[one.battle_id].append(key)
    return tuple(tuple(keys) for keys in by_battle.values() if len(keys) > 1)


def contradicted(arena: Arena, battles: Container[int]) -> dict[int, tuple[str, ...]]:
    labels_of: dict[int, dict[Side, None]] = defaultdict(dict)
    items = GoldItem.objects.counted().filter(gold_set__arena=arena).order_by("pk")
    for battle, label in items.values_list("battle_id", "label").iterator(chunk_size=10_000):
        labels_of[battle][cast(Side, label)] = None
    return {pk: tuple(labels) for pk, labels in labels_of.items() if pk in battles and agreed_label(labels) is None}


def _standing(arena: Arena, pairs: Sequence[LabelRow]) -> dict[str, Placed]:
    """By the test set's own numbers: the same two answers may stand in it several times, with other labels."""
    battles = pandalm_battles.battles_of(arena, [pair.key for pair in pairs])
    return {key: Placed(battle, order) for key, (battle, order) in battles.items()}
