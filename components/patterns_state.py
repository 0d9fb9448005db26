"""The pattern's run that the session looks at: start it beside its single models, find it again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison, InvocationRequest
from bedrock_playground.invocation.lane_run import LaneRun
from bedrock_playground.invocation.trace import Trace, is_pattern
from bedrock_playground.patterns.asked import leaves, pattern_of, pattern_request
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.picture.arrangement import arrangement
from components import compare_state
from components import patterns_draft as drafts
from components.compare_asked import where
from components.live import get_hub
from components.patterns_backing import trace_so_far
from components.resources import get_store, resolve_model
from components.spending import pay_from_here
from components.spending_ask import must_ask
from components.words import plain

ID = "pattern_run"
"""Name of the run's comparison id in the session state."""
ADDRESS = "comparison"
"""Name of the same in the address."""
PROMPT, SYSTEM, ALONE = "pattern_prompt", "pattern_system", "pattern_alone"
"""The widgets' keys: the prompt, the system prompt, and the models that run alone beside the pattern."""
LEFT_OUT = "pattern_left_out"
"""The session state's key of the models that are not to run alone, whichever take part."""
PATTERN = "A"
"""The pattern's lane."""
MOST_ALONE = 7
_PROBLEM = "pattern_problem"
_SHOWN = "pattern_shown"
_LETTER = "pattern_letter"
_SET, _FRESH = "pattern_address_set_to", "pattern_address_fresh"


def tell(text: str) -> None:
    """Say something about the last action on the page, once; Markdown."""
    st.session_state[_PROBLEM] = text


def problem() -> str | None:
    """What went wrong with the last action, once."""
    told: str | None = st.session_state.pop(_PROBLEM, None)
    return told


def inputs() -> Inputs:
    """What the pattern is asked."""
    system = str(st.session_state.get(SYSTEM) or "")
    return Inputs(prompt=str(st.session_state.get(PROMPT) or ""), system=system if system.strip() else None)


def singles(pattern: Pattern) -> dict[str, Variant]:
    """The models that take part, each once by its id, with the settings that it answers with.

    Where a model plays several roles, the last one whose answer can be the pattern's counts: a cascade's
    small tier may be cut short on purpose.
    """
    answers = set(arrangement(pattern).answers)
    played = list(leaves(pattern))
    found = {solo.variant.model: solo.variant for _, solo in played}
    found |= {solo.variant.model: solo.variant for role, solo in played if role.split(" / ")[0] in answers}
    return dict(list(found.items())[:MOST_ALONE])


def alone(pattern: Pattern) -> dict[str, Variant]:
    """Those of :func:`singles` that are to run beside the pattern: all that nobody left out."""
    out: set[str] = st.session_state.get(LEFT_OUT, set())
    return {model: variant for model, variant in singles(pattern).items() if model not in out}


def requests(pattern: Pattern, connection: Connection) -> dict[str, InvocationRequest]:
    """What Run would send, by lane: the pattern first, then each model alone."""
    asked = inputs()
    kept = drafts.shelf_id() if drafts.unchanged(pattern) else None
    found = {PATTERN: pattern_request(pattern, asked, shelf_id=kept)}
    for letter, variant in _beside(pattern).items():
        built = build_request(variant, asked, resolve_model(connection, variant.model))
        if not built.refusals:
            found[letter] = built.request
    return found


def _beside(pattern: Pattern) -> dict[str, Variant]:
    """The models that are to run alone, by their lanes' letters."""
    return dict(zip("BCDEFGH", alone(pattern).values(), strict=False))


def start(pattern: Pattern, connection: Connection) -> bool:
    """Run the pattern beside its single models; returns whether anything was sent."""
    if not inputs().prompt.strip():
        tell("There is no prompt yet. Write one, or pick an example.")
        return False
    if missing := [role for role, solo in leaves(pattern) if not solo.variant.model.strip()]:
        tell(f"No model is picked for {plain(', '.join(missing))}. Pick one.")
        return False
    for _, solo in leaves(pattern):
        # What only the account knows of its ids is asked here, and not while the pattern runs.
        resolve_model(connection, solo.variant.model)
    sent = requests(pattern, connection)
    if must_ask(sent, connection=connection, then=("run",)):
        return False
    stop()
    comparison = compare_state.new_comparison(connection)
    comparison.start(list(sent.values()), labels=list(sent))
    _keep(comparison, pattern, sent)
    get_hub().register(comparison)
    st.session_state[ID] = st.session_state[_SHOWN] = comparison.id
    _set_address(comparison.id)
    return True


def _keep(comparison: Comparison, pattern: Pattern, sent: Mapping[str, InvocationRequest]) -> None:
    """Keep what was asked, so that Compare can show it too; its lanes tell it where this fails."""
    asked = {PATTERN: Variant(model=sent[PATTERN].model_id)} | _beside(pattern)
    with suppress(HistoryError):
        lanes = tuple((letter, variant) for letter, variant in asked.items() if letter in sent)
        get_store().asked.keep(comparison.id, inputs(), lanes)


