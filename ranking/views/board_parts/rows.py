"""The rows of a board's table as HTML.

They are built here because a template takes a fifth of a second for 300 of them. Names are escaped; all else is numbers, our
own addresses and words.
"""

import math
import re
from collections.abc import Iterator
from html import escape, unescape  # Django's own takes twice as long, and is for more than strings

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import Arena, Competitor, CompetitorStatus
from arena.templatetags.intervals import interval
from arena.templatetags.money import amount
from arena.wording import MINUS, number
from ranking.models import Entry
from ranking.views.board_table import BoardLine, BoardTable


def rows_of(table: BoardTable, arena: Arena, *, short: str, is_live: bool) -> dict[str, SafeString]:
    """
    `rows` are all bodies of the table, and `widest` is a row for its head that nobody sees; `short` is the word for what
    counts, on cards of phones.
    """
    writer = RowWriter(table, arena, short=short, is_live=is_live)
    bodies = [writer.body(group) for group in table.groups]
    widest = writer.widest([line for group in table.groups for line in group], bodies)
    return {"rows": mark_safe("".join(bodies)), "widest": mark_safe(widest)}  # noqa: S308  # names are escaped  # nosec B308, B703


def options_of(table: BoardTable) -> SafeString:
    """The models of the table, to choose one."""
    lines = (line.competitor for group in table.groups for line in group)
    options = (f'<option value="{model.pk}">{escape(model.name)}</option>' for model in lines)
    return mark_safe("".join(options))  # noqa: S308  # names are escaped  # nosec B308, B703


CELL, TAG = re.compile(r'<td class="n c-(\w+)"[^>]*>(.*?)</td>'), re.compile("<[^>]*>")
MOST_NAMES = 3  # of names the longest need not be the widest


