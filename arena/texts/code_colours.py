"""Syntax highlighting for code whose language is named: eight kinds of token as classes that the style sheet colours."""

from functools import cache

from markdown_it.common.utils import escapeHtml
from pygments import token as kinds
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 20_000  # characters of one block that are coloured
# The languages that answers are written in; a lexer of another one is not worth the risk of a slow pattern.
LANGUAGES = frozenset(
    """
    bash sh shell zsh console powershell c cpp c++ csharp c# css dart diff docker dockerfile elixir erlang fortran go golang
    graphql haskell hcl html http ini java javascript js json jsx julia kotlin latex tex less lisp clojure lua make makefile
    matlab nginx objective-c ocaml perl php proto protobuf python py python3 pycon r rb ruby rust rs scala scheme scss sql svg
    swift toml ts tsx typescript vb vue wasm xml yaml yml zig
    """.split()  # noqa: SIM905
)
_CLASSES = (
    (kinds.Comment, "c"), (kinds.Keyword, "k"), (kinds.String, "s"), (kinds.Number, "m"), (kinds.Operator.Word, "k"),
    (kinds.Name.Function, "f"), (kinds.Name.Class, "f"), (kinds.Name.Tag, "k"), (kinds.Name.Attribute, "f"),
    (kinds.Name.Decorator, "f"), (kinds.Name.Builtin, "b"), (kinds.Generic.Inserted, "i"), (kinds.Generic.Deleted, "d"),
)  # fmt: skip
CLASSES = {f"hl-{name}" for _, name in _CLASSES}


def coloured(code: str, language: str) -> str | None:
    """The code as HTML with classes; None if the language is unknown: it is never guessed."""
    lexer = _lexer(language.lower())
    if lexer is None or len(code) > LONGEST:
        return None
    return "".join(_span(kind, text) for kind, text in lexer.get_tokens(code))


@cache
def _lexer(language: str) -> Lexer | None:
    if language not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _span(kind: object, text: str) -> str:
    name = next((name for known, name in _CLASSES if kind in known), "")
    return f'<span class="hl-{name}">{escapeHtml(text)}</span>' if name else escapeHtml(text)
