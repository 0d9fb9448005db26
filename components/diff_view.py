"""What differs between two answers of a finished turn: their words, and what they were sent with."""

from __future__ import annotations

from dataclasses import fields
from html import escape

import streamlit as st

from bedrock_playground.catalog.restored import variant_of
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.values import Guardrail, Json
from bedrock_playground.texts import (
    Difference,
    Kind,
    Level,
    canonical_json,
    columns_html,
    compare,
    folded,
    inline_html,
)
from components import compare_blind
from components.compare_asked import where
from components.resources import resolve_model
from components.variant_summary import NAMES, value_words
from components.variants import guardrail_text
from components.votes_view import ballot
from components.words import plain

FIRST, SECOND, REPEAT, FOLDED, LAYOUT = (
    "diff_first",
    "diff_second",
    "diff_repeat",
    "diff_only_differences",
    "diff_layout",
)
_BESIDE, _INLINE = "Side by side", "In one text"
_NOT_SENT = "not sent"
# Blue and orange of the charts, light enough for text on either theme; lines under and through carry it too.
_STYLE = """
<style>
.bp-diff { display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.bp-diff section { min-width: 0; max-height: 32rem; overflow: auto; padding: 0.75rem 0.9rem;
  border: 1px solid color-mix(in srgb, currentcolor 20%, transparent); border-radius: 0.5rem; }
.bp-diff h4 { margin: 0 0 0.4rem; padding: 0; font-size: 0.875rem; }
.bp-diff-text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9rem; line-height: 1.6; }
.bp-diff del, .bp-diff ins { color: inherit; border-radius: 0.2rem; text-decoration-line: underline;
  text-decoration-thickness: 2px; text-underline-offset: 3px; text-decoration-skip-ink: none; }
.bp-diff del { background: rgba(213, 94, 0, 0.2); text-decoration-style: dotted; }
.bp-diff ins { background: rgba(0, 114, 178, 0.22); }
.bp-diff-inline del { text-decoration-line: line-through; text-decoration-style: solid; }
.bp-diff .bp-gap { opacity: 0.7; font-style: italic; }
.bp-settings { border-collapse: collapse; font-size: 0.875rem; }
.bp-settings th, .bp-settings td { padding: 0.25rem 1.2rem 0.25rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
.bp-settings th { font-weight: 600; }
@media print { .bp-diff section { max-height: none; } }
</style>
"""


def differences(comparison: Comparison, *, drawn_running: bool) -> None:
    """Offer to hold two answers of the last turn against each other.

    Args:
        comparison: What is shown.
        drawn_running: Whether it still ran when this page began to be drawn.
    """
    if len(comparison.lanes) < 2:
        return
    box = st.expander("Differences", icon=":material/difference:", key="differences", on_change="rerun")
    if not box.open:
        # Comparing costs nothing until somebody looks.
        return
    with box:
        if drawn_running:
            st.caption("Answers are held against each other when all have ended.")
            return
        controls = st.container(
            horizontal=True, vertical_alignment="bottom", gap="small", key="diff_controls"
        )
        with controls:
            runs = _answers(comparison)
        if len(runs) < 2:
            st.caption("There are no two answers to compare: run again what failed.")
            return
        names = compare_blind.names(comparison)
        with controls:
            pair = _choose([letter for letter in names if letter in runs], names)
        if pair is None:
            st.caption("Pick two different answers.")
            return
        first, second = pair
        _texts(runs[first], runs[second], (names[first], names[second]))
        if not compare_blind.hidden(comparison.id):
            _settings(comparison, (runs[first], runs[second]))


def _answers(comparison: Comparison) -> dict[str, LaneRun]:
    """Each lane's answer, by letter: of the repeat that is picked, where it has an answer there."""
    last = ballot(comparison)
    repeats = sorted({run.identity.repeat for run in _turn(comparison, last.turn)})
    if len(repeats) < 2:
        return last.answers
    if st.session_state.get(REPEAT) not in repeats:
        st.session_state[REPEAT] = repeats[-1]
    picked = st.selectbox(
        "Repeat",
        repeats,
        key=REPEAT,
        format_func=lambda repeat: f"Repeat {repeat + 1}",
        width=140,
    )
    return {
        run.identity.label: run
        for run in _turn(comparison, last.turn)
        if run.identity.repeat == picked and run.text.strip()
    }


def _turn(comparison: Comparison, turn: int) -> list[LaneRun]:
    return [
        run
        for lane in comparison.lanes
        for run in lane.runs
        if not run.superseded and run.identity.turn == turn
    ]


