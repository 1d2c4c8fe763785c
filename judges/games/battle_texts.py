"""Loads the texts that judges read, with few queries for many battles."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import batched

from arena.models import Battle, FinishState, Response
from judges.card_parameters import Parameters
from judges.models import Checklist
from judges.protocols.judge_input import Criterion, JudgeInput
from judges.safeguards.injections import taints

BATTLES_A_QUERY = 1_000
CUT = "\n[... cut here before judging, {n:,} more characters ...]"


@dataclass(frozen=True, slots=True)
class JudgedBattle:
    """One battle as judges see it: its texts, and how the generation of each answer ended."""

    battle_id: int
    pair: tuple[str, str]  # names of the competitors a and b
    prompt_key: str
    item: JudgeInput
    reference: str
    verifier: dict[str, object] | None
    finishes: tuple[str, str]

    @property
    def is_delivered(self) -> tuple[bool, bool]:
        """Whether each answer was delivered; an answer cut at the token limit was."""
        return self.finishes[0] in _DELIVERED, self.finishes[1] in _DELIVERED

    @property
    def is_empty(self) -> tuple[bool, bool]:
        first, second = ("".join(turns).strip() == "" for turns in self.item.answers)
        return first, second

    @property
    def is_identical(self) -> bool:
        """Whether the two answers are exactly the same."""
        first, second = (tuple(turn.strip() for turn in turns) for turns in self.item.answers)
        return first == second

    @property
    def longest(self) -> int:
        """The number of characters in the longest turn of either answer."""
        return max(len(turn) for turns in self.item.answers for turn in turns)

    def taints(self) -> list[str]:
        """The signs that an answer addresses its judge, each reason once, with its side."""
        return [
            f"{side}: {reason}"
            for side, turns in zip("ab", self.item.answers, strict=True)
            for reason in dict.fromkeys(reason for turn in turns for reason in _taints(turn))
        ]

    def seen_by(self, parameters: Parameters) -> JudgeInput:
        """The texts with the operator's criteria, and with both answers cut to the same length if the card says so."""
        item = replace(self.item, criteria=parameters.criteria) if parameters.criteria else self.item
        if parameters.over_long == "truncate" and self.longest > parameters.longest_answer:
            first, second = (tuple(_cut(turn, parameters.longest_answer) for turn in turns) for turns in item.answers)
            item = replace(item, answers=(first, second))
        return item


_DELIVERED = {FinishState.STOP.value, FinishState.LENGTH.value}


def contests_of(battle_ids: Iterable[int]) -> Iterator[JudgedBattle]:
    """The contests of these battles, in the same order; battles whose answers are not stored are left out."""
    for chunk in batched(battle_ids, BATTLES_A_QUERY):
        battles = Battle.objects.showable().select_related("prompt", "competitor_a", "competitor_b", "response_a", "response_b")
        battle_by_pk = battles.defer("prompt__html", "response_a__html", "response_b__html").in_bulk(chunk)
        prompts = {battle.prompt_id for battle in battle_by_pk.values()}
        checklists = dict(Checklist.objects.filter(prompt__in=prompts).values_list("prompt_id", "criteria"))
        for pk in chunk:
            if pk in battle_by_pk:
                yield _contest(battle_by_pk[pk], checklists.get(battle_by_pk[pk].prompt_id or 0, []))


def against_themselves(response_ids: Iterable[int]) -> Iterator[tuple[int, JudgedBattle]]:
    """Each answer paired with itself, with its prompt's id; half of such a pair's length is its share of any battle's."""
    for chunk in batched(response_ids, BATTLES_A_QUERY):
        rows = Response.objects.filter(pk__in=chunk).select_related("prompt", "competitor").defer("html", "prompt__html")
        answers = list(rows.order_by("pk"))
        checklists = dict(
            Checklist.objects.filter(prompt__in={each.prompt_id for each in answers}).values_list("prompt_id", "criteria")
        )
        for each in answers:
            beside = Battle(
                pk=0,
                prompt=each.prompt,
                response_a=each,
                response_b=each,
                competitor_a=each.competitor,
                competitor_b=each.competitor,
            )
            yield each.prompt_id, _contest(beside, checklists.get(each.prompt_id, []))


def _contest(battle: Battle, checklist: list[dict[str, object]]) -> JudgedBattle:
    prompt, first, second = battle.prompt, battle.response_a, battle.response_b
    if prompt is None or first is None or second is None:
        raise ValueError(f"{battle} has no answers here: it cannot be judged")
    return JudgedBattle(
        battle_id=battle.pk,
        pair=(battle.competitor_a.name, battle.competitor_b.name),
        prompt_key=prompt.key,
        item=JudgeInput(
            tuple(prompt.turns), (_turns(first), _turns(second)), prompt.system_prompt, checklist=criteria_of(checklist)
        ),
        reference=prompt.reference,
        verifier=prompt.verifier,
        finishes=(first.finish, second.finish),
    )


def criteria_of(checklist: Iterable[Mapping[str, object]]) -> tuple[Criterion, ...]:
    """The criteria as a checklist stores them."""
    return tuple(Criterion(str(row["text"]), float(str(row.get("weight", 1)))) for row in checklist)


def as_rows(criteria: Iterable[Criterion]) -> list[list[object]]:
    """The criteria as a game stores them: the text and weight of each."""
    return [[criterion.text, criterion.weight] for criterion in criteria]


def _turns(response: Response) -> tuple[str, ...]:
    return tuple(response.turns) or (response.text,)


@lru_cache(maxsize=4_096)
def _taints(text: str) -> tuple[str, ...]:
    """The signs in one answer, cached because an answer meets many others."""
    return taints(text)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + CUT.format(n=len(text) - longest)
