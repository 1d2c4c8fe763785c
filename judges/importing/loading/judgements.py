"""Judgements -> games of imported judges, without duplicates. A file names its judges, or the importer does."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, cast

from django.utils import timezone
from django.utils.translation import gettext as _

from arena.importing.checks.newcomers import UNASKED_COMPETITORS
from arena.importing.files.notes import FileNote, NamedRows
from arena.importing.files.problems import EMPTY, PlainWords, Problems
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps, in_parts
from arena.llm.wires.replies import is_blank
from arena.models import Arena, Import
from arena.wording import counted
from judges.games.battle_texts import contests_of
from judges.games.recording import end_game, file_ended, give_verdict
from judges.importing import notes
from judges.importing.imported_judges import exported_judge, imported_judge, supersede_older
from judges.importing.loading.gold import ids_for_texts, load_labels, n_here, warnings_of
from judges.importing.loading.named_answers import OWN_LAYOUTS, with_stored_answers
from judges.importing.loading.placed_games import PLACING, PlacedGames, place_games
from judges.importing.reading import ReadFile, problem_of
from judges.importing.rows import ExportedGame, JudgementRow, LabelledAnswer, LabelRow, NamedAnswer
from judges.models import Game, Judge
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Verdict

ROWS_A_STATEMENT = 2_000
MARKED = "an answer seems to speak to the judge"  # in English, as reasons in the ledger are


@dataclass(frozen=True, slots=True)
class JudgementChoices:
    """Options given with a file of judgements."""

    judge: str = ""  # whose they are, whatever the rows say
    gold: str = ""  # name of the gold set of the labels that come with them
    most_new: int = UNASKED_COMPETITORS
    source: Import | None = None  # the file's import, where it has one
    steps: Steps = ALL_AT_ONCE
    must_agree: bool = False  # a game that is here with another verdict is refused, instead of a note
    are_sent: bool = False  # the rows are those of a program, and stand on no lines


@dataclass
class Taken:
    """The result of importing a file."""

    format: str
    n_rows: int
    n_games: int = 0
    n_added: int = 0
    n_without_battle: int = 0
    n_repeated: int = 0  # games that occur in the file more than once, word for word
    judges: list[Judge] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)  # of all games of the file
    n_new: Mapping[str, int] = field(default_factory=dict)  # prompts, answers and competitors that were made
    notes: list[FileNote] = field(default_factory=list)
    warnings: list[FileNote] = field(default_factory=list)


type Place = tuple[int, Order, int]  # battle, order, repeat


def load_judgements(path: Path, file: ReadFile[JudgementRow], arena: Arena, choices: JudgementChoices | None = None) -> Taken:
    """Take a file in; the same file again adds nothing.

    Raises TooManyCompetitors where more than `most_new` competitors are new and need a yes, and ImportProblems where the rows
    contradict the arena, or none of them is about a battle of it; nothing is written then.
    """
    choices = choices or JudgementChoices()
    with choices.steps.whole():
        return _load(path, file, arena, choices)


def _load(path: Path, file: ReadFile[JudgementRow], arena: Arena, choices: JudgementChoices) -> Taken:
    taken = Taken(file.format, len(file.rows), notes=list(file.notes))
    before = n_here(arena)
    if file.format in OWN_LAYOUTS:
        file = replace(file, rows=with_stored_answers(arena, file.rows, filename=file.filename))
    with choices.steps.step():
        cards = _judges(path, file, choices)
    if any(row.label is not None for row in file.rows):
        _load_gold(arena, file, choices, cards.values(), taken)
    taken.warnings += warnings_of(list(ids_for_texts(arena, file.rows)))
    placed = place_games(arena, file, gold=choices.gold, most_new=choices.most_new, source=choices.source, steps=choices.steps)
    if not placed.games:
        _refuse(arena, file, placed)
    taken.n_games, taken.n_without_battle = len(placed.games), len(placed.without)
    by_judge: dict[Judge, list[tuple[Place, JudgementRow]]] = defaultdict(list)
    for place, row in placed.games:
        by_judge[cards[_speaker(row)]].append((place, row))
    n_otherwise = 0
    for judge, games in by_judge.items():
        once = _by_place(file.filename, games, are_sent=choices.are_sent)
        taken.n_repeated += len(games) - len(once)
        for some in in_parts(list(once.items()), choices.steps.rows_a_step):
            with choices.steps.step((1 - PLACING) * len(some) / len(placed.games)) as step:
                step.n_added, n_other = _add(judge, arena, dict(some), file.filename, choices)
            taken.n_added += step.n_added
            n_otherwise += n_other
        taken.states.update(row.judgement.state.value for row in once.values())
    taken.judges = list(by_judge)
    taken.n_new = {thing: n - before[thing] for thing, n in n_here(arena).items()}
    taken.notes += _notes(file, placed, taken.n_new, n_otherwise)
    return taken


class Speaker(NamedTuple):
    """What rows say about their judge."""

    name: str
    protocol: str  # that they are like
    identity: str  # empty where only its name is known


def _speaker(row: JudgementRow) -> Speaker:
    return Speaker(row.judge, row.protocol, row.exported.identity if row.exported else "")


def _judges(path: Path, file: ReadFile[JudgementRow], choices: JudgementChoices) -> dict[Speaker, Judge]:
    models: dict[Speaker, set[str]] = defaultdict(set)
    exported = {_speaker(row): row.exported for row in file.rows}
    for row in file.rows:
        models[_speaker(row)].add(row.model)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    stem = Path(file.filename).stem or file.filename
    by_speaker: dict[Speaker, Judge] = {}
    for each, of_model in models.items():
        model = of_model.pop() if len(of_model) == 1 else ""
        card = exported[each]
        if card is not None and not choices.judge:
            by_speaker[each] = exported_judge(each.name, each.protocol, card, model=model)
        else:
            by_speaker[each] = imported_judge(
                choices.judge or each.name, each.protocol, layout=file.format, otherwise=stem, digest=digest, model=model
            )
    supersede_older(judge for each, judge in by_speaker.items() if exported[each] is not None)
    return by_speaker


def _load_gold(
    arena: Arena, file: ReadFile[JudgementRow], choices: JudgementChoices, judges: Iterable[Judge], taken: Taken
) -> None:
    """The labels that stand beside the judgements: each pair once."""
    rows = [
        LabelRow(
            row.line, row.pair, row.prompt, tuple(LabelledAnswer(each.competitor, each.text) for each in row.answers),
            row.label, is_pair=True, origin=row.origin,
        )
        for row in file.rows
        if row.label is not None
    ]  # fmt: skip
    once = list({(row.line, row.key): row for row in rows}.values())
    name = choices.gold or Path(file.filename).stem or file.format
    loaded = load_labels(
        arena, name, once, origin=file.format, filename=file.filename, is_named=bool(choices.gold), of_judges=judges,
        most_new=choices.most_new, source=choices.source, steps=choices.steps,
    )  # fmt: skip
    taken.notes += loaded.notes()
    taken.warnings += loaded.warnings()


def _refuse(arena: Arena, file: ReadFile[JudgementRow], placed: PlacedGames) -> None:
    row = file.rows[0] if file.rows else None
    allowed = _("no row names a battle of %(arena)s: import its prompts and answers, or its test set, first")
    if placed.alone:
        allowed = _(
            "each prompt has the grade of one model's answer alone, and an answer alone makes no battle: give the grades of "
            "two models' answers to a prompt together"
        )
    rows = counted(len(file.rows), "row", "rows")
    problem_of(
        file.filename, _("what was sent"), PlainWords(rows), allowed % {"arena": arena.slug}, line=row.line if row else 1
    )


def _by_place(filename: str, games: Sequence[tuple[Place, JudgementRow]], *, are_sent: bool) -> dict[Place, JudgementRow]:
    """A repeated row is one game; which of two different ones counts is not guessed."""
    by_place: dict[Place, JudgementRow] = {}
    problems = Problems(filename)
    for place, row in games:
        first = by_place.setdefault(place, row)
        if (first.judgement, first.reply) != (row.judgement, row.reply):
            at = NamedRows([first.line], are_rows=are_sent)
            allowed = _("%(place)s judges the same answers in this order: keep one of the two, or number them by repeat")
            text = _("judged twice with different replies")
            problems.add(row.line, _("the judgement"), PlainWords(text), allowed % {"place": at}, is_row=True)
    problems.stop_if_any()
    return by_place


def _add(
    judge: Judge, arena: Arena, stored: Mapping[Place, JudgementRow], filename: str, choices: JudgementChoices
) -> tuple[int, int]:
    """How many are new, and how many are here with another verdict, which stays. Raises ImportProblems if they must agree."""
    columns = ("battle_id", "order", "repeat", "state", "winner", "score_first")
    battles = {battle for battle, _order, _repeat in stored}
    games = Game.objects.filter(judge=judge)
    games = games.filter(battle__in=battles) if len(battles) <= ROWS_A_STATEMENT else games.filter(battle__arena=arena)
    rows = games.values_list(*columns)
    here = {(battle, order, repeat): rest for battle, order, repeat, *rest in rows}
    new = [_game(judge, place, row) for place, row in stored.items() if place not in here]
    otherwise = [row for place, row in stored.items() if place in here and here[place] != _verdict_of(row)]
    if choices.must_agree:
        _refuse_other_verdicts(otherwise, filename)
    taints = {each.battle_id: each.taints() for each in contests_of(dict.fromkeys(game.battle_id for game in new))}
    for game in new:
        game.taints = taints.get(game.battle_id, [])
        exported = stored[game.battle_id, cast(Order, game.order), game.repeat].exported
        if exported is not None:
            _as_exported(game, judge, exported)
    reason = f"judgements of {judge} out of {filename}"
    file_ended(new, arena_id=arena.pk, now=timezone.now(), reason=reason, source=choices.source)
    Game.objects.bulk_create(new, batch_size=ROWS_A_STATEMENT)
    return len(new), len(otherwise)


def _refuse_other_verdicts(rows: Iterable[JudgementRow], filename: str) -> None:
    problems = Problems(filename)
    for row in rows:
        allowed = _(
            "this judge's game of these answers in this order is here with another verdict: give another name where it is "
            "another judge, or number them by repeat"
        )
        problems.add(row.line, _("the judgement"), row.judgement.label or EMPTY, allowed, is_row=True)
    problems.stop_if_any()


def _verdict_of(row: JudgementRow) -> list[object]:
    verdict = row.judgement.verdict
    if isinstance(verdict, Verdict):
        return [row.judgement.state.value, verdict.winner, verdict.scores[0] if verdict.scores else None]
    return [row.judgement.state.value, "", verdict]


def _game(judge: Judge, place: Place, row: JudgementRow) -> Game:
    battle, order, repeat = place
    game = Game(battle_id=battle, judge=judge, order=order, repeat=repeat, reply=row.reply, cost=row.cost)
    judgement = row.judgement
    state = judgement.state if judgement.verdict is not None or not judgement.state.has_verdict else GameState.ERROR
    end_game(game, state, reason=judgement.reason)
    game.label, game.label_start, game.label_end = judgement.label[:200], judgement.start, judgement.end
    if judgement.verdict is not None:
        give_verdict(game, judgement.verdict)
    return game


def _as_exported(game: Game, judge: Judge, exported: ExportedGame) -> None:
    """What its file says about it besides the verdict.

    Of a language model that is asked, a verdict on an answer that seems to speak to it counts only where a curator says so.
    """
    game.reference_given, game.set_aside_reason = exported.reference_given, exported.set_aside
    was_left_out = bool(game.taints) and exported.kind == Judge.Kind.CALLED and not judge.is_called
    if was_left_out and not game.set_aside_reason:
        game.set_aside_reason = MARKED
    game.is_counted = not game.set_aside_reason


def _is_empty(answer: NamedAnswer) -> bool:
    return answer.text is not None and is_blank(answer.text)


def _notes(file: ReadFile[JudgementRow], placed: PlacedGames, new: Mapping[str, int], n_otherwise: int) -> Iterator[FileNote]:
    if any(new.values()) and not any(row.label is not None for row in file.rows):
        yield notes.of_new(new)
    if against := [row for row in file.rows if row.contradicts]:
        yield notes.of_contradicting_replies([row.line for row in against], against[0].judgement.label, against[0].contradicts)
        if any(not row.is_single for row in against):
            yield notes.of_letters()
    has_labels = any(row.label is not None for row in file.rows)  # of their answers it is said with them
    if not has_labels and (empty := [row.line for row in file.rows if any(_is_empty(each) for each in row.answers)]):
        yield notes.of_empty_judged(empty)
    if placed.without:
        yield notes.of_rows_without_battle(placed.without)
    if placed.alone:
        yield notes.of_lone_answers(placed.alone)
    if n_otherwise:
        yield notes.of_other_verdicts(n_otherwise)
    yield from notes.of_columns(file.ignored)
