"""Small files for the import tests, and the two passes over them."""

import csv
import io
import json
from pathlib import Path

from arena.importing.checks.whole_file import check
from arena.importing.files import receiving
from arena.importing.loading.loader import load
from arena.models import Battle, Import, Vote

BATTLES = "model_a,model_b,winner,question_id,judge\n"


def write(folder: Path, content: str | bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_csv(*rows: dict[str, object]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def checked(path: Path, format_name: str, *, kind: str = "battles", arena=None):
    return check(path, kind=kind, format_name=format_name, filename=path.name, arena=arena)


def registered(path: Path, format_name: str, arena, *, kind: str = "battles") -> Import:
    """A file whose check was confirmed."""
    file = receiving.keep_path(path)
    report = checked(file.path, format_name, kind=kind, arena=arena)
    return receiving.register(file, arena, kind=kind, format_name=format_name, report=report)


def imported(path: Path, format_name: str, arena, *, kind: str = "battles") -> Import:
    source = registered(path, format_name, arena, kind=kind)
    load(source.pk)
    source.refresh_from_db()
    return source


def n_rows(arena) -> tuple[int, int, int]:
    """Battles, votes, votes that count."""
    votes = Vote.objects.filter(battle__arena=arena)
    return Battle.objects.filter(arena=arena).count(), votes.count(), votes.counted().count()
