"""Choosing scorers: the usual ones by name, others as the command line writes them; each with its help."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.evaluation.scorers.registry import make_scorer, scorer_kinds
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.values import DataSet
from components.words import plain

_USUAL = {
    "constraints:share": "Constraints, share",
    "rouge:l": "ROUGE-L",
}
_NEEDS_SETTINGS = frozenset({"judge", "latency", "cost", "rouge"})
"""Kinds that are nothing without what stands behind the colon; they are offered with it, or typed."""


def scorer_picker(
    key: str, *, suggested: Sequence[str], data_set: DataSet | None = None, label: str = "Scorers"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Draw the choice of scorers.

    Args:
        key: The widget's key; its value is set by ``suggested`` where there is none yet.
        suggested: The scorers that fit.
        data_set: What will be scored, where it is known: some scorers look at it.
        label: What the field is called.

    Returns:
        The scorers that can be used, and what is wrong with the others, in words.
    """
    if key not in st.session_state:
        st.session_state[key] = list(suggested)
    chosen: list[str] = st.multiselect(
        label,
        _offered(suggested, st.session_state[key]),
        format_func=scorer_title,
        key=key,
        accept_new_options=True,
        placeholder="Choose scorers, or type one",
        help="Each says how right an answer is, from 0 to 1. Type one with its settings, such as rouge:2, "
        "latency:2.5 or judge:rubric:MODEL.",
        persist_state="session",
    )
    good: list[str] = []
    problems: list[str] = []
    for text in chosen:
        try:
            name = make_scorer(text, data_set=data_set).name
        except BadScorer as error:
            problems.append(str(error))
        else:
            if name not in good:
                good.append(name)
            st.caption(f"**{plain(scorer_title(text))}**: {plain(scorer_help(text))}")
    for problem in problems:
        st.caption(f":red[:material/error: {plain(problem)}]")
    return tuple(good), tuple(problems)


def scorer_title(text: str) -> str:
    """What a scorer is called: its kind's title, and its settings behind it."""
    if text in _USUAL:
        return _USUAL[text]
    kind, _, settings = text.partition(":")
    found = scorer_kinds().kinds.get(kind)
    if found is None:
        return text
    return f"{found.title}: {settings}" if settings else found.title


def scorer_help(text: str) -> str:
    """What a scorer measures; empty where there is no such kind."""
    found = scorer_kinds().kinds.get(text.partition(":")[0])
    return found.help if found else ""


def _offered(suggested: Sequence[str], chosen: Sequence[str]) -> list[str]:
    usual = [kind for kind in scorer_kinds().kinds if kind not in _NEEDS_SETTINGS]
    return list(dict.fromkeys([*suggested, *usual, *_USUAL, *chosen]))
