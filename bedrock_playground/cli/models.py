"""`bedrock-playground models`: find models, and show all that is known of one. Here: its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation

_TASKS = ("generation", "summarisation", "classification", "question_answering", "embeddings")
_MODALITIES = ("text", "image", "video", "audio", "speech", "document", "embedding")
_SCOPES = ("in_region", "geographic", "global")
_NEEDS = ("tools", "json", "reasoning", "caching", "images", "documents", "streaming", "system")
_LIFECYCLES = ("active", "legacy", "end_of_life")
_SORTS = (
    "current",
    "name",
    "input_price",
    "output_price",
    "context_window",
    "max_output_tokens",
    "end_of_life",
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "models",
        help="find models by task, price, context and capability; `models show ID` for one",
        description="Find models by what they can do and what they cost. It reads the snapshot that comes "
        "with the package: no credentials, no network. What nobody knows passes no filter; "
        "--include-unknown lets it pass. "
        "Exit status: 0, or 2 for bad arguments.",
        allow_abbrev=False,
    )
    _filters(parser)
    parser.set_defaults(run=run)
    commands = parser.add_subparsers(dest="models_command", metavar="show")
    show = commands.add_parser(
        "show",
        help="show all that is known of one model",
        description="Show all that is known of one model: what the id stands for, what each parameter takes "
        "and why, limits, and prices with source and date. It takes any id or ARN; what only the account "
        "knows is said. Exit status: 0 it is known, 1 it is not, 2 bad arguments.",
        allow_abbrev=False,
    )
    show.add_argument("model_id", metavar="ID", help="a model id, inference profile or ARN")
    show.add_argument("--region", metavar="R", help="whose prices, where they differ by Region")
    show.add_argument("--json", action="store_true", help="print one JSON object")
    show.set_defaults(run=run_show)


def _filters(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--search", default="", metavar="TEXT", help="words of name, id, provider or family")
    add("--task", type=_words(_TASKS), default=(), metavar="T", help=f"good for it: {', '.join(_TASKS)}")
    add(
        "--provider", type=_words(), default=(), metavar="P", help="such as Amazon or Anthropic; several: A,B"
    )
    add(
        "--modality",
        type=_words(_MODALITIES),
        default=(),
        metavar="M",
        help=f"takes it as input: {', '.join(_MODALITIES[:-1])}",
    )
    add("--output", type=_words(_MODALITIES), default=(), metavar="M", help="gives it: text, embedding …")
    add("--scope", type=_words(_SCOPES), default=(), metavar="S", help=f"any of {', '.join(_SCOPES)}")
    add("--region", metavar="R", help="can be called from it, as far as the id tells; and its prices")
    add("--max-input-price", type=_amount, metavar="USD", help="per million input tokens")
    add("--max-output-price", type=_amount, metavar="USD", help="per million output tokens")
    add("--min-context", type=_count, metavar="N", help="tokens")
    add("--needs", type=_words(_NEEDS), default=(), metavar="LIST", help=f"all of: {', '.join(_NEEDS)}")
    add(
        "--lifecycle",
        type=_words(_LIFECYCLES),
        default=(),
        metavar="L",
        help=f"any of {', '.join(_LIFECYCLES)}",
    )
    add("--include-unknown", action="store_true", help="let pass what nobody knows too")
    add("--sort", choices=_SORTS, default="name", help="what to sort by; unknown comes last (default name)")
    add("--descending", action="store_true", help="largest first; unknown still comes last")
    add("--json", action="store_true", help="print a JSON list; null is unknown")


def _words(known: Sequence[str] | None = None) -> Callable[[str], tuple[str, ...]]:
    """Make a reader of comma-separated words."""

    def read(text: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in text.split(",") if word.strip())
        if not words:
            raise argparse.ArgumentTypeError("it is empty")
        if known is None:
            return words
        # However it is spelled: question-answering, summarization.
        words = tuple(word.lower().replace("-", "_").replace("ization", "isation") for word in words)
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(known)}")
        return words

    return read


def _amount(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of US dollars above 0, such as 0.5")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1, such as 128000")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """List the models that were asked for; see :mod:`bedrock_playground.cli.models_output`."""
    from bedrock_playground.cli import models_output

    return models_output.list_models(options)


def run_show(options: argparse.Namespace) -> int:
    """Show one model; see :mod:`bedrock_playground.cli.models_output`."""
    from bedrock_playground.cli import models_output

    return models_output.show_model(options)
