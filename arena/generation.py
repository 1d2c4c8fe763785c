"""Competitors' answers by way of runs: one call a turn of a prompt, competitor and repeat. A failed one decides nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.llm.messages import Completion, Message, Request, Usage
from arena.llm.pricing import tokens_in_bound
from arena.models import Assignment, Call, FinishState, Prompt, Response, Run, content_hash
from arena.rendering import rendered
from arena.running.kinds import Composed, Decided, Reading
from arena.style_features import style_features

MAX_TOKENS = 1024
HERE_ALREADY = "the answer is here by now: nothing was asked"
BYTES_A_TOKEN = 8  # of an earlier answer, in an estimate


@dataclass(frozen=True, slots=True)
class Settings:
    """How answers are asked for."""

    max_tokens: int = MAX_TOKENS
    temperature: float | None = None
    repeats: int = 1


class Generation:
    """The kind of run that answers prompts."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | Reading]:
        if not calls:
            return {}
        plan = Run.objects.values_list("plan", flat=True).get(pk=calls[0].run_id)
        chosen = Settings(**plan["settings"])
        rows = _assignments(calls)
        here = _places_here(rows.values())
        return {
            pk: Reading("ok", reason=HERE_ALREADY)
            if _place(row) in here
            else Composed(_request(row.prompt, row.earlier, chosen))
            for pk, row in rows.items()
        }

    def read(self, composed: Composed, completion: Completion) -> Reading:
        """An answer that was cut at its limit is an answer: the limit is the same for all."""
        if completion.finish in {"stop", "length"} and completion.text is not None:
            return Reading("ok", completion)
        if completion.finish in {"filtered", "refused"}:
            return Reading(completion.finish, reason="the provider kept the answer back")
        return Reading("error", reason=f"no answer in the reply (finish {completion.finish})")

    def settle(self, decided: Sequence[Decided]) -> None:
        rows = _assignments([each.call for each in decided])
        whole = []
        for each in decided:
            row = rows.get(each.call.pk)
            if row is None or each.attempt is None or each.reading.outcome != "ok":
                continue  # nobody answered: there is no answer, not an empty one
            row.earlier = [*row.earlier, _turn(each)]
            if len(row.earlier) < len(row.prompt.turns):
                _ask_next(row, each.call)
            else:
                whole.append(_response(row))
        # The same answer from another run: the first one stands.
        Response.objects.bulk_create(whole, ignore_conflicts=True)

    def more(self, run: Run) -> bool:
        """A next turn is asked for when the one before it is settled: nothing comes after that."""
        return False


def bounds_of(prompt: Prompt, chosen: Settings) -> Iterator[Usage]:
    """The most tokens that each turn can take, the answers to earlier turns at their longest."""
    for number in range(len(prompt.turns)):
        request = _request(prompt, [{"text": ""}] * number, chosen)
        yield Usage(tokens_in_bound(request) + number * BYTES_A_TOKEN * chosen.max_tokens, request.max_tokens)


def _assignments(calls: Sequence[Call]) -> dict[int, Assignment]:
    rows = Assignment.objects.filter(call__in=[call.pk for call in calls]).select_related("prompt")
    return {row.pk: row for row in rows}


def _places_here(rows: Iterable[Assignment]) -> set[tuple[int, int, int]]:
    """Those of them that another run has answered meanwhile."""
    said = Response.objects.filter(
        prompt__in={row.prompt_id for row in rows}, competitor__in={row.competitor_id for row in rows}
    )
    return set(said.values_list("prompt_id", "competitor_id", "repeat"))


def _place(row: Assignment) -> tuple[int, int, int]:
    return row.prompt_id, row.competitor_id, row.repeat


def _request(prompt: Prompt, earlier: Sequence[Mapping[str, Any]], chosen: Settings) -> Request:
    """The talk so far: each earlier turn with its answer, then the next turn."""
    messages = [Message("system", prompt.system_prompt)] if prompt.system_prompt else []
    for turn, answer in zip(prompt.turns, earlier, strict=False):
        messages += [Message("user", str(turn)), Message("assistant", str(answer["text"]))]
    messages.append(Message("user", str(prompt.turns[len(earlier)])))
    return Request(tuple(messages), max_tokens=chosen.max_tokens, temperature=chosen.temperature)


def _turn(each: Decided) -> dict[str, Any]:
    completion, attempt = each.reading.result, each.attempt
    assert isinstance(completion, Completion)  # noqa: S101 # nosec - `read` said so
    assert attempt is not None  # noqa: S101 # nosec
    return {
        "text": completion.text, "finish": completion.finish, "tokens_in": attempt.tokens_in, "tokens_out": attempt.tokens_out,
        "latency_ms": attempt.latency_ms, "cost": attempt.cost,
    }  # fmt: skip


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


def _sum(row: Assignment, name: str) -> int | None:
    """None where a turn does not say."""
    values = [turn[name] for turn in row.earlier]
    return None if None in values else sum(values)
