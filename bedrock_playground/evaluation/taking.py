"""What a contender is beyond its evaluation: a preset with the templates that it was asked with. Pure."""

from __future__ import annotations

from dataclasses import replace

from bedrock_playground.evaluation.asking import templates_of
from bedrock_playground.evaluation.spec import EvaluationSpec
from bedrock_playground.patterns.members import Solo
from bedrock_playground.presets.template import names_in
from bedrock_playground.presets.values import MAX_NAME, Preset, Variable


def preset_of_contender(spec: EvaluationSpec, label: str) -> Preset:
    """Make a preset of a contender that is a single model.

    Args:
        spec: The evaluation.
        label: The contender's letter.

    Raises:
        KeyError: There is no such contender.
        TypeError: It is a pattern.
    """
    contender = spec.contender(label)
    if not isinstance(contender.member, Solo):
        raise TypeError(f"{contender.name} is a pattern, and a preset is one model with its settings.")
    variant = contender.member.variant
    prompt, system = templates_of(spec, contender)
    # A variant's own system prompt is sent instead of the shared one.
    system = variant.system if variant.system is not None else system
    return Preset(
        name=f"{contender.name} ({spec.name})"[:MAX_NAME].strip(),
        description=f"The contender {contender.name} of the evaluation {spec.name}.",
        variant=replace(variant, system=None),
        system=system or None,
        prompt=prompt,
        variables=tuple(Variable(name=name) for name in names_in(system, prompt)),
        output_schema=spec.output_schema,
    )
