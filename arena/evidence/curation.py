"""Curators' actions on evidence. Nothing is deleted: each action is an event that another event can undo."""

import graphlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, router, transaction
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from arena.evidence.kept_files import forget
from arena.evidence.ledger import filed_under, record_import, record_prompt, sequence
from arena.models import AdminLink, ArchiveUpload, Arena, Event, Import, Prompt, RemovedArena, Vote
from arena.models.found_rows import found_by_another
from arena.models.imports import CAME_ANEW
from arena.statements.vote_statements import TAKEN_BACK

BATCH = 5_000


class NotPublished(Exception):
    """The import's state does not allow this."""


def set_aside_votes(votes: models.QuerySet[Vote], reason: str, actor: User | None) -> int:
    """Set votes aside until they are restored; returns how many of them counted until now."""
    if not reason.strip():
        raise ValueError("a reason is needed: readers of the board are shown why votes were set aside")
    return _recount(votes.filter(is_counted=True), kind=Event.Kind.VOTE_SET_ASIDE, reason=reason.strip()[:200], actor=actor)


def restore_votes(votes: models.QuerySet[Vote], actor: User | None) -> int:
    """Restore votes; returns how many. Votes withdrawn by their voters are not restored."""
    set_aside = votes.filter(is_counted=False).exclude(set_aside_reason=TAKEN_BACK)
    return _recount(set_aside, kind=Event.Kind.VOTE_RESTORED, reason="", actor=actor)


def set_aside_import(source: Import, reason: str, actor: User | None) -> bool:
    """Set all its rows aside at once, prompts and answers by archiving them; False if they already were.

    Rows that another import which counts has, too, stay in use. Raises NotPublished.
    """
    return _move_import(source, Event.Kind.IMPORT_SET_ASIDE, reason=reason, actor=actor)


def restore_import(source: Import, actor: User | None) -> bool:
    """Restore all its rows at once; False if they already count."""
    return _move_import(source, Event.Kind.IMPORT_RESTORED, reason="", actor=actor)


def lock_imports(arena_id: int) -> None:
    """In a transaction: imports of an arena are published, set aside and restored one at a time, as they may share rows."""
    Arena.objects.select_for_update(no_key=True, of=("self",)).get(pk=arena_id)


def n_votes_kept(source: Import) -> int:
    """Votes of the import that another one which counts has, too: they count on when it is set aside."""
    return Vote.objects.filter(found_by_another("vote", but=source), is_counted=True, source=source).count()


def n_votes_of_others(source: Import) -> int:
    """Counted votes on an import's battles that did not come with it: they stay when it is set aside."""
    here = Vote.objects.counted().filter(battle__arena_id=source.arena_id, battle__source=source)
    return here.filter(~Q(source=source) | Q(source=None)).count()


def file_prompt(prompt: Prompt, *, category: str, language: str, actor: User | None) -> bool:
    """File a prompt under another category or language; False if it is filed there already."""
    with transaction.atomic():
        filed = Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
        before, language_before = filed_under(filed), filed.language
        filed.category, filed.language = category, language
        if filed_under(filed) == before:
            return False
        if filed.language != language_before:
            filed.is_language_guessed = False
        filed.save(update_fields=["category", "language", "is_language_guessed"])
        record_prompt(filed, before=before, actor=actor)
    prompt.category, prompt.language = category, language
    return True


def delete_arena(arena: Arena) -> dict[type[models.Model], int]:
    """Delete an arena with everything in it; returns how many rows of each model.

    Evidence is protected against deletion one by one, so rows go in the order in which they point at each other. The apps
    built on this one have rows of an arena too: they are found in the registry, not imported.
    """
    counts: dict[type[models.Model], int] = {}
    with transaction.atomic():
        RemovedArena.objects.create(slug=arena.slug, name=arena.name, last_position=sequence())
        for outlives in (ArchiveUpload, AdminLink):
            outlives._default_manager.filter(arena=arena).update(arena=None)
        for model, path in _rows_of_an_arena():
            rows = model._default_manager.filter(**{path: arena.pk})
            counts[model] = rows._raw_delete(router.db_for_write(model))
        transaction.on_commit(partial(forget, arena.pk), robust=True)
    return counts


