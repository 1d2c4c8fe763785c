"""A digest of what a prompt asks, by which prompts of one text under several ids are one."""

import hashlib
import json
import unicodedata

from django.db import migrations, models

BATCH = 1_000


def text_digest(turns, system_prompt):
    said = [system_prompt, *map(str, turns)]
    told, *normal = [
        unicodedata.normalize("NFC", part.replace("\r\n", "\n").replace("\r", "\n")).strip() for part in said
    ]
    if not any(normal):
        return ""
    return hashlib.blake2b(json.dumps([told, *normal], ensure_ascii=False).encode(), digest_size=16).hexdigest()


def fill(apps, schema_editor):
    prompts = apps.get_model("arena", "Prompt").objects.using(schema_editor.connection.alias)
    last = 0
    while rows := list(prompts.filter(pk__gt=last).order_by("pk").only("pk", "turns", "system_prompt")[:BATCH]):
        for row in rows:
            row.text_digest = text_digest(row.turns, row.system_prompt)
        prompts.bulk_update(rows, ["text_digest"])
        last = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ("arena", "0022_plain_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="prompt",
            name="text_digest",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="prompt",
            index=models.Index(fields=["arena", "text_digest"], name="prompt_of_one_text"),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(choices=[('vote_cast', 'vote cast'), ('vote_changed', 'vote changed'), ('vote_set_aside', 'vote set aside'), ('vote_restored', 'vote restored'), ('import_published', 'rows imported'), ('import_set_aside', 'import set aside'), ('import_restored', 'import restored'), ('prompt_filed', 'prompt filed under another category or language'), ('prompt_texted', 'prompt got the text that it came without'), ('games_decided', 'games of judges ended'), ('games_set_aside', 'games of judges set aside'), ('games_restored', 'games of judges restored'), ('gold_labelled', 'gold labels came or went'), ('judge_chosen', 'judge included or excluded by a curator'), ('answers_given', 'battles got the answers that they came without')], max_length=20),
        ),
    ]
