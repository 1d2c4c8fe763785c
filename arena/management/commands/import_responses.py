"""Import a file of answers to prompts of the arena."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.urls import reverse

from arena.commands.import_command import ImportCommand, refuse
from arena.importing.checks.responses import is_about_others
from arena.importing.files.reports import ImportReport
from arena.models import Import
from arena.pairing.pair_candidates import offers_vote


class Command(ImportCommand):
    help = "Import answers to an arena's prompts."
    kind = Import.Kind.RESPONSES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--competitor", metavar="NAME", help="whose answers they are, where the file does not name a model")
        parser.add_argument(
            "--replace", action="store_true",
            help="the file says what is right: an answer that is here with another text is corrected, and its battles keep the "
            "text that was judged",
        )  # fmt: skip
        parser.add_argument(
            "--add-repeats", action="store_true",
            help="another text of an answer that is here is a further answer of the same model: both are in play, as repeats",
        )  # fmt: skip

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        named = {"competitor": options["competitor"]} if options["competitor"] else {}
        return named | ({"replace": True} if options["replace"] else {})

    def must_be_meant(self, report: ImportReport, options: dict[str, Any]) -> None:
        """Two texts of one answer may be a correction or a further answer: nothing is written before somebody has said it."""
        has_others = any(is_about_others(each) for each in report.amiss)
        if has_others and options["add_repeats"]:
            return
        if has_others and not sys.stdin.isatty():
            refuse(
                "nothing was written: the file has other texts than the arena for the same answers, as the warning says. If it "
                "corrects them, give --replace; if they are further answers, give --add-repeats, or number them in a column "
                "repeat"
            )
        super().must_be_meant(report, options)

    def where_next(self, source: Import) -> list[str]:
        votable = f"Prompts with answers of two competitors can be voted on: {reverse('vote', args=[source.arena.slug])}"
        return [*([votable] if offers_vote(source.arena) else []), *super().where_next(source)]
