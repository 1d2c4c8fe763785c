"""Competitors' answers by way of runs: one call a turn of a prompt, competitor and repeat. A failed one decides nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from arena.llm.pricing import tokens_in_bound
from arena.llm.wires.messages import Completion, Message, Request, Usage
from arena.llm.wires.replies import is_blank
from arena.models import (
    Archivable,
    Aside,
    Assignment,
    Call,
    Competitor,
    FinishState,
    Prompt,
    PromptStatus,
    Response,
    Run,
    content_hash,
)
from arena.runs.kinds import NOT_ASKED, RETIRED_MEANWHILE, Composed, FinishedCall, Link, ReplyResult
from arena.texts.rendering import rendered
from arena.texts.style_features import style_features

MAX_TOKENS = 1024
HERE_ALREADY = "the answer is here by now: nothing was asked"
BYTES_A_TOKEN = 8  # of an earlier answer, in an estimate
type _Place = tuple[int, int, int]  # prompt, competitor, repeat
_BROKEN = {
    "tool": "the model called a tool, though none was offered",
    "paused": "the provider paused the answer before its end",
    "error": "the answer broke off with an error",
}


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How answers are asked for."""

    max_tokens: int = MAX_TOKENS
    temperature: float | None = None
    repeats: int = 1


class Generation:
    """The kind of run that answers prompts."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | ReplyResult]:
        if not calls:
            return {}
        plan = Run.objects.values_list("plan", flat=True).get(pk=calls[0].run_id)
        chosen = GenerationSettings(**plan["settings"])
        rows = _assignments(calls)
        here = _places_here(rows.values())
        return {pk: _composed(row, chosen, is_here=_place(row) in here) for pk, row in rows.items()}

    def read(self, composed: Composed, completion: Completion) -> ReplyResult:
        """An answer that was cut at its limit is an answer, the limit is the same for all; one of no words is none."""
        if completion.finish in {"filtered", "refused"}:
            return ReplyResult(completion.finish, reason=f"the provider kept the answer back{_word_given(completion)}")
        if completion.finish in _BROKEN:
            return ReplyResult("error", reason=f"{_BROKEN[completion.finish]}{_word_given(completion)}")
        if completion.text is None or is_blank(completion.text):
            return ReplyResult("error", reason=_why_empty(completion))
        return ReplyResult("ok", completion)

    def settle(self, decided: Sequence[FinishedCall]) -> None:
        rows = _assignments([each.call for each in decided])
        whole: list[Response] = []
        asides: dict[_Place, Aside] = {}
        for each in decided:
            row = rows.get(each.call.pk)
            if row is None or each.attempt is None or each.reading.outcome != "ok":
                continue  # nobody answered: there is no answer, not an empty one
            row.earlier = [*row.earlier, _turn(each)]
            if len(row.earlier) < len(row.prompt.turns):
                _ask_next(row, each.call)
            else:
                whole.append(_response(row))
                asides |= _aside(row)
        # The same answer from another run: the first one stands.
        Response.objects.bulk_create(whole, ignore_conflicts=True)
        _keep(asides, whole)

    def more(self, run: Run) -> bool:
        """A next turn is asked for when the one before it is settled: nothing comes after that."""
        return False

    def asking(self, going: QuerySet[Run], rows: Sequence[Archivable]) -> set[int]:
        """Answers that are here are not asked about."""
        if not isinstance(rows[0], Prompt | Competitor):
            return set()
        path = "prompt" if isinstance(rows[0], Prompt) else "competitor"
        waiting = Assignment.objects.filter(call__state=Call.State.WAITING, call__run__in=going)
        assignments = waiting.filter(**{f"{path}__in": [row.pk for row in rows]})
        return set(assignments.values_list("call__run", flat=True))

    def without_call(self, run: Run) -> int:
        """Every result is of a call."""
        return 0

    def undecided(self, run: Run) -> Mapping[str, int]:
        return {}

    def results(self, run: Run) -> Sequence[Link]:
        return [
            Link(_("Have the answers judged"), f"{reverse('new-run')}?arena={run.arena.slug}"),
            Link(_("Board"), reverse("leaderboard", args=[run.arena.slug])),
        ]


def _composed(row: Assignment, chosen: GenerationSettings, *, is_here: bool) -> Composed | ReplyResult:
    if is_here:
        return ReplyResult("ok", reason=HERE_ALREADY)
    if row.prompt.status == PromptStatus.RETIRED:
        return ReplyResult(NOT_ASKED, reason=RETIRED_MEANWHILE)
    return Composed(_request(row.prompt, row.earlier, chosen))


def bounds_of(prompt: Prompt, chosen: GenerationSettings) -> Iterator[Usage]:
    """The most tokens that each turn can take, the answers to earlier turns at their longest."""
    for number in range(len(prompt.turns)):
        request = _request(prompt, [{"text": ""}] * number, chosen)
        yield Usage(tokens_in_bound(request) + number * BYTES_A_TOKEN * chosen.max_tokens, request.max_tokens)


def _assignments(calls: Sequence[Call]) -> dict[int, Assignment]:
    rows = Assignment.objects.filter(call__in=[call.pk for call in calls]).select_related("prompt")
    return {row.pk: row for row in rows}


def _places_here(rows: Iterable[Assignment]) -> set[_Place]:
    """Those of them that another run has answered meanwhile."""
    responses = Response.objects.in_use().filter(
        prompt__in={row.prompt_id for row in rows}, competitor__in={row.competitor_id for row in rows}
    )
    return set(responses.values_list("prompt_id", "competitor_id", "repeat"))


def _place(row: Assignment) -> _Place:
    return row.prompt_id, row.competitor_id, row.repeat


def _request(prompt: Prompt, earlier: Sequence[Mapping[str, Any]], chosen: GenerationSettings) -> Request:
    """The talk so far: each earlier turn with its answer, then the next turn."""
    messages = [Message("system", prompt.system_prompt)] if prompt.system_prompt else []
    for turn, answer in zip(prompt.turns, earlier, strict=False):
        messages += [Message("user", str(turn)), Message("assistant", str(answer["text"]))]
    messages.append(Message("user", str(prompt.turns[len(earlier)])))
    return Request(tuple(messages), max_tokens=chosen.max_tokens, temperature=chosen.temperature)


def _turn(each: FinishedCall) -> dict[str, Any]:
    completion, attempt = each.reading.result, each.attempt
    assert isinstance(completion, Completion)  # noqa: S101  # `read` leaves nothing else  # nosec B101
    assert attempt is not None  # noqa: S101  # a completion comes of an attempt  # nosec B101
    return {
        "text": completion.text, "finish": completion.finish, "ending": _doubt(completion), "thinking": completion.thinking,
        "tokens_in": attempt.tokens_in, "tokens_out": attempt.tokens_out, "latency_ms": attempt.latency_ms,
        "cost": attempt.cost,
    }  # fmt: skip


def _word_given(completion: Completion) -> str:
    return f' (it said "{completion.word}")' if completion.word else ""


def _why_empty(completion: Completion) -> str:
    if completion.thinking and completion.finish == "length":
        return "no answer: all tokens went into thinking, so ask with a larger --max-tokens"
    if completion.thinking:
        return "no answer: all of the reply was thinking"
    return f"the answer is empty{_word_given(completion)}"


def _doubt(completion: Completion) -> str:
    """Why it is not sure that the answer is whole, where that is so."""
    if completion.finish == "unsaid":
        return "the server did not say how it ended"
    return f'ended with "{completion.word}"' if completion.finish == "unknown" else ""


def _ask_next(row: Assignment, call: Call) -> None:
    after = Call.objects.create(run_id=call.run_id, endpoint_id=call.endpoint_id, place=call.place)
    Assignment.objects.create(
        call=after, prompt_id=row.prompt_id, competitor_id=row.competitor_id, repeat=row.repeat, earlier=row.earlier
    )


def _response(row: Assignment) -> Response:
    """With all that is counted and rendered once, when the text arrives."""
    texts = [turn["text"] for turn in row.earlier]
    text = "\n\n".join(texts)
    is_cut = any(turn["finish"] == "length" for turn in row.earlier)
    return rendered(
        Response(
            prompt_id=row.prompt_id, competitor_id=row.competitor_id, repeat=row.repeat, text=text,
            turns=texts if len(texts) > 1 else [], finish=FinishState.LENGTH if is_cut else FinishState.STOP,
            content_hash=content_hash(text), tokens_in=_sum(row, "tokens_in"), tokens_out=_sum(row, "tokens_out"),
            latency_ms=_sum(row, "latency_ms"), cost=_sum(row, "cost"), **style_features(text),
        )
    )  # fmt: skip


def _aside(row: Assignment) -> dict[_Place, Aside]:
    """What is kept beside the answer, where there is something."""
    doubts, thoughts = ([str(turn.get(name, "")) for turn in row.earlier] for name in ("ending", "thinking"))
    if not any(doubts) and not any(thoughts):
        return {}
    return {_place(row): Aside(thinking="\n\n".join(filter(None, thoughts)), ending=next(filter(None, doubts), "")[:80])}


def _keep(asides: Mapping[_Place, Aside], whole: Sequence[Response]) -> None:
    """Beside the answers that are stored now, unless those are another run's."""
    if not asides:
        return
    texts = {(each.prompt_id, each.competitor_id, each.repeat): each.content_hash for each in whole}
    stored = Response.objects.in_use().filter(prompt__in={place[0] for place in asides}, aside=None)
    for pk, text, *place in stored.values_list("pk", "content_hash", "prompt_id", "competitor_id", "repeat"):
        aside = asides.get((place[0], place[1], place[2]))
        if aside is not None and texts[place[0], place[1], place[2]] == text:
            aside.response_id = pk
    Aside.objects.bulk_create([aside for aside in asides.values() if aside.pk is not None], ignore_conflicts=True)


def _sum(row: Assignment, name: str) -> int | None:
    """None where a turn does not say."""
    values = [turn[name] for turn in row.earlier]
    return None if None in values else sum(values)
