"""Regenerates the sample arena's generated answers with the offline model."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.llm.local import LocalModelMissingError
from arena.sample.content import (
    FOLDER,
    SampleCompetitor,
    SamplePrompt,
    load_competitors,
    load_prompts,
    load_responses,
    response_path,
)
from arena.sample.generation import LocalModel, SmolLM2, answer_all
from arena.wording import counted


class Command(BaseCommand):
    help = "Answer the sample prompts with the offline model (needs requirements-local.txt)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competitor", help="only this one, by name or slug")
        parser.add_argument("--out", type=Path, default=FOLDER / "responses", help="folder for the files")
        parser.add_argument("--force", action="store_true", help="answer again what is answered already")

    def handle(self, *args: Any, **options: Any) -> None:
        competitors = _choose_competitors(options["competitor"])
        try:
            model = SmolLM2()
        except LocalModelMissingError as error:
            raise CommandError(str(error)) from error
        prompts = load_prompts()
        for competitor in competitors:
            path = response_path(options["out"], competitor)
            if options["force"]:
                path.unlink(missing_ok=True)
            self._generate(model, competitor, prompts, path)

    def _generate(self, model: LocalModel, competitor: SampleCompetitor, prompts: tuple[SamplePrompt, ...], path: Path) -> None:
        known = load_responses(path, competitor.name, prompts) if path.exists() else ()
        n_done = len(known)
        for response in answer_all(model, competitor, prompts=prompts, path=path, known=known):
            n_done += 1
            cost = f"{counted(response.tokens_out or 0, 'token', 'tokens')}, {(response.latency_ms or 0) / 1000:.1f} s"
            self.stdout.write(f"{competitor.name}: {n_done}/{len(prompts)} {response.prompt} ({cost})")
        self.stdout.write(self.style.SUCCESS(f"{competitor.name}: {counted(n_done, 'answer', 'answers')} in {path}"))


def _choose_competitors(wanted: str | None) -> list[SampleCompetitor]:
    generated = [competitor for competitor in load_competitors() if competitor.is_generated]
    chosen = [each for each in generated if wanted in (None, each.name, each.slug)]
    if not chosen:
        names = ", ".join(f"{competitor.name!r}" for competitor in generated)
        raise CommandError(f"no generated competitor is called {wanted!r}; allowed are {names}", returncode=2)
    return chosen
