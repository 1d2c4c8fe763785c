"""Pages of the arena room."""

from django.urls import path

from arena.views import archiving, battles, contents, exports, runs, status, voting, webhooks
from arena.views.accounts import account, invitations, one_time_login
from arena.views.importing.bundles import bundle_upload, bundles
from arena.views.importing.detail import import_detail, import_sample, rows_left_out
from arena.views.importing.pages import imports
from arena.views.starting import new_runs

urlpatterns = [
    path("arenas/<slug:slug>/vote/", voting.vote, name="vote"),
    path("arenas/<slug:slug>/vote/cast/", voting.cast, name="cast"),
    path("arenas/<slug:slug>/vote/undo/", voting.undo, name="undo"),
    path("arenas/<slug:slug>/vote/<str:key>/<str:part>.txt", voting.whole_text, name="ballot-text"),
    path("arenas/<slug:slug>/battles/<row:pk>/<str:part>.txt", battles.whole_text, name="battle-text"),
    path("arenas/<slug:slug>/battles/", battles.battles, name="battles"),
    path("arenas/<slug:slug>/contents/", contents.contents, name="contents"),
    path("arenas/<slug:slug>/exports/", exports.exports, name="exports"),
    path("archive/<slug:kind>/<row:pk>/", archiving.archive_page, name="archive"),
    path("answers/<row:pk>/correct/", archiving.correct, name="correct"),
    path("account/", account.account, name="account"),
    path("account/invitations/", invitations.invitations, name="invitations"),
    path("account/webhooks/", webhooks.webhooks, name="webhooks"),
    path("account/webhooks/<row:pk>/", webhooks.webhook, name="webhook"),
    path("import/", imports, name="imports"),
    path("import/arenas/", bundles, name="archives"),
    path("import/arenas/<row:pk>/", bundle_upload, name="archive-upload"),
    path("import/sample/<str:kind>.csv", import_sample, name="import-sample"),
    path("import/<row:pk>/left-out.csv", rows_left_out, name="import-left-out"),
    path("import/<row:pk>/", import_detail, name="import"),
    path("runs/", runs.runs, name="runs"),
    path("runs/answers/", new_runs.new_answers, name="new-answers"),
    path("runs/<row:pk>/", runs.run, name="run"),
    path("enter/<str:token>/", one_time_login.enter, name="enter"),
    path("favicon.ico", status.favicon, name="favicon"),
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("metrics", status.metrics, name="metrics"),
]
