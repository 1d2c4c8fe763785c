from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from arena import model_names


class ArenaConfig(AppConfig):
    name = "arena"
    verbose_name = gettext_lazy("Arena")

    def ready(self) -> None:
        model_names.translate(self)
