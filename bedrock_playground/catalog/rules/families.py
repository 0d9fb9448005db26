"""What each family of models takes: a table, keyed by the model's own id.

Facts that the snapshot has (limits, modalities, tools, levels of effort) are not repeated here: this table
holds what no source says as data, above all which parameters a family refuses and where those go that
Converse has no field for. Sources are named per row; a row stands for the models that were looked at, and is
never stretched to ids that do not exist yet.
"""

from __future__ import annotations

import re
from functools import cache

from bedrock_playground.catalog.rules.family import FIELDS, Family, Span, Thinking

AWS = "AWS, Amazon Bedrock user guide (2026-11-22)"
LIVE = "live checks in pydantic-ai-slim 2.68.0 (2026-11-22)"
BOTH = f"{AWS}; {LIVE}"
# Whether a tool can be forced beside adaptive thinking: langchain-aws, Amazon's own, tried it on Bedrock
# (pull requests 1141 and 1151, July 2026): up to Claude 4.7 refused, from Opus 4.8 on taken.


_UNIT = Span(0, 1)
_CLAUDE_T, _CLAUDE_P = Span(0, 1, 1), Span(0, 1, 0.999)
_CLAUDE_K, _CLAUDE_K_PATH = Span(0, 500), (FIELDS, "top_k")
_NOVA_T = Span(
    0,
    1,
    0.7,
    "AWS's request schema asks for a temperature of at least 0.00001, other sources for 0 and more: if 0 is "
    "refused, set 0.00001.",
    warn_below=0.00001,
)
_CHOICES = ("auto", "any", "tool")


def _claude(
    name: str,
    pattern: str,
    *,
    sampling: bool = True,
    one_of_two: bool = False,
    thinking: Thinking | None = None,
    tools: bool | None = None,
    refuses_forcing: bool = False,
) -> Family:
    return Family(
        name=name,
        pattern=re.compile(rf"anthropic\.claude-(?:{pattern})"),
        source=BOTH,
        temperature=_CLAUDE_T if sampling else None,
        top_p=_CLAUDE_P if sampling else None,
        one_of_two=one_of_two,
        top_k=_CLAUDE_K if sampling else None,
        top_k_path=_CLAUDE_K_PATH if sampling else (),
        thinking=thinking,
        system_prompt=True,
        tools=tools,
        tool_choice=("auto",) if refuses_forcing else _CHOICES,
        refuses_forcing=refuses_forcing,
        stop_not_blank=True,
        small_default=True,
    )


def _budget(effort: tuple[str, ...] = ()) -> Thinking:
    return Thinking(
        kind="budget",
        switch=(FIELDS, "thinking"),
        on={"type": "enabled"},
        off={"type": "disabled"},
        refuses_forcing=True,
        effort=("outputConfig", "effort") if effort else (),
        levels=effort,
        warning="Effort is documented for Anthropic's own API; nobody has verified it here."
        if effort
        else None,
    )


def _adaptive(
    *levels: str,
    on_by_default: bool = False,
    can_turn_off: bool = True,
    off: str = "disabled",
    takes_budget_too: bool = False,
    refuses_forcing: bool = False,
) -> Thinking:
    return Thinking(
        kind="adaptive",
        switch=(FIELDS, "thinking"),
        on={"type": "adaptive"},
        off={"type": off} if can_turn_off else None,
        effort=("outputConfig", "effort"),
        levels=levels,
        on_by_default=on_by_default,
        can_turn_off=can_turn_off,
        takes_budget_too=takes_budget_too,
        refuses_forcing=refuses_forcing,
    )


_FIVE = ("low", "medium", "high", "xhigh", "max")

_CLAUDES = (
    _claude("Claude 2 and Instant", r"instant-v1|v[12](?:[:.]|$)", tools=False),
    _claude("Claude 3 and 3.5", r"3-(?:opus|sonnet|haiku)-|3-5-"),
    _claude("Claude 3.7, 4 and 4.1", r"3-7-|(?:opus|sonnet)-4-(?:\d{8}|1-)", thinking=_budget()),
    _claude("Claude 4.5", r"(?:sonnet|haiku)-4-5", one_of_two=True, thinking=_budget()),
    _claude(
        "Claude Opus 4.5", r"opus-4-5", one_of_two=True, thinking=_budget(effort=("low", "medium", "high"))
    ),
    _claude(
        "Claude 4.6",
        r"(?:opus|sonnet)-4-6",
        one_of_two=True,
        thinking=_adaptive("low", "medium", "high", "max", takes_budget_too=True, refuses_forcing=True),
    ),
    _claude("Claude Opus 4.7", r"opus-4-7", sampling=False, thinking=_adaptive(*_FIVE, refuses_forcing=True)),
    _claude("Claude Opus 4.8", r"opus-4-8", sampling=False, thinking=_adaptive(*_FIVE)),
    _claude(
        "Claude Opus 5.5, Fable 5.1 and Mythos 5.1",
        r"opus-5-5|(?:fable|mythos)-5-[12]",
        sampling=False,
        thinking=_adaptive(*_FIVE, on_by_default=True, can_turn_off=False),
        refuses_forcing=True,
    ),
    _claude(
        "Claude Fable 5 and Mythos 5",
        r"(?:fable|mythos)-",
        sampling=False,
        thinking=_adaptive(*_FIVE, on_by_default=True, can_turn_off=False),
    ),
    _claude(
        "Claude Sonnet 5.5",
        r"sonnet-5-5",
        sampling=False,
        thinking=_adaptive(*_FIVE, on_by_default=True, off="between_tools"),
        refuses_forcing=True,
    ),
    _claude(
        "Claude 5",
        r"(?:opus|sonnet|haiku)-5",
        sampling=False,
        thinking=_adaptive(*_FIVE, on_by_default=True),
    ),
)

