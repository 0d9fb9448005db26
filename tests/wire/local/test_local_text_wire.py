"""The real text model through real boto3."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

MODEL = "local.smollm2-135m-instruct-v1:0"
COUNT = "Count from one to twenty in digits, separated by commas."
ENDLESS = {
    "textFormat": {
        "type": "json_schema",
        "structure": {
            "jsonSchema": {
                "name": "numbers",
                "schema": json.dumps({"type": "array", "items": {"type": "integer"}, "minItems": 900}),
            }
        },
    }
}
"""Output that cannot end before max tokens."""

# Several requests at once share two cores with whatever else the machine does: seconds, or minutes.
pytestmark = [pytest.mark.real_model, pytest.mark.timeout(300)]


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def ask(client: Any, text: str = COUNT, **changes: Any) -> dict[str, Any]:
    config = {"maxTokens": 40, "temperature": 0.0, **changes.pop("inferenceConfig", {})}
    request = {"modelId": MODEL, "messages": user(text), "inferenceConfig": config, **changes}
    answer: dict[str, Any] = client.converse(**request)
    return answer


def text_of(answer: dict[str, Any]) -> str:
    return "".join(block["text"] for block in answer["output"]["message"]["content"])


def test_stream_and_whole_answer_agree(runtime: Any) -> None:
    whole = ask(runtime)
    stream = runtime.converse_stream(
        modelId=MODEL, messages=user(COUNT), inferenceConfig={"maxTokens": 40, "temperature": 0.0}
    )["stream"]
    events = list(stream)
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart"
    assert kinds[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(deltas) == text_of(whole)
    assert "".join(deltas)
    metadata = events[-1]["metadata"]
    assert metadata["usage"] == whole["usage"]
    assert metadata["usage"]["outputTokens"] == 40 == len(deltas)
    assert metadata["metrics"]["latencyMs"] > 0
    assert events[-2]["messageStop"]["stopReason"] == whole["stopReason"] == "max_tokens"


def test_temperature_zero_repeats_itself_also_beside_others(runtime: Any) -> None:
    alone = text_of(ask(runtime))
    answers: list[str] = []
    noise = {"temperature": 1.0}

    def one(config: dict[str, float]) -> None:
        answer = text_of(ask(runtime, inferenceConfig=config))
        if not config:
            answers.append(answer)

    threads = [threading.Thread(target=one, args=(noise if index % 2 else {},)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [alone] * 3


def test_a_seed_repeats_sampling_and_another_changes_it(runtime: Any) -> None:
    def sample(seed: int) -> str:
        config = {"temperature": 1.0}
        fields = {"seed": seed}
        return text_of(
            ask(runtime, "Tell a story.", inferenceConfig=config, additionalModelRequestFields=fields)
        )

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in (1, 2, 3)}) > 1


@pytest.mark.parametrize(
    "narrowed", [{"inferenceConfig": {"topP": 0.0}}, {"additionalModelRequestFields": {"top_k": 1}}]
)
def test_top_p_and_top_k_at_their_narrowest_take_the_most_likely_token(
    runtime: Any, narrowed: dict[str, Any]
) -> None:
    greedy = text_of(ask(runtime, "Tell a story."))
    config = {"temperature": 1.0, **narrowed.get("inferenceConfig", {})}
    fields = narrowed.get("additionalModelRequestFields", {})
    sampled = ask(runtime, "Tell a story.", inferenceConfig=config, additionalModelRequestFields=fields)
    assert text_of(sampled) == greedy


def test_how_likely_each_token_was_is_told_where_asked_for(runtime: Any) -> None:
    def sure(temperature: float) -> list[float]:
        fields, config = {"logprobs": True, "seed": 3}, {"temperature": temperature, "maxTokens": 8}
        answer = ask(runtime, inferenceConfig=config, additionalModelRequestFields=fields)
        told = answer["additionalModelResponseFields"]["logprobs"]["content"]
        assert "".join(token["token"] for token in told) == text_of(answer)
        return [token["logprob"] for token in told]

    likely, sampled = sure(0.0), sure(1.0)
    assert all(log <= 0 for log in likely + sampled)
    assert len(likely) == 8
    assert "additionalModelResponseFields" not in ask(runtime, inferenceConfig={"maxTokens": 2})


def test_max_tokens_ends_the_answer(runtime: Any) -> None:
    answer = ask(runtime, inferenceConfig={"maxTokens": 3})
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 3


def test_a_stop_sequence_ends_the_answer_and_is_not_in_it(runtime: Any) -> None:
    full = text_of(ask(runtime))
    stop = full[10:13]
    answer = ask(runtime, inferenceConfig={"stopSequences": ["never in it", stop]})
    assert answer["stopReason"] == "stop_sequence"
    assert text_of(answer) == full[: full.index(stop)]


def test_the_models_own_end_is_end_turn(runtime: Any) -> None:
    answer = ask(runtime, "Say hello.", inferenceConfig={"maxTokens": 500})
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["outputTokens"] < 500


def test_a_json_schema_holds_the_output(runtime: Any) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20},
            "age": {"type": "integer", "maximum": 120},
        },
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    form = {
        "type": "json_schema",
        "structure": {"jsonSchema": {"name": "person", "schema": json.dumps(schema)}},
    }
    config = {"temperature": 1.0, "maxTokens": 200}
    answer = ask(runtime, "Describe anything.", inferenceConfig=config, outputConfig={"textFormat": form})
    person = json.loads(text_of(answer))
    assert set(person) == {"name", "age"}
    assert isinstance(person["age"], int)


def test_a_schema_the_engine_cannot_use_is_refused(runtime: Any) -> None:
    form = {"type": "json_schema", "structure": {"jsonSchema": {"name": "x", "schema": '{"type": "wat"}'}}}
    with pytest.raises(runtime.exceptions.ValidationException, match="unrecognized type wat"):
        ask(runtime, outputConfig={"textFormat": form})


def test_the_system_prompt_reaches_the_model(runtime: Any) -> None:
    plain, pirate = (
        ask(runtime, "Who are you?"),
        ask(runtime, "Who are you?", system=[{"text": "You are a pirate."}]),
    )
    assert text_of(plain) != text_of(pirate)
    assert plain["usage"]["inputTokens"] != pirate["usage"]["inputTokens"]


def test_earlier_turns_reach_the_model(runtime: Any) -> None:
    messages = [
        *user("The secret word is 'mango'."),
        {"role": "assistant", "content": [{"text": "Understood."}]},
        *user("What is the secret word?"),
    ]
    assert "mango" in text_of(ask(runtime, messages=messages))
    assert "mango" not in text_of(ask(runtime, "What is the secret word?"))


def test_characters_of_several_tokens_arrive_whole(runtime: Any) -> None:
    stream = runtime.converse_stream(
        modelId=MODEL,
        messages=user("Repeat exactly: 🎉🚀日本語"),
        inferenceConfig={"maxTokens": 20, "temperature": 0.0},
    )["stream"]
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event]
    assert "🎉" in "".join(deltas)
    assert all("\ufffd" not in delta for delta in deltas)


def test_a_full_context_is_its_own_stop_reason_and_too_long_a_prompt_is_refused(client_for: Any) -> None:
    runtime = client_for(config={"read_timeout": 280})  # 2,900 tokens of prompt take 15 seconds, or more
    answer = ask(runtime, "word " * 2900, inferenceConfig={"maxTokens": 2048}, outputConfig=ENDLESS)
    assert answer["stopReason"] == "model_context_window_exceeded"
    with pytest.raises(runtime.exceptions.ValidationException, match="Input is too long for requested model"):
        ask(runtime, "word " * 4000)


@pytest.mark.parametrize("system", [None, [{"text": "Be brief."}]])
def test_counted_tokens_are_the_input_tokens(runtime: Any, system: Any) -> None:
    extra = {} if system is None else {"system": system}
    converse = {"messages": user("How many tokens am I? 日本"), **extra}
    counted = runtime.count_tokens(modelId=MODEL, input={"converse": converse})["inputTokens"]
    used = ask(runtime, messages=converse["messages"], **extra)["usage"]
    assert counted == used["inputTokens"]
    assert used["totalTokens"] == used["inputTokens"] + used["outputTokens"]


def test_eight_at_once_all_finish(runtime: Any) -> None:
    answers: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(runtime, "Tell a story."))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(text_of(answer) for answer in answers)


def test_a_client_that_leaves_frees_its_slot(client_for: Any) -> None:
    leaver = client_for()
    streams = [
        leaver.converse_stream(
            modelId=MODEL,
            messages=user("List numbers."),
            inferenceConfig={"maxTokens": 2000},
            outputConfig=ENDLESS,
        )["stream"]
        for _ in range(8)
    ]
    for stream in streams:
        events = iter(stream)
        while "contentBlockDelta" not in next(events):
            pass
    for stream in streams:
        stream.close()
    # With a slot still held, this would wait for 2,000 tokens at an eighth of the speed: minutes.
    patient = client_for(config={"read_timeout": 25})
    assert ask(patient, inferenceConfig={"maxTokens": 5})["usage"]["outputTokens"] == 5


def test_clients_that_leave_while_waiting_for_a_slot_take_none(client_for: Any) -> None:
    impatient = client_for(config={"read_timeout": 2})
    failures: list[BaseException] = []

    def give_up() -> None:
        try:
            ask(impatient, inferenceConfig={"maxTokens": 2000}, outputConfig=ENDLESS)
        except ReadTimeoutError as error:
            failures.append(error)

    threads = [threading.Thread(target=give_up) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 16
    patient = client_for(config={"read_timeout": 25})
    assert ask(patient, inferenceConfig={"maxTokens": 5})["usage"]["outputTokens"] == 5


def test_invoke_model_in_the_chat_shape(runtime: Any) -> None:
    body = {"messages": [{"role": "user", "content": COUNT}], "max_tokens": 40, "temperature": 0}
    response = runtime.invoke_model(modelId=MODEL, body=json.dumps(body))
    answer = json.loads(response["body"].read())
    converse = ask(runtime)
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": text_of(converse)}
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["prompt_tokens"] == converse["usage"]["inputTokens"]
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-output-token-count"] == "40"
    assert response["contentType"] == "application/json"


def test_invoke_model_streaming(runtime: Any) -> None:
    body = {"messages": [{"role": "user", "content": COUNT}], "max_tokens": 10, "temperature": 0}
    response = runtime.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))
    chunks = [json.loads(event["chunk"]["bytes"]) for event in response["body"]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == text_of(ask(runtime, inferenceConfig={"maxTokens": 10}))
    metrics = chunks[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics["outputTokenCount"] == 10
    assert metrics["invocationLatency"] > 0


def test_count_tokens_of_an_invoke_body(runtime: Any) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": COUNT}]}).encode()
    counted = runtime.count_tokens(modelId=MODEL, input={"invokeModel": {"body": body}})
    assert counted["inputTokens"] == ask(runtime)["usage"]["inputTokens"]
    with pytest.raises(ClientError, match="not JSON"):
        runtime.count_tokens(modelId=MODEL, input={"invokeModel": {"body": base64.b64encode(b"\xff")}})


def test_a_fault_spoils_the_real_model_too(runtime: Any) -> None:
    stream = runtime.converse_stream(
        modelId=MODEL,
        messages=user(COUNT),
        inferenceConfig={"maxTokens": 40, "temperature": 0.0},
        additionalModelRequestFields={"fault": {"kind": "stream-throttling", "after_tokens": 4}},
    )["stream"]
    events: list[dict[str, Any]] = []
    with pytest.raises(ClientError, match="throttlingException"):
        events.extend(stream)
    text = "".join(event.get("contentBlockDelta", {}).get("delta", {}).get("text", "") for event in events)
    assert text
    assert text_of(ask(runtime)).startswith(text)
