"""Pages of the judges' room."""

from django.urls import path

from judges.views import new_checklists, new_run

urlpatterns = [
    path("runs/new/", new_run.new_run, name="new-run"),
    path("runs/checklists/", new_checklists.new_checklists, name="new-checklists"),
]
