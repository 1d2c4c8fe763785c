"""Takes in a gold set, or makes one from the arena's own verifiers."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from arena.commands.import_command import AsWritten
from arena.importing.checks.newcomers import TooManyCompetitors, add_allowance
from arena.models import Arena, Prompt, Response
from arena.wording import counted
from judges.importing.gold_loading import Loaded, load_gold_set
from judges.importing.gold_sets import (
    READERS,
    GoldPair,
    GoldSetError,
    GradedAnswer,
    VerifiedPrompt,
    fields_told,
    gold_pairs_from_verifiers,
    read_gold_set,
)

VERIFIERS = "verifiers"
MOST_NAMED = 10


class Command(BaseCommand):
    help = "Import pairs of answers with the right one known, as battles with a gold set; or make them from verifiers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help=f"not needed with --format {VERIFIERS}")
        parser.formatter_class = AsWritten
        parser.epilog = fields_told()
        parser.add_argument("--format", required=True, choices=[*READERS, VERIFIERS])
        parser.add_argument("--arena", required=True, metavar="SLUG")
        parser.add_argument("--name", default="", help="of the gold set; default: the file's name")
        parser.add_argument("--seed", type=int, default=1, help="with verifiers: which of several answers are paired")
        add_allowance(parser)
        parser.add_argument("--check", action="store_true", help="only say what the file holds; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        arena = Arena.objects.filter(slug=options["arena"]).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"--arena {options['arena']}: no such arena; known are: {known}", returncode=2)
        pairs = self._pairs(arena, options)
        name = options["name"] or (options["file"].stem if options["file"] else VERIFIERS)
        here = dict(arena.prompts.values_list("key", "pk")) if options["format"] == VERIFIERS else None
        most_new = options["allow_competitors"]
        with transaction.atomic():
            try:
                loaded = load_gold_set(arena, name, pairs, origin=options["format"], prompts=here, most_new=most_new)
            except TooManyCompetitors as reason:
                raise CommandError(str(reason), returncode=2) from None
            self._say(arena, loaded, pairs)
            transaction.set_rollback(options["check"])
        if options["check"]:
            self.stdout.write("Nothing was written: this was the check only.")

    def _say(self, arena: Arena, loaded: Loaded, pairs: Sequence[GoldPair]) -> None:
        battles = {placed.battle_id for placed in loaded.placed.values()}
        self.stdout.write(
            f"{loaded.gold}: {counted(loaded.gold.items.count(), 'label', 'labels')} on "
            f"{counted(len(battles), 'battle', 'battles')} of {arena.slug}."
        )
        for note in loaded.notes():
            self.stdout.write(note)
        for warning in loaded.warnings():
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))
        unlabelled = sum(pair.label is None for pair in pairs)
        if unlabelled:
            self.stdout.write(f"{counted(unlabelled, 'pair', 'pairs')} without a majority among the annotators: no label.")

    def _pairs(self, arena: Arena, options: dict[str, Any]) -> tuple[GoldPair, ...]:
        if options["format"] == VERIFIERS:
            return self._verified(arena, options["seed"])
        if options["file"] is None:
            raise CommandError("FILE is required: give its path", returncode=2)
        try:
            return read_gold_set(options["format"], options["file"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}", returncode=2) from None
        except GoldSetError as error:
            raise CommandError(str(error), returncode=2) from None

    def _verified(self, arena: Arena, seed: int) -> tuple[GoldPair, ...]:
        made = gold_pairs_from_verifiers(_verified_prompts(arena), seed=seed)
        self.stdout.write(
            f"{counted(len(made.pairs), 'pair', 'pairs')}; all answers pass on {counted(made.n_all_pass, 'prompt', 'prompts')}"
            f", none on {made.n_all_fail:,}, "
            f"{made.n_unchecked:,} could not be checked."
        )
        for key, reason in made.invalid[:MOST_NAMED]:
            self.stdout.write(f"Prompt {key}: its verifier cannot be used: {reason}.")
        if not made.pairs:
            raise CommandError(f"{arena.slug} has no prompt with a verifier that one answer passes and one fails", returncode=2)
        return made.pairs


def _verified_prompts(arena: Arena) -> list[VerifiedPrompt]:
    prompts = Prompt.objects.filter(arena=arena, verifier__isnull=False).order_by("pk")
    answers: dict[int, list[GradedAnswer]] = {}
    delivered = Response.objects.delivered().filter(prompt__in=prompts, repeat=0).order_by("pk")
    for prompt, name, text in delivered.values_list("prompt", "competitor__name", "text"):
        answers.setdefault(prompt, []).append(GradedAnswer(name, text))
    return [
        VerifiedPrompt(
            prompt.key, prompt.text, prompt.verifier or {}, answers.get(prompt.pk, []), prompt.reference, prompt.category
        )
        for prompt in prompts
    ]
