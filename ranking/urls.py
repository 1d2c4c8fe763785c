"""Pages that show boards."""

from django.urls import path

from ranking.views import arenas, compare, competitors, feed, leaderboards, matrix, method, pairs, swaps
from ranking.views.embeds import badge, board, card, snippets
from ranking.views.filtering import asking, weights_form
from ranking.views.reports import changes, fairness, over_time, price

urlpatterns = [
    path("", arenas.arenas, name="arenas"),
    path("steps/", arenas.hide_steps, name="hide-steps"),
    path("arenas/<slug:slug>/", leaderboards.leaderboard, name="leaderboard"),
    path("robots.txt", asking.robots, name="robots"),
    path("arenas/<slug:slug>/feed.atom", feed.feed, name="board-feed"),
    path("arenas/<slug:slug>/ask/", asking.ask_for_board, name="ask-for-board"),
    path("arenas/<slug:slug>/keep/", asking.keep_board, name="keep-board"),
    path("arenas/<slug:slug>/weigh/", weights_form.weigh, name="weigh"),
    path("arenas/<slug:slug>/compare/", compare.compare, name="compare"),
    path("arenas/<slug:slug>/matrix/", matrix.matrix, name="matrix"),
    path("arenas/<slug:slug>/price/", price.price, name="price"),
    path("arenas/<slug:slug>/over-time/", over_time.over_time, name="over-time"),
    path("arenas/<slug:slug>/fairness/", fairness.fairness, name="fairness"),
    path("arenas/<slug:slug>/swap/<row:above>/<row:below>/", swaps.swap, name="swap"),
    path("arenas/<slug:slug>/models/<row:pk>/", competitors.competitor, name="competitor"),
    path("arenas/<slug:slug>/models/<row:pk>/vs/<row:other>/", pairs.pair, name="pair"),
    path("arenas/<slug:slug>/embed/", snippets.embed, name="embed"),
    path("embed/boards/<slug:slug>/", board.board, name="embedded-board"),
    path("embed/boards/<slug:slug>/badge.svg", badge.badge, name="board-badge"),
    path("embed/boards/<slug:slug>/card.png", card.card, name="board-card"),
    path("snapshots/", leaderboards.moment, name="moment"),
    path("snapshots/<slug:key>/", leaderboards.snapshot, name="snapshot"),
    path("snapshots/<slug:key>/changes/<slug:other>/", changes.changes, name="changes"),
    path("method/", method.method, name="method"),
]
