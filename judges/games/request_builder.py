"""Builds the request of one game from a judge's card and a battle, with its cache key."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from random import Random

from arena.llm.wires.messages import Request
from arena.models import Endpoint
from arena.runs.sender_threads import target_of
from judges.card_parameters import Parameters
from judges.cards import Protocol, check_slots, parameters_of, protocol_of
from judges.games.battle_texts import JudgedBattle
from judges.models import Judge
from judges.protocols import PairProtocol, shows_reference
from judges.protocols.judge_input import JudgeInput
from judges.safeguards.delimiters import new_delimiter, request_key
from judges.sayings import Refused, Saying, gettext_noop
from judges.verdicts.verdict import Order, Verdict

# Reasons why a judge cannot be asked.
FAULTY = gettext_noop("%(judge)s cannot be asked: %(reason)s. Edit the judge")
NEEDS_TURNS = gettext_noop("%(protocol)s: made for several turns, and the prompt has one")
NEEDS_CHECKLIST = gettext_noop("%(protocol)s: the prompt has no checklist yet: manage.py write_checklists has one written")

# Fields of a target that the card contains, or that no reply changes.
_WHERE = frozenset({"wire", "base_url", "model", "key_name", "timeout", "allowed"})


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """A language-model judge, ready to compose requests."""

    judge: Judge
    protocol: Protocol
    parameters: Parameters
    fault: Saying | None = None  # why this card cannot be asked at all

    @classmethod
    def of(cls, judge: Judge) -> "RequestBuilder":
        protocol, parameters = protocol_of(judge), parameters_of(judge)
        try:
            check_slots(protocol, parameters)
        except ValueError as reason:
            why = reason.saying if isinstance(reason, Refused) else str(reason)
            return cls(judge, protocol, parameters, Saying(FAULTY, {"judge": str(judge), "reason": why}))
        return cls(judge, protocol, parameters)

    def misfit(self, contest: JudgedBattle) -> Saying | None:
        """Why this judge cannot be asked about this battle, or None if it can."""
        if self.fault is not None:
            return self.fault
        n_turns = len(contest.item.turns)
        if self.protocol.turns == "several" and n_turns < 2:
            return Saying(NEEDS_TURNS, {"protocol": Saying(self.protocol.title)})
        if "checklist" in self.protocol.needed and not contest.item.checklist:
            return Saying(NEEDS_CHECKLIST, {"protocol": Saying(self.protocol.title)})
        return None

    def may_show_reference(self, contest: JudgedBattle) -> bool:
        """Whether any game on this battle can show the reference."""
        return bool(contest.reference) and self.parameters.reference != "none"

    def reference_for(self, contest: JudgedBattle, *, seed: int, repeat: int) -> bool:
        """Whether games of this repeat show the reference: the same for both orders, so that they differ only in order."""
        if not contest.reference:
            return False
        rng = Random(f"{seed}|{self.judge.model}|{contest.prompt_key}|{contest.pair}|{repeat}")  # noqa: S311  # no secret  # nosec B311
        return shows_reference(self.parameters.reference, rng, p_drop=self.parameters.p_drop)

    def request(self, contest: JudgedBattle, order: Order, *, with_reference: bool, fence: str, repeat: int) -> Request:
        """The request of one game."""
        messages = self.protocol.compose(
            contest.seen_by(self.parameters), order=order, fence=fence, structured=self.parameters.structured,
            reference=contest.reference if with_reference else None,
        )  # fmt: skip
        parameters = self.parameters
        return Request(
            messages=messages,
            max_tokens=parameters.max_tokens,
            temperature=parameters.temperature,
            seed=None if parameters.seed is None else parameters.seed + repeat,
            schema=self.protocol.schema if parameters.structured else None,
        )

    def key(
        self, request: Request, fence: str, *, repeat: int, contest: JudgedBattle, order: Order, learnt: Mapping[str, object]
    ) -> str:
        """The name of the request in the cache: all that shapes its reply and our reading of it, but for the fence.

        What it asks about counts for itself, text by text and slot by slot: whatever a template made of it.
        """
        card = {name: value for name, value in self.judge.saying().items() if name not in ("parameters", "template", "name")}
        if self.judge.is_apart:  # replies from another endpoint must not be reused
            card["endpoint"] = self.judge.endpoint_id
        sent = {"max_tokens": request.max_tokens, "temperature": request.temperature, "seed": request.seed}
        read: dict[str, object] = {"schema": request.schema, "margin": self.parameters.margin}
        slots = self.protocol.slots(contest.seen_by(self.parameters), order=order)
        read["shown"] = {name: slots[name] for name in sorted(self.protocol.needed)}
        if "checklist" in self.protocol.needed:  # weights are not sent, but they determine the score
            read["weights"] = [criterion.weight for criterion in contest.item.checklist]
        return request_key(request.messages, fence, card | sent | read | {"learnt": learnt}, repeat=repeat)

    def verdict(self, label: str, item: JudgeInput) -> "Verdict | float":
        """The meaning of a label: a verdict on the two slots, or the score of the one answer that was shown."""
        if isinstance(self.protocol, PairProtocol):
            return self.protocol.verdict(label)
        return self.protocol.score(label, item.checklist)


def fence_for(contest: JudgedBattle) -> str:
    """A new fence that occurs in none of the texts that the request will contain."""
    return new_delimiter((*contest.item.texts(), contest.reference))


def learnt_of(endpoint: Endpoint) -> dict[str, object]:
    """What was learnt about an endpoint and changes the requests sent to it, such as parameters that it refuses."""
    target = asdict(target_of(endpoint, frozenset()))
    return {name: _plain(value) for name, value in target.items() if name not in _WHERE}


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset | set) else value


def asker_of(judge: Judge) -> RequestBuilder:
    """Cached by the judge's card, which never changes."""
    return _asker_of_identity(judge.identity, judge.pk)


@lru_cache(maxsize=256)
def _asker_of_identity(identity: str, judge_id: int) -> RequestBuilder:
    return RequestBuilder.of(Judge.objects.select_related("endpoint").get(pk=judge_id))
