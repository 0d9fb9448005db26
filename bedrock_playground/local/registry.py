"""Which models there are, by which ids, and how the control plane describes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bedrock_playground.local.embedding import EmbeddingEngine
from bedrock_playground.local.errors import unknown_model
from bedrock_playground.local.fault_plan import KINDS, fault_model_id
from bedrock_playground.local.faults import FIXTURE_MAX_TOKENS
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.fixtures import models as fixtures
from bedrock_playground.local.llama import LlamaEngine, LlamaOptions

REGION = fixtures.REGION
TEXT_MODEL_ID = "local.smollm2-135m-instruct-v1:0"
EMBEDDING_MODEL_ID = "local.wordllama-l2-256-v1:0"
GUEST_OPTIONS = LlamaOptions(slots=4)
"""For the user's own files, which may be far larger than ours."""
PREFIXES = ("us", "eu")
"""Under these, as under a system profile's, the models here answer as well: the same models on this machine,
so that whoever has one alone can try what to do when one target fails and another does not."""
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Model:
    """One model that can be called."""

    model_id: str
    """What is sent as ``modelId``."""
    name: str
    """For people."""
    provider: str
    """Who made it; ``Test fixture`` for what is no model."""
    engine: LlamaEngine | EmbeddingEngine | None
    """What answers; ``None`` for a fixture."""
    fault_kind: str | None = None
    """The fault that the id stands for."""
    fixture: fixtures.FixtureModel | None = None
    """The test-only model that answers."""

    @property
    def max_output_tokens(self) -> int:
        """The most output tokens that may be asked for."""
        return self.engine.max_output_tokens if isinstance(self.engine, LlamaEngine) else FIXTURE_MAX_TOKENS

    @property
    def arn(self) -> str:
        """The model's ARN in the Region of this endpoint."""
        return f"arn:aws:bedrock:{REGION}::foundation-model/{self.model_id}"

    def summary(self) -> JsonObject:
        """Return the model as ListFoundationModels and GetFoundationModel describe it."""
        embeds = isinstance(self.engine, EmbeddingEngine)
        sees = ["IMAGE"] if self.fixture else []
        return {
            "modelArn": self.arn,
            "modelId": self.model_id,
            "modelName": self.name,
            "providerName": self.provider,
            "inputModalities": ["TEXT", *sees],
            "outputModalities": ["EMBEDDING" if embeds else "TEXT"],
            "responseStreamingSupported": not embeds,
            "customizationsSupported": [],
            "inferenceTypesSupported": ["ON_DEMAND"],
            "modelLifecycle": {"status": "ACTIVE"},
        }


class Registry:
    """The models of this endpoint.

    Args:
        weights: The file of the text model; ``None`` leaves that model out.
        models_dir: A folder whose ``.gguf`` files become further models, looked at anew each time.
        list_faults: Whether fault ids and test-only models are listed; they can be called in any case.
        after_load: Called when an engine has loaded a model.
    """

    def __init__(
        self,
        weights: Path | None,
        *,
        models_dir: Path | None = None,
        list_faults: bool = False,
        after_load: Callable[[], None] = lambda: None,
    ) -> None:
        self._models_dir = models_dir
        self._list_faults = list_faults
        self._after_load = after_load
        self._guests: dict[Path, LlamaEngine] = {}
        embedding = Model(EMBEDDING_MODEL_ID, "WordLlama L2 (256)", "WordLlama", EmbeddingEngine())
        self._own = [embedding]
        self.text_engine: LlamaEngine | None = None
        if weights is not None:
            self.text_engine = LlamaEngine(weights, LlamaOptions(), after_load=after_load)
            text = Model(TEXT_MODEL_ID, "SmolLM2 135M Instruct", "Hugging Face", self.text_engine)
            self._own.insert(0, text)

    def listed(self) -> list[Model]:
        """Return the models to be listed."""
        only_for_tests = [*_fixture_models(), *_fault_models()] if self._list_faults else []
        return [*self._own, *self._guest_models(), *only_for_tests]

    def profiles(self) -> list[JsonObject]:
        """Return the inference profiles to be listed: one machine has none but the test-only models'."""
        return fixtures.all_profiles() if self._list_faults else []

    @property
    def lists_tests(self) -> bool:
        """Whether what is there for tests alone is listed."""
        return self._list_faults

    def find(self, identifier: str) -> Model:
        """Return a model by its id or ARN, by an inference profile's, or by its id with a prefix.

        Raises:
            ApiError: There is no such model.
        """
        fixture = fixtures.find(identifier)
        if fixture is not None:
            return _fixture_model(fixture)
        model_id = identifier.rsplit("/", 1)[-1] if identifier.startswith("arn:") else identifier
        prefix, _, rest = model_id.partition(".")
        if prefix in PREFIXES and rest.startswith("local."):
            model_id = rest
        for model in (*self._own, *_fault_models(), *self._guest_models()):
            if model.model_id == model_id:
                return model
        raise unknown_model()

    def _guest_models(self) -> list[Model]:
        if self._models_dir is None or not self._models_dir.is_dir():
            return []
        models: dict[str, Model] = {}
        for path in sorted(self._models_dir.glob("*.gguf")):
            slug = _SLUG.sub("-", path.stem.lower()).strip("-") or "model"
            model_id = f"local.gguf-{slug}-v1:0"
            number = 2
            while model_id in models:
                model_id, number = f"local.gguf-{slug}-{number}-v1:0", number + 1
            if path not in self._guests:
                self._guests[path] = LlamaEngine(path, GUEST_OPTIONS, after_load=self._after_load)
            models[model_id] = Model(model_id, path.stem, "Local file", self._guests[path])
        return list(models.values())


def _fault_models() -> list[Model]:
    return [
        Model(fault_model_id(kind), f"Test fixture: {kind}", "Test fixture", None, kind) for kind in KINDS
    ]


def _fixture_models() -> list[Model]:
    return [_fixture_model(fixture) for fixture in fixtures.MODELS]


def _fixture_model(fixture: fixtures.FixtureModel) -> Model:
    return Model(fixture.model_id, fixture.name, "Test fixture", None, fixture=fixture)
