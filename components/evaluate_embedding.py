"""An embedding model as a contender: it ranks the passages of each case."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.embeddings import embedding_models
from bedrock_playground.patterns.ranking import Ranking
from components import evaluate_state
from components.evaluate_state import LETTERS, Row

_MODEL = "evaluate_embedding_model"


def embedding_popover(place: str, *, catalogue: Catalogue) -> None:
    """Offer the embedding models that can be called; where there are none, nothing.

    Args:
        place: Where contenders are called.
        catalogue: The models to offer.
    """
    offered = {
        option.model_id: f"{option.name} · {option.model_id}" for option in embedding_models(catalogue)
    }
    if not offered:
        return
    full = len(evaluate_state.rows(place)) >= len(LETTERS)
    with st.popover(
        "Add an embedding model", icon=":material/manage_search:", disabled=full, key="evaluate_embeddings"
    ):
        st.selectbox(
            "Embedding model", list(offered), format_func=lambda key: offered.get(key, key), key=_MODEL
        )
        st.button("Add it", key="evaluate_add_embedding", on_click=_add, args=(place,))
        st.caption("It answers with the id of the passage whose vector is nearest to the question's.")


def _add(place: str) -> None:
    model_id = str(st.session_state[_MODEL])
    row = Row(
        slot=evaluate_state.new_slot(),
        kind="pattern",
        pattern=Ranking(embedding_model=model_id),
        name=model_id,
    )
    evaluate_state.put(place, (*evaluate_state.rows(place), row))
