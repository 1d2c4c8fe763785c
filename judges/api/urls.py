"""Addresses of judges and their games, below /api/v1/."""

from django.urls import path

from judges.api import games, judges

urlpatterns = [
    path("judges/", judges.JudgeList.as_view(), name="api-judges"),
    path("judges/<int:pk>/", judges.JudgeDetail.as_view(), name="api-judge"),
    path("games/", games.GameList.as_view(), name="api-games"),
    path("games/<int:pk>/", games.GameDetail.as_view(), name="api-game"),
]
