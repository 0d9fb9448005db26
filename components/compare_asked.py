"""What a comparison was asked and with what settings, read out of its requests and of what no request holds.

A request says what was sent. What a model did not take, a variant that sat out and a tool's canned result are
in none, so the history keeps them beside the comparison, and this process remembers what it was told, so that
a page costs one look at most. Of a comparison that nobody kept, the command line's say, the requests tell.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.catalog.resolution import Resolution, needs_asking
from bedrock_playground.catalog.restored import inputs_of, takes_system, variant_of
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison, InvocationRequest
from bedrock_playground.invocation.lane import Lane
from bedrock_playground.presets.filled import Template
from bedrock_playground.presets.template import escape, names_in
from components import variants
from components.binding import WhereItRan
from components.inputs_state import read_inputs, write_inputs
from components.resources import get_store, resolve_model
from components.template_state import (
    as_template,
    as_templates,
    current_template,
    describe,
    filled_inputs,
)
from components.variants import LETTERS

REPEAT = "repeat"
"""Name of the number of repeats in the session state."""
_WAITING = "comparison_unresolved"
_KEEP = 256


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wanted, before any model's rules."""

    inputs: Inputs
    """What all variants were asked, filled in, but for the files: those stand in the requests."""
    variants: tuple[tuple[str, Variant], ...]
    """Every variant by its letter, in the order of display, as it was last sent or sat out."""
    template: Template | None = None
    """The texts that were filled in, and with what; ``None`` where only what was sent is known."""


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict[str, Asked | None]:
    return OrderedDict()


def remember(
    comparison_id: str, inputs: Inputs, contenders: dict[str, Variant], *, template: Template
) -> None:
    """Keep what a comparison was asked, for as long as any of its runs is kept."""
    _keep(comparison_id, Asked(replace(inputs, attachments=()), tuple(contenders.items()), template))


def remember_settings(comparison_id: str, contenders: dict[str, Variant]) -> None:
    """Keep the settings that variants were sent with since, and the system prompt that all share."""
    if (asked := _asked(comparison_id)) is not None:
        _keep(
            comparison_id,
            Asked(
                replace(asked.inputs, system=filled_inputs(read_inputs()).system),
                tuple((letter, contenders.get(letter, variant)) for letter, variant in asked.variants),
                _template_now(asked),
            ),
        )


def _template_now(asked: Asked) -> Template:
    """The templates of a comparison: the prompt as it was asked, the system prompt as it stands."""
    now, before = current_template(), asked.template
    if before is None:
        return replace(now, prompt=escape(asked.inputs.prompt))
    told = {name: before.values[name] for name in names_in(before.prompt) if name in before.values}
    known = {variable.name: variable for variable in (*now.variables, *before.variables)}
    return Template(before.prompt, now.system, tuple(known.values()), {**before.values, **now.values, **told})


def _keep(comparison_id: str, asked: Asked) -> None:
    _note(comparison_id, asked)
    # The runs say of their own that the history cannot be written; without this the requests still tell.
    with suppress(HistoryError):
        get_store().asked.keep(comparison_id, asked.inputs, asked.variants, template=asked.template)


def _asked(comparison_id: str) -> Asked | None:
    """What was kept of a comparison; ``None`` where only its requests tell."""
    kept = _kept()
    if comparison_id not in kept:
        try:
            book = get_store().asked
            told, template = book.get(comparison_id), book.template(comparison_id)
        except HistoryError:
            return None
        _note(comparison_id, _read(told, template) if told else None)
    return kept.get(comparison_id)


def _read(told: tuple[Inputs, tuple[tuple[str, Variant], ...]], template: Template | None) -> Asked:
    """What the history tells; without the templates, the variants' own texts are what was sent."""
    inputs, lanes = told
    if template is None:
        lanes = tuple((letter, as_template(variant)) for letter, variant in lanes)
    return Asked(inputs, lanes, template)


def _note(comparison_id: str, asked: Asked | None) -> None:
    kept = _kept()
    kept[comparison_id] = asked
    while len(kept) > _KEEP:
        kept.popitem(last=False)


