"""A battle's responses are of its prompt and of its competitors: enforced by the database, on both engines.

PostgreSQL has composite foreign keys for it. SQLite cannot add one to a table, so it gets triggers; a migration that later
rebuilds `arena_battle` or `arena_response` on SQLite must make them again (a test with raw SQL tells).
"""

from django.db import migrations

POSTGRES = [
    f"""ALTER TABLE arena_battle ADD CONSTRAINT battle_response_{side}_fits
        FOREIGN KEY (response_{side}_id, prompt_id, competitor_{side}_id)
        REFERENCES arena_response (id, prompt_id, competitor_id) DEFERRABLE INITIALLY DEFERRED"""
    for side in "ab"
]

FITS = """NOT EXISTS (SELECT 1 FROM arena_response WHERE id = NEW.response_{side}_id
          AND prompt_id = NEW.prompt_id AND competitor_id = NEW.competitor_{side}_id)"""

SQLITE = [
    f"""CREATE TRIGGER battle_response_{side}_fits_on_{when.split()[0].lower()} BEFORE {when} ON arena_battle
        WHEN NEW.response_{side}_id IS NOT NULL AND {FITS.format(side=side)}
        BEGIN SELECT RAISE(ABORT, 'response_{side} is not of this battle''s prompt and competitor'); END"""
    for side in "ab"
    for when in ("INSERT", "UPDATE")
] + [
    """CREATE TRIGGER response_stays_with_its_battles BEFORE UPDATE OF id, prompt_id, competitor_id ON arena_response
        WHEN (NEW.id, NEW.prompt_id, NEW.competitor_id) IS NOT (OLD.id, OLD.prompt_id, OLD.competitor_id)
        AND EXISTS (SELECT 1 FROM arena_battle WHERE OLD.id IN (response_a_id, response_b_id))
        BEGIN SELECT RAISE(ABORT, 'this response stands in a battle: its prompt and competitor stay'); END"""
]


def enforce(apps, schema_editor):
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def release(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for side in "ab":
            schema_editor.execute(f"ALTER TABLE arena_battle DROP CONSTRAINT battle_response_{side}_fits")
        return
    for name in [sql.split()[2] for sql in SQLITE]:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("arena", "0001_initial")]
    operations = [migrations.RunPython(enforce, release)]
