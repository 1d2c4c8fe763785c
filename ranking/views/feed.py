"""The feed of a board: an entry for each day on which models changed places beyond chance."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed, get_tag_uri
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena.models import Arena, Competitor, Visibility
from arena.views.private_boards import of_the_board
from arena.views.private_pages import etag_of, private
from arena.wording import number
from ranking.boards.asked.board_choice import boards_of, chosen
from ranking.boards.snapshots.rank_changes import RankChange, rank_changes
from ranking.models import Leaderboard

MOST_ENTRIES = 30
MOST_NAMED = 3
MOST_SENTENCES = 12
SECONDS_KEPT = 300
type Names = dict[int, str]


class DatedFeed(Atom1Feed):
    """Updated when the board was, also while it has no entry."""

    def latest_post_date(self) -> datetime:
        dated: datetime = self.feed["dated"]
        return dated


@require_safe
@of_the_board
def feed(request: HttpRequest, arena: Arena) -> HttpResponse:
    board = chosen(request, arena, boards_of(arena), _only_board(request.GET)).board
    if board is None or board.is_asked:
        raise Http404("no such board that stays")
    newest = board.newest_snapshot()
    dated = newest.created_at if newest else arena.created_at
    names = _names(arena)
    known = sha256(repr(sorted(names.items())).encode()).hexdigest()
    etag = etag_of(request.build_absolute_uri(), board.name, str(newest and newest.pk), known)
    unchanged = get_conditional_response(request, etag=etag)  # no Last-Modified: names of models have no date
    answer = unchanged or HttpResponse(
        _written(request, arena, board, names, dated), content_type="application/atom+xml; charset=utf-8"
    )
    answer["ETag"] = etag
    if arena.board_visibility != Visibility.PUBLIC:
        return private(answer)
    patch_cache_control(answer, public=True, max_age=SECONDS_KEPT)
    return answer


def _only_board(query: QueryDict) -> QueryDict:
    """Filters ask for boards that nobody keeps."""
    return QueryDict(urlencode({"board": query["board"]}) if "board" in query else "")


def _written(request: HttpRequest, arena: Arena, board: Leaderboard, names: Names, dated: datetime) -> str:
    query = f"?{urlencode({'board': board.slug})}"  # also of the arena's own board: ids of entries stay
    page = request.build_absolute_uri(f"{arena.get_absolute_url()}{query}")
    own = request.build_absolute_uri(f"{reverse('board-feed', args=[arena.slug])}{query}")
    atom = DatedFeed(
        title=_("%(board)s: changes of places") % {"board": _in_xml(board.name)}, link=page, feed_url=own, feed_guid=own,
        description=_("Days on which models changed places, as far as their rank ranges say so."),
        language=get_language(), author_name="Agon", dated=dated,
    )  # fmt: skip
    for change in reversed(rank_changes(board, until=timezone.now())[-MOST_ENTRIES:]):
        sentences = list(_sentences(change, names))
        atom.add_item(
            title=sentences[0], link=page, description=_listed(sentences),
            unique_id=get_tag_uri(own, change.day.astimezone(UTC)), updateddate=change.day,
        )  # fmt: skip
    return str(atom.writeString("utf-8"))


def _names(arena: Arena) -> Names:
    rows = Competitor.objects.filter(arena=arena, archived_at=None).order_by("pk").values_list("pk", "name")
    return {pk: _in_xml(name) for pk, name in rows}


def _in_xml(name: str) -> str:
    """Without characters that XML does not allow, and those that turn a text around."""
    return "".join(sign for sign in name if sign.isprintable()) or "?"


def _sentences(change: RankChange, names: Names) -> Iterator[str]:
    if change.first is not None:
        now, before = change.first
        if before in names:
            yield _("%(now)s is first, in place of %(before)s.") % {"now": names[now], "before": names[before]}
        else:
            yield _("%(now)s is first.") % {"now": names[now]}
    for above, below in change.overtaken[:MOST_SENTENCES]:
        yield _("%(above)s overtook %(below)s.") % {"above": names[above], "below": names[below]}
    passed: dict[int, list[str]] = {}
    for above, below in change.parted:
        passed.setdefault(above, []).append(names[below])
    for above, those in list(passed.items())[:MOST_SENTENCES]:
        yield _("%(above)s is now above %(those)s beyond chance.") % {"above": names[above], "those": _named(those)}
    if left_out := max(len(change.overtaken) - MOST_SENTENCES, 0) + max(len(passed) - MOST_SENTENCES, 0):
        yield ngettext("%(n)s more change.", "%(n)s more changes.", left_out) % {"n": number(left_out)}
    if change.is_other_method:
        yield _("The method or the software’s calculations also changed: part of this may come from that.")


def _named(names: list[str]) -> str:
    """Three of them at most, and how many more."""
    if len(names) == 1:
        return names[0]
    shown = names[: MOST_NAMED if len(names) > MOST_NAMED + 1 else len(names) - 1]
    if (more := len(names) - len(shown)) == 1:
        return _("%(some)s and %(last)s") % {"some": ", ".join(shown), "last": names[-1]}
    others = ngettext("%(n)s other", "%(n)s others", more) % {"n": number(more)}
    return _("%(some)s and %(last)s") % {"some": ", ".join(shown), "last": others}


def _listed(sentences: list[str]) -> SafeString:
    """As HTML, which Atom's summaries are."""
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((sentence,) for sentence in sentences)))
