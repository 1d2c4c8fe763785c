"""Sets up and serves two arenas with their boards, one simulated and one real: the command to try Agon with."""

import io
import os
import socket
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from arena.commands.arguments import port as port_number
from arena.models import Arena, Prompt, Vote
from arena.sample import llmfao
from arena.sample.loading import SLUG, SlugTaken, is_of_an_older_version, load_sample_arena
from arena.wording import counted
from judges.sample import PORT, SCRIPTED, judge_sample_offline, last_port, plan_scripted_judges
from ranking.boards.default_boards import ensure_boards
from ranking.models import Leaderboard


class Command(BaseCommand):
    help = "Set up two sample arenas and serve them: one command from a fresh clone to a running site."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="set everything up, but do not serve it")
        parser.add_argument("--sample-only", action="store_true", help="leave out the arena LLMFAO, of real votes")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=port_number, default=8000, help="default 8000")
        parser.add_argument(
            "--judge-port",
            type=port_number,
            help=f"where the scripted judges listen, on loopback (default {PORT}, or a free port if that is in use)",
        )

    def handle(
        self, *args: Any, no_serve: bool, sample_only: bool, host: str, port: int, judge_port: int | None, **options: Any
    ) -> None:
        self._say(f"Data folder: {settings.DATA_DIR}")
        call_command("migrate", verbosity=0, interactive=False)
        self._say(f"Database ready ({connection.vendor}).")
        try:
            self._set_up()
            if not sample_only:
                self._set_up_llmfao()
        except SlugTaken as reason:
            raise CommandError(str(reason), returncode=2) from reason
        if no_serve:
            self._say("Serve it with: manage.py serve")
        else:
            call_command("serve", host=host, port=port, beside=partial(self._scripted_judges, judge_port))

    def _scripted_judges(self, wanted: int | None) -> list[tuple[str, list[str]]]:
        """Plan a run of the scripted judges for the worker, and return the fake model on loopback that they ask."""
        port = self._judge_port(wanted)
        allowed = settings.ENDPOINTS_ALLOWED | {f"127.0.0.1:{port}"}
        os.environ["AGON_ENDPOINTS_ALLOWED"] = ",".join(sorted(allowed))  # for the children
        if plan_scripted_judges(Arena.objects.get(slug=SLUG), f"http://127.0.0.1:{port}/v1"):
            self._say(f"Two scripted judges ({'; '.join(SCRIPTED)}) are asked once the site is up: see Judges and Runs.")
        return [("judges", ["-m", "django", "fakellm", "--sample", "--port", str(port)])]

    def _judge_port(self, wanted: int | None) -> int:
        if wanted:
            if not _is_free(wanted):
                raise CommandError(f"port {wanted} is in use: choose another with --judge-port", returncode=2)
            return wanted
        usual = last_port() or PORT
        if wanted is None and _is_free(usual):
            return usual
        port = _free_port()
        why = f": {usual} is in use" if wanted is None else ""
        self._say(f"The scripted judges listen on port {port}{why}.")
        return port

    def _set_up(self) -> None:
        is_new = not Arena.objects.filter(slug=SLUG).exists()
        arena = load_sample_arena()
        n_prompts, n_competitors = Prompt.objects.filter(arena=arena).count(), arena.competitors.count()
        votes = Vote.objects.filter(battle__arena=arena)
        n_simulated, n_votes = votes.simulated().count(), votes.count()
        cast = counted(n_simulated, "simulated vote", "simulated votes")
        if n_votes > n_simulated:
            cast += f" and {counted(n_votes - n_simulated, 'vote', 'votes')} of people"
        verb = "Loaded the" if is_new else "Found the"
        self._say(
            f"{verb} sample arena: {counted(n_competitors, 'competitor', 'competitors')}, "
            f"{counted(n_prompts, 'prompt', 'prompts')}, {cast}."
        )
        if not is_new and is_of_an_older_version(arena):
            self._say(f"It is that of an older version: for the new one, run manage.py remove_arena {SLUG} and this again.")
        judge_sample_offline(arena)
        for board in ensure_boards(arena):
            if not board.snapshots.exists():
                self._publish(board)

    def _set_up_llmfao(self) -> None:
        """Its main board is published here; the worker follows with the others."""
        arena = llmfao.llmfao_arena()
        if arena is None:
            self._say(f"The LLMFAO arena was not loaded: an arena of yours has the slug {llmfao.SLUG!r}.")
            return
        if arena.is_archived:
            return
        if not llmfao.is_imported(arena):
            options = {"arena": arena.slug, "format": "llmfao", "stdout": io.StringIO()}
            call_command("import_battles", str(llmfao.VOTES), **options)
        votes = Vote.objects.filter(battle__arena=arena)
        self._say(f"LLMFAO arena: {counted(arena.competitors.count(), 'model', 'models')}, {votes.count():,} votes of people.")
        ensure_boards(arena)
        board = Leaderboard.objects.live().filter(arena=arena, is_default=True).first()
        if board and not board.snapshots.exists():
            self._publish(board)

    def _publish(self, board: Leaderboard) -> None:
        from ranking.boards.publishing import BoardBusy, publish_snapshot  # scipy: a second that later starts do not need

        try:
            snapshot = publish_snapshot(board)
        except BoardBusy:
            return  # another process is publishing it
        self._say(f"Published the board {board.name!r}: {snapshot.entries.exclude(rating=None).count()} rated.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
