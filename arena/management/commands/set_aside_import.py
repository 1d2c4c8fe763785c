"""Set everything that one import brought aside, or restore it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.commands.import_command import refuse
from arena.evidence.curation import NotPublished, restore_import, set_aside_import
from arena.importing.undone import ARCHIVES, after_moving, before_setting_aside, cannot_be_undone
from arena.models import Import


class Command(BaseCommand):
    help = "Set everything that one import brought aside, or restore it; nothing is deleted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, help="the number of the import, as in the address of its page")
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--reason", default="", help="why it should not be used: readers are shown it")
        act.add_argument("--restore", action="store_true", help="use it again")
        parser.add_argument("--check", action="store_true", help="only say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Import.objects.select_related("arena").filter(pk=options["number"]).first()
        if source is None:
            refuse(f"there is no import {options['number']}: the page Import lists them")
        if not options["restore"] and not options["reason"].strip():
            refuse("--reason is empty: readers are shown why it is not used")
        if options["check"]:
            self._say([cannot_be_undone(source)] if cannot_be_undone(source) else before_setting_aside(source))
            self.stdout.write("Nothing was changed: this was the check only.")
            return
        before = [] if options["restore"] or source.kind in ARCHIVES else before_setting_aside(source)
        try:
            moved = restore_import(source, None) if options["restore"] else set_aside_import(source, options["reason"], None)
        except NotPublished as reason:
            raise CommandError(str(reason), returncode=2) from None
        source.refresh_from_db()
        again = "now" if moved else "already"
        self.stdout.write(f"{source.filename} (import {source.pk}) is {source.get_state_display()} {again}.")
        if moved and not options["restore"]:
            self._say(after_moving(source) if source.kind in ARCHIVES else before)

    def _say(self, sentences: list[str]) -> None:
        for each in sentences:
            self.stdout.write(each)
