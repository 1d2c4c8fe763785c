"""What an arena needs before it is of use, as a curator's list: each step with the page that does it, ticked when done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from arena.models import Arena, Event, Import, Prompt, Run, Visibility, Vote, Voter, Voting
from arena.pairing.pair_candidates import arenas_with_pairs

SITE = "/"  # no arena is called so
"""Stands for the list of a site without arenas, where lists that a curator has hidden are named by their arenas."""

HIDDEN = "hidden first steps"
OF_PEOPLE = (Voter.Kind.ACCOUNT, Voter.Kind.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    hint: str
    address: str
    is_done: bool


def first_steps() -> list[Step]:
    """The steps for a site without arenas but the sample."""
    return [
        Step(_("Make an arena"), _("or import a file: it makes one"), _admin("arena", "arena", "add"), is_done=False),
        Step(_("Bring prompts and answers"), _("files of many layouts"), reverse("imports"), is_done=False),
        Step(_("Invite people"), _("by a link, or let everybody vote"), reverse("invitations"), is_done=False),
        Step(_("Add a judge"), _("a language model or a program"), _admin("judges", "judge", "add"), is_done=False),
        Step(
            _("Publish a board"), _("made by itself with the first votes or verdicts"),
            _admin("ranking", "leaderboard", "changelist"), is_done=False,
        ),
    ]  # fmt: skip


def steps_of(arenas: Sequence[Arena], *, rated: Collection[int]) -> dict[int, list[Step]]:
    """Of each arena where something is still to be done; `rated`: those whose board has ratings. Two questions for all."""
    if not arenas:
        return {}
    cast = Vote.objects.counted().filter(battle__arena=OuterRef("pk"), source=None, voter__kind__in=OF_PEOPLE)
    from_files = Vote.objects.counted().filter(battle__arena=OuterRef("pk"), source__isnull=False)
    games = Event.objects.filter(arena=OuterRef("pk"), kind=Event.Kind.GAMES_DECIDED)
    asked = Run.objects.filter(arena=OuterRef("pk"), kind=Run.Kind.JUDGE)
    has = Arena.objects.filter(pk__in=[arena.pk for arena in arenas]).annotate(
        has_prompts=Exists(Prompt.objects.in_use().filter(arena=OuterRef("pk"))),
        has_votes=Exists(cast),
        has_votes_of_files=Exists(from_files),
        has_judges=Exists(games) | Exists(asked),
    )
    rows = {arena.pk: arena for arena in has}
    paired = arenas_with_pairs(arenas)
    lists = {arena.pk: _steps(rows[arena.pk], arena.pk in paired, arena.pk in rated) for arena in arenas}
    return {pk: steps for pk, steps in lists.items() if not all(step.is_done for step in steps)}


def _steps(arena: Arena, has_pairs: bool, is_rated: bool) -> list[Step]:
    has_prompts, has_votes, has_judges = arena.has_prompts, arena.has_votes, arena.has_judges  # type: ignore[attr-defined]
    what = Import.Kind.RESPONSES if has_prompts else Import.Kind.PROMPTS
    to_import = f"{reverse('imports')}?{urlencode({'arena': arena.slug, 'what': what.value})}"
    settings = _admin("arena", "arena", "change", arena.pk)
    is_public = arena.board_visibility != Visibility.CURATORS
    needs = _("answers of two models to one prompt are missing") if has_prompts else _("it has no prompts yet")
    return [
        Step(_("Make an arena"), "", settings, is_done=True),
        Step(_("Bring prompts and answers"), "" if has_pairs else needs, to_import, is_done=has_pairs),
        Step(_("Invite people"), "" if has_votes else _how_to_invite(arena), _invitation(arena), is_done=has_votes),
        Step(
            _("Ask judges"), "" if has_judges else _("no judge has compared its answers yet"),
            f"{reverse('new-run')}?{urlencode({'arena': arena.slug})}", is_done=has_judges,
        ),
        Step(
            _("Publish a board"), _why_not_published(is_rated, is_public),
            settings if is_rated else arena.get_absolute_url(), is_done=is_rated and is_public,
        ),
    ]  # fmt: skip


def _how_to_invite(arena: Arena) -> str:
    if arena.voting == Voting.CLOSED:
        return _("nobody may vote yet")
    if arena.has_votes_of_files:  # type: ignore[attr-defined]
        return _("its votes are those of imported files: people can add theirs on this site")
    if arena.voting == Voting.ANYONE:
        return _("nobody has voted here yet: pass on the address of this page")
    return _("nobody has voted here yet: voters need an account")


def _invitation(arena: Arena) -> str:
    if arena.voting == Voting.CLOSED:
        return _admin("arena", "arena", "change", arena.pk)
    return reverse("vote", args=[arena.slug]) if arena.voting == Voting.ANYONE else reverse("invitations")


def _why_not_published(is_rated: bool, is_public: bool) -> str:
    if not is_rated:
        return _("nobody is rated yet")
    return "" if is_public else _("curators alone may read it")


def _admin(app: str, model: str, page: str, *arguments: int) -> str:
    """The address of a page of the admin that every curator may open."""
    return reverse(f"admin:{app}_{model}_{page}", args=arguments)
