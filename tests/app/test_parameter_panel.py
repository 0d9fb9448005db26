"""The parameter panel in AppTest: what each model takes, why not the rest, and that nothing set is lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.invocation.values import Guardrail
from components.words import plain

CLAUDE_45 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NO_SAMPLING = "us.anthropic.claude-opus-5-5"
NOVA = "us.amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"


@pytest.fixture(autouse=True)
def nothing_is_cached() -> None:
    st.cache_resource.clear()


def _lane() -> None:
    import streamlit as st

    from bedrock_playground.catalog.discovery import without_asking
    from bedrock_playground.catalog.variant import Inputs, Variant
    from components import variants
    from components.variant_editor import editor, looked_at

    if not variants.letters():
        variants.replace_all([("A", Variant(**st.session_state["first"]))])
        st.session_state[looked_at("A")] = True
    editor("A", catalogue=without_asking(), connection=None, inputs=Inputs("Hello"), rerun=None)


def lane(model: str, **settings: Any) -> AppTest:
    app = AppTest.from_function(_lane, default_timeout=30)
    app.session_state["first"] = {"model": model, **settings}
    return done(app.run())


def done(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def choose(app: AppTest, model: str) -> None:
    app.selectbox(key="A_model").set_value(model)
    done(app.run())


def switch(app: AppTest, name: str, *, on: bool = True) -> None:
    done(app.toggle(key=f"A_{name}_on").set_value(on).run())


def controls(app: AppTest) -> set[str]:
    """The keys of what can be touched."""
    widgets = (*app.toggle, *app.slider, *app.number_input, *app.selectbox)
    return {str(widget.key) for widget in widgets if not widget.disabled}


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.caption, *app.markdown))


def request(app: AppTest) -> dict[str, Any]:
    """What the dialog says will be sent."""
    done(app.button(key="request_A").click().run())
    sent = json.loads(app.code[0].value)
    assert isinstance(sent, dict)
    return sent


def slider(app: AppTest, label: str) -> object:
    """What a slider shows."""
    return next(found.value for found in app.slider if found.label == f"{label} of variant A")


def test_unset_is_not_sent_and_zero_is(subtests: pytest.Subtests) -> None:
    app = lane(NOVA)
    with subtests.test("nothing is switched on"):
        assert ":gray[the model's defaults]" in said(app)
        assert "inferenceConfig" not in request(app)
    with subtests.test("zero"):
        switch(app, "top_p")
        done(app.number_input(key="A_top_p").set_value(0.0).run())
        assert request(app)["inferenceConfig"] == {"topP": 0.0}
        assert ":gray[top-p 0]" in said(app)


def test_a_free_control_says_its_range_and_the_models_default() -> None:
    app = lane(NOVA)
    assert "0 to 1; the model's default is 0.7" in said(app)
    switch(app, "max_tokens")
    assert app.slider(key="A_max_tokens_slider").max == 10_000


def test_claude_45_takes_temperature_or_top_p_and_switching_one_off_frees_the_other() -> None:
    app = lane(CLAUDE_45)
    assert {"A_temperature_on", "A_top_p_on"} <= controls(app)
    switch(app, "temperature")
    assert "A_top_p_on" not in controls(app)
    assert "takes temperature or top-p, not both: temperature is in use" in said(app)
    switch(app, "temperature", on=False)
    switch(app, "top_p")
    assert "A_temperature_on" not in controls(app)
    assert "top-p is in use" in said(app)
    assert set(request(app)["inferenceConfig"]) == {"topP"}


def test_a_model_that_rejects_sampling_shows_effort_instead_and_going_back_restores_it() -> None:
    app = lane(NOVA)
    switch(app, "temperature")
    done(app.slider(key="A_temperature_slider").set_value(0.25).run())
    switch(app, "top_k")
    choose(app, NO_SAMPLING)
    assert not {key for key in controls(app) if key.startswith(("A_temperature", "A_top"))}
    assert "refuses requests that set temperature" in said(app)
    assert "Set aside for this model: temperature 0.25 (rejected), top-k 50 (rejected)." in said(app)
    assert ":gray[the model's defaults] · :orange[2 set aside]" in said(app)
    done(app.selectbox(key="A_effort").set_value("high").run())
    assert "inferenceConfig" not in request(app)
    assert '"high"' in app.code[0].value
    assert "Back in use" not in said(app)
    choose(app, NOVA)
    assert "Back in use: temperature 0.25, top-k 50." in said(app)
    assert slider(app, "Temperature") == 0.25
    sent = request(app)
    assert sent["inferenceConfig"] == {"temperature": 0.25}
    assert sent["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 50}}
    assert "Back in use: temperature 0.25, top-k 50." in said(app), "and on until something else happens"
    switch(app, "temperature", on=False)
    assert "Back in use: top-k 50." in said(app)
    choose(app, NO_SAMPLING)
    assert app.selectbox(key="A_effort").value == "high"
    assert "Back in use: effort high." in said(app)


def test_what_is_too_large_is_kept_and_said_to_be_sent_smaller() -> None:
    app = lane(NOVA)
    switch(app, "max_tokens")
    done(app.number_input(key="A_max_tokens").set_value(90_000).run())
    assert slider(app, "Max tokens") == 10_000
    assert ":gray[max 10000]" in said(app)
    assert "Sent as 10000" in said(app)
    assert request(app)["inferenceConfig"] == {"maxTokens": 10_000}
    choose(app, NO_SAMPLING)
    assert request(app)["inferenceConfig"] == {"maxTokens": 90_000}


def test_a_number_outlives_a_slider_that_has_yet_to_learn_of_it() -> None:
    app = lane(NOVA)
    switch(app, "temperature")
    before = app.slider(key="A_temperature_slider").value
    done(app.number_input(key="A_temperature").set_value(0.35).run())
    # A browser that was slow sends with its next event what its old slider still shows.
    app.session_state["A_temperature_slider"] = before
    switch(app, "max_tokens")
    assert slider(app, "Temperature") == 0.35
    assert request(app)["inferenceConfig"]["temperature"] == 0.35


def test_an_emptied_box_is_unset_and_not_zero() -> None:
    app = lane(NOVA)
    switch(app, "top_p")
    done(app.number_input(key="A_top_p").set_value(0.4).run())
    done(app.number_input(key="A_top_p").set_value(None).run())
    assert app.toggle(key="A_top_p_on").value is False
    assert "inferenceConfig" not in request(app)
    switch(app, "top_p")
    assert request(app)["inferenceConfig"] == {"topP": 0.4}


def test_thinking_excludes_sampling() -> None:
    app = lane(CLAUDE_45)
    switch(app, "temperature")
    switch(app, "thinking_budget")
    assert "A_temperature_on" not in controls(app)
    assert "takes no temperature while it reasons" in said(app)
    done(app.number_input(key="A_thinking_budget").set_value(2048).run())
    assert request(app)["additionalModelRequestFields"] == {
        "thinking": {"type": "enabled", "budget_tokens": 2048}
    }


def test_another_models_level_is_kept_and_marked() -> None:
    app = lane(NO_SAMPLING)
    done(app.selectbox(key="A_effort").set_value("xhigh").run())
    choose(app, "us.amazon.nova-2-lite-v1:0")
    assert "xhigh (not for this model)" in app.selectbox(key="A_effort").options
    assert "xhigh" not in json.dumps(request(app))
    choose(app, NO_SAMPLING)
    assert '"xhigh"' in json.dumps(request(app))


def test_raw_fields_are_checked_while_they_are_written() -> None:
    app = lane(NOVA)
    done(app.text_area(key="A_additional_fields").set_value('{"a": \n nonsense}').run())
    assert any("line 2, column 2" in error.value for error in app.error)
    assert "Sits out" in said(app)
    done(app.text_area(key="A_additional_fields").set_value('{"a": 1}').run())
    assert not app.error
    assert request(app)["additionalModelRequestFields"] == {"a": 1}


def test_service_settings_and_a_typed_guardrail_are_sent() -> None:
    app = lane(CLAUDE_45, guardrail=Guardrail("gr12ab", "3"))
    done(app.selectbox(key="A_cache_ttl").set_value("1h").run())
    assert app.selectbox(key="A_guardrail").value == "gr12ab:3"
    sent = request(app)
    assert sent["guardrailConfig"]["guardrailIdentifier"] == "gr12ab"
    assert sent["guardrailConfig"]["guardrailVersion"] == "3"
    assert sent["messages"][0]["content"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    switch(app, "guardrail", on=False)
    assert "guardrailConfig" not in request(app)


def test_an_unknown_model_gets_only_what_is_safe_and_says_so() -> None:
    app = lane("acme.something-new-v1")
    assert "A_temperature_on" not in controls(app)
    (reason,) = [caption.value for caption in app.caption if "does not know this model" in caption.value]
    assert reason.startswith(":material/lock: **Temperature, Top P, Top K**: The catalogue does not know")
    (reason,) = [caption.value for caption in app.caption if "does not know how this model" in caption.value]
    assert reason.startswith(":material/lock: **Reasoning, Thinking budget, Effort**")
    assert all(app.toggle(key=f"A_{name}_out_of_use").disabled for name in ("temperature", "top_k", "effort"))
    assert "A_max_tokens_on" in controls(app)


def test_a_reason_of_its_own_stands_beside_its_control() -> None:
    app = lane(CLAUDE_45, temperature=0.5)
    captions = [caption.value for caption in app.caption]
    assert any(caption.startswith(":material/swap_horiz: ") for caption in captions)
    assert not any(caption.startswith(":material/lock: **") for caption in captions)


def test_an_empty_prompt_is_said_instead_of_a_request() -> None:
    app = AppTest.from_function(_without_a_prompt, default_timeout=30)
    done(app.run())
    done(app.button(key="request_A").click().run())
    assert any("no prompt yet" in info.value for info in app.info)


def _without_a_prompt() -> None:
    from bedrock_playground.catalog.discovery import without_asking
    from bedrock_playground.catalog.variant import Inputs, Variant
    from components import variants
    from components.variant_editor import editor

    if not variants.letters():
        variants.replace_all([("A", Variant(model="us.amazon.nova-lite-v1:0"))])
    editor("A", catalogue=without_asking(), connection=None, inputs=Inputs(""), rerun=None)


def test_raw_fields_stay_with_the_model_that_they_were_written_for() -> None:
    raw = '{"anthropic_beta": ["x"]}'
    app = lane(CLAUDE_45, additional_fields=raw)
    assert request(app)["additionalModelRequestFields"] == json.loads(raw)
    choose(app, NOVA)
    assert "additionalModelRequestFields" not in request(app)
    assert f"Set aside: the additional fields for {plain(CLAUDE_45[3:])}." in said(app)
    done(app.text_area(key="A_additional_fields").set_value('{"inferenceConfig": {"topK": 3}}').run())
    choose(app, CLAUDE_45.replace("us.", "global."))
    assert app.text_area(key="A_additional_fields").value == raw, "ids of one model share them"
    assert f"additional fields for {plain(NOVA[3:])}." in said(app)
    choose(app, NOVA)
    assert request(app)["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 3}}


def test_a_level_that_the_model_does_not_know_is_set_aside_with_a_reason() -> None:
    app = lane("us.anthropic.claude-opus-4-6-v1", effort="xhigh")
    assert re.search(r"effort xhigh \(.+ takes one of: low, medium, high, max\)", said(app))
