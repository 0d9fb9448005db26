"""Untrusted Markdown to safe HTML, whole or as it grows; pure, without clock, network or environment."""

from bedrock_playground.rendering.incremental import Block, IncrementalMarkdown
from bedrock_playground.rendering.markdown import render_markdown
from bedrock_playground.rendering.template import ELEMENTS, Template, encode_template, expand_template

__all__ = [
    "ELEMENTS",
    "Block",
    "IncrementalMarkdown",
    "Template",
    "encode_template",
    "expand_template",
    "render_markdown",
]
