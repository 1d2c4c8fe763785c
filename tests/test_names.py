"""One name, one thing: no two classes of the project are called the same, and variables are named for what they hold."""

import ast
from collections import defaultdict

from tests.test_architecture import ROOT, SOURCES, syntax_tree

BY_DJANGO = {"Command", "Meta"}  # what a management command and the options of a model are called is Django's choice
BY_OWNER = {"Kind", "State"}  # choices of a field `kind` or `state`, always read with their model: `Run.State`
VAGUE = {"found", "said", "told", "its"}  # better: `counts`, `verdict`, `match`, `message`
PUBLISHED = {  # arguments of the library, columns, and names that other folders use
    "ranking/maths/pair_sampling.py": "rank_decision_weights",
    "ranking/maths/uncertainty/elo_points.py": "in_points",
    "ranking/maths/uncertainty/powered_rank_sets.py": "powered_rank_sets",
    "ranking/maths/uncertainty/rank_probabilities.py": "tiers",
    "arena/runs/confirmations.py": "Confirmation",
    "arena/runs/endpoint_trials.py": "try_out",
    "judges/models/constant_answers.py": "ConstantAnswers",
}


def test_no_class_name_stands_for_two_things():
    """Nested classes too."""
    where = defaultdict(list)
    for path in SOURCES:
        tree = syntax_tree(path)
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name not in BY_DJANGO]
        for node in classes:
            if node in tree.body or node.name not in BY_OWNER:
                where[node.name].append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in where.items() if len(paths) > 1}


def test_variables_are_named_for_what_they_hold():
    vague = []
    for path in SOURCES:
        file = path.relative_to(ROOT).as_posix()
        vague += [f"{file}:{line}: {name}" for name, line in _names_set(syntax_tree(path), but=PUBLISHED.get(file))]
    assert not vague


def _names_set(node, *, but):
    """Vague names of parameters and variables with their lines, outside the function or class called `but`."""
    for child in ast.iter_child_nodes(node):
        name = child.arg if isinstance(child, ast.arg) else child.id if isinstance(child, ast.Name) else None
        if name in VAGUE and (isinstance(child, ast.arg) or isinstance(child.ctx, ast.Store)):
            yield name, child.lineno
        if but is None or getattr(child, "name", None) != but:
            yield from _names_set(child, but=but)
