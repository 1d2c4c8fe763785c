"""Games of judges -> arrays, at a position of the ledger: the evidence of boards that count judges, or judges and people.

Each game is a comparison with its judge and the slot of each answer, so that a fit can remove every judge's position bias; or
a combiner makes one comparison of a judge's games on a battle, or of a panel's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from arena.evidence.same_texts import NO_SAME_TEXTS, SameTexts
from arena.evidence.turnout import Turnout
from arena.evidence.vote_tally import Ints, read_evidence
from arena.models import Event
from judges.models import Game, Judge
from judges.own_models import own_competitors
from ranking.comparisons.combined_outcomes import decide
from ranking.comparisons.comparison_rows import UNKNOWN, Ids, Rows, distinct
from ranking.comparisons.game_columns import Bools, Games
from ranking.comparisons.game_history import counting_judges, games_at, games_decided_on, may_count
from ranking.comparisons.judge_notes import remarks_on
from ranking.comparisons.judge_selection import OwnAnswers, SelectionRules, records_of
from ranking.comparisons.judges_set_aside import Juror, Jury, drop_own_answers, jury_of, left_out_for_marks
from ranking.comparisons.style import counted_ballots, shown_first
from ranking.comparisons.uncounted_verdicts import Uncounted
from ranking.maths import Comparisons, Tally
from ranking.maths.notes import Note


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """The counted comparisons with judge and slots; `remarks` are for the board's readers.

    `rules` are those that were applied, with what they fixed; `jurors` the judges with games here, and what became of them;
    `why_none` says of models that judges saw why none of their verdicts counts.
    """

    watermark: int
    turnout: Turnout
    n_set_aside: int
    rows: Rows
    remarks: tuple[Note, ...]
    rules: SelectionRules
    jurors: tuple[Juror, ...]
    why_none: Mapping[int, str]
    left_out: Mapping[str, int]  # see `Uncounted.in_numbers`
    without: tuple[int, ...] = ()  # competitors that no board rates
    same: SameTexts = NO_SAME_TEXTS

    @property
    def tally(self) -> Tally:
        """The rows counted by prompt, pair and outcome."""
        return self.rows.tally()

    @property
    def n_votes(self) -> int:
        """Where a rule gives shares of a battle to both sides, these are one verdict together."""
        return round(float(self.rows.weight.sum()))

    @property
    def prompts(self) -> Ints:
        return distinct(self.rows.prompt).astype(np.int64)

    @property
    def n_prompts_fitted(self) -> int:
        return len(self.prompts)

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    @property
    def competitors(self) -> Ints:
        return self.rows.competitors.astype(np.int64)

    def fixed(self) -> dict[str, object]:
        """What a snapshot stores: the parameters needed to reproduce it, and its judges."""
        judges = {"judges": [juror.in_words() for juror in self.jurors], "left_out": dict(self.left_out)}
        return self.rules.fixed() | judges | self.same.fixed(self.prompts)

    def digest(self) -> str:
        return self.rows.digest()

    def comparisons(self, names: dict[int, str]) -> Comparisons:
        return replace(self.rows, prompt=self.same.of(self.rows.prompt)).comparisons(names)


def judged_evidence(
    arena_id: int,
    position: int,
    rules: SelectionRules | None = None,
    *,
    prompts: Ints | None = None,
    without: Collection[int] = (),
) -> JudgedEvidence:
    """The games that counted at `position` (on some prompts, or on all), and people's votes where they count too.

    Whether a judge is usable, and what its vote weighs, rests on all its games in the arena.
    """
    jury, rules, uncounted = jury_at(arena_id, position, rules or SelectionRules(), prompts=prompts, without=without)
    decided = decide(jury.games, rules.combiner, jury.margins(), weights=rules.weights())
    rows, turnout, n_set_aside = decided.rows, Turnout.empty(), uncounted.n_set_aside
    if rules.with_people:
        people = read_evidence(
            arena_id, position, leaving_out=rules.voters_out(arena_id), days=rules.days, only=rules.only
        )  # fmt: skip
        turnout, n_set_aside = people.turnout, n_set_aside + people.n_set_aside
        rows = rows.followed_by(_people(arena_id, position, rules, prompts, without))
    return JudgedEvidence(
        position, turnout, n_set_aside, rows, tuple(remarks_on(jury, decided, rules, uncounted)), rules,
        jurors=tuple(jury.jurors.values()),
        why_none=uncounted.why_none(jury.games, rows.competitors),
        left_out=uncounted.in_numbers(jury.games, decided.undecided.total()), without=tuple(without),
    )  # fmt: skip


def judged_battles(
    arena_id: int, position: int, rules: SelectionRules, *, prompts: Ints | None, without: Collection[int] = ()
) -> tuple[Rows, Ids]:
    """The comparisons of `judged_evidence` that verdicts made, and the battle of each."""
    jury, rules, _ = jury_at(arena_id, position, rules, prompts=prompts, without=without)
    decided = decide(jury.games, rules.combiner, jury.margins(), weights=rules.weights())
    return decided.rows, jury.games.battle[decided.place]


def jury_at(
    arena_id: int, position: int, rules: SelectionRules, *, prompts: Ints | None, without: Collection[int] = ()
) -> tuple[Jury, SelectionRules, Uncounted]:
    """Who counted at a position with its games (on some prompts, or on all), the rules with what they fixed, and the games
    that do not count."""
    everything = games_at(arena_id, position)
    if rules.only is not None:
        everything = everything.where(
            rules.only.has_games(everything.game, everything.state, everything.a, everything.b)
        )  # fmt: skip
    known = Judge.objects.in_bulk(distinct(everything.judge).tolist())
    judges = {pk: judge for pk, judge in known.items() if may_count(judge, rules.jury)}
    if len(judges) < len(known):
        everything = everything.where(np.isin(everything.judge, list(judges)))
    are_left_out = left_out_for_marks(everything, judges, rules.marked)
    stand = everything.where(everything.stands & ~are_left_out)
    jury = jury_of(arena_id, position, stand, judges, named=rules.jury)
    of_days = games_decided_on(arena_id, rules.days) if rules.days else None
    jury.divide(stand.where(_on(stand, prompts, without, of_days)))
    rules = _fixed(rules, arena_id, jury)
    if rules.own:
        drop_own_answers(jury, rules.own, excluded=rules.own_answers == OwnAnswers.EXCLUDE)
    set_aside, marked = everything.at(~everything.stands), everything.at(everything.stands & are_left_out)
    return jury, rules, Uncounted(
        set_aside=set_aside.where(_on(set_aside, prompts, without, of_days)),
        marked=marked.where(_on(marked, prompts, without, of_days)),
        of_judges=jury.dropped,
        own=jury.own_dropped,
    )  # fmt: skip


def _fixed(rules: SelectionRules, arena_id: int, jury: Jury) -> SelectionRules:
    """With the parts that depend on more than the ledger, as of now, unless a snapshot fixed them."""
    if rules.own is None and rules.own_answers != OwnAnswers.OFF:
        rules = replace(rules, own=own_competitors(arena_id, jury.judges))
    if rules.records is None and rules.are_weighted:
        rules = replace(rules, records=records_of(arena_id, jury.games, jury.margins()))
    return rules


def _on(games: Games, prompts: Ints | None, without: Collection[int], of_days: Ints | None) -> Bools:
    """Which are on these prompts, between competitors that a board rates, and among those of its days."""
    taken = np.ones(len(games), dtype=np.bool_) if of_days is None else np.isin(games.game, of_days)
    if without:
        taken &= ~(np.isin(games.a, list(without)) | np.isin(games.b, list(without)))
    return taken if prompts is None else taken & np.isin(games.prompt, prompts)


def _people(arena_id: int, position: int, rules: SelectionRules, prompts: Ints | None, without: Collection[int]) -> Rows:
    ballots = counted_ballots(
        arena_id, position, prompts, without=without, leaving_out=rules.voters_out(arena_id), days=rules.days, only=rules.only
    )
    first, *_ = shown_first(arena_id, position, ballots.vote)
    n = len(ballots.vote)
    return Rows.of(ballots.prompt, ballots.a, ballots.b, ballots.outcome, first, np.full(n, UNKNOWN), np.ones(n))


def judge_names() -> dict[int, str]:
    """The names of judges in fits, by their codes. Rows without a judge id are human votes."""
    return {UNKNOWN: "people"} | {judge.pk: str(judge) for judge in Judge.objects.all()}


def has_games(arena_id: int) -> bool:
    """Whether an arena has verdicts that its own judge board would count."""
    return Event.objects.filter(arena_id=arena_id, kind=Event.Kind.GAMES_DECIDED).exists() and (
        Game.objects.decided().filter(counting_judges(), battle__arena_id=arena_id).exists()
    )
