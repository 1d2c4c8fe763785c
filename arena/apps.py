from importlib import import_module

from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy

from arena import model_names, row_numbers


class ArenaConfig(AppConfig):
    name = "arena"
    verbose_name = gettext_lazy("Arena")

    def ready(self) -> None:
        model_names.translate(self)
        register_converter(row_numbers.RowNumber, "row")
        import_module("arena.bundles.arena_kinds").add_arena_kinds()  # its models are loaded now
