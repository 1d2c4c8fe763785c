"""Doorbells of the judging room."""

from celery import shared_task

from judges import constants


@shared_task(name="judges.tasks.look_for_constant_answers", ignore_result=True)
def look_for_constant_answers() -> None:
    """Competitors with new answers are looked at again."""
    constants.sweep()
