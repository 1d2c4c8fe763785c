import numpy as np
from django.db import migrations, models


def list_pairs(apps, schema_editor):
    """Tables of competitors by competitors become lists of all their pairs."""
    tables = apps.get_model("ranking", "PairTable").objects
    for pk in tables.values_list("pk", flat=True):
        table = tables.get(pk=pk)
        m = len(table.competitor_ids)
        record = np.frombuffer(bytes(table.record), dtype=np.int64)
        weights = np.frombuffer(bytes(table.weights), dtype=np.float32)
        if len(record) != 3 * m * m or len(weights) != m * m:
            table.delete()  # the next fit writes it
            continue
        record, weights = record.reshape(m, m, 3), weights.reshape(m, m)
        i, j = np.triu_indices(m, 1)
        columns = (record[i, j, 0], record[j, i, 0], record[i, j, 1], record[i, j, 2])
        table.pairs = np.stack([i, j], axis=1).astype(np.int32).tobytes()
        table.record = np.stack(columns, axis=1).astype(np.int32).tobytes()
        table.weights = weights[i, j].tobytes()
        table.save(update_fields=["pairs", "record", "weights"])


def make_tables(apps, schema_editor):
    """Back: what is not listed has no weight of its own, so the next fit writes it."""
    apps.get_model("ranking", "PairTable").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("ranking", "0015_causes_have_codes"),
    ]

    operations = [
        migrations.AddField(
            model_name="pairtable",
            name="pairs",
            field=models.BinaryField(default=bytes, help_text="int32 (k, 2): places i < j of the pairs that are listed."),
        ),
        migrations.AddField(
            model_name="pairtable",
            name="others",
            field=models.BinaryField(
                default=bytes, help_text="float32 (m, 2): what pairs that are not listed weigh; empty where all are."
            ),
        ),
        migrations.AlterField(
            model_name="pairtable",
            name="competitor_ids",
            field=models.JSONField(default=list, help_text="What the places in the lists stand for."),
        ),
        migrations.AlterField(
            model_name="pairtable",
            name="record",
            field=models.BinaryField(help_text="int32 (k, 4): times i won, j won, they tied, both were bad."),
        ),
        migrations.AlterField(
            model_name="pairtable",
            name="weights",
            field=models.BinaryField(help_text="float32 (k,); they sum to 1 over all pairs."),
        ),
        migrations.RunPython(list_pairs, make_tables, elidable=True),
    ]