_NOVA_2 = Thinking(
    kind="effort",
    switch=(FIELDS, "reasoningConfig"),
    on={"type": "enabled"},
    off={"type": "disabled"},
    effort=(FIELDS, "reasoningConfig", "maxReasoningEffort"),
    levels=("low", "medium", "high"),
    level_for_on="medium",
    refuses_at_high=True,
)


def _nova(name: str, pattern: str, thinking: Thinking | None = None) -> Family:
    return Family(
        name=name,
        pattern=re.compile(rf"amazon\.nova-(?:{pattern})"),
        source=AWS,
        temperature=_NOVA_T,
        top_p=Span(0, 1, 0.9),
        top_k=Span(0, 128, 50),
        top_k_path=(FIELDS, "inferenceConfig", "topK"),
        thinking=thinking,
        system_prompt=True,
        tool_choice=_CHOICES,
    )


def _effort(
    *levels: str, on: str, off: str | None = "none", default_on: bool = False, warning: str | None = None
) -> Thinking:
    return Thinking(
        kind="effort",
        effort=(FIELDS, "reasoning_effort"),
        levels=levels,
        level_for_on=on,
        off_level=off,
        on_by_default=default_on,
        can_turn_off=off is not None,
        warning=warning,
    )


_ONLY_HIGH = "Only high was seen to make it reason."
_UNVERIFIED = Thinking(kind=None)
_ALWAYS = Thinking(kind="always", on_by_default=True, can_turn_off=False)


def _dotted(*, off: str | None) -> Thinking:
    return Thinking(
        kind="effort",
        effort=(FIELDS, "reasoning", "effort"),
        levels=("low", "medium", "high", "xhigh"),
        level_for_on="medium",
        off_level=off,
        on_by_default=True,
        can_turn_off=off is not None,
    )


def _open(  # noqa: PLR0913 - a row of the table
    name: str,
    pattern: str,
    *,
    thinking: Thinking | None = None,
    temperature: Span | None = _UNIT,
    top_p: Span | None = _UNIT,
    top_k: Span | None = None,
    top_k_path: tuple[str, ...] = (),
    top_k_refused: bool = False,
    **facts: object,
) -> Family:
    return Family(
        name=name,
        pattern=re.compile(pattern),
        source=LIVE,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        top_k_path=top_k_path,
        top_k_refused=top_k_refused,
        thinking=thinking,
        **facts,  # type: ignore[arg-type] # the rest of Family's fields
    )


def _local(name: str, pattern: str, *, ceiling: int | None = None) -> Family:
    return Family(
        name=name,
        pattern=re.compile(pattern),
        source="this app's local endpoint",
        temperature=_UNIT,
        top_p=_UNIT,
        top_k=Span(1, 500),
        top_k_path=(FIELDS, "top_k"),
        system_prompt=True,
        tools=False,
        ceiling=ceiling,
    )


_TOP_K_UNSURE = "Sources disagree on whether this model takes top-k here."

