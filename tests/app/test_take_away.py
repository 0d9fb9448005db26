"""The dialog that takes a request away, in AppTest: every format, and the policy with its check."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.connection import Connection
from bedrock_playground.invocation import ClientConfig, InvocationRequest
from bedrock_playground.presets.exports import FORMATS, Source, export
from components.take_away import Offer, offers_of
from components.words import plain
from tests.wire.catalog.test_prompts import saves, versions
from tests.wire.invocation.scripted import ScriptedServer
from tests.wire.presets.exporting import CONVERSATION, PLAIN, TUNED, WITH_FILES

PROFILE = "us.amazon.nova-lite-v1:0"


@pytest.fixture(autouse=True)
def nothing_is_cached() -> None:
    st.cache_resource.clear()


def _dialog() -> None:
    import streamlit as st

    from components.take_away import take_away_dialog

    take_away_dialog(
        st.session_state["offers"],
        connection=st.session_state["connection"],
        region="us-east-1",
        name="compare-a",
    )


def opened(
    *requests: InvocationRequest, connection: Connection | None = None, form: str | None = None
) -> AppTest:
    app = AppTest.from_function(_dialog, default_timeout=30)
    app.session_state["offers"] = tuple(
        Offer(f"Request {number}", one) for number, one in enumerate(requests)
    )
    app.session_state["connection"] = connection
    if form is not None:
        app.session_state["take_away_format"] = form
    return done(app.run())


def done(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    elements = (*app.caption, *app.markdown, *app.warning, *app.error, *app.success)
    return "\n".join(element.value for element in elements)


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_format_shows_the_export_itself(form: str) -> None:
    app = opened(CONVERSATION, form=form)
    wanted = export(form, Source(request=CONVERSATION, region="us-east-1", name="compare-a"))
    # Streamlit strips what stands around the text.
    assert app.code[0].value == wanted.text.strip()
    assert FORMATS[form].hint in said(app)
    assert app.get("download_button")


def test_what_does_not_fit_is_said_instead() -> None:
    shown = opened(WITH_FILES, form="cloudformation")
    assert "This request does not fit the format" in said(shown)
    # The policy is there all the same.
    assert json.loads(shown.code[0].value)["Version"] == "2012-10-17"
    assert not shown.get("download_button")[1:]


def test_files_beside_are_named() -> None:
    app = opened(WITH_FILES, form="boto3")
    assert "image-1.png" in said(app)
    assert "document-1.txt" in said(app)


def test_the_request_that_was_sent_and_the_one_of_now() -> None:
    app = opened(PLAIN, TUNED, form="boto3-stream")
    assert PLAIN.model_id in app.code[0].value
    app.session_state["take_away_which"] = "Request 1"
    done(app.run())
    assert TUNED.model_id in app.code[0].value


def test_a_choice_is_offered_only_where_there_is_one() -> None:
    assert offers_of(None, None) == ()
    assert offers_of(PLAIN, PLAIN) == (Offer("As it was sent", PLAIN),)
    assert [one.label for one in offers_of(PLAIN, TUNED)] == ["As it was sent", "As it would be sent now"]
    assert offers_of(None, PLAIN) == (Offer("As it would be sent now", PLAIN),)


def test_a_name_is_made_fit_for_a_resource() -> None:
    app = opened(PLAIN, form="terraform")
    done(app.text_input(key="take_away_name_compare-a").set_value("My prompt!").run())
    assert 'name            = "My-prompt"' in app.code[0].value
    assert "It is called My-prompt" in said(app)


def policy(app: AppTest) -> Any:
    return json.loads(app.code[-1].value)


def test_the_policy_asks_for_what_it_does_not_know() -> None:
    app = opened(replace(PLAIN, model_id=PROFILE))
    assert "each needs a line" in said(app)
    assert "ACCOUNT\\_ID" in said(app)
    done(app.text_input(key=f"iam_destinations_{PROFILE}").set_value("us-east-1, us-west-2").run())
    done(app.text_input(key="iam_account").set_value("111122223333").run())
    assert "each needs a line" not in said(app)
    assert "ACCOUNT" not in app.code[-1].value
    assert len(policy(app)["Statement"][1]["Resource"]) == 2
    done(app.text_input(key=f"iam_destinations_{PROFILE}").set_value("everywhere").run())
    assert "is no Region" in said(app)
    done(app.text_input(key="iam_account").set_value("12").run())
    assert "twelve digits" in said(app)


def test_a_model_on_this_machine_has_the_policy_of_one_of_awss() -> None:
    app = opened(replace(PLAIN, model_id="local.smollm2-135m-instruct-v1:0"))
    assert "needs no permission" in said(app)
    assert PROFILE in app.code[-1].value
    done(app.text_input(key="iam_model").set_value("amazon.nova-micro-v1:0").run())
    (statement,) = policy(app)["Statement"]
    assert statement["Resource"] == ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"]


def test_a_pasted_policy_is_checked() -> None:
    app = opened(PLAIN)
    paste = app.text_area(key="iam_pasted")
    done(paste.set_value('{"Statement": {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}}').run())
    assert "Nothing is missing. 2 things are too wide." in said(app)
    assert plain("Write instead: bedrock:InvokeModelWithResponseStream") in said(app)
    done(app.text_area(key="iam_pasted").set_value(app.code[-1].value).run())
    assert "exactly what these calls need" in said(app)
    done(app.text_area(key="iam_pasted").set_value('{"Statement": [}').run())
    assert "line 1, column" in said(app)


def test_hostile_words_in_a_pasted_policy_stay_words() -> None:
    app = opened(PLAIN)
    hostile = {"Effect": "Allow", "Action": "bedrock:*", "Resource": "`:red[x]` ![a](http://x/y.png)\n# big"}
    done(app.text_area(key="iam_pasted").set_value(json.dumps({"Statement": hostile})).run())
    shown = next(element.value for element in app.markdown if "Resource" in element.value)
    place = shown.partition("`")[2].partition("`  \n")[0]
    assert "`" not in place
    assert "\n" not in place


def test_a_prompt_is_created_where_calls_go_and_only_when_asked() -> None:
    server = ScriptedServer(saves, versions)
    config = ClientConfig(
        region="us-east-1", endpoint_url=server.url, access_key_id="AKIDTEST", secret_access_key="secret"
    )
    try:
        app = opened(PLAIN, connection=Connection("bedrock", config), form="prompt-management")
        assert "stays there until somebody deletes it" in said(app)
        assert server.exchanges == []
        done(app.button(key="take_away_create_now").click().run())
        assert "Saved as version 3" in said(app)
        assert app.code[1].value == "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT1234:3"
    finally:
        server.close()


def test_without_a_connection_to_bedrock_nothing_is_created() -> None:
    app = opened(PLAIN, form="prompt-management")
    assert "Connect to Amazon Bedrock" in said(app)
    assert [button.key for button in app.button] == ["iam_check"]
