"""The database asks for every row that is deleted whether another row refers to it: without an index it reads a whole table."""

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from arena.models import Import

FEW = {get_user_model(), Import}
"""Models of which few rows are ever deleted, each for itself."""


def test_every_reference_between_the_projects_tables_has_an_index():
    assert [f"{model.__name__}.{name}" for model in _own_models() for name in _without_index(model)] == []


def _own_models():
    return [model for label in ("arena", "judges", "ranking") for model in apps.get_app_config(label).get_models()]


def _without_index(model):
    first = {index.fields[0].lstrip("-") for index in model._meta.indexes if _covers_all_references(index)}
    first |= {rule.fields[0] for rule in model._meta.constraints if _is_whole(rule)}
    for field in model._meta.local_fields:
        is_asked = isinstance(field, models.ForeignKey) and field.related_model not in FEW
        if is_asked and not (field.db_index or field.unique or field.name in first):
            yield field.name


def _covers_all_references(index):
    return bool(index.fields) and index.condition in (None, models.Q(**{f"{index.fields[0]}__isnull": False}))


def _is_whole(rule):
    return isinstance(rule, models.UniqueConstraint) and _covers_all_references(rule)
