"""The comparison that the session looks at: start it, go on with it, find it again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison, InvocationRequest, NotReadyError, RunState
from bedrock_playground.sharing.link import NAME, STORED
from components import compare_asked, compare_blind, inputs_state, preset_origin, variants
from components.binding import WhereItRan
from components.compare_asked import finish_restoring, remember, remember_settings, restore_widgets, where
from components.compare_requests import as_set, in_conversation
from components.compare_requests import next_request as next_of
from components.inputs_state import read_inputs, schema_problem
from components.live import get_hub
from components.prepared import Prepared, prepare
from components.resources import get_models, get_pricer, get_store
from components.spending import pay_from_here, pays
from components.spending_ask import must_ask
from components.template_fields import problem_words
from components.template_state import current_template, filled_inputs, unfilled
from components.words import plain

ID = "comparison"
"""Name of the comparison's id in the address and in the session state."""
PROMPT = inputs_state.PROMPT
SYSTEM = inputs_state.SYSTEM
REPEAT = compare_asked.REPEAT
_PROBLEM = "compare_problem"
_SAT_OUT = "compare_sat_out"
_SHOWN = "comparison_shown"
KIND = "connection_kind"
"""Where the session calls: the sidebar's choice."""
HERE = "connection_here"
"""Where the session calls now: the endpoint as runs record it, and the Region."""
PLACE_PENDING = "connection_place_pending"
"""Where the session should call from the next rerun on: where the comparison that was opened ran."""
_ADDRESS = "address_set_to"
_ADDRESS_FRESH = "address_set_in_this_run"


def problem() -> str | None:
    """What went wrong with the last action, once; and who sat out, as long as that comparison is shown."""
    told = [st.session_state.pop(_PROBLEM, None)]
    comparison_id, sat_out = st.session_state.get(_SAT_OUT, (None, None))
    if comparison_id is not None and comparison_id == st.session_state.get(ID):
        told.append(compare_blind.SAT_OUT if compare_blind.hidden(comparison_id) else sat_out)
    return "\n\n".join(text for text in told if text) or None


def tell(text: str) -> None:
    """Say something about the last action on the page, once."""
    st.session_state[_PROBLEM] = text


def start(connection: Connection) -> None:
    """Send the prompt to every variant at once; one whose model would refuse it sits out, and says why.

    What is missing is said on the page, and nothing is sent then.
    """
    template = current_template()
    inputs = filled_inputs(read_inputs())
    contenders = variants.read_all()
    if missing := _missing(inputs, contenders):
        st.session_state[_PROBLEM] = missing
        return
    catalogue = get_models(connection)
    prepared = [prepare(letter, inputs, connection=connection, catalogue=catalogue) for letter in contenders]
    ready = [one for one in prepared if one is not None]
    sent = [one for one in ready if not one.refusals]
    if not sent:
        st.session_state[_PROBLEM] = (
            "Nothing was sent: no variant's model takes this. Each lane says why and what to do."
        )
        return
    if compare_blind.wanted() and len(sent) < 2:
        st.session_state[_PROBLEM] = compare_blind.TOO_FEW
        return
    if must_ask({one.letter: one.built.request for one in sent}, connection=connection, then=("run",)):
        return
    stop_all()
    comparison = new_comparison(connection)
    try:
        compare_blind.begin(comparison.id, [one.letter for one in sent])
    except HistoryError as error:
        st.session_state[_PROBLEM] = f"Nothing was sent: it could not be kept blind. {plain(str(error))}"
        return
    preset_origin.note(comparison.id, sent)
    comparison.start(
        [one.built.request for one in sent],
        labels=[one.letter for one in sent],
        repeat=int(st.session_state.get(REPEAT) or 1),
    )
    remember(comparison.id, inputs, contenders, template=template)
    _show(comparison)
    if len(sent) < len(ready):
        st.session_state[_SAT_OUT] = (comparison.id, _sat_out([one for one in ready if one.refusals]))


def _missing(inputs: Inputs, contenders: Mapping[str, Variant]) -> str | None:
    """Say what is missing before anything can be sent; ``None`` if nothing is."""
    without_model = [letter for letter, variant in contenders.items() if not variant.model.strip()]
    if not inputs.prompt.strip():
        return "There is no prompt yet. Write one, or pick an example."
    if problem := unfilled():
        return f"Nothing was sent. {plain(problem_words(problem))}"
    if without_model:
        return f"No model is picked for {', '.join(without_model)}. Pick one or remove it."
    schema = schema_problem(inputs)
    return f"Nothing was sent. {schema}" if schema else None


def _sat_out(out: Sequence[Prepared]) -> str:
    """Say of each variant that was not sent why."""
    return "\n\n".join(f"**{one.letter} sat out.** {plain(' '.join(one.refusals))}" for one in out)


