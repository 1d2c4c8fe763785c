"""Answers an arena's prompts for competitors, over their endpoints."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from arena.commands.run_command import AT_LEAST_ONE, RunCommand, agreed, named_endpoint, refuse
from arena.models import Arena, Call, Run
from arena.run_kinds import answer_plans, generation
from arena.run_kinds.answer_plans import AnswerDraft, ResponsesRequest
from arena.run_kinds.generation import GenerationSettings
from arena.runs import control
from arena.runs.forecasting import FEWEST
from arena.wording import counted


class Command(RunCommand[AnswerDraft]):
    help = "Generate answers: says calls, tokens and cost, then sends. Run again, it asks for what is still missing."
    kind, unit = Run.Kind.GENERATE, "answer"
    max_tokens = generation.MAX_TOKENS
    at_least_one = (*AT_LEAST_ONE, "repeats", "pilot")

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--competitor", default=[], action="append", metavar="NAME", help="whose answers; may be given several times"
        )
        parser.add_argument(
            "--endpoint", default=[], action="append", metavar="NAME", help="one for all, or one for each competitor"
        )
        parser.add_argument("--temperature", type=float)
        parser.add_argument(
            "--again", action="store_true", help="ask once more, and pay, where the provider kept an answer back before"
        )
        parser.add_argument("--repeats", type=int, default=1, metavar="K", help="answers to each prompt")
        parser.add_argument(
            "--pilot", type=int, metavar="N", help="first N answers, drawn at random; then says what the rest will cost"
        )

    def drafted(self, arena: Arena, options: dict[str, Any]) -> AnswerDraft:
        return answer_plans.drafted(arena, _wish(options))

    def is_something_left(self, draft: AnswerDraft) -> bool:
        if draft.n_failed_before:
            self.stdout.write(
                f"{draft.n_failed_before:,} failed before: the provider kept the answer back. Ask again? They are left so; "
                "--again asks and pays once more."
            )
        return super().is_something_left(draft)

    def n_left_out(self, draft: AnswerDraft) -> int:
        return draft.n_failed_before

    def start(self, draft: AnswerDraft, *, cap: int | None) -> Run:
        return answer_plans.start(draft, cap=cap)

    def play(self, draft: AnswerDraft, cap: int | None, options: dict[str, Any]) -> None:
        if not options["pilot"]:
            super().play(draft, cap, options)
        elif self.is_something_left(draft):
            self.say(draft, cap, draft.forecast())
            self._play_pilot(draft, cap, n=options["pilot"], is_agreed=options["yes"])

    def _play_pilot(self, draft: AnswerDraft, cap: int | None, *, n: int, is_agreed: bool) -> None:
        """Some of the answers as a run of their own; then the rest, by what those did cost."""
        if (least := FEWEST * len(draft.estimates)) > n:
            refuse(f"--pilot {n}: at least {least} are needed, {FEWEST} of each endpoint")
        pilot = answer_plans.pilot_of(draft, n)
        if not is_agreed and not agreed(f"Send {pilot.n_wanted:,} of them as a pilot?"):
            self.stdout.write("Nothing was sent.")
            return
        run = self.work(answer_plans.start(pilot, cap=cap, name=f"pilot of {counted(pilot.n_wanted, 'answer')}"))
        if run.state != Run.State.DONE:
            told = f"the pilot is {run.get_state_display()}: the rest was not sent"
            raise CommandError(told, returncode=control.ending(run))
        rest = answer_plans.drafted(draft.arena, draft.wish)  # what failed is asked again with it
        if self.is_something_left(rest):
            left = None if cap is None else max(cap - run.spent, 0)
            self.say(rest, left, rest.forecast(Call.objects.filter(run=run)))
            self.send(rest, left, is_agreed=is_agreed)


def _wish(options: dict[str, Any]) -> ResponsesRequest:
    names, endpoints = options["competitor"], options["endpoint"]
    if not names or not endpoints:
        refuse("who is to answer? Give --competitor NAME and --endpoint NAME")
    if len(endpoints) == 1:
        endpoints = endpoints * len(names)
    if len(endpoints) != len(names):
        refuse(
            f"--endpoint: {counted(len(endpoints), 'endpoint')} for {counted(len(names), 'competitor')}; give "
            "one, or one for each"
        )
    if options["temperature"] is not None and not 0 <= options["temperature"] <= 2:
        refuse(f"--temperature {options['temperature']}: 0 to 2 is allowed")
    return ResponsesRequest(
        tuple((name, named_endpoint(each)) for name, each in zip(names, endpoints, strict=True)),
        GenerationSettings(options["max_tokens"], options["temperature"], options["repeats"]),
        tuple(options["pool"]), options["prompts"], options["seed"], options["again"],
    )  # fmt: skip
