"""One case, opened: what was asked, every answer beside the others, what scorers and people say of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import streamlit as st

from bedrock_playground.evaluation.results import CaseAnswer, answers_to
from bedrock_playground.evaluation.values import Case
from bedrock_playground.history.evaluation_records import ScoreRow
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.members import Pattern
from components.history_filters import STATE_LABELS
from components.history_link import history_link
from components.resources import get_store
from components.results_data import Shown
from components.results_diff import difference
from components.results_rating import rating
from components.results_words import UNKNOWN, called, count, dollars, seconds
from components.words import plain

_STYLE = """
<style>
.bp-answer { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 22rem; overflow: auto;
  padding: 0.6rem 0.75rem; border-radius: 0.5rem; line-height: 1.5;
  border: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }
.bp-scores { border-collapse: collapse; font-size: 0.875rem; }
.bp-scores th, .bp-scores td { text-align: left; vertical-align: top; padding: 0.15rem 0.8rem 0.15rem 0;
  overflow-wrap: anywhere; }
.bp-scores th { font-weight: 600; }
.bp-scores td.bp-value { white-space: nowrap; }
@media print { .bp-answer { max-height: none; } }
</style>
"""


def open_case(shown: Shown, number: int, *, key: str) -> None:
    """Draw a case with all its answers.

    Args:
        shown: What is shown.
        number: The case.
        key: The name of the table that it was opened from.
    """
    reading = shown.reading
    case, answers = answers_to(get_store(), reading.results, number)
    with st.container(border=True, key=f"results_case_{key}"):
        st.html(_STYLE)
        st.markdown(f"#### Case {number:,}")
        _asked(case)
        if not answers:
            st.caption("There is no answer to this case yet.")
            return
        here = _repeat(answers, key=key)
        with st.grid(len(here) if len(here) < 3 else 2 if len(here) == 4 else 3, min_column_width=300):
            for answer in here:
                _answer(shown, answer)
        for answer in here:
            _path(shown, answer)
        if len([one for one in here if _text(one)]) > 1:
            difference([(called(reading, one.label), _text(one)) for one in here if _text(one)], key=key)


def _asked(case: Case | None) -> None:
    if case is None:
        st.caption("The data set does not have this case any more.")
        return
    for name, text in case.inputs.items():
        st.caption(plain(name))
        st.html(f"<div class='bp-answer' tabindex='0'>{escape(text)}</div>")
    told = [("Expected", case.expected)] if case.expected is not None else []
    told += [("Also right", text) for text in case.references]
    if case.checks:
        told.append(("Asked of the answer", json.dumps(dict(case.checks), ensure_ascii=False)))
    if case.tags:
        told.append(("Tags", ", ".join(case.tags)))
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text or '')}</td></tr>" for name, text in told
    )
    if rows:
        st.html(f"<table class='bp-scores'><tbody>{rows}</tbody></table>")


def _repeat(answers: Sequence[CaseAnswer], *, key: str) -> list[CaseAnswer]:
    """The answers of the repeat that is picked."""
    repeats = sorted({answer.repeat for answer in answers})
    if len(repeats) < 2:
        return list(answers)
    picked = st.segmented_control(
        "Repeat",
        repeats,
        default=repeats[0],
        required=True,
        key=f"results_case_repeat_{key}",
        format_func=lambda repeat: str(repeat + 1),
    )
    return [answer for answer in answers if answer.repeat == picked]


def _answer(shown: Shown, answer: CaseAnswer) -> None:
    reading, run = shown.reading, answer.run
    with st.container(key=f"results_answer_{answer.label}_{answer.repeat}", gap="xsmall"):
        st.markdown(f"**{plain(called(reading, answer.label))}**")
        text = _text(answer)
        error = run.result.error if run.result else None
        if text:
            st.html(f"<div class='bp-answer' tabindex='0'>{escape(text)}</div>")
        if error is not None:
            state = STATE_LABELS[run.state]
            st.html(f"<div class='bp-answer'><b>{escape(state)}</b>: {escape(error.message)}</div>")
        elif not text:
            words = "was interrupted" if run.state is RunState.INTERRUPTED else "has no text"
            st.caption(f"The answer {words}.")
        _scores(answer.scores)
        st.caption(plain(_figures(answer)))
        rating(shown, answer)
        history_link(answer.run.run_id)


def _text(answer: CaseAnswer) -> str:
    return answer.run.result.text if answer.run.result else ""


def _scores(scores: Sequence[ScoreRow]) -> None:
    rows = "".join(
        f"<tr><th scope='row'>{escape(score.scorer)}</th><td class='bp-value'>{_value(score)}</td>"
        f"<td>{escape(score.note)}</td></tr>"
        for score in scores
    )
    if rows:
        st.html(f"<table class='bp-scores'><tbody>{rows}</tbody></table>")


def _value(score: ScoreRow) -> str:
    if score.value is None:
        return "not scored"
    return f"{score.value * 100:.0f}&nbsp;%"


def _figures(answer: CaseAnswer) -> str:
    run, timing = answer.run, answer.run.result.timing if answer.run.result else None
    usage = run.result.usage if run.result else None
    tokens = UNKNOWN if usage is None or usage.output_tokens is None else f"{usage.output_tokens:,}"
    total = seconds(timing.total if timing else None)
    return f"{total} · {dollars(run.cost)} · {tokens} tokens out"


def _path(shown: Shown, answer: CaseAnswer) -> None:
    """What a pattern did to come to its answer; drawn when somebody looks."""
    trace = answer.run.result.trace if answer.run.result else None
    if trace is None:
        return
    name = f"{answer.label}_{answer.repeat}"
    box = st.expander(
        f"The way of {plain(called(shown.reading, answer.label))} ({count(len(trace.leaves), 'call')})",
        icon=":material/route:",
        key=f"results_path_{name}",
        on_change="rerun",
    )
    if box.open:
        from components.pattern_path import pattern_path  # noqa: PLC0415 - only for whoever looks

        member = shown.reading.result(answer.label).contender.member
        with box:
            pattern = member if isinstance(member, Pattern) else None
            pattern_path(answer.run, pattern, key=f"results-way-{name}")
