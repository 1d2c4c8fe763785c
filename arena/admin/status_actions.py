"""Actions that set one field of all chosen rows: whether pools are served, and the status of prompts and competitors."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.access import curator_of
from arena.admin.base import ModelAdmin
from arena.models import CompetitorStatus, PromptStatus
from arena.wording import number

Action = Callable[[ModelAdmin, HttpRequest, QuerySet[Any]], None]


def moving(field: str, value: object, *, description: Any, done: Any, same: Any) -> Action:
    """An action that sets a field and records the change in each row's history.

    `done` says how many rows were moved, `same` how many stood so before: plurals by `n`, which show `shown`.
    """

    @admin.action(description=description)
    def move(model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        n_chosen, others = queryset.count(), queryset.exclude(**{field: value})
        rows = queryset.model._default_manager.filter(pk__in=list(others.values_list("pk", flat=True)))
        with translation.override(settings.LANGUAGE_CODE):  # names of rows are kept in the history
            LogEntry.objects.log_actions(curator_of(request).pk, list(rows), CHANGE, f"{field}: {value}")
        n_moved = rows.update(**{field: value})
        parts = {"done": _in_words(done, n_moved), "same": _in_words(same, n_chosen - n_moved)}
        model_admin.message_user(request, (_("%(done)s; %(same)s.") if n_moved < n_chosen else _("%(done)s.")) % parts)

    move.__name__ = f"set_{field}_{value}".lower()
    return move


def _in_words(words: Any, n: int) -> str:
    return str(words % {"n": n, "shown": number(n)})


POOL_ACTIONS = [
    moving(
        "is_active", True,
        description=gettext_lazy("Serve their prompts to voters"),
        done=ngettext_lazy("%(shown)s prompt pool served to voters", "%(shown)s prompt pools served to voters", "n"),
        same=ngettext_lazy("%(shown)s was served to voters already", "%(shown)s were served to voters already", "n"),
    ),
    moving(
        "is_active", False,
        description=gettext_lazy("Stop serving their prompts"),
        done=ngettext_lazy("%(shown)s prompt pool no longer served", "%(shown)s prompt pools no longer served", "n"),
        same=ngettext_lazy("%(shown)s was out of service already", "%(shown)s were out of service already", "n"),
    ),
]  # fmt: skip

_ACTIVATED = ngettext_lazy("%(shown)s was activated already", "%(shown)s were activated already", "n")
_RETIRED = ngettext_lazy("%(shown)s was retired already", "%(shown)s were retired already", "n")

PROMPT_ACTIONS = [
    moving(
        "status", PromptStatus.ACTIVE.value,
        description=gettext_lazy("Activate"),
        done=ngettext_lazy("%(shown)s prompt activated", "%(shown)s prompts activated", "n"),
        same=_ACTIVATED,
    ),
    moving(
        "status", PromptStatus.RETIRED.value,
        description=gettext_lazy("Retire"),
        done=ngettext_lazy("%(shown)s prompt retired", "%(shown)s prompts retired", "n"),
        same=_RETIRED,
    ),
    moving(
        "status", PromptStatus.DRAFT.value,
        description=gettext_lazy("Make drafts"),
        done=ngettext_lazy("%(shown)s prompt made a draft", "%(shown)s prompts made drafts", "n"),
        same=ngettext_lazy("%(shown)s was a draft already", "%(shown)s were drafts already", "n"),
    ),
]  # fmt: skip

COMPETITOR_ACTIONS = [
    moving(
        "status", CompetitorStatus.ACTIVE.value,
        description=gettext_lazy("Activate"),
        done=ngettext_lazy("%(shown)s model activated", "%(shown)s models activated", "n"),
        same=_ACTIVATED,
    ),
    moving(
        "status", CompetitorStatus.PROVISIONAL.value,
        description=gettext_lazy("Make provisional"),
        done=ngettext_lazy("%(shown)s model made provisional", "%(shown)s models made provisional", "n"),
        same=ngettext_lazy("%(shown)s was provisional already", "%(shown)s were provisional already", "n"),
    ),
    moving(
        "status", CompetitorStatus.RETIRED.value,
        description=gettext_lazy("Retire"),
        done=ngettext_lazy("%(shown)s model retired", "%(shown)s models retired", "n"),
        same=_RETIRED,
    ),
]  # fmt: skip
