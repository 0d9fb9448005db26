"""What LangChain and Strands share: both wrap boto3, and both send more than they were told to."""

from __future__ import annotations

from typing import Any

from bedrock_playground.presets.exports.call import Call

_HOOK = '''\

def as_it_was_sent(params, **_):
    """{library} also sends {what}, empty; the request had none."""
    return {{name: value for name, value in params.items() if value or name not in {names}}}


{client}.meta.events.register("provide-client-params.bedrock-runtime", as_it_was_sent)
'''
_CALLED = {"system": "a system prompt", "inferenceConfig": "inference settings"}


def hook(call: Call, *, library: str, client: str) -> str:
    """Write a handler that takes away what a library adds; an empty text where it adds nothing.

    Without it, the request on the wire would not be the one that was compared.

    Args:
        call: The call.
        library: The library's name.
        client: The expression of its boto3 client.
    """
    missing = [name for name in ("system", "inferenceConfig") if name not in call.arguments]
    if not missing:
        return ""
    what = " and ".join(_CALLED[name] for name in missing)
    names = "(" + ", ".join(f'"{name}"' for name in missing) + ("," if len(missing) == 1 else "") + ")"
    return _HOOK.format(library=library, what=what, names=names, client=client)


def inference(call: Call) -> dict[str, Any]:
    """The inference settings by the names that both libraries use."""
    names = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p"}
    config = call.arguments.get("inferenceConfig", {})
    return {names.get(name, "stop_sequences"): value for name, value in config.items()}


def has_null(value: Any) -> bool:  # noqa: ANN401 - any of a call's arguments
    """Say whether a null stands anywhere in it."""
    if isinstance(value, dict):
        return any(has_null(item) for item in value.values())
    if isinstance(value, list):
        return any(has_null(item) for item in value)
    return value is None
