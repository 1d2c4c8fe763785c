"""Has a model write a checklist for judging the answers to each prompt that has none."""

from argparse import ArgumentParser
from typing import Any

from arena.commands.run_command import PromptsCommand, named_endpoint, refuse
from arena.models import Arena, Run
from judges.runs import checklist_writing
from judges.runs.checklist_writing import ChecklistDraft, ChecklistRequest, ChecklistSettings


class Command(PromptsCommand[ChecklistDraft]):
    help = (
        "Have checklists written for prompts that have none: shows calls, tokens and cost, then sends. Edit them in the admin."
    )
    kind, unit = Run.Kind.CHECKLIST, "checklist"
    max_tokens = checklist_writing.MAX_TOKENS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--endpoint", metavar="NAME", help="endpoint that writes them")

    def drafted(self, arena: Arena, options: dict[str, Any]) -> ChecklistDraft:
        if not options["endpoint"]:
            refuse("--endpoint NAME is required")
        wish = ChecklistRequest(
            named_endpoint(options["endpoint"]),
            ChecklistSettings(options["max_tokens"]),
            tuple(options["pool"]),
            options["prompts"],
            options["seed"],
        )
        return checklist_writing.drafted(arena, wish)

    def start(self, draft: ChecklistDraft, *, cap: int | None) -> Run:
        return checklist_writing.start(draft, cap=cap)
