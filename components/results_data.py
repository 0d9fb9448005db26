"""An evaluation's results for a page: read once and shared between sessions, newer ones a moment later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from time import time

import streamlit as st

from bedrock_playground.evaluation.inside import said_of
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.results import Results, read_results
from bedrock_playground.history import RunFilter
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from components.resources import get_store

_FRESH = 4
"""Seconds for which results of an evaluation that is at work are shown as they were read."""
_SEEN = "results_seen"
_LARGE = 5_000
"""From so many answers on they are shown longer: reading them takes a moment."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows."""

    evaluation: StoredEvaluation
    """The evaluation as it stands."""
    reading: Reading
    """Its results, with what people say of them."""
    version: str
    """Tells these results from any others."""

    @property
    def running(self) -> bool:
        """Whether it is at work, so that there will be more."""
        return self.evaluation.state is EvaluationState.RUNNING

    @property
    def complete(self) -> bool:
        """Whether every answer is there."""
        return self.reading.answered >= self.evaluation.total


@st.cache_resource(show_spinner="Reading the results …", max_entries=6)
def _reading(evaluation_id: str, version: str) -> Reading:  # noqa: ARG001 - the version is the cache's key
    results: Results = read_results(get_store(), evaluation_id)
    return Reading(results)


def look_again() -> None:
    """Show newer results the next time; a callback."""
    st.session_state.pop(_SEEN, None)


def load(evaluation_id: str, *, keep: bool = False) -> Shown:
    """Read what an evaluation came to so far.

    Args:
        evaluation_id: Which evaluation.
        keep: While it is at work, show what this session was shown last until :func:`look_again`.

    Raises:
        EvaluationGone: It is not there.
        DataSetGone: Its data set is not there.
        SpecRefused: Another version of this program wrote it.
        HistoryError: It cannot be read.
    """
    book = get_store().evaluations
    evaluation = book.found(evaluation_id)
    version = _version(evaluation)
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    if keep and evaluation.state is EvaluationState.RUNNING:
        version = seen.get(evaluation_id, version)
    seen[evaluation_id] = version
    reading = _reading(evaluation_id, version)
    return Shown(evaluation, reading.with_ratings(book.ratings.of(evaluation_id)), version)


def _version(evaluation: StoredEvaluation) -> str:
    # Runs can be deleted in the history, and another process may have scored: both show in these.
    which = RunFilter(comparison_id=evaluation.evaluation_id, inner=True, evaluated=True)
    told = [evaluation.state, evaluation.ended_at, evaluation.document, get_store().count(which)]
    if evaluation.state is EvaluationState.RUNNING:
        fresh = _FRESH if evaluation.total < _LARGE else 4 * _FRESH
        told = [evaluation.document, int(time() / fresh)]
    return hashlib.blake2b(repr(told).encode(), digest_size=12).hexdigest()


def inside_of(shown: Shown, label: str) -> tuple[str, ...]:
    """What a pattern did over all its answers, in words; nothing for a model."""
    return _inside(shown.evaluation.evaluation_id, shown.version, label)


@st.cache_resource(show_spinner=False, max_entries=60)
def _inside(evaluation_id: str, version: str, label: str) -> tuple[str, ...]:
    return said_of(get_store(), _reading(evaluation_id, version).result(label))