class RowWriter:
    """Writes lines with words and addresses that are looked up once."""

    def __init__(self, table: BoardTable, arena: Arena, *, short: str, is_live: bool) -> None:
        self.columns, self.is_live = table.columns, is_live
        self.to_models = reverse("competitor", args=[arena.slug, 0]).removesuffix("0/")
        self.compare, self.judges = escape(_("Compare %(name)s")), _("judges %(judged)s")
        self.ends = escape(_("%(low)s to %(high)s"))
        not_known, no_place = escape(_("not known")), escape(_("no place"))
        self.unknown = f'<span class="mute" aria-label="{not_known}">–</span>'
        self.no_place = f'<span class="mute" aria-label="{no_place}">–</span>'
        # xgettext:no-python-format
        labels = {"first": _("% first"), "win": _("% win"), "votes": short, "change": _("30 days"), "price": "$/M"}
        self.cells = {key: _cell(key, escape(label)) for key, label in labels.items() if key in (*table.columns, "votes")}
        self.prompt_cells: dict[int, str] = {}
        self.prices: dict[int, str] = {}
        self.orgs = {"": ""}
        self.archived = escape(_("archived"))

    def body(self, group: list[BoardLine]) -> str:
        band = ' class="band"' if len(group) > 1 else ""
        return f"<tbody{band}>{''.join(self.row(line) for line in group)}</tbody>\n"

    def widest(self, lines: list[BoardLine], bodies: list[str]) -> str:
        """The widest that each column holds, so that columns keep their width while rows come in."""
        cells: dict[str, str] = {}
        for key, shown in (cell for body in bodies for cell in CELL.findall(body)):
            cells[key] = max(cells.get(key, ""), shown, key=_figures)
        named = sorted(lines, key=lambda line: min(len(line.competitor.name), 32) + min(len(line.competitor.organisation), 20))
        names = "".join(f"<div>{self.unlinked(line)}</div>" for line in named[-MOST_NAMES:])
        parts = [f'<td class="c-{key} n">{shown}</td>' for key, shown in cells.items()]
        n_before = 2 if "rank" in cells else 0
        parts.insert(n_before, f"<td>{names}</td>")
        parts.insert(n_before + 2, "<td></td>")
        return f'<tr class="widest" aria-hidden="true">{"".join(parts)}</tr>'

    def unlinked(self, line: BoardLine) -> str:
        pick = '<span class="pick"></span>' if self.is_live else ""
        return f"{pick}<b>{escape(line.competitor.name)}</b>{self.org(line.competitor)}{''.join(self.tags(line))}"

    def row(self, line: BoardLine) -> str:
        retired = ' class="retired"' if line.is_retired else ""
        ends = f'data-lo="{line.x_low:.2f}%" data-hi="{line.x_high:.2f}%"'
        cells = "".join((*self.place(line), self.name(line), self.rating(line), self.whisker(line), *self.figures(line)))
        return f'<tr id="row-{line.competitor.pk}" {ends}{retired}>{cells}</tr>\n'

    def place(self, line: BoardLine) -> Iterator[str]:
        if "rank" not in self.columns:
            return
        entry, rank, places = line.entry, self.no_place, self.unknown
        if entry.has_place:
            rank, places = str(entry.rank), str(entry.rank_low)
            places += f"–{entry.rank_high}" if entry.rank_high != entry.rank_low else ""
        yield f'<td class="n c-rank">{rank}</td><td class="n c-range">{places}</td>'

    def name(self, line: BoardLine) -> str:
        model, pick = line.competitor, ""
        pk, name = model.pk, escape(model.name)
        if self.is_live:
            label = self.compare % {"name": name}
            pick = (
                f'<input type="checkbox" class="pick" form="compare" name="model" value="{pk}" id="pick-{pk}" hx-preserve '
                f'aria-label="{label}">'
            )
        link = f'<a id="model-{pk}" href="{self.to_models}{pk}/"><bdi>{name}</bdi></a>'
        return f'<th scope="row">{pick}{link}{self.org(model)}{"".join(self.tags(line))}</th>'

    def org(self, model: Competitor) -> str:
        if model.organisation not in self.orgs:
            self.orgs[model.organisation] = f' <small class="org">{escape(model.organisation)}</small>'
        return self.orgs[model.organisation]

    def tags(self, line: BoardLine) -> Iterator[str]:
        model = line.competitor
        if model.status != CompetitorStatus.ACTIVE:
            note = " note" if model.status == CompetitorStatus.PROVISIONAL else ""
            yield f' <span class="tag{note}">{escape(model.get_status_display())}</span>'
        if model.is_archived:
            yield f' <span class="tag">{self.archived}</span>'
        if line.n_alike:
            alike = ngettext("answers %(number)s prompt alike", "answers %(number)s prompts alike", line.n_alike)
            yield f' <span class="tag note">{escape(alike % {"number": number(line.n_alike)})}</span>'

    def rating(self, line: BoardLine) -> str:
        half = f'<small class="pm">±{_whole(line.half_width)}</small>' if line.has_interval else ""
        return f'<td class="n c-rating">{_whole(line.entry.rating)} {half}</td>'

    def whisker(self, line: BoardLine) -> str:
        low, x, high = f"{line.x_low:.2f}%", f"{line.x:.2f}%", f"{line.x_high:.2f}%"
        limits = self.interval(line.entry)
        ghost = ""
        if line.judged is not None:
            limits += f"; {escape(self.judges % {'judged': _whole(line.judged)})}"
            ghost = f'<use href="#ghost" class="ghost" x="{line.x_judged:.2f}%" y="82%"/>'
        faint = ' class="faint"' if line.is_retired else ""
        return (
            f'<td class="whisk"><span class="vh">{limits}</span><svg aria-hidden="true"{faint}><use href="#axis"/>{ghost}'
            f'<line class="w" x1="{low}" x2="{high}" y1="50%" y2="50%"/><use href="#cap" x="{low}" y="50%"/>'
            f'<use href="#cap" x="{high}" y="50%"/><use href="#mark" class="pt" x="{x}" y="50%"/></svg></td>'
        )

    def interval(self, entry: Entry) -> str:
        """Escaped. The filter `interval` looks its words up for each of them."""
        if entry.low is None or entry.high is None:
            return escape(interval(entry, 0))
        return self.ends % {"low": _whole(entry.low), "high": _whole(entry.high)}

    def figures(self, line: BoardLine) -> Iterator[str]:
        entry, cells = line.entry, self.cells
        if "first" in cells:
            yield f"{cells['first']}{escape(line.first_percent) or self.unknown}</td>"
        if "win" in cells:
            yield f"{cells['win']}{_whole(line.win_percent)}</td>"
        yield f"{cells['votes']}{_grouped(entry.n_votes)}</td>"
        if "prompts" in self.columns:
            yield f"{self.of_prompts(entry.n_prompts)}{_grouped(entry.n_prompts)}</td>"
        if "change" in cells:
            yield f"{cells['change']}{line.signed_change or self.unknown}</td>"
        if "price" in cells:
            price = line.competitor.price_out
            yield f"{cells['price']}{self.unknown if price is None else self.price(price)}</td>"

    def of_prompts(self, n: int) -> str:
        """The beginning of a cell whose label agrees with the number in it."""
        if n not in self.prompt_cells:
            self.prompt_cells[n] = _cell("prompts", escape(ngettext("prompt", "prompts", n)))
        return self.prompt_cells[n]

    def price(self, micro: int) -> str:
        if micro not in self.prices:
            self.prices[micro] = escape(amount(micro))
        return self.prices[micro]


def _figures(shown: str) -> int:
    """How many there are to see: they are of one width."""
    return len(unescape(TAG.sub("", shown)))


def _cell(key: str, label: str) -> str:
    return f'<td class="n c-{key}" data-l="{label}">'


def _whole(value: float | None) -> str:
    """Rounded half up, as pages round; with a minus sign."""
    if value is None:
        return ""
    rounded = math.floor(abs(value) + 0.5)
    return f"{MINUS}{rounded}" if value < 0 and rounded else str(rounded)


def _grouped(n: int) -> str:
    return str(n) if n < 1_000 else escape(number(n))
