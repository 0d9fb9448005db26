"""What one connection can call, laid over what the snapshot knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bedrock_playground.catalog.models import ModelOption, ModelSpec
from bedrock_playground.catalog.resolution import Behind, Resolution, is_local, resolve


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one connection can call, and what stood in the way of knowing more.

    It also holds what the connection does not list but the snapshot knows, so that anybody can look at any
    Bedrock model's rules and prices: :attr:`ModelOption.listed` tells them apart.
    """

    options: tuple[ModelOption, ...]
    """Sorted as they should be offered: what the connection lists first."""
    problem: str | None = None
    """In words, why the list is short or empty; ``None`` if nothing is missing."""
    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    """What is known, by foundation model id: what the account tells over what the snapshot says."""
    behind: Mapping[str, Behind] = field(default_factory=dict)
    """What stands behind the ids that only this account knows."""
    closed: bool = False
    """Whether nothing can be called that is not listed: true of the local endpoint, whose models are all that
    there is. An AWS account may also reach what it did not list, or was not allowed to."""
    _by_id: dict[str, ModelOption] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {option.model_id: option for option in reversed(self.options)})

    @property
    def listed(self) -> tuple[ModelOption, ...]:
        """The options that the connection itself lists."""
        return tuple(option for option in self.options if option.listed)

    def get(self, model_id: str) -> ModelOption | None:
        """The option of that id, or ``None`` for one that was typed and is not known."""
        return self._by_id.get(model_id)

    def why_not_callable(self, model_id: str) -> str | None:
        """In words, why a request to this id cannot be answered here; ``None`` where it may be."""
        option = self.get(model_id)
        if not self.closed or (option is not None and option.listed) or is_local(model_id):
            return None
        if not model_id.strip():
            return "No model is picked."
        return (
            f"{option.name if option else model_id} is not on this machine: the local endpoint answers with "
            "its own models alone. Connect to Amazon Bedrock to call it."
        )

    def callable_here(self, model_id: str) -> bool:
        """Whether a request to this id may be answered here; ``False`` only where that is certain."""
        return self.why_not_callable(model_id) is None

    def resolve(self, model_id: str) -> Resolution:
        """Find the model behind an id, as far as it is known without asking anybody."""
        return resolve(model_id, self.models, behind=self.behind)
