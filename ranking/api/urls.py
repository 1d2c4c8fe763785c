"""Addresses of the measuring room, below /api/v1/."""

from django.urls import path

from ranking.api import games, judges, views

urlpatterns = [
    path("leaderboards/", views.LeaderboardList.as_view(), name="api-leaderboards"),
    path("leaderboards/<slug:slug>/", views.LeaderboardDetail.as_view(), name="api-leaderboard"),
    path("leaderboards/<slug:slug>/snapshots/", views.LeaderboardSnapshots.as_view(), name="api-leaderboard-snapshots"),
    path("snapshots/<slug:key>/", views.SnapshotDetail.as_view(), name="api-snapshot"),
    path("judges/", judges.JudgeList.as_view(), name="api-judges"),
    path("judges/<int:pk>/", judges.JudgeDetail.as_view(), name="api-judge"),
    path("games/", games.GameList.as_view(), name="api-games"),
    path("games/<int:pk>/", games.GameDetail.as_view(), name="api-game"),
]
