"""The import contracts in pyproject.toml hold, and each of these wrong imports would be refused."""

import ast
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import grimp
import pytest
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.configuration import configure
from importlinter.domain.contract import Contract, registry

from tests.test_architecture import ROOT, SOURCES, syntax_tree

PYPROJECT = ROOT / "pyproject.toml"

WRONG = [
    # domain functions of one room and modules of a room above
    ("judges.verdicts.panels", "ranking.models"),
    ("judges.verdicts.panels", "ranking.boards.publishing"),
    ("judges.verdicts.panels", "ranking.scale"),
    ("judges.verdicts.panels", "judges.own_models"),
    ("judges.verdicts.panels", "judges.audits.ground_truth"),
    ("judges.verdicts.panels", "judges.games.access"),
    ("judges.games.curation", "ranking.comparisons.judge_selection"),
    ("judges.runs.planning", "ranking.scale"),
    ("judges.audits.refresh", "ranking"),
    ("arena.texts.rendering", "judges.verdicts.verdict"),
    ("arena.pairing.matchmaking", "ranking.boards.pairs.pair_weights"),
    ("arena.models.battles", "judges.models.games"),
    ("arena.evidence.ledger", "ranking.metrics"),
    ("arena.runs.engine", "judges.runs.judging"),
    # the library and the site
    ("ranking.maths.uncertainty.elo_points", "ranking.scale"),
    ("ranking.maths.models.elo", "arena.outcomes"),
    ("ranking.maths.data.arrays", "django"),
    ("ranking.maths.estimation.fit", "ranking.maths.models.elo"),
    ("ranking.maths.models.davidson", "ranking.maths.uncertainty.intervals"),
    # domain functions and pages, REST, admin, commands, tasks
    ("arena.run_kinds.generation", "arena.api.problems"),
    ("arena.runs.engine", "arena.views.runs"),
    ("arena.llm.client", "arena.views.battles"),
    ("arena.pairing.pair_candidates", "arena.views.battles"),
    ("arena.importing.loading.loader", "arena.commands.import_command"),
    ("arena.evidence.voting", "arena.tasks"),
    ("ranking.boards.snapshots.snapshot_retention", "ranking.api.views"),
    ("ranking.boards.publishing", "ranking.tasks"),
    ("judges.games.offline_judges", "judges.views.run_forms"),
    ("judges.runs.planning", "judges.management.commands.judge"),
    ("judges.audits.refresh", "judges.tasks"),
    # domain functions and pages, REST, admin, commands, tasks of an app below
    ("ranking.boards.publishing", "judges.views.judges"),
    ("ranking.boards.publishing", "judges.api.games"),
    ("ranking.boards.publishing", "arena.views.battles"),
    ("ranking.boards.due", "arena.tasks"),
    ("judges.runs.planning", "arena.views.starting.new_runs"),
    ("judges.games.curation", "arena.api.problems"),
    ("judges.runs.judging", "arena.management.commands.generate"),
    ("arena.evidence.voting", "celery"),
    # models and what stands above them
    ("ranking.models", "arena.admin.base"),
    ("ranking.models", "judges.audits.refresh"),
    ("judges.models.games", "arena.runs.engine"),
    ("judges.models.games", "judges.admin.judges"),
    ("judges.models.games", "judges.games.access"),
    ("ranking.models", "ranking.boards.fitting"),
    ("arena.models.votes", "arena.access"),
    # REST elsewhere than in api packages
    ("judges.importing.gold_sets", "rest_framework"),
    ("judges.models.games", "rest_framework"),
    ("arena.views.runs", "rest_framework"),
    # pages of one kind and those of another
    ("arena.views.runs", "arena.api.runs"),
    ("ranking.views.leaderboards", "ranking.admin"),
    # rules that are pure
    ("judges.verdicts.combiners", "django"),
    ("judges.replies.parsing", "judges.models.games"),
    ("judges.audits.figures.position", "celery"),
    # the fit of a board, which runs without a site
    ("ranking.boards.fitting", "ranking.models"),
    ("ranking.boards.many_competitors", "arena.fit_memory"),
    ("ranking.comparisons.votes_and_opinions", "django"),
    # what is there for trying the product out
    ("judges.runs.judging", "judges.fakellm.server"),
    ("judges.views.judges", "judges.fakellm.server"),
    # the composition root
    ("arena.views.status", "arena.config.settings"),
    ("ranking.views.method", "arena.config.celery"),
]

