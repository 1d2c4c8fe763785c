"""The version of the code that is written on a snapshot changes with what makes its numbers, and with nothing else."""

import shutil
import time
from pathlib import Path
from threading import Barrier, Thread

import pytest

from ranking.boards import code_version as module
from ranking.boards.code_version import ROOMS, SourceTree, code_version

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def before():
    return SourceTree(ROOT).fingerprint()


@pytest.fixture
def copy(tmp_path):
    """The project's code, to be edited."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=lambda _, names: [n for n in names if n.endswith(".pyc")])
    return tmp_path


def version_after(root, edits):
    for name, text in edits.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.read_text() + text if path.exists() else text)
    return SourceTree(root).fingerprint()


def test_the_version_is_that_of_this_code(before):
    assert code_version().endswith(f"+{before}")


def test_fits_that_begin_at_once_read_the_code_once(monkeypatch):
    n_readings, begin = [], Barrier(3)

    class SlowTree(SourceTree):
        def of_snapshots(self):
            n_readings.append(1)
            time.sleep(0.2)
            return {"arena"}

    def ask():
        begin.wait(10)
        code_version()

    monkeypatch.setattr(module, "SourceTree", SlowTree)
    module._code_version.cache_clear()
    threads = [Thread(target=ask) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(n_readings) == 1
    finally:
        module._code_version.cache_clear()


def test_what_makes_a_snapshot_is_found_by_itself():
    modules = SourceTree(ROOT).of_snapshots()
    assert modules >= {
        "arena.evidence.ledger",
        "judges.verdicts.combiners",
        "judges.verdicts.panels",
        "judges.audits.usability",
        "judges.verdicts.verdict",
        "judges.audits.ground_truth",
        "ranking.comparisons.judge_selection",
        "ranking.comparisons.judges_set_aside",
        "ranking.boards.methods",
        "ranking.boards.publishing",
        "arena.evidence.vote_tally",
        "ranking.maths.models.bradley_terry",
        "ranking.maths.data.style_covariates",
        "ranking.maths.clusters.leave_one_out_gains",
    }
    assert not modules & {
        "ranking.maths.models.plackett_luce",
        "ranking.maths",
        "ranking.models",
        "arena.importing.files.reading",
        "ranking.admin",
    }


@pytest.mark.parametrize(
    "module", ["ranking/boards/publishing.py", "judges/audits/ground_truth.py", "judges/verdicts/panels.py"]
)
def test_a_change_of_what_makes_a_snapshot_changes_it(copy, before, module):
    assert version_after(copy, {module: "\nNEW = 1\n"}) != before


def test_a_module_added_deep_in_the_library_changes_it_once_it_is_used(copy, before):
    added = {"ranking/maths/models/__init__.py": "", "ranking/maths/models/deep/new.py": "STRENGTH = 1\n"}
    assert version_after(copy, added | {"ranking/maths/models/deep/__init__.py": ""}) == before
    used = version_after(copy, {"ranking/boards/methods.py": "\nfrom ranking.maths.models.deep.new import STRENGTH\n"})
    assert used != before
    assert version_after(copy, {"ranking/maths/models/deep/new.py": "STRENGTH = 2\n"}) not in {used, before}


def test_a_name_through_the_front_door_of_a_package_counts_as_where_it_is_defined(copy):
    before = version_after(copy, {"ranking/boards/methods.py": "\nfrom ranking import maths as library\n"})
    unused = version_after(copy, {"ranking/maths/models/plackett_luce.py": "\nNEW = 1\n"})
    assert unused == before
    used = version_after(copy, {"ranking/boards/methods.py": "\nfit = library.fit_plackett_luce\n"})
    assert version_after(copy, {"ranking/maths/models/plackett_luce.py": "\nNEW = 2\n"}) != used


def test_what_no_board_uses_and_remarks_change_nothing(copy, before):
    edits = {
        "ranking/maths/models/plackett_luce.py": "\nNEW = 1\n",
        "ranking/maths/votes_alone.py": "NEW = 1\n",
        "ranking/views/leaderboards.py": "\nNEW = 1\n",
        "arena/importing/files/reading.py": "\nNEW = 1\n",
        "ranking/models.py": "\nNEW = 1\n",
        "ranking/maths/models/bradley_terry.py": "\n# a remark\n",
        "ranking/boards/publishing.py": "\n\n\n",
    }
    path = copy / "ranking/boards/methods.py"
    path.write_text(path.read_text().replace('"""', '"""Said in other words: ', 1))
    assert version_after(copy, edits) == before
