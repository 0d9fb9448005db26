"""From every kind of ``modelId`` that Converse takes to the model behind it, by table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog import Catalogue, ModelOption, ModelSpec
from bedrock_playground.catalog.models import Profile
from bedrock_playground.catalog.resolution import Behind, behind_of, needs_asking, resolve
from bedrock_playground.catalog.snapshot import load_models

NOVA = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
COMMAND = "cohere.command-text-v14"
LOCAL = "local.smollm2-135m-instruct-v1:0"


def spec(model_id: str, name: str, *geographies: str) -> ModelSpec:
    profiles = tuple(
        Profile(f"{where}.{model_id}", "global" if where == "global" else "geographic", where)
        for where in geographies
    )
    return ModelSpec(model_id=model_id, name=name, provider=model_id.partition(".")[0], profiles=profiles)


MODELS = {
    item.model_id: item
    for item in (
        spec(NOVA, "Nova Lite", "us", "eu", "apac", "us-gov", "mars"),
        spec(HAIKU, "Claude Haiku 4.5", "us", "eu", "apac", "jp", "au", "global"),
        spec(COMMAND, "Command"),
        spec(LOCAL, "SmolLM2"),
    )
}
EAST = "arn:aws:bedrock:us-east-1"
PROFILE = f"{EAST}:123456789012:inference-profile"
GOV = "arn:aws-us-gov:bedrock:us-gov-west-1"
CHINA = "arn:aws-cn:bedrock:cn-north-1"


@pytest.mark.parametrize(
    ("model_id", "kind", "scope", "base", "priced_as"),
    [
        (NOVA, "foundation_model", "in_region", NOVA, NOVA),
        (f" {NOVA} ", "foundation_model", "in_region", NOVA, NOVA),
        (f"{NOVA}:300k", "foundation_model", "in_region", NOVA, NOVA),
        (f"{NOVA}:mm", "foundation_model", "in_region", NOVA, NOVA),
        (f"{COMMAND}:7:4k", "foundation_model", "in_region", COMMAND, COMMAND),
        (f"{EAST}::foundation-model/{NOVA}", "foundation_model", "in_region", NOVA, NOVA),
        (f"{GOV}::foundation-model/{NOVA}", "foundation_model", "in_region", NOVA, NOVA),
        (f"{CHINA}::foundation-model/{NOVA}", "foundation_model", "in_region", NOVA, NOVA),
        *(
            (f"{where}.{HAIKU}", "inference_profile", "geographic", HAIKU, f"{where}.{HAIKU}")
            for where in ("us", "eu", "apac", "jp", "au", "ca", "in", "us-gov")
        ),
        (f"global.{HAIKU}", "inference_profile", "global", HAIKU, f"global.{HAIKU}"),
        # A geography that only the catalogue's profiles know.
        (f"mars.{NOVA}", "inference_profile", "geographic", NOVA, f"mars.{NOVA}"),
        (f"{PROFILE}/us.{NOVA}", "inference_profile", "geographic", NOVA, f"us.{NOVA}"),
        (f"{PROFILE}/global.{HAIKU}", "inference_profile", "global", HAIKU, f"global.{HAIKU}"),
        (f"{EAST}:123456789012:custom-model/{NOVA}:300k/abcdefghijkl", "custom", "other", NOVA, None),
        (f"{EAST}:123456789012:custom-model/{COMMAND}:7:4k/abcdefghijkl", "custom", "other", COMMAND, None),
        (LOCAL, "local", "local", LOCAL, LOCAL),
        (f"us.{LOCAL}", "local", "local", LOCAL, LOCAL),
        (f"eu.{LOCAL}", "local", "local", LOCAL, LOCAL),
    ],
)  # fmt: skip
def test_ids_that_tell_their_model(
    *, model_id: str, kind: str, scope: str, base: str, priced_as: str | None
) -> None:
    found = resolve(model_id, MODELS)
    assert (found.kind, found.scope, found.base_ids) == (kind, scope, (base,))
    assert found.spec is MODELS[base]
    assert found.priced_as == priced_as
    assert MODELS[base].name in found.explanation


@pytest.mark.parametrize(
    ("resource", "kind", "scope", "tells"),
    [
        ("application-inference-profile/abc123", "application_profile", "application", "GetInferenceProfile"),
        ("provisioned-model/abcdefghijkl", "provisioned", "other", "GetProvisionedModelThroughput"),
        ("custom-model-deployment/abcdefghijkl", "custom", "other", "GetCustomModel"),
        ("imported-model/abcdefghijkl", "imported", "other", "the account's own"),
        ("prompt-router/abcdef", "prompt_router", "other", "GetPromptRouter"),
        ("default-prompt-router/anthropic.claude:1", "prompt_router", "other", "GetPromptRouter"),
        ("prompt/ABCDEFGHIJ:2", "prompt", "other", "its own model"),
    ],
)
def test_arns_that_only_the_account_can_tell(*, resource: str, kind: str, scope: str, tells: str) -> None:
    arn = f"{EAST}:123456789012:{resource}"
    found = resolve(arn, MODELS)
    assert (found.kind, found.scope, found.base_ids, found.spec) == (kind, scope, (), None)
    assert tells in found.explanation
    assert needs_asking(found)
    told = resolve(arn, MODELS, behind={arn: [NOVA]})
    assert told.base_ids == (NOVA,)
    assert told.spec is MODELS[NOVA]
    denied = resolve(arn, MODELS, behind={arn: Behind(problem="It needs bedrock:Something.")})
    assert denied.base_ids == ()
    assert "It needs bedrock:Something." in denied.explanation


@pytest.mark.parametrize("made_from", ["imported", "abc", "a/b"])
def test_a_custom_model_names_its_model_only_by_a_models_id(made_from: str) -> None:
    found = resolve(f"{EAST}:123456789012:custom-model/{made_from}/abcdefghijkl", MODELS)
    assert (found.kind, found.base_ids, found.spec) == ("custom", (), None)
    assert "GetCustomModel" in found.explanation
    assert needs_asking(found)


def test_a_local_id_that_nobody_knows_is_not_said_to_be_an_accounts() -> None:
    found = resolve("local.unheard-of-v1:0", MODELS)
    assert (found.kind, found.spec) == ("unknown", None)
    assert "local endpoint" in found.explanation
    assert not {"account", "snapshot", "costs"} & set(found.explanation.replace(",", "").split())


def test_a_marketplace_endpoint_is_said_to_be_one() -> None:
    found = resolve("arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine", MODELS)
    assert (found.kind, found.scope, found.resolved) == ("marketplace", "other", False)


@pytest.mark.parametrize(
    ("model_id", "words"),
    [
        ("", "No model"),
        ("newco.model-1-v1:0", "nothing is known"),
        ("us.newco.model-1-v1:0", "nothing is known"),
        ("abc123", "only the account"),
        ("arn:aws:s3:::bucket/key", "no kind that Converse takes"),
        (f"{EAST}:123456789012:agent/ABC", "no kind that Converse takes"),
        ("what is this?", "no such text"),
        (f"{EAST}::foundation-model/newco.model-1-v1:0", "nothing is known"),
    ],
)
def test_what_nobody_knows_is_never_guessed(model_id: str, words: str) -> None:
    found = resolve(model_id, MODELS)
    assert not found.resolved
    assert found.priced_as is None
    assert words in found.explanation


def test_a_profile_that_the_catalogue_does_not_list_is_doubted() -> None:
    assert "may not exist" in resolve(f"ca.{HAIKU}", MODELS).explanation
    assert "may not exist" not in resolve(f"us.{HAIKU}", MODELS).explanation


@pytest.mark.parametrize(
    ("base", "regions", "priced_as"),
    [
        (HAIKU, ("us-east-1",), HAIKU),
        (HAIKU, ("us-east-1", "us-west-2"), f"us.{HAIKU}"),
        (HAIKU, ("", "us-east-1"), f"global.{HAIKU}"),
        (HAIKU, ("", ), f"global.{HAIKU}"),
        (HAIKU, ("eu-west-1", "eu-central-1"), f"eu.{HAIKU}"),
        # apac, au or jp: the Regions do not tell which, and prices may differ.
        (HAIKU, ("ap-southeast-2", "ap-southeast-4"), None),
        (NOVA, ("us-gov-west-1", "us-gov-east-1"), f"us-gov.{NOVA}"),
        (NOVA, ("", "us-east-1"), None),
    ],
)  # fmt: skip
def test_an_application_profile_is_priced_as_what_it_was_made_from(
    *, base: str, regions: tuple[str, ...], priced_as: str | None
) -> None:
    arn = f"{EAST}:123456789012:application-inference-profile/abc123"
    told = behind_of([f"arn:aws:bedrock:{region}::foundation-model/{base}" for region in regions], name="x")
    assert told.regions == regions
    found = resolve(arn, MODELS, behind={arn: told})
    assert (found.kind, found.spec, found.priced_as) == ("application_profile", MODELS[base], priced_as)
    assert "“x”" in found.explanation


def test_a_bare_profile_id_resolves_once_the_account_told() -> None:
    assert needs_asking(resolve("abc123", MODELS))
    found = resolve("abc123", MODELS, behind={"abc123": [HAIKU]})
    assert (found.kind, found.spec) == ("application_profile", MODELS[HAIKU])


def test_a_router_stands_before_several_models() -> None:
    arn = f"{EAST}:123456789012:prompt-router/abc"
    told = behind_of([f"{EAST}:1:inference-profile/us.{HAIKU}", f"{EAST}::foundation-model/{NOVA}"])
    found = resolve(arn, MODELS, behind={arn: told})
    assert found.base_ids == (HAIKU, NOVA)
    assert (found.spec, found.priced_as) == (None, None)
    assert "Claude Haiku 4.5 or Nova Lite" in found.explanation


@pytest.mark.parametrize("kind", ["provisioned-model/abcdefghijkl", "custom-model-deployment/abcdefghijkl"])
def test_what_is_not_paid_by_the_listed_token_price_has_none(kind: str) -> None:
    arn = f"{EAST}:123456789012:{kind}"
    assert resolve(arn, MODELS, behind={arn: [NOVA]}).priced_as is None


@given(st.text(max_size=80))
def test_any_text_gets_an_answer_in_words(text: str) -> None:
    found = resolve(text, MODELS)
    assert found.explanation.endswith(".")
    assert found.resolved == (found.spec is not None)


def test_every_id_of_the_snapshot_resolves_to_its_own_model() -> None:
    models = load_models()
    for model in models.values():
        assert resolve(model.model_id, models).spec is model
        for profile in model.profiles:
            found = resolve(profile.profile_id, models)
            assert (found.spec, found.scope) == (model, profile.scope)


def test_a_closed_catalogue_says_why_something_cannot_be_called() -> None:
    listed = ModelOption(model_id=LOCAL, name="SmolLM2", provider="HF", scope="local")
    known = ModelOption(model_id=NOVA, name="Nova Lite", provider="Amazon", listed=False)
    here = Catalogue((listed, known), models=MODELS, closed=True)
    assert here.callable_here(LOCAL)
    assert here.callable_here(f"eu.{LOCAL}")
    assert here.callable_here("local.fault-cut-v1:0"), "faults can be called without being listed"
    assert "Nova Lite is not on this machine" in (here.why_not_callable(NOVA) or "")
    assert Catalogue((listed, known), models=MODELS).callable_here(NOVA)
