from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

# Texts that no reader of a page gets: tests, migrations, and what is installed or stored.
OURS = ("arena", "judges", "ranking", "templates")
NO_PAGES = ("*/migrations/*", "judges/fakellm/*")


class Command(makemessages.Command):
    help = "Write what is to be translated into arena/locale, one file a language. After translation run compilemessages."

    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=counted:2,3",
        "--no-wrap",
        "--sort-by-file",
    ]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-wrap"]
    msguniq_options = [*makemessages.Command.msguniq_options, "--no-wrap"]

    def find_files(self, root: str) -> list[Any]:
        """Whatever folder the command was started in: our own files, and one catalogue for all of them."""
        self.ignore_patterns = [*self.ignore_patterns, *NO_PAGES]
        files: Iterable[Any] = [file for folder in OURS for file in super().find_files(f"{settings.BASE_DIR}/{folder}")]
        self.locale_paths = [str(settings.LOCALE_PATHS[0])]
        return sorted(makemessages.TranslatableFile(file.dirpath, file.file, self.locale_paths[0]) for file in files)
