"""What a cascade asks of an answer before it is good enough: each criterion is a value that gives a verdict.

A cascade goes through its criteria in order and stops at the first that is not met, so the cheap ones come
first: those that look (:mod:`~bedrock_playground.patterns.criteria_looking`), then those that ask
(:mod:`~bedrock_playground.patterns.criteria_asking`).
"""

from __future__ import annotations

from typing import TypeAlias

from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused

Criterion: TypeAlias = FollowsSchema | Matches | Ended | NotRefused | Likely | Agrees | Scored
"""Anything that a cascade can ask of an answer."""
