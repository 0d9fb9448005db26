"""From the arguments of `bedrock-playground compare` to a request per lane, or to what is wrong with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from bedrock_playground.catalog import top_k_fields, top_k_of
from bedrock_playground.invocation.values import InferenceParameters, InvocationRequest, Json

MAX_LANES = 8
"""As many as the page has letters for."""


class BadArguments(Exception):
    """The arguments cannot be used, or not together; the message says why and what would do."""


def make_requests(options: argparse.Namespace) -> tuple[list[InvocationRequest], list[str]]:
    """Turn the arguments into one request per lane.

    Returns:
        The requests, and what the user should know before they are sent: parameters that are left out.

    Raises:
        BadArguments: A value is outside what Converse takes.
    """
    prompt = _read_prompt() if options.prompt == "-" else options.prompt
    for holds, complaint in _checks(options, prompt):
        if not holds:
            raise BadArguments(complaint)
    notes = _check_top_k(options)
    return [_request(options, prompt=prompt, model_id=model_id) for model_id in options.model], notes


def _read_prompt() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadArguments(f"Standard input is not UTF-8 text: {error}. Convert it first.") from error


def _checks(options: argparse.Namespace, prompt: str) -> Iterator[tuple[bool, str]]:
    """Pair each condition with what to say where it does not hold."""
    texts = [prompt, options.system or "", *options.model, *(options.stop or [])]
    yield all(_is_text(text) for text in texts), "An argument is not valid UTF-8 text. Check its encoding."
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
    yield _within(options.max_tokens, 1, 10_000_000), "--max-tokens must be between 1 and 10000000."
    yield _within(options.repeat, 1, 1000), "--repeat must be between 1 and 1000."
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


def _is_text(text: str) -> bool:
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


def _check_top_k(options: argparse.Namespace) -> list[str]:
    """Say where top-k is left out; refuse a value that a model refuses, and one that nobody would take."""
    if options.top_k is None:
        return []
    rules = {model_id: top_k_of(model_id) for model_id in options.model}
    if not any(rules.values()):
        raise BadArguments(
            "--top-k: none of these models is known to take it, and one that does not refuses the whole "
            "request. Leave it out."
        )
    notes = []
    for model_id, rule in rules.items():
        if rule is None:
            notes.append(f"--top-k is not sent to {model_id}, which is not known to take it.")
        elif not 1 <= options.top_k <= rule.maximum:
            raise BadArguments(f"--top-k must be between 1 and {rule.maximum} for {model_id}.")
    return notes


def _request(options: argparse.Namespace, *, prompt: str, model_id: str) -> InvocationRequest:
    fields: dict[str, Json] | None = None
    if options.top_k is not None and top_k_of(model_id):
        fields = dict(top_k_fields(model_id, options.top_k))
    parameters = InferenceParameters(
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        stop_sequences=tuple(options.stop) if options.stop else None,
        additional_model_request_fields=fields,
    )
    return InvocationRequest.from_prompt(model_id, prompt, system=options.system, parameters=parameters)
