"""From a case to what a contender is asked; and a quicker way to a model's own request, case after case."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.values import InvocationRequest, Json, Message, TextBlock
from bedrock_playground.patterns.backing import Shape
from bedrock_playground.presets.template import fill, names_in

_REMEMBERED = 128
"""Requests that are remembered; more only where every case has a system prompt of its own."""
_PLAIN = InvocationRequest(model_id="", messages=())


def asked_of(spec: EvaluationSpec, contender: Contender, case: Case) -> InvocationRequest:
    """Make what a contender is asked for a case; its ``model_id`` is empty.

    Raises:
        TemplateUnfilled: The case lacks an input that a template names.
    """
    prompt, system = templates_of(spec, contender)
    return InvocationRequest(
        model_id="",
        messages=(Message.user(fill(prompt, case.inputs)),),
        system=fill(system, case.inputs) if system else None,
        output_config=schema_config(spec.output_schema) if spec.output_schema else None,
    )


def templates_of(spec: EvaluationSpec, contender: Contender) -> tuple[str, str | None]:
    """The prompt's and the system prompt's template of a contender."""
    prompt = spec.prompt if contender.prompt is None else contender.prompt
    return prompt, spec.system if contender.system is None else contender.system or None


def missing_inputs(spec: EvaluationSpec, case: Case) -> dict[str, tuple[str, ...]]:
    """The inputs that a case lacks, by contender's name; empty: it can be asked."""
    found = {}
    for contender in spec.contenders:
        lacking = tuple(name for name in names_in(*templates_of(spec, contender)) if name not in case.inputs)
        if lacking:
            found[contender.name] = lacking
    return found


def schema_config(schema: str) -> dict[str, Json]:
    """Ask for an answer that follows a JSON schema, as :func:`asked_schema` reads it back."""
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}


class RememberedShape:
    """Makes requests as another :data:`~bedrock_playground.patterns.backing.Shape` does, but each kind once.

    A model's rules look at a prompt only for whether it is there. So where nothing but the prompt differs,
    the request made for the first one is the next one's too, with the text exchanged; refusals, adjustments
    and warnings are the same for each text. Whatever has more than one plain text in it is made anew.
    """

    def __init__(self, shape: Shape) -> None:
        """Remember what another one makes."""
        self._shape = shape
        self._known: OrderedDict[tuple[Variant, str | None, str | None], BuiltRequest] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        """Make a request."""
        text = _only_text(asked)
        if text is None:
            return self._shape(variant, asked)
        key = (variant, asked.system, asked_schema(asked))
        with self._lock:
            built = self._known.get(key)
        if built is not None:
            return _with_text(built, text)
        built = self._shape(variant, asked)
        if _with_text(built, text) == built:
            with self._lock:
                self._known[key] = built
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return built


def _only_text(asked: InvocationRequest) -> str | None:
    """The prompt of something that asks one plain text and nothing else; ``None`` if it asks more."""
    if len(asked.messages) != 1 or len(asked.messages[0].content) != 1:
        return None
    (block,) = asked.messages[0].content
    bare = replace(asked, model_id="", messages=(), system=None, output_config=None)
    if not isinstance(block, TextBlock) or not block.text.strip() or bare != _PLAIN:
        return None
    return block.text if asked.output_config is None or asked_schema(asked) is not None else None


def _with_text(built: BuiltRequest, text: str) -> BuiltRequest:
    """The same request with another prompt: the first text of the first message is exchanged."""
    first, *others = built.request.messages
    blocks = list(first.content)
    for index, block in enumerate(blocks):
        if isinstance(block, TextBlock):
            blocks[index] = TextBlock(text)
            break
    messages = (replace(first, content=tuple(blocks)), *others)
    return replace(built, request=replace(built.request, messages=messages))