def _recount(votes: models.QuerySet[Vote], *, kind: Event.Kind, reason: str, actor: User | None) -> int:
    counts = kind == Event.Kind.VOTE_RESTORED
    n_changed = 0
    with transaction.atomic():
        for chunk in _batches(votes):
            # Rows that somebody else has changed since are left out when they are locked.
            rows = list(
                Vote.objects.select_for_update(of=("self",), no_key=True)
                .filter(pk__in=chunk, is_counted=not counts)
                .select_related("battle")
                .order_by("pk")
            )
            Event.objects.bulk_create(_event(vote, kind, counts=counts, reason=reason, actor=actor) for vote in rows)
            Vote.objects.filter(pk__in=[vote.pk for vote in rows]).update(is_counted=counts, set_aside_reason=reason)
            n_changed += len(rows)
    return n_changed


def _event(vote: Vote, kind: Event.Kind, *, counts: bool, reason: str, actor: User | None) -> Event:
    before, after = ("", vote.outcome) if counts else (vote.outcome, "")
    return Event(
        arena_id=vote.battle.arena_id, kind=kind, vote=vote, before=before, after=after, reason=reason, actor=actor
    )  # fmt: skip


def _batches(votes: models.QuerySet[Vote]) -> Iterator[list[int]]:
    pks = list(votes.order_by("pk").values_list("pk", flat=True).distinct())
    for start in range(0, len(pks), BATCH):
        yield pks[start : start + BATCH]


def _move_import(source: Import, kind: Event.Kind, *, reason: str, actor: User | None) -> bool:
    states = [Import.State.PUBLISHED, Import.State.SET_ASIDE]
    before, after = states if kind == Event.Kind.IMPORT_SET_ASIDE else reversed(states)
    with transaction.atomic():
        lock_imports(source.arena_id)
        if kind == Event.Kind.IMPORT_RESTORED:
            _must_not_count_twice(source)
        moved = Import.objects.filter(pk=source.pk, state=before).update(state=after)
        source.refresh_from_db(fields=["state"])
        if moved:
            record_import(kind, source, before=before, reason=reason, actor=actor)
            count_games_of_import(source, is_counted=after == Import.State.PUBLISHED, reason=reason, actor=actor)
        elif source.state != after:
            message = _("%(file)s is %(state)s: only an import that is complete can be set aside")
            raise NotPublished(message % {"file": source.filename, "state": source.get_state_display()})
    return bool(moved)


def _must_not_count_twice(source: Import) -> None:
    """Rows of an import that was set aside may have come in anew with another one (`arena.importing.loading.known_battles`)."""
    locked = Import.objects.select_for_update(no_key=True).get(pk=source.pk)
    same = Import.objects.filter(arena=locked.arena_id, digest__in=locked.report.get(CAME_ANEW, []))
    if newer := same.exclude(pk=locked.pk).order_by("-pk").first():
        words = _(
            "%(file)s stays set aside: rows of it came in anew with %(newer)s (import %(number)s) and would count "
            "twice. Keep that import, or import the rows that it lacks in a separate file"
        )
        raise NotPublished(words % {"file": source.filename, "newer": newer.filename, "number": newer.pk})


def count_games_of_import(source: Import, *, is_counted: bool, reason: str, actor: User | None) -> None:
    """Games of its voters that are judges, and rows of other apps' files, are set aside and restored with it."""
    if count := settings.IMPORTS_COUNT.get(source.kind):
        import_string(count)(source, is_counted=is_counted, reason=reason, actor=actor)
    if source.options.get("voters") == "judges":
        import_string(settings.VERDICTS_OF_VOTERS_COUNT)(source, is_counted=is_counted, reason=reason, actor=actor)


def _rows_of_an_arena() -> Iterator[tuple[type[models.Model], str]]:
    """Every model whose rows belong to one arena, with the shortest path to it; a model comes before those it refers to."""
    paths: dict[type[models.Model], str] = {Arena: "pk"}
    reached: list[type[models.Model]] = [Arena]
    for model in reached:  # grows while it is read: breadth first, so ways are shortest
        for child, field in _children(model):
            if child not in paths:
                paths[child] = field if model is Arena else f"{field}__{paths[model]}"
                reached.append(child)
    targets = {model: {parent for parent in paths if parent is not model and _points_at(model, parent)} for model in paths}
    for model in reversed(list(graphlib.TopologicalSorter(targets).static_order())):
        yield model, paths[model]


def _children(parent: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in _foreign_keys(model):
            if field.related_model is parent and not field.null:
                yield model, field.name


def _points_at(model: type[models.Model], parent: type[models.Model]) -> bool:
    return any(field.related_model is parent for field in _foreign_keys(model))


def _foreign_keys(model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
    return [field for field in model._meta.local_fields if isinstance(field, models.ForeignKey)]
