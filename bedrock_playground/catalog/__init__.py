"""Models: what there is, what each is called, and how its own parameters are sent."""

from bedrock_playground.catalog.models import Catalogue, ModelSpec
from bedrock_playground.catalog.parameters import TopK, top_k_fields, top_k_of

__all__ = ["Catalogue", "ModelSpec", "TopK", "top_k_fields", "top_k_of"]
