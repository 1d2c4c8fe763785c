"""Cards define judges. A stored card never changes; an edit makes a new version."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from arena.archiving.refusals import archived_message
from arena.models import Endpoint
from arena.seen_names import name_fault
from judges.card_parameters import Parameters
from judges.models import Judge
from judges.models.cards import identity_of
from judges.protocols import PROTOCOLS, PairProtocol, SingleProtocol
from judges.replies.parsing import PARSER_VERSION
from judges.sayings import Refused, gettext_noop
from judges.template_slots import check_template, slots_in

PARTS = ("endpoint", "protocol", "template", "parameters")

type Protocol = PairProtocol | SingleProtocol


class CardTaken(Exception):
    """A card with this name or with the same content exists already."""


def protocol_of(judge: Judge) -> Protocol:
    """The protocol with the card's own template; whether that can be asked with is another question, see `check_slots`."""
    protocol = named_protocol(judge.protocol)
    return replace(protocol, template=judge.template) if judge.template not in ("", protocol.template) else protocol


def named_protocol(key: str) -> Protocol:
    if key not in PROTOCOLS:
        text = gettext_noop("protocol %(protocol)s is unknown; allowed are %(allowed)s")
        raise Refused(text, protocol=repr(key), allowed=", ".join(PROTOCOLS))
    return PROTOCOLS[key]


def parameters_of(judge: Judge) -> Parameters:
    return Parameters.of(judge.parameters)


def called_judge(
    endpoint: Endpoint,
    protocol: str,
    *,
    name: str = "",
    template: str = "",
    parameters: Mapping[str, Any] | None = None,
    family: str = "",
) -> Judge:
    """The judge with this endpoint and these settings: the existing one, else a new card."""
    parameters = {} if parameters is None else parameters
    check_card(endpoint=endpoint, protocol=protocol, template=template, parameters=parameters)
    card = card_of(endpoint, protocol, template=template, parameters=parameters)
    card.family = family
    return _here_or_new(card, name or f"{endpoint.name}, {protocol}", suffix=bool(not name))


def check_card(*, endpoint: Endpoint, protocol: str, template: str, parameters: Mapping[str, Any]) -> None:
    """Raises ValueError if such a card is not possible."""
    if not isinstance(parameters, dict):
        text = gettext_noop("parameters are %(parameters)s; a JSON object is needed, such as {}")
        raise Refused(text, parameters=repr(parameters))
    card = card_of(endpoint, protocol, template=template, parameters=parameters)
    check_slots(protocol_of(card), parameters_of(card))


def check_slots(protocol: Protocol, parameters: Parameters) -> None:
    """Raises if the template cannot be filled in as the protocol and the parameters require."""
    check_template(protocol.template, needed=protocol.needed, optional=protocol.optional)
    for name, is_wanted in (("criteria", bool(parameters.criteria)), ("reference", parameters.reference != "none")):
        if is_wanted and name not in slots_in(protocol.template):
            text = gettext_noop(
                "the parameter %(name)s would never be shown, for the template has no {%(name)s}: add it on a line of its own, "
                "or leave the parameter out"
            )
            raise Refused(text, name=name)


def new_version(judge: Judge, **changes: Any) -> Judge:
    """The judge with other endpoint, protocol, template, parameters or family; the old card stays as it is, with its games.

    An earlier card that is saved again, for example to undo a change, becomes the current one again.
    """
    if unknown := set(changes) - {*PARTS, "family"}:
        raise ValueError(f"{sorted(unknown)[0]!r} is not a part of a card that can be changed")
    parts = {name: getattr(judge, name) for name in PARTS} | changes
    if parts["endpoint"] is None:
        message = _("%(judge)s has no versions: only language models do, and it is of another kind (%(kind)s)")
        raise ValueError(message % {"judge": judge, "kind": judge.kind_in_words})
    if parts["protocol"] != judge.protocol and "template" not in changes:
        parts["template"] = ""  # another protocol's template would not fit
    if set(changes) - {"family"}:  # one whose endpoint or whose wording of ours alone has changed says for itself what it lacks
        check_card(**{name: parts[name] for name in PARTS})
    card = card_of(
        parts["endpoint"], parts["protocol"], template=parts["template"], parameters=parts["parameters"]
    )  # fmt: skip
    card.family = changes.get("family", judge.family)
    return _supersede(judge, card)


