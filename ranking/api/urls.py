"""Addresses of boards, below /api/v1/."""

from django.urls import path

from ranking.api import asked_boards, board_writes, rebuilding, views

urlpatterns = [
    path("asked-boards/", asked_boards.AskedBoards.as_view(), name="api-asked-boards"),
    path("leaderboards/", views.LeaderboardList.as_view(), name="api-leaderboards"),
    path("leaderboards/<slug:slug>/", views.LeaderboardDetail.as_view(), name="api-leaderboard"),
    path("leaderboards/<slug:slug>/definition/", views.LeaderboardDefinition.as_view(), name="api-leaderboard-definition"),
    path("leaderboards/<slug:slug>/snapshots/", views.LeaderboardSnapshots.as_view(), name="api-leaderboard-snapshots"),
    path("leaderboards/<slug:slug>/publish/", board_writes.BoardPublishing.as_view(), name="api-leaderboard-publish"),
    path("snapshots/<slug:key>/", views.SnapshotDetail.as_view(), name="api-snapshot"),
    path("snapshots/<slug:key>/comparisons.csv", rebuilding.SnapshotComparisons.as_view(), name="api-snapshot-comparisons"),
    path("snapshots/<slug:key>/rebuild.py", rebuilding.SnapshotRebuild.as_view(), name="api-snapshot-rebuild"),
]
