"""Addresses of judges and their games, below /api/v1/."""

from django.urls import path

from judges.api import evidence_writes, games, gold_labels, judge_runs, judge_writes, judges

urlpatterns = [
    path("runs/drafts/judging/", judge_runs.JudgingDrafts.as_view(), name="api-judging-drafts"),
    path("judges/", judges.JudgeList.as_view(), name="api-judges"),
    path("judges/keys/", judge_runs.JudgeKeys.as_view(), name="api-judge-keys"),
    path("judges/<int:pk>/", judges.JudgeDetail.as_view(), name="api-judge"),
    path("judges/<int:pk>/card/", judge_writes.JudgeCard.as_view(), name="api-judge-card"),
    path("judges/<int:pk>/retire/", judge_writes.JudgeRetire.as_view(), name="api-judge-retire"),
    path("judges/<int:pk>/bring-back/", judge_writes.JudgeBringBack.as_view(), name="api-judge-bring-back"),
    path("judges/<int:pk>/choices/", judge_writes.JudgeChoices.as_view(), name="api-judge-choices"),
    path("gold-labels/", gold_labels.PairLabelList.as_view(), name="api-gold-labels"),
    path("gold-labels/<int:pk>/", gold_labels.PairLabelDetail.as_view(), name="api-gold-label"),
    path("gold-labels/<int:pk>/set-aside/", gold_labels.PairLabelSetAside.as_view(), name="api-gold-label-set-aside"),
    path("gold-labels/<int:pk>/restore/", gold_labels.PairLabelRestore.as_view(), name="api-gold-label-restore"),
    path("gold-labels/answers/", gold_labels.AnswerLabelList.as_view(), name="api-gold-answers"),
    path("gold-labels/answers/<int:pk>/", gold_labels.AnswerLabelDetail.as_view(), name="api-gold-answer"),
    path("gold-labels/answers/<int:pk>/set-aside/", gold_labels.AnswerLabelSetAside.as_view(), name="api-gold-answer-aside"),
    path("gold-labels/answers/<int:pk>/restore/", gold_labels.AnswerLabelRestore.as_view(), name="api-gold-answer-restore"),
    path("judgements/", evidence_writes.JudgedPairRows.as_view(), name="api-judgements"),
    path("judgements/grades/", evidence_writes.JudgedAnswerRows.as_view(), name="api-judgement-grades"),
    path("games/", games.GameList.as_view(), name="api-games"),
    path("games/<int:pk>/", games.GameDetail.as_view(), name="api-game"),
]
