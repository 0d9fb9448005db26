"""Models: what there is, what each is called, what it takes, and what it costs."""

from bedrock_playground.catalog.catalogue import Catalogue
from bedrock_playground.catalog.models import ModelOption, ModelSpec

__all__ = ["Catalogue", "ModelOption", "ModelSpec"]
