"""The answer: who fits and why, how the score comes about, who is out, and the way to measure it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.money import format_per_thousand, format_usd, origin
from bedrock_playground.catalog.recommend import Candidate, Exclusion, Ranking, Reason
from components import try_in_compare
from components.models_filters import SCOPE_LABELS
from components.models_table import SELECTED
from components.words import plain

PROMPT = "which_prompt"
"""A prompt of the user's own to measure with."""
MODELS_PAGE = "pages/choose/models.py"
_COUNT = "which_count"
_CARDS = 5
_SCALES = (
    "Price: 1 at $0.00001 per request, 0 at $0.1, each tenfold the same step. Speed, where measured: 1 at "
    "half a second, 0 at a minute. The values of the sizes are fixed guesses, the same for every task."
)
_ICONS = {
    "for": ":green[:material/add_circle:]",
    "against": ":red[:material/remove_circle:]",
    "unknown": ":orange[:material/help:]",
}
_WORDS = {"for": "For", "against": "Against", "unknown": "Not known"}


def answer(ranking: Ranking, *, catalogue: Catalogue, output_tokens: int, has_measurements: bool) -> None:
    """Draw the ranking.

    Args:
        ranking: Who fits, best first, and who is out.
        catalogue: What the connection lists.
        output_tokens: How long answers are expected to be.
        has_measurements: Whether any of the user's own runs count.
    """
    proven = sum(not candidate.unproven for candidate in ranking.candidates)
    total = len(ranking.candidates)
    st.subheader(
        f"{proven} {'model meets' if proven == 1 else 'models meet'} every requirement", anchor=False
    )
    st.caption(
        f"{total - proven} more might: something about them is not known, so they stand behind. "
        f"{len(ranking.excluded)} are out."
    )
    unproven = Counter(label for candidate in ranking.candidates for label in candidate.unproven)
    if unproven:
        told = "; ".join(f"{label} ({count})" for label, count in unproven.most_common(4))
        st.caption(f"Not known, and of how many: {plain(told)}.")
    if not proven and ranking.excluded:
        _nobody(ranking)
    if ranking.candidates:
        writers = [one for one in ranking.candidates if one.row.spec is None or one.row.spec.answers_in_text]
        if writers:
            _measure(writers, catalogue, output_tokens=output_tokens, has_measurements=has_measurements)
        else:
            st.info(
                "Which of these fits your data, only measuring tells; Compare cannot: it is for models that "
                "answer in text.",
                icon=":material/info:",
            )
        for place, candidate in enumerate(ranking.candidates[:_CARDS], start=1):
            _card(place, candidate)
        if total > 1:
            _all(ranking.candidates)
    if ranking.excluded:
        _out(ranking)


def _measure(
    candidates: Sequence[Candidate], catalogue: Catalogue, *, output_tokens: int, has_measurements: bool
) -> None:
    with st.container(border=True, key="which_measure"):
        st.markdown(
            "**A ranking is where measuring begins.** Accuracy is guessed from each model's size"
            + ("" if has_measurements else ", and so is speed: you have no runs of these models yet")
            + ". Compare the top candidates on a prompt of your own."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "A prompt to compare them on",
                key=PROMPT,
                placeholder="Empty: the prompt that stands in Compare",
                persist_state="session",
            )
            most = min(4, len(candidates))
            if most > 2:
                st.segmented_control(
                    "How many",
                    list(range(2, most + 1)),
                    key=_COUNT,
                    default=None if _COUNT in st.session_state else min(3, most),
                    persist_state="session",
                )
            count = min(st.session_state.get(_COUNT) or min(3, most), most)
            label = "Compare it" if count == 1 else f"Compare the top {count}"
            top = [candidate.row.model_id for candidate in candidates[:count]]
            if st.button(label, key="which_compare", type="primary", icon=":material/compare:"):
                try_in_compare.send(
                    top,
                    catalogue=catalogue,
                    prompt=(st.session_state.get(PROMPT) or "").strip() or None,
                    output_tokens=output_tokens,
                )
            if try_in_compare.room() >= count and st.button(
                "Add to Compare", key="which_add", icon=":material/add:"
            ):
                for model_id in top:
                    try_in_compare.add(model_id, catalogue=catalogue, output_tokens=output_tokens)
                st.toast(f"Added to the variants of Compare: {count}.", icon=":material/check:")
        away = try_in_compare.not_listed(top, catalogue)
        if away:
            st.caption(
                ":material/info: The present connection does not list "
                + ", ".join(f"`{model_id}`" for model_id in away)
                + ". Compare opens with them, and running them needs a connection that has them."
            )