def new_comparison(connection: Connection) -> Comparison:
    """Make a comparison that is recorded, priced and run where the session calls; nothing is sent yet."""
    comparison_id = secrets.token_urlsafe(16)
    place = WhereItRan(connection.endpoint_label, connection.config.region)
    comparison = Comparison(
        place,
        comparison_id=comparison_id,
        recorder=get_store().recorder(origin=preset_origin.of_comparison(comparison_id)),
        pricer=get_pricer(connection.endpoint_label, connection.config.region),
        region=connection.config.region,
        endpoint=connection.endpoint_label,
    )
    pays(comparison.id, place.payer)
    return comparison


def _show(comparison: Comparison) -> None:
    get_hub().register(comparison)
    st.session_state[ID] = comparison.id
    st.session_state[_SHOWN] = comparison.id
    _set_address(comparison.id)


def _set_address(comparison_id: str | None) -> None:
    """Make the address name a comparison, or none, and remember that the browser has yet to know."""
    st.session_state[_ADDRESS] = comparison_id
    st.session_state[_ADDRESS_FRESH] = True
    if comparison_id:
        # In one step, so that the way back does not pass by an address with neither.
        st.query_params.from_dict({**_without_share(), ID: comparison_id})
    else:
        st.query_params.pop(ID, None)


def _without_share() -> dict[str, str]:
    """What the address says besides what was shared: a comparison that is shown has taken its place."""
    return {name: value for name, value in st.query_params.to_dict().items() if name not in {NAME, STORED}}


def drop_share_from_address() -> None:
    """Take out of the address what could not be opened."""
    st.query_params.from_dict(_without_share())


def _named() -> str | None:
    """The id of the comparison to show: the address's, unless the browser sent that before it knew better.

    A rerun that was on its way while Run was pressed (a lane finished, say) still carries the old address.
    Once a rerun came with the address that was set, another one is somebody going back.
    """
    address: str | None = st.query_params.get(ID)
    if _ADDRESS in st.session_state:
        expected: str | None = st.session_state[_ADDRESS]
        if address != expected:
            _set_address(expected)
        elif not st.session_state.pop(_ADDRESS_FRESH, False):
            del st.session_state[_ADDRESS]
        return expected
    return address or st.session_state.get(ID)


def stop_all() -> None:
    """Stop every lane that still runs; what they wrote is kept."""
    comparison = _live()
    if comparison is not None and not comparison.done:
        comparison.cancel()


def rerun(letter: str) -> None:
    """Run one variant again, with the settings that stand in its lane now; the others are left alone.

    What it is asked stays: see :func:`components.compare_requests.as_set`.
    """
    comparison = _live()
    prepared = as_set(comparison, letter) if comparison is not None else None
    if comparison is None or prepared is None:
        st.session_state[_PROBLEM] = f"No model is picked for {letter}. Pick one first."
        return
    if prepared.refusals:
        st.session_state[_PROBLEM] = f"{letter} was not run again. {plain(' '.join(prepared.refusals))}"
        return
    request = prepared.built.request
    if must_ask({letter: request}, connection=where(comparison).connection(), then=("rerun", letter)):
        return
    remember_settings(comparison.id, {letter: prepared.variant})
    pay_from_here(comparison.id, letter)
    preset_origin.note(comparison.id, [prepared])
    comparison.rerun(letter, change=lambda sent: in_conversation(request, sent))


def rerun_as_sent(letter: str) -> None:
    """Run one variant again with what it was sent last: for a lane whose settings are hidden."""
    comparison = _live()
    if comparison is None:
        return
    request = comparison.lane(letter).latest_turn[-1].request
    again = ("rerun_as_sent", letter)
    if not must_ask({letter: request}, connection=where(comparison).connection(), then=again):
        pay_from_here(comparison.id, letter)
        comparison.rerun(letter)


def follow_up(text: str) -> None:
    """Ask every lane one more thing, on top of its own conversation so far, with the settings of now."""
    comparison = _live()
    if comparison is None or not text.strip():
        return
    shown = set(variants.letters())
    prepared = {
        lane.label: as_set(comparison, lane.label) for lane in comparison.lanes if lane.label in shown
    }
    ready = {letter: one for letter, one in prepared.items() if one is not None and not one.refusals}

    def change(letter: str, sent: InvocationRequest) -> InvocationRequest | None:
        return in_conversation(ready[letter].built.request, sent) if letter in ready else None

    asked = {letter: one.built.request for letter, one in ready.items()}
    if must_ask(asked, connection=where(comparison).connection(), then=("follow_up", text)):
        return
    if comparison.done:
        # Else it is refused below, and what somebody else asked goes on.
        pay_from_here(comparison.id)
    preset_origin.note(comparison.id, list(ready.values()))
    try:
        out = comparison.follow_up(text, change=change)
    except NotReadyError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    remember_settings(
        comparison.id, {letter: one.variant for letter, one in ready.items() if letter not in out}
    )
    if told := _told_out(comparison, prepared, [letter for letter in out if letter in shown]):
        st.session_state[_PROBLEM] = compare_blind.SAT_OUT if compare_blind.hidden(comparison.id) else told


