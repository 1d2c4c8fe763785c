from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from arena import model_names


class JudgesConfig(AppConfig):
    name = "judges"
    verbose_name = gettext_lazy("Judges")

    def ready(self) -> None:
        model_names.translate(self)
        import_module("judges.bundle_kinds").add_judge_kinds()  # its models are loaded now
