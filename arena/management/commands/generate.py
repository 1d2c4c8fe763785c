"""Answers a pool's prompts for competitors, over their endpoints."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console

from arena import generation
from arena.generation import Author, Settings
from arena.importing.terminal import refuse
from arena.models import Arena, Competitor, Endpoint, Prompt, Run
from arena.models.endpoints import DOLLAR
from arena.running import budget, watching


class Command(BaseCommand):
    help = "Generate answers; run again after an interruption, it asks for what is missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--arena", required=True, metavar="SLUG")
        parser.add_argument(
            "--competitor", required=True, action="append", metavar="NAME", help="whose answers; may be given several times"
        )
        parser.add_argument(
            "--endpoint", required=True, action="append", metavar="NAME", help="one for all, or one for each competitor"
        )
        parser.add_argument("--pool", metavar="SLUG", help="only this pool's prompts")
        parser.add_argument("--prompts", type=int, metavar="N", help="only the first N prompts")
        parser.add_argument("--max-tokens", type=int, default=generation.MAX_TOKENS, help="thinking included")
        parser.add_argument("--temperature", type=float)
        parser.add_argument("--repeats", type=int, default=1, metavar="K", help="answers to each prompt")
        parser.add_argument("--cap", type=float, metavar="DOLLARS", help="what it may cost at the most")
        parser.add_argument("--seed", type=int, default=1, help="of the order of the calls")
        parser.add_argument("--yes", action="store_true", help="do not ask before anything is sent")

    def handle(self, *args: Any, **options: Any) -> None:
        arena = Arena.objects.filter(slug=options["arena"]).first() or refuse(f"--arena {options['arena']}: no such arena")
        chosen = self._settings(options)
        wanted = generation.missing(_prompts(arena, options), _authors(arena, options), chosen)
        if not wanted:
            self.stdout.write("Every answer is here already: nothing was sent.")
            return
        cap = None if options["cap"] is None else round(options["cap"] * DOLLAR)
        self._say_before(generation.estimate(wanted, chosen), cap)
        if not options["yes"] and input("Send? [y/N] ").strip().lower() not in {"y", "yes"}:
            self.stdout.write("Nothing was sent.")
            return
        self._run(generation.plan_run(arena, wanted, chosen, cap=cap, seed=options["seed"]))

    def _settings(self, options: dict[str, Any]) -> Settings:
        for name in ("max_tokens", "repeats", "prompts"):
            if options[name] is not None and options[name] < 1:
                refuse(f"--{name.replace('_', '-')} {options[name]}: at least 1 is allowed")
        if options["cap"] is not None and not options["cap"] >= 0:
            refuse(f"--cap {options['cap']}: dollars, 0 or more")
        return Settings(options["max_tokens"], options["temperature"], options["repeats"])

    def _say_before(self, estimate: generation.Estimate, cap: int | None) -> None:
        self.stdout.write(
            f"{estimate.n_calls:,} calls, at most {estimate.tokens_in:,} tokens in and {estimate.tokens_out:,} out, "
            f"at most {budget.dollars(estimate.cost)}; the cap is {'none' if cap is None else budget.dollars(cap)}."
        )

    def _run(self, run: Run) -> None:
        watching.follow(run, Console(stderr=True))
        for line in watching.summary(run):
            self.stdout.write(line)


def _prompts(arena: Arena, options: dict[str, Any]) -> list[Prompt]:
    prompts = Prompt.objects.servable().filter(arena=arena).order_by("pk")
    if options["pool"]:
        prompts = prompts.filter(pool__slug=options["pool"])
    found = list(prompts[: options["prompts"]])
    return found or refuse(
        f"{arena.slug} has no active prompt{' in that pool' if options['pool'] else ''}: import prompts first"
    )


def _authors(arena: Arena, options: dict[str, Any]) -> list[Author]:
    names, endpoints = options["competitor"], options["endpoint"]
    if len(endpoints) == 1:
        endpoints = endpoints * len(names)
    if len(endpoints) != len(names):
        refuse(f"--endpoint: {len(endpoints)} endpoints for {len(names)} competitors; give one, or one for each")
    return [Author(_competitor(arena, name), _endpoint(each)) for name, each in zip(names, endpoints, strict=True)]


def _competitor(arena: Arena, name: str) -> Competitor:
    """A new one is saved with the run, not before somebody said yes."""
    return Competitor.objects.filter(arena=arena, name=name).first() or Competitor(arena=arena, name=name)


def _endpoint(name: str) -> Endpoint:
    known = ", ".join(Endpoint.objects.values_list("name", flat=True)[:20]) or "none yet; a superuser makes one in the admin"
    return Endpoint.objects.filter(name=name).first() or refuse(f"--endpoint {name}: no such endpoint; known are: {known}")