FAMILIES: tuple[Family, ...] = (
    *_CLAUDES,
    _nova("Nova", r"(?:micro|lite|pro|premier)-v1"),
    _nova("Nova 2", r"2-(?:lite|pro)", _NOVA_2),
    Family(
        name="Titan Text",
        pattern=re.compile(r"amazon\.titan-(?:text|tg1)-"),
        source=AWS,
        temperature=Span(0, 1, 0.7),
        top_p=Span(0, 1, 0.9),
        system_prompt=False,
        tools=False,
        stop_count=1,
        stop_words=("|", "User:"),
    ),
    _open(
        "Llama",
        r"meta\.llama[234]-|meta\.llama3",
        temperature=Span(0, 1, 0.5),
        top_p=Span(0, 1, 0.9),
        top_k_refused=True,
    ),
    _open(
        "Mistral 7B, Mixtral, Large and Small",
        r"mistral\.(?:mistral-7b|mixtral-8x7b|mistral-(?:large|small)-24)",
        temperature=Span(0, 1),
        top_k=Span(1, 200, None, _TOP_K_UNSURE),
        top_k_path=(FIELDS, "top_k"),
        stop_count=10,
        tool_choice=("auto", "any"),
    ),
    _open("Magistral", r"mistral\.magistral", thinking=_UNVERIFIED),
    _open("Mistral", r"mistral\.(?:mistral-large-3|ministral|pixtral|devstral|voxtral)"),
    _open(
        "Cohere Command R",
        r"cohere\.command-r",
        temperature=Span(0, 1, 0.3),
        top_p=Span(0.01, 0.99, 0.75),
    ),
    _open("Cohere Command", r"cohere\.command-(?:text|light)", system_prompt=False, tools=False),
    _open("Jamba", r"ai21\.jamba", top_p=Span(0.01, 1), top_k_refused=True),
    _open("Jurassic-2", r"ai21\.j2", top_k_refused=True, system_prompt=False, tools=False),
    _open(
        "DeepSeek R1",
        r"deepseek\.r1",
        temperature=Span(0, 1, 1),
        top_p=Span(0, 1, 1),
        top_k_refused=True,
        thinking=_ALWAYS,
        tools=False,
    ),
    _open(
        "DeepSeek V3",
        r"deepseek\.v3",
        temperature=Span(0, 1, 1),
        top_p=Span(0, 1, 1),
        top_k_refused=True,
        thinking=_effort("high", on="high", warning=_ONLY_HIGH),
    ),
    _open("Qwen3 Coder", r"qwen\.qwen3-coder"),
    _open(
        "Qwen3",
        r"qwen\.qwen3-",
        thinking=Thinking(
            kind="effort",
            effort=(FIELDS, "reasoning_config"),
            levels=("low", "medium", "high"),
            level_for_on="high",
            off_level="none",
            warning=_ONLY_HIGH,
        ),
    ),
    _open(
        "gpt-oss",
        r"openai\.gpt-oss-",
        top_k_refused=True,
        thinking=_effort("low", "medium", "high", on="medium", off=None, default_on=True),
    ),
    _open(
        "GPT",
        r"openai\.gpt-(?:6-astra|6\.1-sol)",
        temperature=None,
        top_p=None,
        top_k_refused=True,
        thinking=_dotted(off=None),
    ),
    _open(
        "GPT",
        r"openai\.gpt-5\.[45]",
        temperature=None,
        top_p=None,
        top_k_refused=True,
        thinking=_UNVERIFIED,
        warning="Nobody has confirmed that Converse serves this model.",
    ),
    _open(
        "GPT",
        r"openai\.gpt-[56]",
        temperature=None,
        top_p=None,
        top_k_refused=True,
        thinking=_dotted(off="none"),
    ),
    _open("Palmyra", r"writer\.palmyra", top_k_refused=True, thinking=_UNVERIFIED),
    _open("Gemma 3", r"google\.gemma-3"),
    _open("Gemma 4", r"google\.gemma-4", thinking=_effort("high", on="high")),
    _open(
        "GLM 5.3",
        r"zai\.glm-5\.3",
        thinking=_effort(*_FIVE, on="max", off=None, default_on=True),
        tool_choice=_CHOICES,
    ),
    _open("GLM", r"zai\.glm-", thinking=_effort("high", on="high", warning=_ONLY_HIGH), tool_choice=_CHOICES),
    _open(
        "Kimi K3",
        r"moonshotai\.kimi-k3",
        temperature=None,
        top_p=None,
        top_k_refused=True,
        thinking=_ALWAYS,
        tool_choice=_CHOICES,
    ),
    _open("Kimi", r"moonshot(?:ai)?\.kimi", thinking=_UNVERIFIED, tool_choice=_CHOICES),
    _open("MiniMax", r"minimax\.minimax", thinking=_UNVERIFIED),
    _open("Nemotron", r"nvidia\.nemotron", thinking=_UNVERIFIED),
    _open("Pegasus", r"twelvelabs\.pegasus", tools=False),
    _open(
        "Grok",
        r"xai\.grok-",
        temperature=None,
        top_p=None,
        top_k_refused=True,
        thinking=_dotted(off=None),
        tool_choice=_CHOICES,
    ),
    _local("The endpoint's test text", r"local\.fault-"),
    # The endpoint's test-only models stand for models that nobody knows.
    _local("The local model", r"local\.(?!test-)", ceiling=2048),
)
"""Most particular first."""


@cache
def family_of(base_id: str) -> Family | None:
    """Find a model's row by its own id; ``None`` for one that nobody looked at."""
    return next((family for family in FAMILIES if family.pattern.match(base_id)), None)