def refreshed(judge: Judge) -> Judge:
    """The same judge where its endpoint and our own texts are as its card says, else a new version that says what is so now."""
    if judge.is_archived or not judge.is_called or is_up_to_date(judge):
        return judge
    return new_version(judge)


def is_up_to_date(judge: Judge) -> bool:
    """Whether a request today would be the one that the card describes."""
    if judge.endpoint is None:
        return True
    card = card_of(judge.endpoint, judge.protocol, template=judge.template, parameters=judge.parameters)
    return judge.identity in _identities(card)


def stored_judge(kind: Judge.Kind, protocol: str, *, name: str, parameters: Mapping[str, Any], model: str = "") -> Judge:
    """An offline or imported judge: the existing one, else a new card."""
    card = Judge(
        kind=kind, protocol=protocol, name=name, parameters=dict(parameters), model=model, parser_version=str(PARSER_VERSION)
    )  # fmt: skip
    return _here_or_new(card, name, suffix=True)


def card_of(endpoint: Endpoint, key: str, *, template: str, parameters: Mapping[str, Any]) -> Judge:
    """The card, not stored and not checked."""
    protocol = named_protocol(key)
    if template:
        protocol = replace(protocol, template=re.sub(r"\r\n?", "\n", template))
    return Judge(
        kind=Judge.Kind.CALLED,
        endpoint=endpoint,
        base_url=endpoint.base_url,
        model=endpoint.model,
        protocol=key,
        template=protocol.template,
        wording=hashlib.sha256(f"{protocol.version}\n{protocol.template_text}".encode()).hexdigest(),
        parameters=Parameters.of(parameters).in_words(),
        parser_version=str(PARSER_VERSION),
    )


def _identities(card: Judge) -> tuple[str, str]:
    return identity_of(card.saying()), card.identity_apart()


def equal_card(name: str, card: Judge) -> Judge | None:
    """The judge of another name with the same content and endpoint: two judges cannot share one card."""
    return Judge.objects.filter(identity__in=_identities(card), endpoint=card.endpoint).exclude(name=name).first()


def _same(card: Judge) -> Judge | None:
    """The judge with the same content and endpoint: neither another endpoint's key nor its replies are ever used."""
    return Judge.objects.filter(identity__in=_identities(card), endpoint=card.endpoint).first()


def _free_identity(card: Judge) -> str:
    """Identity by content; if a judge with another endpoint has it, by content and endpoint."""
    plain, apart = _identities(card)
    return apart if Judge.objects.filter(identity=plain).exists() else plain


def _check_names(card: Judge) -> None:
    """Raises ValueError for names that people could not read."""
    if fault := name_fault(card.name) or name_fault(card.family):
        raise ValueError(fault)


def _here_or_new(card: Judge, name: str, *, suffix: bool) -> Judge:
    card.name = name[:120]
    _check_names(card)
    known = _same(card)
    if known is not None:
        return known
    card.identity = _free_identity(card)
    number = 1
    while (here := Judge.objects.filter(name=card.name).first()) is not None:
        if not suffix and here.is_archived:
            raise CardTaken(archived_message(here))
        if not suffix:
            message = _("a judge named %(name)s exists with other settings: choose another name, or edit that judge")
            raise CardTaken(message % {"name": repr(name)})
        number += 1
        card.name = f"{name[:110]} {number}"
    card.save()
    return card


def _supersede(judge: Judge, card: Judge) -> Judge:
    """Store the card as the judge's newest version, unless it is unchanged."""
    _check_names(card)
    with transaction.atomic():
        versions = list(Judge.objects.select_for_update().filter(name=judge.name).order_by("version"))
        if (other := equal_card(judge.name, card)) is not None:
            raise CardTaken(_("%(judge)s says the same already: use that judge") % {"judge": other})
        known = _same(card)
        newest = next(version for version in versions if version.superseded_by_id is None)
        if known is None:
            card.name, card.version = judge.name, versions[-1].version + 1
            card.identity = _free_identity(card)
            card.save()
            known = card
        elif known.superseded_by_id is not None:
            Judge.objects.filter(pk=known.pk).update(superseded_by=None)
        if known.pk != newest.pk:
            Judge.objects.filter(pk=newest.pk).update(superseded_by=known)
        if known.family != card.family:
            Judge.objects.filter(pk=known.pk).update(family=card.family)
        return Judge.objects.get(pk=known.pk)
