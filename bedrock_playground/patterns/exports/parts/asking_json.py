"""Asking for JSON: by schema where the model takes one, and in words everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Reply

JsonMember: TypeAlias = Callable[[str, Course, str], Reply]
"""Told a prompt, the course and the JSON schema of the answer."""
