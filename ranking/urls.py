"""Pages that show boards."""

from django.urls import path

from ranking.views import arenas, competitors, leaderboards, method

urlpatterns = [
    path("", arenas.arenas, name="arenas"),
    path("arenas/<slug:slug>/", leaderboards.leaderboard, name="leaderboard"),
    path("arenas/<slug:slug>/models/<row:pk>/", competitors.competitor, name="competitor"),
    path("snapshots/<slug:key>/", leaderboards.snapshot, name="snapshot"),
    path("method/", method.method, name="method"),
]
