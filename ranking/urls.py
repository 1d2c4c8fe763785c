"""Pages that show boards."""

from django.urls import path

from ranking.views import arenas, battles, competitors, judge_battles, judges, leaderboards, method

urlpatterns = [
    path("", arenas.arenas, name="arenas"),
    path("arenas/<slug:slug>/", leaderboards.leaderboard, name="leaderboard"),
    path("arenas/<slug:slug>/models/<int:pk>/", competitors.competitor, name="competitor"),
    path("arenas/<slug:slug>/battles/<int:pk>/", battles.battle, name="battle"),
    path("arenas/<slug:slug>/judges/", judges.judges, name="judges"),
    path("arenas/<slug:slug>/judges/<int:pk>/", judges.judge, name="judge"),
    path("arenas/<slug:slug>/judges/<int:pk>/battles/", judge_battles.judge_battles, name="judge-battles"),
    path("arenas/<slug:slug>/judges/<int:pk>/marked/", judges.count_marked, name="judge-marked"),
    path("arenas/<slug:slug>/judges/<int:pk>/figures.csv", judges.figures, name="judge-figures"),
    path("snapshots/<slug:key>/", leaderboards.snapshot, name="snapshot"),
    path("method/", method.method, name="method"),
]
