"""A database of an earlier version migrates: nothing is lost, and its snapshots can be made again.

The dumps are of commit f71f2fc, the last one before modules moved between folders: 5 competitors, 40 prompts, 160 votes, a
program and a scripted model as judges with their audits, a run, and a snapshot each of seven boards (people, judges, both).
"""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.machine import POSTGRES, connected, empty_machine

DUMPS = Path(__file__).parent / "dumps"
ROUNDING = 1e-6  # of another processor; what the command allows the same code
WRITTEN_BY_MIGRATE = {"django_migrations", "django_content_type", "auth_permission"}
TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    if POSTGRES
    else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
)
LOOK = """
import io, json
from django.core.management import call_command
from django.test import Client
from judges.models import JudgeAudit
from arena.config.serving.preparing import collect_statics
from ranking.boards.code_version import code_version
from ranking.models import Snapshot

def verified(snapshot):
    call_command("verify_snapshot", snapshot.key, stdout=(out := io.StringIO()))
    return {"made_by": snapshot.code_version, "said": out.getvalue()}

call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
pages = ["/", "/arenas/upgraded/", "/arenas/upgraded/judges/"]
pages += [f"/arenas/upgraded/judges/{audit.judge_id}/" for audit in JudgeAudit.objects.all()]
collect_statics()
client = Client(SERVER_NAME="127.0.0.1")
print(json.dumps({
    "code": code_version(),
    "audits": [[str(audit.judge), audit.n_games, bool(audit.figures)] for audit in JudgeAudit.objects.order_by("pk")],
    "pages": {page: client.get(page).status_code for page in pages},
    "snapshots": {each.leaderboard.slug: verified(each) for each in Snapshot.objects.select_related("leaderboard")},
}))
"""


@pytest.fixture
def machine(tmp_path):
    with empty_machine(tmp_path) as machine:
        yield machine


def test_a_database_of_the_version_before_migrates(machine):
    load(machine, DUMPS / f"f71f2fc.{'postgresql' if POSTGRES else 'sqlite'}.sql.gz")
    before = counts(machine)
    assert before["arena_vote"] == 160
    assert before["ranking_judgeaudit"] == 2
    machine.manage("migrate", "-v0")
    after = counts(machine)
    assert {table: after.get(table) for table in before} == before

    found = json.loads(machine.python(LOOK))
    assert found["audits"] == [["careful (scripted)", 200, True], ["longer", 200, True]]
    assert set(found["pages"].values()) == {200}
    assert set(found["snapshots"]) == {"people", "davidson", "elo", "judges", "consistent", "both", "predicted"}
    for board, snapshot in found["snapshots"].items():
        assert snapshot["made_by"] != found["code"]
        assert f"made by other code ({snapshot['made_by']})" in snapshot["said"], board
        most = re.search("Same evidence; ratings and limits differ by at most (.+) points", snapshot["said"])
        assert float(most[1]) < ROUNDING, board


def load(machine, dump):
    """Sequences and all, as one script."""
    text = gzip.decompress(dump.read_bytes()).decode()
    with connected(machine) as connection:
        (connection.execute if POSTGRES else connection.executescript)(text)


def counts(machine):
    """Rows by table, but for those that every `migrate` writes."""
    with connected(machine) as connection:
        names = {name for (name,) in connection.execute(TABLES)} - WRITTEN_BY_MIGRATE
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
