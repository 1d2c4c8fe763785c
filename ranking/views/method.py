from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from arena.llm.wires.usage import OVERSHOOT
from arena.views.context import page_context
from judges.audits.presentation import figures_explained
from judges.models import Game
from judges.verdicts.combiner_texts import COMBINER_TEXTS, GAMES
from ranking.boards.method_docs import methods_explained
from ranking.boards.snapshots.snapshot_retention import MOST_KEPT_OF_ASKED
from ranking.models import LEAST_SECONDS_BETWEEN_FITS, REST_PER_FIT


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """How every number is made."""
    context: dict[str, Any] = {
        "least_seconds": LEAST_SECONDS_BETWEEN_FITS,
        "rest_per_fit": REST_PER_FIT,
        "explanations": methods_explained(),
        "combiners": [(name, gettext(text.line)) for name, text in COMBINER_TEXTS.items() if name != GAMES],
        "judge_figures": figures_explained(),
        "overshoot": OVERSHOOT,
        "most_kept_of_asked": MOST_KEPT_OF_ASKED,
        "end_states": Game.State.choices,
    }
    return render(request, "ranking/method.html", page_context(request, "method", None, **context))
