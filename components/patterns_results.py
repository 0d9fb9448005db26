"""What a pattern did: its way, every call in time, every decision, and the models alone beside it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.invocation import Comparison
from bedrock_playground.invocation.lane_run import LaneRun
from bedrock_playground.invocation.trace import Decision, Lookup
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.picture import timeline
from bedrock_playground.patterns.picture.layout import Course, draw
from bedrock_playground.patterns.picture.svg import in_words, money, seconds, to_svg
from components import patterns_state as state
from components.patterns_picture import picture
from components.words import plain

_EVERY = 0.5
"""Seconds between two looks at a pattern at work: twice a second, and no more."""


def diagram(pattern: Pattern, *, key: str, course: Course | None = None) -> None:
    """Draw a pattern: its roles and the ways between them, and what a run did there.

    Args:
        pattern: The pattern.
        key: The picture's key; letters, digits, ``-`` and ``_``.
        course: What a run of it did; ``None``: just the pattern.
    """
    across = draw(pattern, course)
    title = f"The pattern {pattern.title}" + (" and the way that was taken" if course else "")
    words = in_words(across)
    wide = to_svg(across, title=title, words=words, name=f"{key}-across")
    tall = to_svg(draw(pattern, course, axis="down"), title=title, words=words, name=f"{key}-down")
    picture(
        f'<div class="bpp-scrolls bpp-across" tabindex="0" role="region" aria-label="Diagram">{wide}</div>'
        f'<div class="bpp-scrolls bpp-down">{tall}</div>',
        key=key,
    )


def course_of(run: LaneRun) -> Course | None:
    """What a run did, for its picture; ``None`` before it did anything."""
    trace = state.trace_of(run)
    if trace is None:
        return None
    failed = run.result is not None and run.result.error is not None
    return Course(trace, run.identity.run_id, run.result is not None, failed)


def live_path(comparison: Comparison, *, drawn_running: bool) -> None:
    """Draw the pattern and its way, anew twice a second while it is at work.

    Args:
        comparison: The comparison whose pattern is shown.
        drawn_running: Whether it still ran when this page began to be drawn.
    """

    def look() -> None:
        run = state.pattern_run(comparison)
        pattern = state.pattern_of_run(run) if run is not None else None
        if run is not None and pattern is not None:
            diagram(pattern, key="pattern_path", course=course_of(run))

    st.fragment(look, run_every=_EVERY if drawn_running else None)()


def live_account(comparison: Comparison, *, drawn_running: bool) -> None:
    """Tell the decisions and draw every call in time, anew twice a second while the pattern is at work.

    Args:
        comparison: The comparison whose pattern is shown.
        drawn_running: Whether it still ran when this page began to be drawn.
    """

    def look() -> None:
        run = state.pattern_run(comparison)
        if run is None:
            return
        course = course_of(run)
        decisions(course.trace.decisions if course else (), over=run.result is not None)
        if course is not None and (saved := saved_words(course.trace.lookups)):
            st.caption(f":material/savings: {plain(saved)}")
        times(course, now=run.elapsed)

    st.fragment(look, run_every=_EVERY if drawn_running else None)()


def decisions(found: Sequence[Decision], *, over: bool) -> None:
    """Say what was decided and why, in order."""
    st.markdown("**What was decided, and why**")
    if not found:
        told = "Nothing had to be decided: the calls alone tell what happened." if over else "Nothing yet …"
        st.caption(told)
        return
    lines = [f"{_MARKS[each.chosen]} :gray[{seconds(each.at)}] · {plain(each.text)}" for each in found]
    st.markdown("\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1)))


def saved_words(lookups: Sequence[Lookup]) -> str:
    """Say what looks into a cache saved; empty where nothing was found there."""
    found = [lookup for lookup in lookups if lookup.found]
    if not found:
        return ""
    costs = [lookup.saved_cost for lookup in found]
    known = [cost for cost in costs if cost is not None]
    times_known = [lookup.saved_seconds for lookup in found if lookup.saved_seconds is not None]
    told = [seconds(sum(times_known))] if times_known else []
    told.append(money(sum(known, Decimal(0))) if len(known) == len(costs) else "a cost that is not known")
    return (
        f"The cache answered {len(found)} of {len(lookups)}: what it answered took {' and '.join(told)} then."
    )


_MARKS = {True: ":green[✓]", False: ":orange[↷]", None: "·"}


def times(course: Course | None, *, now: float | None) -> None:
    """Draw every call in time."""
    st.markdown("**When what happened**")
    rows = timeline.rows(course.trace, course.run_id) if course else ()
    if not rows:
        st.caption("No call has begun.")
        return
    over = course is not None and course.over
    picture(timeline.to_html(rows, now=None if over else now), key="pattern_timeline")


def tables(course: Course | None, *, name: str) -> None:
    """Offer every call as a table and as CSV."""
    rows = timeline.rows(course.trace, course.run_id) if course else ()
    if not rows:
        return
    with st.expander("Every call as a table", icon=":material/table:", key="pattern_calls"):
        st.dataframe(
            [_cells(row) for row in rows], hide_index=True, placeholder="n/a", alt="Every call, in order"
        )
        st.download_button(
            "CSV",
            timeline.to_csv(rows),
            f"bedrock-playground-pattern-{name}.csv",
            "text/csv",
            key="pattern_csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _cells(row: timeline.Row) -> dict[str, object]:
    return {
        "Role": row.role,
        "Model": row.model_id,
        "Start (s)": round(row.started, 4),
        "TTFT (s)": None if row.ttft is None else round(row.ttft, 4),
        "End (s)": None if row.ended is None else round(row.ended, 4),
        "State": row.state,
        "Tries": row.tries,
        "In": row.input_tokens,
        "Out": row.output_tokens,
        "Cost": format_usd(row.cost),
        "Breaker": row.breaker,
        "From records": row.replayed,
        "Error": row.error,
    }


def beside(comparison: Comparison) -> None:
    """Hold the pattern against its models alone: time, tokens and money, in sentences and a table."""
    runs = [lane.current for lane in comparison.lanes]
    ended = [run for run in runs if run is not None and run.result is not None]
    pattern = next((run for run in ended if run is state.pattern_run(comparison)), None)
    if pattern is None or len(ended) < 2:
        return
    st.markdown("**Beside the models alone**")
    for run in ended:
        if run is not pattern:
            st.markdown(f"- {plain(_against(pattern, run))}")
    if pattern.identity.endpoint == "local":
        st.caption("All of them ran at the same time on this machine, so each was slower than by itself.")
    st.dataframe(
        [_row(run) for run in ended], hide_index=True, placeholder="n/a", alt="The pattern and its models"
    )


def _row(run: LaneRun) -> dict[str, object]:
    result = run.result
    usage, timing = (result.usage, result.timing) if result else (None, None)
    calls = len(result.trace.leaves) if result and result.trace else 1
    return {
        "Lane": run.identity.label,
        "Who": run.request.model_id,
        "Calls": calls,
        "TTFT (s)": _rounded(timing.time_to_first_token if timing else None),
        "Total (s)": _rounded(timing.total if timing else None),
        "In": usage.input_tokens if usage else None,
        "Out": usage.output_tokens if usage else None,
        "Cost": format_usd(run.cost.amount if run.cost else None),
        "State": run.state.value,
    }


def _against(pattern: LaneRun, alone: LaneRun) -> str:
    """Say in a sentence how the pattern did against one of its models."""
    who = f"{alone.request.model_id} alone ({alone.identity.label})"
    ours, theirs = pattern.result, alone.result
    if ours is None or theirs is None:
        return f"{who} is not over yet."
    if ours.error is not None or theirs.error is not None:
        both = ours.error is not None and theirs.error is not None
        failed, answered = ("the pattern", who) if ours.error is not None else (who, "the pattern")
        return (
            f"Neither the pattern nor {who} answered."
            if both
            else f"Where {failed} failed, {answered} answered."
        )
    told = []
    if ours.timing.total and theirs.timing.total:
        told.append(f"took {_times(ours.timing.total / theirs.timing.total)} as long")
    mine, other = (run.cost.amount if run.cost else None for run in (pattern, alone))
    if mine is None or other is None:
        told.append("what one of them cost is not known")
    elif not mine and not other:
        told.append("neither was charged for")
    elif other:
        told.append(f"cost {_times(float(mine / other))} as much ({money(mine)} against {money(other)})")
    else:
        told.append(f"cost {money(mine)} against nothing")
    return f"Against {who} the pattern {', '.join(told) or 'cannot be measured'}."


def _times(factor: float) -> str:
    return f"{factor:.2f} ×" if factor < 10 else f"{factor:.0f} ×"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def source(pattern: Pattern) -> None:
    """Show the very code of the pattern: what its module says of itself, then all of it."""
    module = sys.modules[type(pattern).__module__]
    with st.expander("Source: the pattern in one sitting", icon=":material/code:", key="pattern_source"):
        st.caption(f"{module.__name__.replace('.', '/')}.py")
        st.text(inspect.getdoc(module) or "")
        st.code(inspect.getsource(module), language="python", line_numbers=True, height=520)
