"""From what stands in Compare to what is shared of it, and back into Compare; nothing is ever run by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from bedrock_playground.sharing import SharedComparison
from bedrock_playground.sharing.link import NAME, STORED
from components import compare_before, compare_state, inputs_state, template_state, variants
from components.compare_asked import REPEAT
from components.prepared import Prepared
from components.words import plain

_ACCOUNT = re.compile(r"arn:[a-z-]+:[a-z]+:[a-z0-9-]*:(\d{12}):")


def standing(prepared: Iterable[Prepared] = ()) -> SharedComparison:
    """What stands in Compare now, as it would be shared.

    Args:
        prepared: What stands in the lanes: raw fields of another model are set aside there.
    """
    known = {one.letter: one.variant for one in prepared}
    inputs = inputs_state.read_inputs()
    return SharedComparison(
        inputs=inputs,
        variants=tuple(
            (letter, known.get(letter, variant)) for letter, variant in variants.read_all().items()
        ),
        variables=template_state.current_variables(),
        values=template_state.current_values(),
        repeat=int(st.session_state.get(REPEAT) or 1),
        files_left_out=len(inputs.attachments),
    )


def put_into_compare(shared: SharedComparison) -> None:
    """Fill Compare with it, and run nothing; what stood there can be brought back.

    Args:
        shared: What was opened.
    """
    compare_before.keep(prompt=True)
    compare_state.clear()
    # A tool of the same name would lend it a canned result that was not shared.
    inputs_state.set_tools(())
    inputs_state.write_inputs(shared.inputs)
    template_state.describe(shared.variables, shared.values)
    variants.replace_all(shared.variants)
    st.session_state[REPEAT] = shared.repeat


def address(*, link: str | None = None, stored: str | None = None) -> str:
    """The address of this page that opens a shared comparison.

    Args:
        link: What a link holds, or
        stored: the id of a stored share.
    """
    here = (st.context.url or "").partition("?")[0].partition("#")[0].rstrip("/") + "/"
    return f"{here}?{NAME}={link}" if link is not None else f"{here}?{STORED}={stored}"


def title(shared: SharedComparison) -> str:
    """What to find it by in a list: how the prompt begins, and how many variants."""
    start = " ".join(shared.inputs.prompt.split())[:60] or "(no prompt)"
    return f"{start} · {counted(len(shared.variants), 'variant')}"


def contents(shared: SharedComparison) -> str:
    """Say what is in it, in plain words; Markdown-safe."""
    inputs = shared.inputs
    own = [letter for letter, variant in shared.variants if variant.system]
    parts = [
        "the prompt",
        "the system prompt" if inputs.system else None,
        f"the system prompt of {', '.join(own)}" if own else None,
        f"{counted(len(shared.variants), 'variant')} with all settings",
        counted(len(shared.values), "template value") if shared.values else None,
        "the JSON schema" if inputs.output_schema is not None else None,
        counted(len(inputs.tools), "tool") if inputs.tools else None,
        f"{shared.repeat} answers per variant" if shared.repeat > 1 else None,
    ]
    return plain(", ".join(part for part in parts if part))


def left_out(shared: SharedComparison) -> str:
    """Say what is not in it, in plain words."""
    files = shared.files_left_out
    attached = f"the {counted(files, 'file')} beside the prompt (to be attached again), " if files else ""
    return f"{attached}answers, times, costs and votes, credentials, where calls go"


def accounts(shared: SharedComparison) -> Sequence[str]:
    """AWS account numbers that ARNs in it name."""
    told = []
    for _, variant in shared.variants:
        told += [variant.model, variant.guardrail.identifier if variant.guardrail else ""]
    return sorted({match[1] for text in told for match in _ACCOUNT.finditer(text)})


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
