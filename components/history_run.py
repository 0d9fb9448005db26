"""One run, opened: what was sent, what came back, when, and what went wrong.

Everything a model or a service wrote is shown as plain text, never as Markdown: see DESIGN on safe rendering.
"""

from __future__ import annotations

import json
from datetime import tzinfo
from itertools import pairwise
from typing import Any, Literal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.build import request_as_json
from bedrock_playground.catalog.money import format_per_thousand, origin
from bedrock_playground.history import RunRecord
from bedrock_playground.invocation import ValidationFailed
from bedrock_playground.invocation.serialization import request_to_json
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState
from components import compare_state, history_as_if, preset_save
from components.binding import WhereItRan
from components.connection import current_connection
from components.history_content import beside_the_text, conversation
from components.history_filters import STATE_LABELS, local_zone, zone_name
from components.history_pattern import pattern_view, where_from
from components.history_table import money
from components.history_view import COMPARE_PAGE
from components.history_votes import run_votes
from components.live.outputs import reasoning_seconds
from components.patterns_variant import open_way
from components.resources import get_store, resolve_model
from components.take_away import Offer, open_take_away, take_away_dialog, take_away_shown

_INTERRUPTED = (
    "The app stopped during this run. What was asked is kept; the text that had arrived was only in the "
    "memory of the app that stopped, so the answer and its figures are unknown."
)
_COLOURS: dict[RunState, Literal["green", "red", "orange", "blue", "gray"]] = {
    RunState.COMPLETED: "green",
    RunState.FAILED: "red",
    RunState.CANCELLED: "orange",
    RunState.INTERRUPTED: "orange",
    RunState.RUNNING: "blue",
    RunState.PENDING: "gray",
}


def run_view(record: RunRecord) -> None:
    """Draw one run, complete."""
    with st.container(border=True, key="history_run"):
        where_from(record)
        _head(record)
        _preset(record)
        _figures(record)
        run_votes(record)
        _problem(record)
        pattern_view(record)
        answer, prompt, request, timing, attempts = st.tabs(
            ["Answer", "Prompt", "Request", "Timing", "Attempts"]
        )
        with answer:
            _answer(record)
        with prompt:
            conversation(record.request)
        with request:
            st.caption("Exactly what was sent, as JSON; files are only described.")
            st.code(
                json.dumps(_as_sent(record.request), indent=2, ensure_ascii=False),
                language="json",
                wrap_lines=True,
                height=420,
            )
        with timing:
            _timing(record)
        with attempts:
            _attempts(record.result)
        history_as_if.of_run(record)


def _as_sent(request: InvocationRequest) -> dict[str, Any]:
    try:
        return request_as_json(request)
    except ValidationFailed:
        # It could not be sent either, and its run says so.
        return request_to_json(request)


def _head(record: RunRecord) -> None:
    identity = record.identity
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(STATE_LABELS[record.state], color=_COLOURS[record.state])
        st.text(_whose(record), width="content")
        pattern = is_pattern(record.request.model_id)
        if not pattern:
            st.button(
                "Save as preset",
                key="history_save_as_preset",
                icon=":material/bookmark_add:",
                on_click=_save_as_preset,
                args=(record,),
            )
        # Calls and evaluations' answers are no lanes of a comparison.
        if identity.parent_id is None and identity.case_number is None:
            _open_elsewhere(record, pattern=pattern)
        if not pattern:
            st.button(
                "Take it away",
                key="history_take_away",
                icon=":material/ios_share:",
                on_click=open_take_away,
                args=(record.run_id,),
            )
    if take_away_shown() == record.run_id:
        take_away_dialog(
            (Offer("As it was sent", record.request),),
            connection=current_connection(),
            region=identity.region,
            name=f"run-{record.run_id[:8]}",
        )


def _whose(record: RunRecord) -> str:
    """Whose run it is."""
    identity = record.identity
    if identity.case_number is not None:
        whose = f"Case {identity.case_number:,} of an evaluation, contender {identity.label}"
    else:
        whose = f"Variant {identity.label}"
    return f"{whose} · {record.request.model_id}"


def _open_elsewhere(record: RunRecord, *, pattern: bool) -> None:
    identity = record.identity
    if st.button("Open in Compare", key="history_open_in_compare", icon=":material/compare:"):
        compare_state.load_comparison(identity.comparison_id)
        st.switch_page(COMPARE_PAGE, query_params={compare_state.ID: identity.comparison_id})
    if pattern and st.button(
        "Open in Patterns", key="history_open_in_patterns", icon=":material/account_tree:"
    ):
        open_way(identity.comparison_id, identity.label)


def _save_as_preset(record: RunRecord) -> None:
    where = WhereItRan(record.identity.endpoint, record.identity.region).connection()
    preset_save.open_for_run(record.request, resolve_model(where, record.request.model_id))


def _preset(record: RunRecord) -> None:
    """Say which preset the run comes from, as text: its name is somebody's words."""
    if record.preset_id is None:
        return
    name = get_store().presets.names().get(record.preset_id, "one that is not here any more")
    version = f", version {record.preset_version}" if record.preset_version else ""
    tags = f" · {', '.join(record.tags)}" if record.tags else ""
    st.text(f"From the preset: {name}{version}{tags}")


