"""Addresses of the arena app, below /api/v1/."""

from django.urls import path

from arena.api import archiving, bundles, endpoints, exports, runs, views
from arena.api.writing import answer_runs, archives, imports, webhooks
from arena.api.writing import runs as run_writes

urlpatterns = [
    path("arenas/", views.ArenaList.as_view(), name="api-arenas"),
    path("arenas/<slug:slug>/", views.ArenaDetail.as_view(), name="api-arena"),
    path("arenas/<slug:slug>/imports/", imports.FileImports.as_view(), name="api-file-imports"),
    path("arenas/<slug:slug>/archive/", bundles.WholeArena.as_view(), name="api-arena-archive"),
    path("arenas/<slug:slug>/put-away/", archiving.ArenaPutAway.as_view(), name="api-arena-put-away"),
    path("arenas/<slug:slug>/bring-back/", archiving.ArenaBringBack.as_view(), name="api-arena-bring-back"),
    path("archives/", archives.ArchiveList.as_view(), name="api-archives"),
    path("archives/<int:pk>/", archives.ArchiveDetail.as_view(), name="api-archive"),
    path("endpoints/", endpoints.EndpointList.as_view(), name="api-endpoints"),
    path("endpoints/<int:pk>/archive/", endpoints.EndpointArchive.as_view(), name="api-endpoint-archive"),
    path("endpoints/<int:pk>/bring-back/", endpoints.EndpointBringBack.as_view(), name="api-endpoint-bring-back"),
    path("imports/", imports.ImportList.as_view(), name="api-imports"),
    path("imports/<int:pk>/", imports.ImportDetail.as_view(), name="api-import"),
    path("imports/<int:pk>/set-aside/", imports.ImportSetAside.as_view(), name="api-import-set-aside"),
    path("imports/<int:pk>/restore/", imports.ImportRestore.as_view(), name="api-import-restore"),
    path("competitors/", views.CompetitorList.as_view(), name="api-competitors"),
    path("competitors/<int:pk>/", views.CompetitorDetail.as_view(), name="api-competitor"),
    path("competitors/<int:pk>/archive/", archiving.CompetitorArchive.as_view(), name="api-competitor-archive"),
    path("competitors/<int:pk>/bring-back/", archiving.CompetitorBringBack.as_view(), name="api-competitor-bring-back"),
    path("prompts/", views.PromptList.as_view(), name="api-prompts"),
    path("prompts/<int:pk>/", views.PromptDetail.as_view(), name="api-prompt"),
    path("prompts/<int:pk>/archive/", archiving.PromptArchive.as_view(), name="api-prompt-archive"),
    path("prompts/<int:pk>/bring-back/", archiving.PromptBringBack.as_view(), name="api-prompt-bring-back"),
    path("responses/", views.ResponseList.as_view(), name="api-responses"),
    path("responses/<int:pk>/", views.ResponseDetail.as_view(), name="api-response"),
    path("responses/<int:pk>/archive/", archiving.ResponseArchive.as_view(), name="api-response-archive"),
    path("responses/<int:pk>/bring-back/", archiving.ResponseBringBack.as_view(), name="api-response-bring-back"),
    path("battles/", views.BattleList.as_view(), name="api-battles"),
    path("battles/<int:pk>/", views.BattleDetail.as_view(), name="api-battle"),
    path("votes/", views.VoteList.as_view(), name="api-votes"),
    path("exports/", exports.ExportList.as_view(), name="api-exports"),
    *exports.file_paths(),
    path("runs/", runs.RunList.as_view(), name="api-runs"),
    path("runs/drafts/answers/", answer_runs.AnswerDrafts.as_view(), name="api-answer-drafts"),
    path("runs/<int:pk>/", runs.RunDetail.as_view(), name="api-run"),
    path("runs/<int:pk>/pause/", run_writes.RunPause.as_view(), name="api-run-pause"),
    path("runs/<int:pk>/resume/", run_writes.RunResume.as_view(), name="api-run-resume"),
    path("runs/<int:pk>/cancel/", run_writes.RunCancel.as_view(), name="api-run-cancel"),
    path("webhooks/", webhooks.WebhookList.as_view(), name="api-webhooks"),
    path("webhooks/<int:pk>/", webhooks.WebhookDetail.as_view(), name="api-webhook"),
    path("webhooks/<int:pk>/test/", webhooks.WebhookTests.as_view(), name="api-webhook-test"),
    path("deliveries/", webhooks.DeliveryList.as_view(), name="api-deliveries"),
    path("deliveries/<int:pk>/", webhooks.DeliveryDetail.as_view(), name="api-delivery"),
    path("deliveries/<int:pk>/again/", webhooks.DeliveryAgain.as_view(), name="api-delivery-again"),
]
