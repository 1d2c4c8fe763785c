from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from arena import model_names


class RankingConfig(AppConfig):
    name = "ranking"
    verbose_name = gettext_lazy("Ranking")

    def ready(self) -> None:
        model_names.translate(self)
        import_module("ranking.bundle_kinds").add_ranking_kinds()  # its models are loaded now
