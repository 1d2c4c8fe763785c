"""Answers an arena's prompts for competitors, over their endpoints."""

from argparse import ArgumentParser
from typing import Any

from arena.commands.run_command import PromptsCommand, named_endpoint, refuse
from arena.models import Arena, Run
from arena.run_kinds import answer_plans, generation
from arena.run_kinds.answer_plans import AnswerDraft, ResponsesRequest
from arena.run_kinds.generation import GenerationSettings
from arena.wording import counted


class Command(PromptsCommand[AnswerDraft]):
    help = "Generate answers: shows calls, tokens and cost, then sends. Run again, it asks for what is still missing."
    kind, unit = Run.Kind.GENERATE, "answer"
    max_tokens = generation.MAX_TOKENS
    at_least_one = (*PromptsCommand.at_least_one, "repeats", "pilot")

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
            "--pilot", type=int, metavar="N", help="first N answers, drawn at random; then shows what the rest will cost"
        )

    def drafted(self, arena: Arena, options: dict[str, Any]) -> AnswerDraft:
        return answer_plans.drafted(arena, _wish(options))

    def lines_of(self, draft: AnswerDraft) -> list[str]:
        left = (
            f"{draft.n_failed_before:,} failed before: the provider kept the answer back. Ask again? They are left so; "
            "--again asks and pays once more."
        )
        return [*([left] if draft.n_failed_before else []), *super().lines_of(draft)]

    def n_left_out(self, draft: AnswerDraft) -> int:
        return draft.n_failed_before

    def start(self, draft: AnswerDraft, *, cap: int | None) -> Run:
        return answer_plans.start(draft, cap=cap)


def _wish(options: dict[str, Any]) -> ResponsesRequest:
    names, endpoints = options["competitor"], options["endpoint"]
    if not names or not endpoints:
        refuse("--competitor NAME and --endpoint NAME are required")
    if len(endpoints) == 1:
        endpoints = endpoints * len(names)
    if len(endpoints) != len(names):
        refuse(
            f"--endpoint: {counted(len(endpoints), 'endpoint', 'endpoints')} for "
            f"{counted(len(names), 'competitor', 'competitors')}; give one, or one for each"
        )
    if options["temperature"] is not None and not 0 <= options["temperature"] <= 2:
        refuse(f"--temperature {options['temperature']}: 0 to 2 is allowed")
    return ResponsesRequest(
        tuple((name, named_endpoint(each)) for name, each in zip(names, endpoints, strict=True)),
        GenerationSettings(options["max_tokens"], options["temperature"], options["repeats"]),
        tuple(options["pool"]), options["prompts"], options["seed"], options["again"],
    )  # fmt: skip
