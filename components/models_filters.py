"""The filters above the models, and what they mean as :class:`Filters`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import cast

import streamlit as st

from bedrock_playground.catalog.models import Lifecycle, Modality, Scope, Task
from bedrock_playground.catalog.search import Capability, Filters, ModelRow, SortKey
from components.choosing import region_label

_PREFIX = "models_"
TEXT, PROVIDERS, TASKS, NEEDS = (_PREFIX + name for name in ("text", "providers", "tasks", "needs"))
INPUTS, OUTPUTS, SCOPES = (_PREFIX + name for name in ("inputs", "outputs", "scopes"))
REGION, LIFECYCLES = (_PREFIX + name for name in ("region", "lifecycles"))
MAX_INPUT, MAX_OUTPUT, MIN_CONTEXT = (_PREFIX + name for name in ("max_input", "max_output", "min_context"))
HERE, UNKNOWN, EVERY_ID, SORT = (_PREFIX + name for name in ("here", "unknown", "every_id", "sort"))

TASK_LABELS: dict[Task, str] = {
    "generation": "Generation",
    "summarisation": "Summarisation",
    "classification": "Classification",
    "question_answering": "Question answering",
    "embeddings": "Embeddings",
}
"""What a task is called on the screen."""

NEED_LABELS = {
    Capability.TOOLS: "Tools",
    Capability.JSON: "JSON schema",
    Capability.REASONING: "Reasoning",
    Capability.CACHING: "Prompt caching",
    Capability.IMAGES: "Images",
    Capability.DOCUMENTS: "Documents",
    Capability.VIDEO: "Video",
    Capability.AUDIO: "Audio",
    Capability.STREAMING: "Streaming",
    Capability.SYSTEM: "System prompt",
}
"""What a capability is called on the screen."""

SCOPE_LABELS: dict[Scope, str] = {
    "in_region": "In-Region",
    "geographic": "Geographic profile",
    "global": "Global profile",
    "application": "Application profile",
    "local": "This machine",
    "other": "Other",
}
"""What a scope is called on the screen."""

LIFECYCLE_LABELS: dict[Lifecycle, str] = {
    "active": "Active",
    "legacy": "Legacy",
    "end_of_life": "End of life",
}
"""What a lifecycle state is called on the screen."""

_FILTER_LABELS = {
    "text": "the search text",
    "providers": "Provider",
    "tasks": "Task",
    "inputs": "Takes",
    "outputs": "Gives",
    "scopes": "Scope",
    "region": "Region",
    "max_input_price": "Input price",
    "max_output_price": "Output price",
    "min_context": "Context",
    "needs": "Can do",
    "lifecycles": "Lifecycle",
    "listed_only": "Callable here",
}
_KEYS = {
    "text": TEXT,
    "providers": PROVIDERS,
    "tasks": TASKS,
    "inputs": INPUTS,
    "outputs": OUTPUTS,
    "scopes": SCOPES,
    "region": REGION,
    "max_input_price": MAX_INPUT,
    "max_output_price": MAX_OUTPUT,
    "min_context": MIN_CONTEXT,
    "needs": NEEDS,
    "lifecycles": LIFECYCLES,
    "listed_only": HERE,
}
_IN_POPOVER = (INPUTS, OUTPUTS, SCOPES, REGION, LIFECYCLES, MAX_INPUT, MAX_OUTPUT, MIN_CONTEXT, HERE)

SORTS: dict[str, tuple[SortKey, bool]] = {
    "Current first": (SortKey.CURRENT, False),
    "Provider and name": (SortKey.NAME, False),
    "Provider and name, backwards": (SortKey.NAME, True),
    "Name": (SortKey.MODEL, False),
    "Name, backwards": (SortKey.MODEL, True),
    "Input price, lowest first": (SortKey.INPUT_PRICE, False),
    "Input price, highest first": (SortKey.INPUT_PRICE, True),
    "Output price, lowest first": (SortKey.OUTPUT_PRICE, False),
    "Output price, highest first": (SortKey.OUTPUT_PRICE, True),
    "Context, longest first": (SortKey.CONTEXT, True),
    "Context, shortest first": (SortKey.CONTEXT, False),
    "Max output, longest first": (SortKey.MAX_OUTPUT, True),
    "Max output, shortest first": (SortKey.MAX_OUTPUT, False),
    "Lifecycle, active first": (SortKey.LIFECYCLE, False),
    "Lifecycle, ended first": (SortKey.LIFECYCLE, True),
    "End of life, soonest first": (SortKey.END_OF_LIFE, False),
}
"""How the table can be sorted; unknown comes last in all of them."""


def sort_by(key: SortKey) -> None:
    """Sort by this, or the other way round if that is so already; for a callback."""
    ways = [name for name, (by, _) in SORTS.items() if by is key]
    now = st.session_state.get(SORT)
    st.session_state[SORT] = ways[(ways.index(now) + 1) % len(ways)] if now in ways else ways[0]


_WIDGETS_CSS = """<style>
.st-key-models_filters > div { flex: 1 1 10.5rem; }
.st-key-models_filters > .st-key-models_more { flex: 0 0 auto; }
</style>"""


def label_of(name: str) -> str:
    """What a filter of :class:`Filters` is called on the screen."""
    return _FILTER_LABELS[name]


def filters(rows: Sequence[ModelRow], *, regions: Sequence[str]) -> Filters:
    """Draw the filters and return what they ask for.

    Args:
        rows: What there is to filter; the providers come from them.
        regions: The Regions to choose from.
    """
    st.html(_WIDGETS_CSS)
    _forget_what_is_gone(PROVIDERS, providers := _providers(rows))
    with st.container(horizontal=True, vertical_alignment="bottom", key="models_filters"):
        st.text_input("Search", type="search", key=TEXT, placeholder="Name or id", persist_state="session")
        st.multiselect("Provider", providers, key=PROVIDERS, placeholder="Any", persist_state="session")
        st.multiselect(
            "Task",
            list(TASK_LABELS),
            format_func=TASK_LABELS.__getitem__,
            key=TASKS,
            placeholder="Any",
            persist_state="session",
        )
        st.multiselect(
            "Can do",
            list(Capability),
            format_func=NEED_LABELS.__getitem__,
            key=NEEDS,
            placeholder="Anything",
            persist_state="session",
        )
        st.selectbox("Sort by", list(SORTS), key=SORT, persist_state="session")
        count = sum(bool(st.session_state.get(key)) for key in _IN_POPOVER)
        with st.popover(
            f"More filters{f' · {count}' if count else ''}", icon=":material/tune:", key="models_more"
        ):
            _more(regions)
    return _asked()


def _more(regions: Sequence[str]) -> None:
    with st.container(horizontal=True):
        for label, key, kinds in (
            ("Takes", INPUTS, ["text", "image", "document", "video", "audio", "speech"]),
            ("Gives", OUTPUTS, ["text", "embedding", "image", "video", "speech"]),
        ):
            st.multiselect(label, kinds, key=key, placeholder="Anything", persist_state="session")
    scopes: list[Scope] = ["in_region", "geographic", "global"]
    st.multiselect(
        "Scope",
        scopes,
        format_func=SCOPE_LABELS.__getitem__,
        key=SCOPES,
        placeholder="Any",
        persist_state="session",
        help="How an id reaches the model: in the Region that is called, within a geography such as us or "
        "eu, or anywhere.",
    )
    st.selectbox(
        "Region",
        list(regions),
        index=None,
        format_func=region_label,
        key=REGION,
        placeholder="Any",
        persist_state="session",
        help="Leaves out profiles that cannot be called from there, and shows that Region's prices where "
        "they differ. Which models a Region has itself, only a connection with credentials tells.",
    )
    with st.container(horizontal=True):
        for key, label in ((MAX_INPUT, "Input at most"), (MAX_OUTPUT, "Output at most")):
            st.number_input(
                f"{label}, $ per million",
                min_value=0.0,
                value=None,
                step=0.1,
                format="%.3f",
                key=key,
                placeholder="Any",
                persist_state="session",
            )
    st.number_input(
        "Context at least, tokens",
        min_value=0,
        value=None,
        step=1000,
        key=MIN_CONTEXT,
        placeholder="Any",
        persist_state="session",
    )
    st.multiselect(
        "Lifecycle",
        list(LIFECYCLE_LABELS),
        format_func=LIFECYCLE_LABELS.__getitem__,
        key=LIFECYCLES,
        placeholder="Any",
        persist_state="session",
    )
    st.toggle("Only what this connection lists", key=HERE, persist_state="session")
    st.toggle(
        "Also what nobody knows",
        key=UNKNOWN,
        persist_state="session",
        help="A model of which a filter's answer is unknown is left out, unless you switch this on.",
    )
    st.toggle(
        "One row per id",
        key=EVERY_ID,
        persist_state="session",
        help="A model can have several ids: its own and one per inference profile, with prices of their own.",
    )


def _asked() -> Filters:
    state = st.session_state
    return Filters(
        text=(state.get(TEXT) or "").strip(),
        providers=tuple(state.get(PROVIDERS) or ()),
        tasks=tuple(cast("Iterable[Task]", state.get(TASKS) or ())),
        inputs=tuple(cast("Iterable[Modality]", state.get(INPUTS) or ())),
        outputs=tuple(cast("Iterable[Modality]", state.get(OUTPUTS) or ())),
        scopes=tuple(cast("Iterable[Scope]", state.get(SCOPES) or ())),
        region=state.get(REGION) or None,
        max_input_price=_dollars(state.get(MAX_INPUT)),
        max_output_price=_dollars(state.get(MAX_OUTPUT)),
        min_context=state.get(MIN_CONTEXT) or None,
        needs=tuple(Capability(need) for need in state.get(NEEDS) or ()),
        lifecycles=tuple(cast("Iterable[Lifecycle]", state.get(LIFECYCLES) or ())),
        listed_only=bool(state.get(HERE)),
        include_unknown=bool(state.get(UNKNOWN)),
    )


def sorting() -> tuple[SortKey, bool]:
    """What to sort by, and whether the largest comes first."""
    return SORTS.get(st.session_state.get(SORT) or "", (SortKey.CURRENT, False))


def every_id() -> bool:
    """Whether each id has a row of its own."""
    return bool(st.session_state.get(EVERY_ID))


def relax(name: str) -> None:
    """Take one filter away; a callback, because widgets that are drawn cannot be changed."""
    key = _KEYS[name]
    empty: object = "" if name == "text" else False if name == "listed_only" else None
    st.session_state[key] = [] if isinstance(st.session_state.get(key), list) else empty


def clear() -> None:
    """Take every filter away; a callback."""
    for name in _KEYS:
        relax(name)


def include_unknown() -> None:
    """Let pass what nobody knows too; a callback."""
    st.session_state[UNKNOWN] = True


def _dollars(value: float | None) -> Decimal | None:
    # The widget's steps are binary fractions: 0.1 is meant, not 0.1000000000000000055.
    return Decimal(f"{value:.6f}").normalize() if value else None


def _providers(rows: Sequence[ModelRow]) -> list[str]:
    return sorted({row.provider for row in rows if row.provider}, key=str.casefold)


def _forget_what_is_gone(key: str, options: Sequence[str]) -> None:
    chosen = st.session_state.get(key)
    if chosen and any(one not in options for one in chosen):
        st.session_state[key] = [one for one in chosen if one in options]