def _card(place: int, candidate: Candidate) -> None:
    row = candidate.row
    with st.container(border=True, key=f"which_card_{place}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{place}. {plain(row.name)}**", width="content")
            st.badge(f"score {candidate.score:.2f}", color="blue")
            st.badge(plain(row.provider), color="gray")
            st.badge(row.geography or SCOPE_LABELS[row.scope], color="gray")
            if candidate.unproven:
                st.badge(f"{len(candidate.unproven)} unproven", icon=":material/help:", color="orange")
        st.caption(f"`{row.model_id}`")
        cost = candidate.cost
        facts = [
            f"**{plain(format_usd(cost.amount))}** per request",
            f"**{plain(format_per_thousand(cost.amount))}** per 1,000",
            f"latency **{'unknown' if candidate.latency is None else f'{candidate.latency:.1f} s'}**",
            f"context **{'unknown' if row.context_window is None else f'{row.context_window:,}'}**",
        ]
        st.markdown(" · ".join(facts), help=f"Price: {plain(origin(cost))}")
        for kind in ("for", "against", "unknown"):
            _reasons(kind, [reason for reason in candidate.reasons if reason.kind == kind])
        with st.expander("How the score comes about"):
            _sum(candidate)
        st.page_link(
            MODELS_PAGE,
            label="All that is known of it",
            icon=":material/view_list:",
            query_params={SELECTED: row.model_id},
        )


def _reasons(kind: str, reasons: Sequence[Reason]) -> None:
    if reasons:
        text = " · ".join(plain(reason.text) for reason in reasons)
        st.markdown(f"{_ICONS[kind]} **{_WORDS[kind]}:** {text}")


def _sum(candidate: Candidate) -> None:
    rows = [
        {
            "Part": part.name.capitalize(),
            "Counts": f"{part.weight} of 10",
            "Value": "unknown, counts as 0" if part.value is None else f"{part.value:.2f}",
            "Known by": part.basis,
            "Where it comes from": plain(part.text),
        }
        for part in candidate.parts
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)
    st.caption(plain(formula(candidate)))
    st.caption(plain(_SCALES))
    if candidate.cost.amount is not None:
        st.caption(f"Price: {plain(origin(candidate.cost))}")


def formula(candidate: Candidate) -> str:
    """The score as a sum that can be checked."""
    weights = [part.weight for part in candidate.parts]
    equal = not any(weights)
    weights = [1] * len(weights) if equal else weights
    terms = " + ".join(
        f"{weight} × {part.value or 0:.2f}" for weight, part in zip(weights, candidate.parts, strict=True)
    )
    factors = "".join(
        f" × {factor.factor:g} ({factor.text[0].lower()}{factor.text[1:]})" for factor in candidate.factors
    )
    note = " All sliders stand at 0, so all count the same." if equal else ""
    return f"({terms}) / {sum(weights)}{factors} = {candidate.score:.2f}.{note}"


def _all(candidates: Sequence[Candidate]) -> None:
    with st.expander(f"All {len(candidates)} in order"):
        rows = [
            {
                "": place,
                "Model": candidate.row.name,
                "Score": candidate.score,
                "Per request": format_usd(candidate.cost.amount),
                "Per 1,000": format_per_thousand(candidate.cost.amount),
                "Latency": candidate.latency,
                "Context": candidate.row.context_window,
                "Not known": "; ".join(candidate.unproven) or "–",
                "Id": candidate.row.model_id,
            }
            for place, candidate in enumerate(candidates, start=1)
        ]
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            placeholder="unknown",
            key="which_all",
            alt="All models that fit, best first",
            column_config={
                "": st.column_config.NumberColumn(width=45),
                "Model": st.column_config.TextColumn(width=190, pinned=True),
                "Score": st.column_config.NumberColumn(format="%.2f", width=65),
                "Latency": st.column_config.NumberColumn(format="%.1f s", width=80),
                "Context": st.column_config.NumberColumn(format="compact", width=80),
            },
        )


def _out(ranking: Ranking) -> None:
    with st.expander(f"{len(ranking.excluded)} models are out, and why"):
        for label, count in ranking.exclusions_by_requirement():
            st.markdown(f"- **{count}** not: {plain(label)}")
        st.dataframe(
            pd.DataFrame([_out_cells(one) for one in ranking.excluded]),
            hide_index=True,
            key="which_out",
            alt="Models that do not fit, and why",
            column_config={"Why": st.column_config.TextColumn(width=600)},
        )


def _out_cells(one: Exclusion) -> dict[str, object]:
    return {"Model": one.row.name, "Provider": one.row.provider, "Why": "; ".join(one.reasons)}


def _nobody(ranking: Ranking) -> None:
    """Say what is in the way of an answer."""
    with st.container(border=True, key="which_nobody"):
        if ranking.candidates:
            st.write(
                "No model is known to meet all of this: of those that follow, something that you ask for is "
                "not known. What rules out the most of the others:"
            )
        else:
            st.write("No model meets all of this. What rules out the most:")
        for label, count in ranking.exclusions_by_requirement()[:4]:
            st.markdown(f"- {plain(label)}: **{count}** of {len(ranking.excluded)} models")
        alone = [one for one in ranking.excluded if len(one.failed) == 1]
        if alone:
            names = sorted({one.failed[0].label for one in alone})
            what = plain("; ".join(names))
            st.caption(f"{len(alone)} models fail one requirement only ({what}): relax that first.")
