"""Pages about judges, their runs and their games."""

from django.urls import path

from judges.views import battle, judge_battles, judges, new_checklists, new_run, tournament

urlpatterns = [
    path("arenas/<slug:slug>/battles/<row:pk>/", battle.battle, name="battle"),
    path("arenas/<slug:slug>/judges/", judges.judges, name="judges"),
    path("arenas/<slug:slug>/judges/<row:pk>/", judges.judge, name="judge"),
    path("arenas/<slug:slug>/judges/<row:pk>/battles/", judge_battles.judge_battles, name="judge-battles"),
    path("arenas/<slug:slug>/judges/<row:pk>/marked/", judges.count_marked, name="judge-marked"),
    path("arenas/<slug:slug>/judges/<row:pk>/figures.csv", judges.figures, name="judge-figures"),
    path("runs/new/", new_run.new_run, name="new-run"),
    path("runs/<row:pk>/tournament/", tournament.tournament, name="tournament"),
    path("runs/checklists/", new_checklists.new_checklists, name="new-checklists"),
]
