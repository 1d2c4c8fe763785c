"""The names of models and fields, which Django derives from the code, for translators and for the reader's language."""

from typing import Any

from django.apps import AppConfig
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _


def translate(config: AppConfig) -> None:
    """Once the app is ready. Migrations see the names that are written in the models, and are left as they are."""
    for model in config.get_models():
        meta = model._meta
        meta.verbose_name, meta.verbose_name_plural = _lazy(meta.verbose_name), _lazy(meta.verbose_name_plural)
        for field in (*meta.fields, *meta.many_to_many):
            field.verbose_name = _lazy(field.verbose_name)


def _lazy(name: Any) -> Any:
    return name if isinstance(name, Promise) else gettext_lazy(name)


NAMES = (
    _("ID"),
    _("answered"),
    _("arena"),
    _("base url"),
    _("battle"),
    _("battle sets"),
    _("boards"),
    _("call"),
    _("changed at"),
    _("checklist"),
    _("checklist call"),
    _("checklist calls"),
    _("checklists"),
    _("competitor"),
    _("constant answers"),
    _("constant answerss"),
    _("copied from"),
    _("cost"),
    _("coverage"),
    _("created at"),
    _("criteria"),
    _("decided at"),
    _("earlier ending"),
    _("earlier endings"),
    _("endpoint"),
    _("event"),
    _("family"),
    _("figures"),
    _("found"),
    _("game"),
    _("game change"),
    _("game changes"),
    _("games"),
    _("gold item"),
    _("gold items"),
    _("gold set"),
    _("gold sets"),
    _("identity"),
    _("is counted"),
    _("is measured"),
    _("is usable"),
    _("judge"),
    _("judge audit"),
    _("judge audits"),
    _("judge included or excluded"),
    _("judges"),
    _("judges included or excluded"),
    _("kind"),
    _("label"),
    _("label end"),
    _("label start"),
    _("lease token"),
    _("lease until"),
    _("looked at"),
    _("made at"),
    _("marked"),
    _("model"),
    _("n answers"),
    _("n attempts"),
    _("n games"),
    _("name"),
    _("not before"),
    _("note"),
    _("order"),
    _("origin"),
    _("parameters"),
    _("parser version"),
    _("prompt"),
    _("protocol"),
    _("read to"),
    _("reason"),
    _("reason notes"),
    _("reasons"),
    _("reference given"),
    _("repeat"),
    _("reply"),
    _("request key"),
    _("rule"),
    _("run"),
    _("score first"),
    _("score second"),
    _("seed"),
    _("set aside reason"),
    _("state"),
    _("strength"),
    _("superseded by"),
    _("taints"),
    _("template"),
    _("to ask again"),
    _("version"),
    _("what it comes to"),
    _("winner"),
    _("wording"),
    _("written by"),
)