def _choose(letters: list[str], names: dict[str, str]) -> tuple[str, str] | None:
    """Let two be picked, by their places on the page: a letter must not be a widget's value while hidden."""
    places = range(len(letters))
    for key, start in ((FIRST, 0), (SECOND, 1)):
        if st.session_state.get(key) not in places:
            st.session_state[key] = start
    first, second = (
        st.selectbox(
            label,
            places,
            key=key,
            format_func=lambda place: names[letters[place]] if place in places else "",
            persist_state="session",
            width=140,
        )
        for label, key in (("Between", FIRST), ("and", SECOND))
    )
    st.segmented_control(
        "Shown", [_BESIDE, _INLINE], key=LAYOUT, default=_BESIDE, required=True, persist_state="session"
    )
    st.toggle("Only differences", key=FOLDED, persist_state="session")
    return None if first == second else (letters[first], letters[second])


def _texts(left: LaneRun, right: LaneRun, names: tuple[str, str]) -> None:
    two_texts(
        (left.text, right.text),
        names,
        fold=bool(st.session_state.get(FOLDED)),
        inline=st.session_state.get(LAYOUT) == _INLINE,
    )


def two_texts(
    texts: tuple[str, str], names: tuple[str, str], *, fold: bool = False, inline: bool = False
) -> None:
    """Draw what differs between two texts, JSON by its values, in words and marked.

    Args:
        texts: The two.
        names: What they are called.
        fold: Leave out what is the same.
        inline: Draw one text, what only the first one has struck through, instead of two side by side.
    """
    first, second = (canonical_json(text) for text in texts)
    as_json = first is not None and second is not None
    found = compare(first or "", second or "") if as_json else compare(*texts)
    st.markdown(_in_words(found, names))
    if found.identical:
        return
    pieces = folded(found) if fold else found.pieces
    if inline:
        what = f"{names[0]} struck through, {names[1]} underlined"
        html = _section(what, inline_html(pieces), layout="bp-diff-inline")
    else:
        one, other = columns_html(pieces)
        html = _section(names[0], one) + _section(names[1], other)
    st.html(f"{_STYLE}<div class='bp-diff'>{html}</div>")
    st.caption(" ".join(_notes(found, as_json=as_json)))


def _section(title: str, html: str, *, layout: str = "") -> str:
    return (
        f"<section tabindex='0' aria-label='{escape(title)}'><h4>{escape(title)}</h4>"
        f"<div class='bp-diff-text {layout}'>{html}</div></section>"
    )


def _in_words(found: Difference, names: tuple[str, str]) -> str:
    if found.identical:
        exact = all(piece.left == piece.right for piece in found.pieces)
        return "Both say exactly the same." if exact else "Both say the same; only the spacing differs."
    left, right = (_words(found.words(kind)) for kind in (Kind.LEFT, Kind.RIGHT))
    # Never 100 % where something differs.
    share = min(round(100 * found.share), 99)
    one, other = map(plain, names)
    return f"**{left} only in {one} · {right} only in {other} · {share} % the same**"


def _words(count: int) -> str:
    return f"{count:,} word" if count == 1 else f"{count:,} words"


def _notes(found: Difference, *, as_json: bool) -> list[str]:
    notes = {
        Level.WORDS: "Compared word by word; spacing is left aside.",
        Level.SENTENCES: "Compared by sentences and lines: the texts are too long for words.",
        Level.TEXTS: "Only a common beginning and end were looked for: the texts are too long for more.",
    }
    json_note = "Both are JSON: names are sorted, and one value stands on a line."
    return [*([json_note] if as_json else []), notes[found.level]]


def _settings(comparison: Comparison, runs: tuple[LaneRun, LaneRun]) -> None:
    """Draw the settings that the two were sent with, as far as they differ."""
    connection = where(comparison).connection()
    first, second = (
        variant_of(run.request, resolve_model(connection, run.request.model_id), shared_system=None)
        for run in runs
    )
    rows = [
        (NAMES[field.name], _value(getattr(first, field.name)), _value(getattr(second, field.name)))
        for field in fields(Variant)
        if getattr(first, field.name) != getattr(second, field.name)
    ]
    if not rows:
        st.markdown("**Both were sent with the same settings.**")
        return
    heads = ("Set differently", runs[0].identity.label, runs[1].identity.label)
    head = "".join(f"<th scope='col'>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th scope='row'>{escape(name[:1].upper() + name[1:])}</th>"
        f"<td>{escape(one)}</td><td>{escape(other)}</td></tr>"
        for name, one, other in rows
    )
    st.html(f"{_STYLE}<table class='bp-settings'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def _value(value: Json | Guardrail | tuple[str, ...]) -> str:
    if value is None or value == ():
        return _NOT_SENT
    if isinstance(value, Guardrail):
        return guardrail_text(value)
    return value_words(value)
