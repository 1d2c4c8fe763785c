"""Imports a gold set, or makes one from the arena's own verifiers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.commands.import_command import AsWritten, add_reading, refuse, with_cure
from arena.importing.checks.newcomers import TooManyCompetitors, add_allowance
from arena.importing.files.problems import ImportProblems
from arena.importing.files.rows import PromptRow
from arena.models import Arena, Import, Prompt, Response
from arena.wording import counted
from judges.importing import notes
from judges.importing.formats import EARLIER_NAMES, LABEL_FORMATS, described
from judges.importing.gold_sets import GoldPair, GradedAnswer, VerifiedPrompt, gold_pairs_from_verifiers
from judges.importing.rows import LabelledAnswer, LabelRow
from judges.importing.taking_in import Home, Labelled, label, take_labels
from judges.management.arenas import add_arena, home_of
from judges.management.reading import in_utf8, reading_options

VERIFIERS = "verifiers"
MOST_NAMED = 10


class Command(BaseCommand):
    help = "Import labels of pairs or of single answers as a gold set, with their battles; or make them from verifiers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        formats = [*LABEL_FORMATS, *EARLIER_NAMES, VERIFIERS]
        parser.add_argument("file", type=Path, nargs="?", help=f"not needed with --format {VERIFIERS}")
        parser.formatter_class = AsWritten
        parser.epilog = described(LABEL_FORMATS)
        parser.add_argument(
            "--format", default="", metavar="FORMAT", choices=formats,
            help=f"one of: {', '.join([*LABEL_FORMATS, VERIFIERS])}. Default: recognised from the columns",
        )  # fmt: skip
        add_arena(parser)
        parser.add_argument("--name", default="", help="name of the gold set; default: the file's name")
        parser.add_argument("--seed", type=int, default=1, help="with verifiers: seed of the choice among several answers")
        add_reading(parser)
        add_allowance(parser)
        parser.add_argument("--check", action="store_true", help="only say what the file holds; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        home = home_of(options)
        most_new, is_check, left_out = options["allow_competitors"], options["check"], list[str]()
        try:
            if options["format"] == VERIFIERS:
                rows = self._verified(options["arena"], options["seed"])
                name = options["name"] or VERIFIERS
                came = label(home, name, rows, origin=VERIFIERS, most_new=most_new, is_check=is_check)
            elif options["file"] is None:
                refuse("FILE is required: give its path")
            else:
                came, left_out = self._taken(options, home)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}", returncode=2) from None
        except (ImportProblems, TooManyCompetitors) as reason:
            raise CommandError(with_cure(reason, reason), returncode=2) from None
        for line in left_out:
            self.stdout.write(line)
        self._say(came)
        if is_check:
            self.stdout.write("Nothing was written: this was the check only.")

    def _taken(self, options: dict[str, Any], home: Home) -> tuple[Labelled, list[str]]:
        with in_utf8(options) as read_as:
            more = {"gold": options["name"]} if options["name"] else {}
            read_by, left_out = reading_options(read_as, Import.Kind.LABELS, more)
            came = take_labels(
                read_as["file"], home, filename=read_as["filename"], chosen=options["format"], options=read_by,
                name=options["name"], most_new=options["allow_competitors"], is_check=options["check"], is_listed=True,
            )  # fmt: skip
        return came, left_out

    def _say(self, came: Labelled) -> None:
        loaded = came.loaded
        for note in came.notes:
            self.stdout.write(str(note))
        self.stdout.write(
            f"{loaded.gold}: {counted(came.n_labels, 'label', 'labels')} on "
            f"{counted(came.n_battles, 'battle', 'battles')} of {came.arena.slug}."
        )
        for note in loaded.notes():
            self.stdout.write(str(note))
        for warning in loaded.warnings():
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))
        if loaded.n_without_label:
            self.stdout.write(str(notes.of_undecided_pairs(loaded.n_without_label)))

    def _verified(self, slug: str, seed: int) -> list[LabelRow]:
        arena = Arena.objects.filter(slug=slug).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            refuse(f"--arena {slug}: no such arena. Available: {known}")
        made = gold_pairs_from_verifiers(_verified_prompts(arena), seed=seed)
        self.stdout.write(
            f"{counted(len(made.pairs), 'pair', 'pairs')}; all answers pass on {counted(made.n_all_pass, 'prompt', 'prompts')}"
            f", none on {made.n_all_fail:,}, "
            f"{made.n_unchecked:,} could not be checked."
        )
        for key, reason in made.invalid[:MOST_NAMED]:
            self.stdout.write(f"Prompt {key}: its verifier cannot be used: {reason}.")
        if not made.pairs:
            refuse(f"{arena.slug} has no prompt whose verifier passes one answer and fails another")
        return [_row(pair) for pair in made.pairs]


def _row(pair: GoldPair) -> LabelRow:
    answers = LabelledAnswer(pair.competitor_a, pair.answer_a), LabelledAnswer(pair.competitor_b, pair.answer_b)
    return LabelRow(0, pair.key, PromptRow(0, pair.key), answers, pair.label, is_pair=True, origin=pair.origin)


def _verified_prompts(arena: Arena) -> list[VerifiedPrompt]:
    prompts = Prompt.objects.filter(arena=arena, verifier__isnull=False).order_by("pk")
    answers: dict[int, list[GradedAnswer]] = {}
    delivered = Response.objects.delivered().filter(prompt__in=prompts, repeat=0).order_by("pk")
    for prompt, name, text in delivered.values_list("prompt", "competitor__name", "text"):
        answers.setdefault(prompt, []).append(GradedAnswer(name, text))
    return [
        VerifiedPrompt(
            prompt.key,
            prompt.text,
            prompt.verifier or {},
            answers.get(prompt.pk, []),
            prompt.reference,
            prompt.category,
            prompt.called,
        )
        for prompt in prompts
    ]
