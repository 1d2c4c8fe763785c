"""A board that levels style says what style did: each mark's coefficient with its interval, as chances between equals."""

import numpy as np
import pytest

from arena.evidence import ledger
from ranking.boards.methods import Definition, style_notes
from ranking.boards.publishing import publish_snapshot
from ranking.maths import Comparisons
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.notes import code_of, parameters_of
from ranking.views.filtering.style_effects import style_effects
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote
from tests.ranking.board_factories import make_board


def test_a_coefficient_is_that_of_the_fit():
    """The longer answer (x = 1) wins 30 of 40 battles of equals: beta = ln 3; that is 75 %."""
    n = 40
    longer = np.tile([1.0, -1.0], n // 2)
    wins = np.arange(n) < 30
    outcome = ["a" if (x > 0) == won else "b" for x, won in zip(longer, wins, strict=True)]
    comparisons = Comparisons.from_names(["x"] * n, ["y"] * n, outcome, prompt=[f"p{k}" for k in range(n)])
    fit = fit_contextual(
        Comparisons(
            names=comparisons.names, a=comparisons.a, b=comparisons.b, outcome=comparisons.outcome, prompt=comparisons.prompt,
            covariates=longer[:, None], covariate_names=("length",),
        )
    )  # fmt: skip
    (note,) = style_notes(fit, Definition(method="style_controlled"))
    assert code_of(note) == "style.coefficient"
    parameters = parameters_of(note)
    assert parameters["estimate"] == pytest.approx(np.log(3), abs=1e-6)
    assert 0 < parameters["low"] < parameters["estimate"] < parameters["high"]


@pytest.mark.django_db
def test_the_page_says_what_length_does(client):
    arena, rng = make_arena("long", board_visibility="public"), np.random.default_rng(3)
    models = [make_competitor(arena) for _ in range(3)]
    for _ in range(40):
        prompt = make_prompt(arena)
        for model in models:
            n = int(rng.integers(20, 400))
            make_response(prompt, model, "word " * n, n_characters=5 * n)
        for i, a in enumerate(models):
            b = models[(i + 1) % 3]
            battle = make_battle(a, b, prompt, with_answers=True)
            longer = "a" if battle.response_a.n_characters > battle.response_b.n_characters else "b"
            make_vote(battle, longer if rng.random() < 0.8 else {"a": "b", "b": "a"}[longer])
    ledger.number_events()
    board = make_board(arena, "long-style", method="style_controlled", covariates="length")
    (effect,) = style_effects(publish_snapshot(board))
    assert effect.name == "length"
    assert 50 < effect.low < effect.percent < effect.high < 100
    page = client.get(arena.get_absolute_url(), {"board": "long-style"}).text
    assert "What style does" in page
    assert f"{effect.percent:.1f} %" in page
    assert "Length: +" not in page  # the note itself is not shown a second time
