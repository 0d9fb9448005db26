"""Which models and modes a plan looks at: a few to begin with, and whatever somebody adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.planning.modes import MODES, USUAL_MODES, Mode, cheapest_by_provider
from bedrock_playground.planning.offers import Offers, callable_ids
from bedrock_playground.planning.workload import Workload
from components.model_picker import price_words
from components.planner_state import key

MODELS, CHEAPEST, SHOWN = key("models"), key("cheapest"), key("modes")
_MOST = 20


def models(
    known: Sequence[ModelSpec], *, workload: Workload, offers: Offers, region: str | None
) -> tuple[tuple[ModelSpec, str], ...]:
    """Draw which models to plan with; not every model there is, which nobody could read.

    Args:
        known: The models to choose from.
        workload: What is asked of them: the cheapest depend on it.
        offers: The prices.
        region: The Region; ids that it cannot call are not offered, as far as the id tells.

    Returns:
        Models with the ids of them.
    """
    by_id = {model_id: spec for spec in known for model_id in callable_ids(spec, region)}
    labels = _labels(by_id, offers, region)
    picked = [one for one in st.session_state.get(MODELS) or [] if one in by_id]
    if picked != (st.session_state.get(MODELS) or []):
        # The Region that was chosen since cannot call the others.
        st.session_state[MODELS] = picked
    st.session_state.setdefault(CHEAPEST, True)
    with st.container(horizontal=True, vertical_alignment="bottom", key="planner_pick"):
        chosen = st.multiselect(
            "Models",
            list(by_id),
            format_func=lambda model_id: labels.get(model_id, model_id),
            key=MODELS,
            max_selections=_MOST,
            placeholder="Add models",
            persist_state="session",
        )
        st.toggle(
            "Cheapest of each maker",
            key=CHEAPEST,
            persist_state="session",
            help="The six makers whose cheapest model that takes these requests costs the least on demand.",
        )
    found = [(by_id[model_id], model_id) for model_id in chosen]
    if st.session_state[CHEAPEST] or not chosen:
        found += cheapest_by_provider(known, workload=workload, offers=offers, region=region)
    return tuple({model_id: (spec, model_id) for spec, model_id in found}.values())


def modes() -> list[Mode]:
    """Draw which modes to plan with."""
    names = {mode.name: mode for mode in MODES}
    st.session_state.setdefault(SHOWN, [mode.name for mode in USUAL_MODES])
    st.pills("Modes", list(names), selection_mode="multi", key=SHOWN, persist_state="session", wrap=True)
    return [names[name] for name in names if name in st.session_state[SHOWN]] or [MODES[0]]


def _labels(by_id: Mapping[str, ModelSpec], offers: Offers, region: str | None) -> dict[str, str]:
    return {
        model_id: f"{spec.name} · {price_words(model_id, offers.book, region=region)} · {model_id}"
        for model_id, spec in by_id.items()
    }
