"""The languages of this site: English, and each that has a compiled catalogue."""

from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

SOURCE = "en"


def with_catalogue(folder: Path) -> list[tuple[str, str]]:
    """Codes with the names that their speakers give them; the code itself where Django knows none. English comes first."""
    codes = {to_language(catalogue.parts[-3]) for catalogue in folder.glob("*/LC_MESSAGES/django.mo")}
    return [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in (SOURCE, *sorted(codes - {SOURCE}))]