BY_NAME = {"import_module", "import_string", "__import__"}
UPWARDS = {  # when Django has loaded all models, each app adds what its arenas consist of to those of arena.archiving
    ("arena.apps", "arena.bundles.arena_kinds"),
    ("judges.apps", "judges.bundle_kinds"),
    ("ranking.apps", "ranking.bundle_kinds"),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("arena", "judges", "ranking", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    configure()
    options = read_user_options(str(PYPROJECT))
    _register_contract_types(options)
    return [
        registry.get_contract_class(contract["type"])(
            name=contract["name"], session_options=options.session_options, contract_options=contract
        )
        for contract in options.contracts_options
    ]


def broken(contracts: list[Contract], graph: grimp.ImportGraph) -> list[str]:
    return [contract.name for contract in contracts if not contract.check(graph=deepcopy(graph), verbose=False).kept]


def test_every_contract_holds(contracts, graph):
    assert not broken(contracts, graph)


@pytest.mark.parametrize(("importer", "imported"), WRONG, ids=[f"{a} <- {b}" for a, b in WRONG])
def test_a_wrong_import_is_refused(contracts, graph, importer, imported):
    assert importer in graph.modules
    assert imported in graph.modules
    assert broken(contracts, with_import(graph, importer, imported))


def test_no_test_helps_the_product(contracts, graph):
    planted = deepcopy(graph)
    planted.add_module("tests", is_squashed=True)
    planted.add_import(importer="arena.sample.content", imported="tests", line_number=1, line_contents="import tests")
    assert broken(contracts, planted)


@pytest.mark.parametrize("name", ["arena.news", "judges.news", "ranking.news", "ranking.maths.news"])
def test_a_new_module_has_to_be_given_its_place(contracts, graph, name):
    grown = deepcopy(graph)
    grown.add_module(name)
    assert broken(contracts, grown)


def test_no_import_by_name_goes_where_an_import_may_not(contracts, graph):
    """What the composition root names in its settings is no literal here, and meant."""
    hidden = [(name_of(path), name) for path in SOURCES for name in imported_by_name(syntax_tree(path))]
    assert {
        (importer, imported) for importer, imported in hidden if broken(contracts, with_import(graph, importer, imported))
    } == UPWARDS


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by_name(tree: ast.Module) -> list[str]:
    """Modules and objects of the product that are imported by a literal."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    called = [(getattr(call.func, "attr", getattr(call.func, "id", "")), call.args[0]) for call in calls]
    literals = [first.value for name, first in called if name in BY_NAME and isinstance(first, ast.Constant)]
    return [literal for literal in literals if str(literal).partition(".")[0] in {"arena", "judges", "ranking"}]


def with_import(graph: grimp.ImportGraph, importer: str, imported: str) -> grimp.ImportGraph:
    while imported not in graph.modules:  # an object in a module
        imported = imported.rpartition(".")[0]
    planted = deepcopy(graph)
    planted.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    return planted


@pytest.mark.parametrize(
    ("line", "imported"),
    [
        ('importlib.import_module("ranking.boards")', ["ranking.boards"]),
        ('import_string("judges.cards.card_of")()', ["judges.cards.card_of"]),
        ('__import__("arena.views")', ["arena.views"]),
        ("import_string(settings.PAIR_WEIGHTS)", []),
        ('import_module("xllamacpp")', []),
    ],
)
def test_imports_by_name_are_seen(line, imported):
    assert imported_by_name(ast.parse(line)) == imported


@pytest.mark.parametrize("line", ["from . import models", "from .models import Leaderboard", "from ..models import Game"])
def test_a_relative_import_is_refused(line):
    program = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
        "--stdin-filename=ranking/views/news.py",
    ]
    done = subprocess.run([*program, "-"], cwd=ROOT, input=f"{line}\n", capture_output=True, text=True, check=False)
    assert "TID252" in done.stdout
