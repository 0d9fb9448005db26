"""Setting an evaluation up: what is asked, who answers, who scores, how; then what it costs, and Start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Inputs
from bedrock_playground.connection import Connection
from bedrock_playground.evaluation.datasets.passages import passages_of
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.running import create, scorers_of, start
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec, SpecRefused, case_order
from bedrock_playground.evaluation.values import Case
from bedrock_playground.history import HistoryError, RunStore, StoredDataSet
from bedrock_playground.presets.template import fill_known, names_in
from components import evaluate_state, patterns_kept
from components.data_set_words import label_words, task_words
from components.evaluate_batch import OPENED, can_batch
from components.evaluate_contenders import add_bar, contender_rows
from components.evaluate_cost import cost_line, estimated, expected_seconds, first_requests, within
from components.evaluate_embedding import embedding_popover
from components.evaluate_options import Options, option_fields
from components.evaluate_place import place_at
from components.evaluate_state import DATA_SET
from components.evaluate_sweep import sweep_popover
from components.history_filters import local_zone
from components.scorer_picker import scorer_picker
from components.spending_ask import ask, must_ask
from components.words import plain

_ASKED = "evaluate"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked."""

    data_set: StoredDataSet
    prompt: str
    system: str | None
    first: Case | None

    @property
    def inputs(self) -> Inputs:
        """What the first case asks, for the models' rules."""
        values = dict(self.first.inputs) if self.first else {}
        return Inputs(
            prompt=fill_known(self.prompt, values) or "…",
            system=fill_known(self.system, values) if self.system else None,
            output_schema=self.data_set.output_schema,
        )


def setup(store: RunStore, *, connection: Connection | None, catalogue: Catalogue) -> None:
    """Draw the whole set-up.

    Args:
        store: The history.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: What that place can call.
    """
    place = connection.endpoint_label or "" if connection else "local"
    if connection:
        evaluate_state.ensure(place, catalogue)
    asked = _what_is_asked(store)
    _step("2", "Who answers", "Models with their settings, presets, or arrangements of them.")
    standing = contender_rows(place, inputs=asked.inputs, connection=connection, catalogue=catalogue)
    with st.container(horizontal=True, gap="xsmall", key="evaluate_add"):
        add_bar(
            place,
            catalogue=catalogue,
            presets=store.presets.names(),
            patterns=[(one.pattern_id, one.name) for one in patterns_kept.summaries()],
        )
        if asked.first is not None and passages_of(asked.first):
            embedding_popover(place, catalogue=catalogue)
        sweep_popover(place, inputs=asked.inputs, connection=connection)
    _step("3", "Who scores", "Each says how right an answer is, from 0 to 1.")
    scorers, wrong = scorer_picker(
        f"evaluate_scorers_{asked.data_set.data_set_id}",
        suggested=asked.data_set.scorers,
        data_set=None,
    )
    local = connection is None or connection.kind == "local"
    options = option_fields(asked.data_set.cases, local=local)
    problems = [*standing.problems, *wrong, *_prompt_problems(asked)]
    _finish(
        store, asked, standing.contenders, scorers=scorers, options=options, problems=problems,
        connection=connection,
    )  # fmt: skip