def _told_out(comparison: Comparison, prepared: dict[str, Prepared | None], out: Sequence[str]) -> str:
    """Say of each lane that was not asked why."""
    waiting = [letter for letter in out if comparison.pending_calls(letter)]
    without = [
        letter for letter in out if letter not in waiting and comparison.next_request(letter, "") is None
    ]
    told = []
    if without:
        told.append(f"{', '.join(without)} sat out: there is no answer yet to go on from. Re-run it first.")
    if waiting:
        told.append(f"{', '.join(waiting)} sat out: it waits for tool results. Send these first.")
    for letter in out:
        if letter not in waiting and letter not in without:
            one = prepared[letter]
            why = plain(" ".join(one.refusals)) if one else "No model is picked."
            told.append(f"{letter} sat out: {why}")
    return " ".join(told)


def next_request(letter: str, text: str) -> InvocationRequest | None:
    """The request that a follow-up would send in a lane; ``None`` where none can be sent now."""
    comparison = _live()
    return next_of(comparison, letter, text) if comparison is not None else None


def clear() -> None:
    """Put the comparison away and begin anew; it stays in the history."""
    stop_all()
    for name in (ID, _SHOWN):
        st.session_state.pop(name, None)
    _set_address(None)


def load_comparison(comparison_id: str) -> None:
    """Make the page show this comparison the next time it runs."""
    for name in (_ADDRESS, _ADDRESS_FRESH):
        # Whatever the address was last set to on the Compare page is over.
        st.session_state.pop(name, None)
    st.session_state[ID] = comparison_id


def _live() -> Comparison | None:
    comparison_id = st.session_state.get(ID)
    found = get_hub().get(comparison_id) if comparison_id else None
    return found if isinstance(found, Comparison) else None


def current() -> Comparison | None:
    """The comparison that the address or the session names: running, finished, or found in the history."""
    wanted = _named()
    if not wanted:
        return None
    st.session_state[ID] = wanted
    if st.query_params.get(ID) != wanted:
        # The way back from another page: the address lost the id, the session did not.
        _set_address(wanted)
    found = get_hub().get_or_register(wanted, lambda: _from_history(wanted))
    if not isinstance(found, Comparison) or not _blind_known(found.id):
        return None
    if st.session_state.get(_SHOWN) != found.id:
        restore_widgets(found)
        preset_origin.restore_lanes(found.id)
        st.session_state[_SHOWN] = found.id
        _go_where_it_ran(found)
    finish_restoring(found)
    return found


def _blind_known(comparison_id: str) -> bool:
    """Look whether a comparison is blind; what nobody can tell is not shown, for it might be."""
    try:
        compare_blind.look(comparison_id)
    except HistoryError as error:
        st.session_state[_PROBLEM] = f"Whether this comparison is blind is not known. {plain(str(error))}"
        return False
    return True


def _from_history(comparison_id: str) -> Comparison | None:
    try:
        found = from_history(comparison_id)
    except NotToBeShown as why:
        st.session_state[_PROBLEM] = str(why)
        if why.gone:
            clear()
        return None
    return found


class NotToBeShown(LookupError):
    """A comparison cannot be shown now; the message says why, for Markdown."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone
        """Whether it is not there at all."""


def from_history(comparison_id: str) -> Comparison:
    """Make a comparison again from its runs in the history, to show and to continue it.

    Raises:
        NotToBeShown: It cannot be: it is not there, cannot be read, or still runs elsewhere.
    """
    try:
        records = get_store().comparison(comparison_id)
    except HistoryError as error:
        raise NotToBeShown(str(error)) from error
    if not records:
        raise NotToBeShown(
            "The comparison in the address is not known here. It may have been deleted, or belong to another "
            "installation.",
            gone=True,
        )
    if any(record.state is RunState.RUNNING for record in records):
        raise NotToBeShown(
            "The comparison in the address still runs in another process of the app. Reload when it is done."
        )
    where = max((record.identity for record in records), key=lambda identity: identity.started_at)
    place = WhereItRan(where.endpoint, where.region)
    pays(comparison_id, place.payer)
    preset_origin.restore(comparison_id, records)
    return Comparison.restore(
        place,
        runs=[(record.identity, record.request, record.result) for record in records],
        costs={record.run_id: record.priced for record in records},
        recorder=get_store().recorder(origin=preset_origin.of_comparison(comparison_id)),
        pricer=get_pricer(where.endpoint, where.region),
        region=where.region,
        endpoint=where.endpoint,
    )


def _go_where_it_ran(comparison: Comparison) -> None:
    """Let "Calls go to" say where this comparison ran: what the page says is what it does."""
    runs = [run.identity for lane in comparison.lanes for run in lane.runs]
    if not runs:
        return
    last = max(runs, key=lambda identity: identity.started_at)
    endpoint = last.endpoint or ""
    kind = endpoint if endpoint in {"local", "bedrock"} else "custom"
    there = (endpoint, None if kind == "local" else last.region)
    if there != st.session_state.get(HERE):
        st.session_state[PLACE_PENDING] = (kind, *there)
        st.rerun()
