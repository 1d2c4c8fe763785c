"""Names of models and fields reach translators, and follow the reader's language."""

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import override

from ranking.model_names import NAMES


def test_every_name_is_listed_for_translators():
    models = list(apps.get_app_config("ranking").get_models())
    fields = [field for model in models for field in (*model._meta.fields, *model._meta.many_to_many)]
    names = [name for model in models for name in (model._meta.verbose_name, model._meta.verbose_name_plural)]
    names += [field.verbose_name for field in fields]
    assert all(isinstance(name, Promise) for name in names)
    with override("en"):
        assert {str(name) for name in names} == set(NAMES)