def _step(number: str, title: str, about: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown(f"##### {number} · {title}", width="content")
        st.caption(about)


def _what_is_asked(store: RunStore) -> _Asked:
    found = store.data_sets.find()
    by_id = {one.data_set_id: one for one in sorted(found, key=lambda one: not one.builtin)}
    wanted = st.session_state.get(DATA_SET)
    if wanted not in by_id:
        older = store.data_sets.summary(wanted) if wanted else None
        if older is not None:
            by_id[older.data_set_id] = older
        else:
            st.session_state[DATA_SET] = next(iter(by_id))
    _step("1", "What is asked", "A data set: questions with known answers.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.selectbox(
            "Data set",
            list(by_id),
            format_func=lambda key: label_words(by_id[key]),
            key=DATA_SET,
            label_visibility="collapsed",
            persist_state="session",
        )
        one = by_id[chosen]
        prompt, system = _prompts(one)
    st.caption(plain(one.description or f"{task_words(one.task)}, {one.cases:,} cases"))
    first = next(iter(store.data_sets.cases(chosen, [1])), None)
    return _Asked(data_set=one, prompt=prompt, system=system, first=first)


def _prompts(one: StoredDataSet) -> tuple[str, str | None]:
    """The prompt templates: the data set's, unless somebody writes others for this evaluation."""
    prompt_key, system_key = f"evaluate_prompt_{one.data_set_id}", f"evaluate_system_{one.data_set_id}"
    st.session_state.setdefault(prompt_key, one.prompt)
    st.session_state.setdefault(system_key, one.system or "")
    own = st.session_state[prompt_key] != one.prompt or st.session_state[system_key] != (one.system or "")
    with st.popover(
        "Prompt, changed" if own else "Prompt", icon=":material/edit_note:", key="evaluate_prompts"
    ):
        names = ", ".join(f"`{{{{{name}}}}}`" for name in one.variables)
        st.caption(f"For this evaluation; the data set keeps its own. A case's inputs are put in: {names}")
        prompt = st.text_area("Prompt template", key=prompt_key, height=180, persist_state="session")
        system = st.text_area("System prompt", key=system_key, height=110, persist_state="session")
    return prompt, system or None


def _prompt_problems(asked: _Asked) -> list[str]:
    if not asked.prompt.strip():
        return ["The prompt is empty: write what each case is asked."]
    known = asked.data_set.variables
    missing = [name for name in names_in(asked.prompt, asked.system) if name not in known]
    return [f"“{{{{{name}}}}}” is no input of these cases." for name in missing]


# The end: what it comes to, and Start


def _finish(
    store: RunStore,
    asked: _Asked,
    contenders: tuple[Contender, ...],
    *,
    scorers: tuple[str, ...],
    options: Options,
    problems: Sequence[str],
    connection: Connection | None,
) -> None:
    spec: EvaluationSpec | None = None
    found = list(problems)
    if not found and connection is not None:
        try:
            spec = _spec(asked, _fitting(contenders, asked), scorers=scorers, options=options)
            made = scorers_of(store, spec)
        except (SpecRefused, BadScorer) as error:
            spec = None
            found.append(str(error))
        else:
            place = place_at(connection)
            estimate = estimated(store, spec, cases=asked.data_set.cases, place=place, scorers=made)
            cases = len(case_order(spec, asked.data_set.cases))
            local = connection.kind == "local"
            cost_line(estimate, seconds=expected_seconds(spec, cases=cases, local=local))
            found += [why for one in estimate.contenders for why in one.refusals[:1]]
            if unlimited := within(estimate, options.max_cost):
                st.caption(f":orange[:material/info: {plain(unlimited)}]")
                found += [unlimited] if estimate.unpriced else []
    for problem in found:
        st.caption(f":red[:material/error: {plain(problem)}]")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="evaluate_start_row"):
        st.text_input(
            "Name",
            key="evaluate_name",
            placeholder=_usual_name(asked),
            max_chars=120,
            width=360,
            persist_state="session",
            label_visibility="collapsed",
        )
        st.button(
            "Start the evaluation",
            key="evaluate_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=spec is None or bool(found),
            on_click=_start if spec is not None and connection is not None else None,
            args=(store, spec, connection) if spec is not None else None,
        )
        if can_batch(connection):
            st.button(
                "By batch inference …",
                key="evaluate_batch",
                icon=":material/inventory_2:",
                type="tertiary",
                disabled=spec is None or bool(found),
                on_click=partial(_start, store, spec, connection, batch=True)
                if spec is not None and connection is not None
                else None,
            )
    if spec is not None and connection is not None:
        ask(partial(_agreed, begin=partial(_start, store, spec, connection)))


def _spec(
    asked: _Asked, contenders: tuple[Contender, ...], *, scorers: tuple[str, ...], options: Options
) -> EvaluationSpec:
    return EvaluationSpec(
        name=str(st.session_state.get("evaluate_name") or "").strip() or _usual_name(asked),
        data_set_id=asked.data_set.data_set_id,
        contenders=contenders,
        scorers=scorers,
        prompt=asked.prompt,
        system=asked.system,
        output_schema=asked.data_set.output_schema,
        repeat=options.repeat,
        seed=options.seed,
        sample=options.sample,
        concurrency=options.concurrency,
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
        max_cost=options.max_cost,
    )


def _fitting(contenders: tuple[Contender, ...], asked: _Asked) -> tuple[Contender, ...]:
    """Presets ask their own prompts where these cases have what they want, else the data set's."""
    known = set(asked.data_set.variables)

    def fitting(one: Contender) -> Contender:
        # A prompt without any input would ask every case the same.
        wanted = set(names_in(one.prompt))
        prompt = one.prompt if wanted and wanted <= known else None
        return replace(one, prompt=prompt, system=one.system if set(names_in(one.system)) <= known else None)

    return tuple(map(fitting, contenders))


def _usual_name(asked: _Asked) -> str:
    now = datetime.now(local_zone())
    return f"{asked.data_set.name}, {now:%d %b %H:%M}"


def _start(store: RunStore, spec: EvaluationSpec, connection: Connection, *, batch: bool = False) -> None:
    """Make the evaluation and begin; asks first where nobody knows a price.

    Args:
        store: The history.
        spec: What is run.
        connection: Where.
        batch: Only make it, and show how its cases are asked by batch inference.
    """
    place = place_at(connection)
    summary = store.data_sets.summary(spec.data_set_id)
    try:
        found = estimated(
            store, spec, cases=summary.cases if summary else 0, place=place, scorers=scorers_of(store, spec)
        )
        unpriced = found.unpriced
        requests = first_requests(store, spec, place=place, models=unpriced)
        if must_ask(requests, connection=connection, then=(_ASKED, *(["batch"] if batch else []))):
            return
        begin(store, spec, None if batch else place_at(connection, agreed=unpriced))
    except (HistoryError, SpecRefused, BadScorer) as error:
        evaluate_state.complain(error)


def begin(store: RunStore, spec: EvaluationSpec, place: Place | None) -> None:
    """Make an evaluation, start it (where there is a place) and show it."""
    made = create(store, spec)
    if place is not None:
        start(store, made.evaluation_id, place)
    else:
        st.session_state[OPENED] = made.evaluation_id
    st.session_state["evaluate_name"] = ""
    evaluate_state.show(made.evaluation_id)


def _agreed(then: tuple[str, ...], begin: partial[None]) -> None:
    if then[:1] == (_ASKED,):
        begin(batch="batch" in then)
