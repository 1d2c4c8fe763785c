"""Tiny files to begin with, one of each kind. They belong together: imported in this order they make an arena."""

from arena.importing.kinds import kinds_of_rooms
from arena.models import Import

PROMPTS = """\
id,prompt,category,language,reference
q1,What is the capital of France?,facts,en,Paris
q2,Write a haiku about rain.,writing,en,
"""
ANSWERS = """\
prompt,competitor,text
q1,model-one,Paris.
q1,model-two,"The capital of France is Paris, on the Seine."
q2,model-one,"Rain on the tin roof,
a thousand small drums, then none:
the gutter goes on."
q2,model-two,"Drops fall from the sky, it is raining today, I like it."
"""
BATTLES = """\
question_id,model_a,model_b,winner,judge
q1,model-one,model-two,model_b,ann
q1,model-two,model-one,tie,ben
q2,model-one,model-two,model_a,ann
q2,model-two,model-one,model_b,ben
"""
SAMPLES = {
    Import.Kind.PROMPTS.value: PROMPTS, Import.Kind.RESPONSES.value: ANSWERS, Import.Kind.BATTLES.value: BATTLES
}  # fmt: skip


def all_samples() -> dict[str, str]:
    """Those of other rooms, too."""
    return {**SAMPLES, **{kind: room.sample for kind, room in kinds_of_rooms()}}