def asked_of(comparison: Comparison) -> Inputs:
    """What all variants were asked.

    Where only the requests tell, each part is taken from a lane that was sent it: not every model takes all.
    """
    told = [inputs_of(lane.runs[0].request) for lane in comparison.lanes if lane.runs]
    attachments = max((inputs.attachments for inputs in told), key=len, default=())
    if (asked := _asked(comparison.id)) is not None:
        return replace(asked.inputs, attachments=attachments)
    choices = [inputs.tool_choice for inputs in told if inputs.tool_choice]
    return Inputs(
        prompt=next((inputs.prompt for inputs in told if inputs.prompt), ""),
        system=_shared_system(comparison),
        attachments=attachments,
        output_schema=next((inputs.output_schema for inputs in told if inputs.output_schema), None),
        tools=max((inputs.tools for inputs in told), key=len, default=()),
        # Some models are sent "auto" in place of what was chosen.
        tool_choice=next((choice for choice in choices if choice != "auto"), next(iter(choices), None)),
    )


def where(comparison: Comparison) -> WhereItRan:
    """The place where a comparison ran last."""
    runs = [run.identity for lane in comparison.lanes for run in lane.runs]
    last = max(runs, key=lambda identity: identity.started_at)
    return WhereItRan(last.endpoint, last.region)


def restore_widgets(comparison: Comparison) -> None:
    """Put the comparison's prompt and variants where the widgets will find them."""
    lanes = [lane for lane in comparison.lanes if lane.runs]
    st.session_state.pop(_WAITING, None)
    if not lanes:
        return
    inputs = asked_of(comparison)
    asked = _asked(comparison.id)
    template = asked.template if asked else None
    if template is not None:
        write_inputs(replace(inputs, prompt=template.prompt, system=template.system))
        describe(template.variables, template.values)
    else:
        # What was sent is text, whatever braces are in it.
        write_inputs(as_templates(inputs))
    st.session_state[REPEAT] = max(run.identity.repeat for lane in lanes for run in lane.runs) + 1
    if asked is not None:
        variants.replace_all(asked.variants)
        return
    resolutions = _resolutions(comparison)
    variants.replace_all([
        (
            lane.label,
            as_template(variant_of(_sent(lane), resolutions[lane.label], shared_system=inputs.system)),
        )
        for lane in lanes
        if lane.label in LETTERS
    ])  # fmt: skip
    if where(comparison).connection() is None:
        unknown = [letter for letter in variants.letters() if needs_asking(resolutions[letter])]
        st.session_state[_WAITING] = {letter: variants.read(letter) for letter in unknown}


def finish_restoring(comparison: Comparison) -> None:
    """Read the settings of models that only an account knows, once it can be asked.

    The local endpoint needs a moment after a restart. What somebody changed meanwhile stays.
    """
    waiting: dict[str, Variant] | None = st.session_state.get(_WAITING)
    if not waiting or where(comparison).connection() is None:
        return
    del st.session_state[_WAITING]
    resolutions = _resolutions(comparison)
    for lane in comparison.lanes:
        if lane.label in waiting and variants.read(lane.label) == waiting[lane.label]:
            system = filled_inputs(read_inputs()).system
            found = variant_of(_sent(lane), resolutions[lane.label], shared_system=system)
            variants.write(lane.label, as_template(found))


def _sent(lane: Lane) -> InvocationRequest:
    """What a lane was sent last: the settings that it goes on with."""
    return lane.runs[-1].request


def _resolutions(comparison: Comparison) -> dict[str, Resolution]:
    connection = where(comparison).connection()
    return {
        lane.label: resolve_model(connection, _sent(lane).model_id) for lane in comparison.lanes if lane.runs
    }


def _shared_system(comparison: Comparison) -> str | None:
    """The system prompt that most share; a model that takes none has no say."""
    resolutions = _resolutions(comparison)
    systems = [
        request.system
        for lane in comparison.lanes
        if lane.runs
        and ((request := _sent(lane)).system is not None or takes_system(resolutions[lane.label]))
    ]
    return max(systems, key=systems.count) if systems else None
