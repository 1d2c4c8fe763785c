"""The gate looks for known vulnerabilities, and says so where it cannot; whatever bandit is told to pass over has a reason."""

import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GATE = ROOT / ".ci" / "run"
SOURCES = [path for room in ("arena", "judges", "ranking") for path in (ROOT / room).rglob("*.py")]
STEP = 'step "Known vulnerabilities of what is required"\n'
# The reason comes first: bandit takes words that follow `nosec` for names of its tests.
REASONED = re.compile(r"# (noqa: [A-Z\d, ]+  # )?(?!noqa|nosec).*\w.*  # nosec B\d+(, B\d+)*")


def step_of_the_gate() -> str:
    return GATE.read_text().partition(STEP)[2].partition("\nstep ")[0]


@pytest.mark.parametrize(
    ("answers", "printed"),
    [
        ("true", r"audited .*--require-hashes -r requirements\.txt"),
        ("false", r"SKIPPED: api\.osv\.dev does not answer from here, .*"),
    ],
)
def test_the_gate_looks_for_vulnerabilities_where_it_reaches_the_database(answers, printed):
    """`python` there only tries to connect, and `pip-audit` asks the network: here a shell function stands for each."""
    program = f'set -euo pipefail\npython() {{ {answers}; }}\npip-audit() {{ echo "audited $*"; }}\n{step_of_the_gate()}'
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert re.fullmatch(printed, done.stdout.strip())


def test_a_vulnerability_stops_the_gate():
    program = f"set -euo pipefail\npython() {{ true; }}\npip-audit() {{ false; }}\n{step_of_the_gate()}\necho went on"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_what_bandit_passes_over_has_a_reason():
    bare = []
    for path in [*SOURCES, ROOT / "manage.py"]:
        if "nosec" in path.read_text():
            bare += [f"{path.relative_to(ROOT)}: {comment}" for comment in comments_of(path) if not is_reasoned(comment)]
    assert not bare


def comments_of(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]


def is_reasoned(comment: str) -> bool:
    return "nosec" not in comment or bool(REASONED.fullmatch(comment))


@pytest.mark.parametrize(
    ("comment", "has_reason"),
    [
        ("# noqa: S311  # an order, no secret  # nosec B311", True),
        ("# starts manage.py  # nosec B404", True),
        ("# noqa: S608  # nosec B608", False),
        ("# nosec B608", False),
        ("# noqa: S311  # an order, no secret  # nosec", False),
    ],
)
def test_a_reason_is_words_before_the_mark(comment, has_reason):
    assert is_reasoned(comment) is has_reason
