"""What differs between two answers to a case."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def difference(answers: Sequence[tuple[str, str]], *, key: str) -> None:
    """Offer to hold two answers against each other.

    Args:
        answers: What each contender is called, and its text; at least two.
        key: The name of the table that the case was opened from.
    """
    box = st.expander(
        "Differences", icon=":material/difference:", key=f"results_diff_{key}", on_change="rerun"
    )
    if not box.open:
        return
    from components.diff_view import two_texts  # noqa: PLC0415 - comparing costs nothing until somebody looks

    places = range(len(answers))
    with box:
        with st.container(horizontal=True):
            picked = []
            for words, start in (("Between", 0), ("and", 1)):
                name = f"results_diff_{words}_{key}"
                if st.session_state.get(name) not in places:
                    st.session_state[name] = start
                picked.append(
                    st.selectbox(
                        words,
                        places,
                        key=name,
                        format_func=lambda place: answers[place][0] if place in places else "",
                        width=260,
                    )
                )
        first, second = picked
        if first == second:
            st.caption("Pick two different answers.")
            return
        two_texts((answers[first][1], answers[second][1]), (answers[first][0], answers[second][0]))