def stop() -> None:
    """Stop what runs; what it wrote is kept."""
    comparison = _live()
    if comparison is not None and not comparison.done:
        comparison.cancel()


def rerun(letter: str) -> None:
    """Send again what a lane was sent last."""
    comparison = _live()
    if comparison is None:
        return
    request = comparison.lane(letter).latest_turn[-1].request
    if not must_ask({letter: request}, connection=where(comparison).connection(), then=("again", letter)):
        pay_from_here(comparison.id, letter)
        comparison.rerun(letter)


def clear() -> None:
    """Put the run away; it stays in the history."""
    stop()
    for name in (ID, _SHOWN):
        st.session_state.pop(name, None)
    _set_address(None)


def load(comparison_id: str, *, letter: str | None = None) -> None:
    """Make the page show this run the next time it is drawn.

    Args:
        comparison_id: The comparison.
        letter: The pattern's lane, where there are several; by default the first one.
    """
    for name in (_SET, _FRESH, _SHOWN):
        st.session_state.pop(name, None)
    st.session_state[ID] = comparison_id
    st.session_state[_LETTER] = (comparison_id, letter)


def current() -> Comparison | None:
    """The run that the address or the session names: going on, over, or found in the history."""
    wanted = _named()
    if not wanted:
        return None
    st.session_state[ID] = wanted
    if st.query_params.get(ADDRESS) != wanted:
        _set_address(wanted)
    found = get_hub().get_or_register(wanted, lambda: _from_history(wanted))
    if not isinstance(found, Comparison) or pattern_run(found) is None:
        if isinstance(found, Comparison):
            tell("The comparison in the address has no pattern in it. Open it in Compare.")
            _forget()
        return None
    if st.session_state.get(_SHOWN) != found.id:
        _restore(found)
        st.session_state[_SHOWN] = found.id
    return found


def pattern_run(comparison: Comparison) -> LaneRun | None:
    """The pattern's run of a comparison: what its lane shows; ``None`` where no lane is a pattern's."""
    runs = [lane.current for lane in comparison.lanes]
    found = [run for run in runs if run is not None and is_pattern(run.request.model_id)]
    wanted = st.session_state.get(_LETTER)
    named = [run for run in found if (comparison.id, run.identity.label) == wanted]
    return next(iter(named or found), None)


def trace_of(run: LaneRun) -> Trace | None:
    """What a pattern's run did, as far as it got."""
    if run.result is not None:
        return run.result.trace
    return trace_so_far(run.identity.run_id)


def pattern_of_run(run: LaneRun) -> Pattern | None:
    """The pattern that a run was made by; ``None`` where it cannot be read."""
    try:
        return pattern_of(run.request)
    except MemberRefused:
        return None


def _restore(comparison: Comparison) -> None:
    """Put the pattern and the prompt of a run back on the page."""
    run = pattern_run(comparison)
    pattern = pattern_of_run(run) if run is not None else None
    if run is None or pattern is None:
        return
    kept = run.request.model_id.partition(":")[2]
    try:
        stored = get_store().patterns.get(kept)
    except HistoryError:
        stored = None
    drafts.open_draft(pattern, shelf_id=kept if stored and stored.pattern == pattern else None)
    st.session_state[PROMPT] = run.request.messages[0].text
    st.session_state[SYSTEM] = run.request.system or ""
    ran = [lane.runs[0].request.model_id for lane in comparison.lanes if lane.runs]
    st.session_state[LEFT_OUT] = {model for model in singles(pattern) if model not in ran}


def _from_history(comparison_id: str) -> Comparison | None:
    try:
        return compare_state.from_history(comparison_id)
    except compare_state.NotToBeShown as why:
        tell(str(why))
        if why.gone:
            _forget()
        return None


def _forget() -> None:
    for name in (ID, _SHOWN):
        st.session_state.pop(name, None)
    _set_address(None)


def _live() -> Comparison | None:
    comparison_id = st.session_state.get(ID)
    found = get_hub().get(comparison_id) if comparison_id else None
    return found if isinstance(found, Comparison) else None


def _set_address(comparison_id: str | None) -> None:
    """Make the address name a run, or none, and remember that the browser has yet to know."""
    st.session_state[_SET] = comparison_id
    st.session_state[_FRESH] = True
    if comparison_id:
        st.query_params[ADDRESS] = comparison_id
    else:
        st.query_params.pop(ADDRESS, None)


def _named() -> str | None:
    """The id of the run to show; see :func:`components.compare_state.current` for why it is not so simple."""
    address: str | None = st.query_params.get(ADDRESS)
    if _SET in st.session_state:
        expected: str | None = st.session_state[_SET]
        if address != expected:
            _set_address(expected)
        elif not st.session_state.pop(_FRESH, False):
            del st.session_state[_SET]
        return expected
    return address or st.session_state.get(ID)
