"""The house stands as it was drawn: rooms, arrows, names."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    path for room in ("arena", "judges", "ranking") for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts
]


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_the_maths_library_loads_without_django():
    code = "import sys, ranking.maths; assert not {'django', 'arena', 'celery'} & {name.split('.')[0] for name in sys.modules}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_pages_load_without_the_fitting_library(tmp_path):
    """It takes a second and 60 MB; a request for a page never fits."""
    code = (
        "import sys, django; django.setup(); from django.urls import reverse; reverse('arenas'); "
        "assert not {'scipy', 'choix', 'openai', 'anthropic'} & set(sys.modules)"
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "arena.config.settings", "AGON_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True)


def test_no_module_is_a_dumping_ground():
    named = [path for path in SOURCES if path.stem in {"utils", "helpers", "misc", "common", "services", "signals"}]
    assert not named


def test_modules_fit_a_reader():
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 500}
    assert not long


def test_functions_fit_a_screen():
    long = []
    for path in SOURCES:
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.FunctionDef) and (body := node.body[bool(ast.get_docstring(node)) :]):
                n = (node.end_lineno or 0) - body[0].lineno + 1
                long += [f"{path.relative_to(ROOT)}: {node.name}, {n} lines"] if n > 45 else []
    assert not long


def test_the_top_level_is_the_one_that_was_agreed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    allowed = {
        "manage.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "Dockerfile",
        "compose.yaml",
        "arena",
        "judges",
        "ranking",
        "templates",
        "static",
        "tests",
    }
    allowed |= {"requirements.txt", "requirements-dev.txt", "requirements-local.txt"}
    assert {name for name in top if not name.startswith(".")} <= allowed
