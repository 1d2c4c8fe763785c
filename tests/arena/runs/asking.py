"""A kind of run for tests of the engine: numbered questions, and replies that are what they say."""

from collections import Counter

from arena.llm.wires.messages import Message, Request
from arena.runs.kinds import Composed, ReplyResult

SETTLED = Counter()
SCHEMA = {"type": "object", "properties": {"verdict": {"type": "string"}}, "required": ["verdict"]}


class Asking:
    max_tokens, temperature, schema = 1_000, None, None

    def compose(self, calls):
        return {call.pk: Composed(self._request(call), fence=f"f{call.pk}") for call in calls}

    def _request(self, call):
        message = Message("user", f"Question {call.place:06d}")
        return Request((message,), max_tokens=self.max_tokens, temperature=self.temperature, schema=self.schema)

    def read(self, composed, completion):
        state = {"length": "truncated", "filtered": "filtered", "refused": "refused"}.get(completion.finish, "ok")
        return ReplyResult(state, completion.text)

    def settle(self, decided):
        SETTLED.update(each.call.pk for each in decided)

    def more(self, run):
        return False

    def without_call(self, run):
        return 0

    def undecided(self, run):
        return {}

    def results(self, run):
        return []


class AskingWarmly(Asking):
    temperature = 0.7


class AskingStructured(Asking):
    schema = SCHEMA


class Ruling(Asking):
    """Every second call is decided without asking."""

    def compose(self, calls):
        return {call.pk: ReplyResult("ok", "by rule") if call.place % 2 else Composed(self._request(call)) for call in calls}


class RulingAll(Asking):
    def compose(self, calls):
        return {call.pk: ReplyResult("ok", "by rule") for call in calls}
