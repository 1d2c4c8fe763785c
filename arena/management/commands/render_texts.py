from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from arena.models import Prompt, Response
from arena.texts.rendering import RENDERED_BY, refresh

BATCH = 200


class Command(BaseCommand):
    help = "Render again the prompts and answers that were rendered by another version of the rules or the sanitiser."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in (Prompt, Response):
            self.stdout.write(f"{model._meta.verbose_name_plural}: {self._render(model):,} rendered by {RENDERED_BY}")

    def _render(self, model: type[Prompt] | type[Response]) -> int:
        """Render in small transactions, so that votes can be stored in between."""
        n_rendered, last = 0, 0
        others = model._default_manager.exclude(rendered_by=RENDERED_BY).order_by("pk")
        while rows := [*others.filter(pk__gt=last)[:BATCH]]:
            with transaction.atomic():
                n_rendered += refresh(rows)
            last = rows[-1].pk
        return n_rendered
