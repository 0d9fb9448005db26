"""Models: what there is, what each is called, what it takes, and what it costs."""

from bedrock_playground.catalog.catalogue import Catalogue
from bedrock_playground.catalog.models import ModelOption, ModelSpec
from bedrock_playground.catalog.parameters import TopK, top_k_fields, top_k_of

__all__ = ["Catalogue", "ModelOption", "ModelSpec", "TopK", "top_k_fields", "top_k_of"]
