"""A game's run is of its battle's arena, its call of its run; a gold item's battle is of its set's arena: on both engines.

Triggers, as for battles and their answers. A migration that later rebuilds `judges_game` or `judges_golditem` on SQLite must
make them again (a test with raw SQL tells).
"""

from django.db import migrations

RULES = [
    (
        "judges_game", "run_fits", "battle_id, run_id",
        """NEW.run_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM arena_run JOIN arena_battle
           ON arena_battle.arena_id = arena_run.arena_id WHERE arena_run.id = NEW.run_id AND arena_battle.id = NEW.battle_id)""",
        "this game's run is of another arena than its battle",
    ),
    (
        "judges_game", "call_fits", "run_id, call_id",
        """NEW.call_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM arena_call WHERE arena_call.id = NEW.call_id AND arena_call.run_id = NEW.run_id)""",
        "this game's call is of another run",
    ),
    (
        "judges_golditem", "battle_fits", "gold_set_id, battle_id",
        """NOT EXISTS (SELECT 1 FROM judges_goldset JOIN arena_battle ON arena_battle.arena_id = judges_goldset.arena_id
           WHERE judges_goldset.id = NEW.gold_set_id AND arena_battle.id = NEW.battle_id)""",
        "this gold item's battle is of another arena than its set",
    ),
]  # fmt: skip


def _sqlite(table, name, columns, wrong, message):
    quoted = message.replace("'", "''")
    for when in ("INSERT", f"UPDATE OF {columns}"):
        trigger = f"{table}_{name}_on_{when.split()[0].lower()}"
        yield f"CREATE TRIGGER {trigger} BEFORE {when} ON {table} WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{quoted}'); END"


def _postgres(table, name, columns, wrong, message):
    quoted = message.replace("'", "''")
    yield f"""CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF {wrong} THEN RAISE EXCEPTION '{quoted}' USING ERRCODE = 'foreign_key_violation'; END IF; RETURN NEW; END $$"""
    yield f"""CREATE TRIGGER {table}_{name} BEFORE INSERT OR UPDATE OF {columns} ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"""


def enforce(apps, schema_editor):
    statements = _postgres if schema_editor.connection.vendor == "postgresql" else _sqlite
    for rule in RULES:
        for statement in statements(*rule):
            schema_editor.execute(statement)


def release(apps, schema_editor):
    for table, name, *_ in RULES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")
            schema_editor.execute(f"DROP FUNCTION {table}_{name}()")
        else:
            for when in ("insert", "update"):
                schema_editor.execute(f"DROP TRIGGER {table}_{name}_on_{when}")


class Migration(migrations.Migration):
    dependencies = [("judges", "0001_initial"), ("arena", "0009_games_in_the_ledger")]
    operations = [migrations.RunPython(enforce, release)]
