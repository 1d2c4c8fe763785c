"""Addresses of judges and their games, below /api/v1/."""

from django.urls import path

from judges.api import games, judge_runs, judges

urlpatterns = [
    path("runs/drafts/judging/", judge_runs.JudgingDrafts.as_view(), name="api-judging-drafts"),
    path("judges/", judges.JudgeList.as_view(), name="api-judges"),
    path("judges/<int:pk>/", judges.JudgeDetail.as_view(), name="api-judge"),
    path("games/", games.GameList.as_view(), name="api-games"),
    path("games/<int:pk>/", games.GameDetail.as_view(), name="api-game"),
]