def _figures(record: RunRecord) -> None:
    result = record.result
    timing, usage = (result.timing, result.usage) if result else (None, None)
    output = usage.output_tokens if usage else None
    with st.container(horizontal=True, key="history_figures"):
        for label, value in (
            ("TTFT", _seconds(timing.time_to_first_token if timing else None)),
            ("Total", _seconds(timing.total if timing else None)),
            ("Tokens/s", _number(timing.tokens_per_second(output) if timing else None)),
            ("Input tokens", _number(usage.input_tokens if usage else None)),
            ("Output tokens", _number(output)),
            ("Cost", money(record.cost)),
        ):
            # Costs have many digits; the others are short.
            st.metric(label, value, width=200 if label == "Cost" else 140)
    # As text: a source may be the user's own words.
    st.text(
        f"Cost: {origin(record.priced).rstrip('.')}. 1,000 such requests: {format_per_thousand(record.cost)}."
    )


def _problem(record: RunRecord) -> None:
    if record.state is RunState.INTERRUPTED:
        st.warning(_INTERRUPTED, icon=":material/power_off:")
    if record.state is RunState.RUNNING:
        st.info("This run is still going; its answer will be here when it has ended.")
    error = record.result.error if record.result else None
    if error is None:
        return
    show = st.warning if record.state is RunState.CANCELLED else st.error
    again = "Trying again can help." if error.retryable else "The same request would fail again."
    show(f"**{type(error).__name__}.** {again if record.state is RunState.FAILED else ''}")
    details = {"code": error.code, "HTTP status": error.status, "request id": error.request_id}
    told = [f"{name}: {value}" for name, value in details.items() if value is not None]
    st.code("\n".join([error.message, *told]), language=None, wrap_lines=True)
    st.caption(error.advice)


def _answer(record: RunRecord) -> None:
    result = record.result
    if result is None:
        st.text("No answer is known.")
        return
    if result.reasoning:
        with st.expander("Reasoning"):
            st.code(result.reasoning, language=None, wrap_lines=True)
    if result.text:
        st.code(result.text, language=None, wrap_lines=True)
    else:
        st.text("No text came.")
    beside_the_text(record.request, result)
    if result.citations:
        with st.expander(f"{len(result.citations)} citations"):
            st.json(list(result.citations))
    st.caption("As it came: plain text, not rendered.")


def _timing(record: RunRecord) -> None:
    zone = local_zone()
    result = record.result
    timing, usage = (result.timing, result.usage) if result else (None, None)
    arrivals = timing.arrivals if timing else ()
    st.dataframe(
        pd.DataFrame(
            {
                "What": [
                    f"Started ({zone_name()})",
                    f"Ended ({zone_name()})",
                    "First token",
                    "First reasoning token",
                    "Reasoning took",
                    "Total",
                    "Server's own latency",
                    "Pieces of text",
                    "Longest pause between two",
                    "Stop reason",
                    "Reasoning tokens",
                    "Tokens read from the prompt cache",
                    "Tokens written to the prompt cache",
                    "Of these, kept for an hour",
                    "Service tier",
                    "Latency mode",
                    "Went to",
                    "Request id",
                ],
                "Value": [
                    _moment(record, zone, ended=False),
                    _moment(record, zone, ended=True),
                    _seconds(timing.time_to_first_token if timing else None),
                    _seconds(timing.time_to_first_reasoning_token if timing else None),
                    _seconds(reasoning_seconds(result) if result else None),
                    _seconds(timing.total if timing else None),
                    _seconds(timing.server_latency if timing else None),
                    f"{len(arrivals):,}" if arrivals else "n/a",
                    _seconds(max((b - a for a, b in pairwise(arrivals)), default=None)),
                    (result.stop_reason if result else None) or "n/a",
                    _number(usage.reasoning_tokens if usage else None),
                    _number(usage.cache_read_input_tokens if usage else None),
                    _number(usage.cache_write_input_tokens if usage else None),
                    _number(usage.cache_write_1h_input_tokens if usage else None),
                    _asked_and_used(record.request.service_tier, result.service_tier if result else None),
                    _asked_and_used(
                        record.request.performance_latency, result.performance_latency if result else None
                    ),
                    " · ".join(filter(None, (record.identity.endpoint, record.identity.region))) or "n/a",
                    (result.request_id if result else None) or "n/a",
                ],
            }
        ),
        hide_index=True,
        height="content",
        alt="When things happened in this run",
    )


def _asked_and_used(asked: str | None, used: str | None) -> str:
    if asked is None or asked == used:
        return used or "n/a"
    return f"asked for {asked}, used {used or 'n/a'}"


def _attempts(result: InvocationResult | None) -> None:
    if result is None or not result.attempts:
        st.text("No attempt was recorded.")
        return
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Try": attempt.number,
                    "Started after": _seconds(attempt.started),
                    "Took": _seconds(attempt.duration),
                    "Outcome": attempt.error_code or attempt.error_type or "succeeded",
                    "HTTP": "n/a" if attempt.status is None else str(attempt.status),
                    "Waited then": "–" if attempt.backoff is None else _seconds(attempt.backoff),
                    "Message": attempt.error_message or "",
                    "Request id": attempt.request_id or "n/a",
                }
                for attempt in result.attempts
            ]
        ),
        hide_index=True,
        alt="Every try of this request",
    )


def _moment(record: RunRecord, zone: tzinfo, *, ended: bool) -> str:
    moment = record.ended_at if ended else record.identity.started_at
    return "n/a" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _number(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
