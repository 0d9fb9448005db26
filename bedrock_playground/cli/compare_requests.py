"""From the arguments of `bedrock-playground compare` to a request per lane, or to what is wrong with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Behind, Resolution, needs_asking, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import BuiltRequest, Inputs, Variant
from bedrock_playground.invocation.values import InvocationRequest

MAX_LANES = 8
"""As many as the page has letters for."""


class BadArguments(Exception):
    """The arguments cannot be used, or not together; the message says why and what would do."""


def read_arguments(options: argparse.Namespace) -> str:
    """Check the arguments.

    Returns:
        The prompt.

    Raises:
        BadArguments: A value is outside what Converse takes.
    """
    prompt = read_prompt() if options.prompt == "-" else options.prompt
    for holds, complaint in _checks(options, prompt):
        if not holds:
            raise BadArguments(complaint)
    return str(prompt)


def only_the_account_knows(options: argparse.Namespace) -> list[str]:
    """The ids of which only the account can tell which model stands behind them."""
    models = load_models()
    return [model_id for model_id in dict.fromkeys(options.model) if needs_asking(resolve(model_id, models))]


def make_requests(
    options: argparse.Namespace, prompt: str, *, behind: Mapping[str, Behind] | None = None
) -> tuple[list[InvocationRequest], list[str]]:
    """Turn the arguments into one request per lane.

    Args:
        options: The arguments, checked.
        prompt: The prompt.
        behind: What the account tells of ids of its own.

    Returns:
        The requests, and what the user should know before they are sent: settings that are left out or
        changed because the model does not take them.

    Raises:
        BadArguments: A model cannot be asked at all.
    """
    requests: list[InvocationRequest] = []
    notes: list[str] = []
    for model_id in options.model:
        resolution = resolve(model_id, load_models(), behind=behind)
        built = build_request(_variant(options, model_id), Inputs(prompt, options.system), resolution)
        if built.refusals:
            raise BadArguments(f"--model {model_id}: {' '.join(built.refusals)}")
        requests.append(built.request)
        notes += _notes(built, resolution)
    # Repeated lanes of one model are told of once.
    return requests, list(dict.fromkeys(notes))


def read_prompt() -> str:
    """Read a prompt from standard input.

    Raises:
        BadArguments: It is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadArguments(f"Standard input is not UTF-8 text: {error}. Convert it first.") from error


def _checks(options: argparse.Namespace, prompt: str) -> Iterator[tuple[bool, str]]:
    """Pair each condition with what to say where it does not hold."""
    texts = [prompt, options.system or "", *options.model, *(options.stop or [])]
    yield all(is_text(text) for text in texts), "An argument is not valid UTF-8 text. Check its encoding."
    yield bool(prompt.strip()), "--prompt is empty. Give it a text."
    yield (
        options.system is None or bool(options.system.strip()),
        "--system is empty. Give it a text, or omit it.",
    )
    lanes = len(options.model)
    yield lanes <= MAX_LANES, f"--model was given {lanes} times. At most {MAX_LANES} lanes run at once."
    yield all(model.strip() for model in options.model), "--model is empty. Give it a model id."
    yield _within(options.temperature, 0, 1), "--temperature must be between 0 and 1."
    yield _within(options.top_p, 0, 1), "--top-p must be between 0 and 1."
    yield options.top_k is None or options.top_k >= 0, "--top-k must be at least 0."
    yield _within(options.max_tokens, 1, 10_000_000), "--max-tokens must be between 1 and 10000000."
    yield _within(options.repeat, 1, 1000), "--repeat must be between 1 and 1000."
    yield (
        options.max_cost is None or dollars(options.max_cost) is not None,
        "--max-cost must be an amount of US dollars of at least 0. Example: 0.50.",
    )
    stall = options.stall_timeout
    yield (
        stall is None or 0 < stall < float("inf"),
        "--stall-timeout must be a number of seconds above 0. Example: 30.",
    )
    yield all(options.stop or ["x"]), "--stop is empty. A stop sequence has at least one character."
    yield (
        options.endpoint_url is None or _is_address(options.endpoint_url),
        f"--endpoint-url {options.endpoint_url!r} is not an address. Example: http://127.0.0.1:8000.",
    )


def dollars(text: str) -> Decimal | None:
    """Read an amount of US dollars; ``None`` if it is none, or negative."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def is_text(text: str) -> bool:
    """Whether it can be sent: bytes that are not UTF-8 arrive as lone surrogates, which cannot be."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _within(value: float | None, low: float, high: float) -> bool:
    return value is None or low <= value <= high


def _variant(options: argparse.Namespace, model_id: str) -> Variant:
    return Variant(
        model=model_id,
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        max_tokens=options.max_tokens,
        stop=tuple(options.stop or ()),
    )


def _notes(built: BuiltRequest, resolution: Resolution) -> Iterator[str]:
    """Say what is left out or changed, and why."""
    for change in built.adjustments:
        option = f"--{change.parameter.replace('_', '-')}"
        if change.action == "dropped":
            yield f"{option} is not sent to {resolution.model_id}: {change.reason}"
        elif change.action == "clamped":
            yield f"{option} is sent to {resolution.model_id} as {change.sent}: {change.reason}"
    yield from built.warnings
