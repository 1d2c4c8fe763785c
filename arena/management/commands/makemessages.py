from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

# Only these folders hold texts that pages show; tests, installed packages and stored files are left out.
OURS = ("arena", "judges", "ranking", "templates")
NO_PAGES = ("*/migrations/*", "judges/fakellm/*")


class Command(makemessages.Command):
    help = "Write the texts to translate into arena/locale, one file per language. Run compilemessages after translating."

    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=counted:2,3",
        "--no-wrap",
        "--sort-by-file",
    ]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-wrap"]
    msguniq_options = [*makemessages.Command.msguniq_options, "--no-wrap"]

    def find_files(self, root: str) -> list[Any]:
        """Our own files, whatever folder the command is started in, and one catalogue for all of them."""
        self.ignore_patterns = [*self.ignore_patterns, *NO_PAGES]
        files: Iterable[Any] = [file for folder in OURS for file in super().find_files(f"{settings.BASE_DIR}/{folder}")]
        self.locale_paths = [str(settings.LOCALE_PATHS[0])]
        return sorted(makemessages.TranslatableFile(file.dirpath, file.file, self.locale_paths[0]) for file in files)
