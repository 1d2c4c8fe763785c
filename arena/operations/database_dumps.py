"""A database -> one file, and back in one atomic step."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess  # starts PostgreSQL's client tools  # nosec B404
from pathlib import Path
from typing import Protocol

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from arena.operations import planner_statistics


class DumpFailed(Exception):
    """What the database or its tools said."""


class Database(Protocol):
    member: str

    def dump(self, path: Path) -> None: ...

    def load(self, path: Path) -> None: ...


class SQLite:
    member = "database.sqlite3"

    def dump(self, path: Path) -> None:
        """A consistent copy in one step: in WAL mode readers block no writer."""
        try:
            with contextlib.closing(sqlite3.connect(self._path())) as source, contextlib.closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise DumpFailed(f"SQLite: {error}") from error

    def load(self, path: Path) -> None:
        """The old file's log is folded into it, then the new file takes its name."""
        self._check(path)
        connection.close()
        target = self._path()
        if target.exists():
            self._close_log(target)
        os.chmod(path, 0o600)
        os.replace(path, target)

    def _check(self, path: Path) -> None:
        try:
            with contextlib.closing(sqlite3.connect(path)) as copy:
                verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.Error as error:
            verdict = str(error)
        if verdict != "ok":
            raise DumpFailed(f"the database in the backup is damaged: {verdict}")

    def _close_log(self, target: Path) -> None:
        """A log left beside the new file would be read as its own."""
        try:
            with contextlib.closing(sqlite3.connect(target, timeout=5)) as old:
                mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise DumpFailed(f"the present database does not close ({error}): stop what uses it") from error
            mode = "none"  # the file there is not a database, so its log means nothing
        if mode == "wal":
            raise DumpFailed("the present database is in use: stop what uses it")
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)

    def _path(self) -> Path:
        return Path(connection.settings_dict["NAME"])


class PostgreSQL:
    member = "database.dump"

    def dump(self, path: Path) -> None:
        self._check_version()
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")

    def load(self, path: Path) -> None:
        """Old tables go and new ones come in one transaction: a failure brings the old ones back."""
        self._check_version()
        script = path.with_suffix(".sql")
        with open(script, "w") as file:
            file.write("SET lock_timeout = '10s';\n" + self._drop_tables())
        self._run(
            "pg_restore", "--no-owner", "--no-privileges", f"--file={path.with_suffix('.body')}", str(path), database=False
        )
        connection.close()
        self._run(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
            f"--file={script}", f"--file={path.with_suffix('.body')}",
        )  # fmt: skip
        planner_statistics.gather()

    def _drop_tables(self) -> str:
        """Of this program's tables only, those that are there."""
        ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        ours.add(MigrationRecorder.Migration._meta.db_table)
        present = sorted(ours & set(connection.introspection.table_names()))
        names = ", ".join(connection.ops.quote_name(name) for name in present)
        return f"DROP TABLE {names} CASCADE;\n{self._drop_functions(present)}" if present else ""

    def _drop_functions(self, tables: list[str]) -> str:
        """Trigger functions of these tables: they outlive the tables, and the backup brings its own."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT trigger.tgfoid::regprocedure::text FROM pg_trigger AS trigger
                   JOIN pg_class AS owner ON owner.oid = trigger.tgrelid
                   WHERE NOT trigger.tgisinternal AND owner.relname = ANY(%s) ORDER BY 1""",
                [tables],
            )
            return "".join(f"DROP FUNCTION {function} CASCADE;\n" for (function,) in cursor.fetchall())

    def _check_version(self) -> None:
        """Raises if the tools are older than the server: they cannot read it, and say so less clearly."""
        version = self._run("pg_dump", "--version", database=False)
        match = re.search(r"(\d+)(?:\.\d+)?", version)
        tools = int(match[1]) if match else 0
        connection.ensure_connection()
        server: int = connection.pg_version // 10_000  # type: ignore[attr-defined]
        if tools < server:
            raise DumpFailed(f"pg_dump is of PostgreSQL {tools}, the server of {server}: install postgresql-client-{server}")

    def _run(self, tool: str, *arguments: str, database: bool = True) -> str:
        path = shutil.which(tool)
        if path is None:
            raise DumpFailed(f"{tool} is not installed: install PostgreSQL's client tools (postgresql-client)")
        result = subprocess.run(  # noqa: S603  # PostgreSQL's client tools  # nosec B603
            [path, *arguments],
            env=os.environ | (self._environment() if database else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise DumpFailed(f"{tool}: {result.stderr.strip()[-2000:]}")
        return result.stdout

    def _environment(self) -> dict[str, str]:
        """Connection settings as environment variables, because command-line arguments are visible to everyone on the
        machine.
        """
        database = connection.settings_dict
        options = database.get("OPTIONS", {})
        variables = {
            "PGHOST": database["HOST"], "PGPORT": database["PORT"], "PGUSER": database["USER"],
            "PGPASSWORD": database["PASSWORD"], "PGDATABASE": database["NAME"],
            "PGSSLMODE": options.get("sslmode"), "PGSSLROOTCERT": options.get("sslrootcert"),
        }  # fmt: skip
        return {name: str(value) for name, value in variables.items() if value}


DATABASES: dict[str, Database] = {"sqlite": SQLite(), "postgresql": PostgreSQL()}
