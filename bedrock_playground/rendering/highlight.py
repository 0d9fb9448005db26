"""Syntax colours for finished code blocks: Pygments' tokens, reduced to a dozen classes of our own.

Few classes keep the wire small (plain text between coloured runs merges) and let the theme choose colours.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

MAX_CODE = 30_000
"""Characters; longer code is shown without colours, because lexers hold the interpreter while they run."""

LANGUAGES = frozenset({
    "bash", "c", "c++", "cpp", "cs", "csharp", "css", "diff", "docker", "dockerfile", "go", "golang",
    "graphql", "hcl", "html", "ini", "java", "javascript", "js", "json", "jsx", "kotlin", "lua", "makefile",
    "markdown", "md", "php", "powershell", "py", "python", "r", "rb", "ruby", "rs", "rust", "scala", "sh",
    "shell", "sql", "swift", "terraform", "toml", "ts", "tsx", "typescript", "xml", "yaml", "yml", "zsh",
})  # fmt: skip
"""Languages that are coloured. The name comes from the model, so it never chooses among all 500 lexers."""

_CLASS_OF: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "c"),
    (Token.Keyword, "k"),
    (Token.Operator.Word, "k"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Builtin, "b"),
    (Token.Name.Exception, "b"),
    (Token.Name.Decorator, "d"),
    (Token.Name.Tag, "t"),
    (Token.Name.Attribute, "a"),
    (Token.Generic.Inserted, "g"),
    (Token.Generic.Deleted, "r"),
    (Token.Generic.Heading, "k"),
    (Token.Generic.Subheading, "k"),
)


def highlight(code: str, language: str) -> str:
    """Return ``code`` as escaped HTML with ``<span class="bp-…">`` around coloured runs.

    Args:
        code: The code, without its fence.
        language: What the fence says; unknown languages stay plain.
    """
    lexer = _lexer(language.lower())
    if lexer is None or len(code) > MAX_CODE:
        return escape(code, quote=False)
    runs: list[tuple[str, list[str]]] = []
    for _, kind, value in lexer.get_tokens_unprocessed(code):
        name = _class_of(kind) if not value.isspace() else ""
        if runs and runs[-1][0] == name:
            runs[-1][1].append(value)
        else:
            runs.append((name, [value]))
    return "".join(_span(name, "".join(parts)) for name, parts in runs)


def _span(name: str, text: str) -> str:
    inner = escape(text, quote=False)
    return f'<span class="bp-{name}">{inner}</span>' if name else inner


@lru_cache(maxsize=256)
def _class_of(kind: _TokenType) -> str:
    return next((name for parent, name in _CLASS_OF if kind[: len(parent)] == parent), "")


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    if language not in LANGUAGES:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
