"""Addresses of judges and their games, below /api/v1/."""

from django.urls import path

from judges.api import evidence_writes, games, judge_runs, judge_writes, judges

urlpatterns = [
    path("runs/drafts/judging/", judge_runs.JudgingDrafts.as_view(), name="api-judging-drafts"),
    path("judges/", judges.JudgeList.as_view(), name="api-judges"),
    path("judges/<int:pk>/", judges.JudgeDetail.as_view(), name="api-judge"),
    path("judges/<int:pk>/card/", judge_writes.JudgeCard.as_view(), name="api-judge-card"),
    path("judges/<int:pk>/choices/", judge_writes.JudgeChoices.as_view(), name="api-judge-choices"),
    path("gold-labels/", evidence_writes.PairLabelRows.as_view(), name="api-gold-labels"),
    path("gold-labels/answers/", evidence_writes.AnswerLabelRows.as_view(), name="api-gold-answers"),
    path("judgements/", evidence_writes.JudgedPairRows.as_view(), name="api-judgements"),
    path("judgements/grades/", evidence_writes.JudgedAnswerRows.as_view(), name="api-judgement-grades"),
    path("games/", games.GameList.as_view(), name="api-games"),
    path("games/<int:pk>/", games.GameDetail.as_view(), name="api-game"),
]
