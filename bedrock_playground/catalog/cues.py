"""The cue words of the exam's questions: a table from phrases to settings, and nothing more.

Grouped by what they set; every phrase may stand anywhere in a scenario, whole words only, whatever the case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from bedrock_playground.catalog.search import Capability

Value: TypeAlias = str | int | float | bool | Decimal
"""What a setting is set to."""

LONG_DOCUMENTS = 200_000
"""The context that is taken to be meant where somebody says "long documents" and no number."""

LONG_INPUT = 100_000
"""The input of one request that is then reckoned with: half of that context, and a guess as well."""

REGION = r"(?:us-gov|us|eu|ap|ca|sa|me|af|il|mx)-(?:north|south|east|west|central)\w*-\d"
"""A Region's code, as a pattern."""

_NEED = "needs"


@dataclass(frozen=True, slots=True)
class Cue:
    """Phrases that mean the same."""

    pattern: re.Pattern[str]
    """The phrases."""
    sets: tuple[tuple[str, Value], ...]
    """Fields of :class:`~bedrock_playground.catalog.requirements.Scenario` and their values."""
    skill: str | None = None
    """The exam guide's skill that they belong to, where one fits."""


def _cue(*phrases: str, sets: tuple[tuple[str, Value], ...], skill: str | None = None) -> Cue:
    whole_words = rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)"
    return Cue(re.compile(whole_words, re.IGNORECASE), sets, skill)


_THINGS = "(?:requests|messages|calls|tickets|reviews|documents|e-?mails|users|items|records|invoices)"
_STAYS = "(?:stay|remain|kept|stored|processed|hosted|resid(?:e|ing)) (?:only )?(?:with)?in (?:the )?"
# An agent of flesh and blood takes no tools: what stands before the word tells.
_NOT_HUMAN = "".join(
    f"(?<!{word} )"
    for word in ("center", "centre", "support", "service", "human", "sales", "live", "desk", "estate",
                 "insurance", "travel", "field")
)  # fmt: skip

CUES: tuple[Cue, ...] = (
    # Price
    _cue(
        "cost[- ](?:sensitive|effective|conscious|optimi[sz]ed)", "low[- ]cost",
        "(?:tight|limited|small|low) budget", r"budget[- ]\w+",
        "cheap(?:ly)?", r"reduce (?:the )?(?:inference )?cost\w*", "inexpensive(?:ly)?", r"affordab\w+",
        sets=(("price", 9),), skill="4.1.2",
    ),
    _cue(
        "most cost[- ]effective(?:ly)?", "lowest(?: possible)?[- ](?:cost|price)", "cheapest",
        "least expensive", r"minimi[sz]e (?:the )?(?:\w+ )?costs?",
        sets=(("price", 10), ("accuracy", 2)), skill="4.1.2",
    ),
    _cue(
        "high[- ](?:volumes?|throughput)", "large (?:volumes?|numbers?) of requests",
        rf"(?:millions|thousands|billions) of (?:\w+ ){{0,2}}{_THINGS}",
        rf"\d[\d,.]* (?:million|thousand|billion) (?:\w+ ){{0,2}}{_THINGS}",
        "(?:millions|thousands|billions) (?:per|a|each|every) (?:day|hour|minute|month)",
        "at (?:massive |large )?scale",
        sets=(("price", 9), ("speed", 7),), skill="4.1.2",
    ),
    _cue(
        "(?:cost|budget|price) is (?:not|no) (?:an? )?(?:issue|concern|constraint|object)",
        "regardless of (?:the )?(?:cost|price)",
        sets=(("price", 0),), skill="1.2.1",
    ),
    # Speed
    _cue(
        "(?:strict|low|lowest|ultra-low|minimal|tight)[- ]latency",
        "latency[- ](?:sensitive|critical|requirements?)", "real[- ]?time", "near[- ]real[- ]?time",
        "interactive", r"respond\w* (?:quickly|fast|instantly|immediately)", r"fast(?:est)? respon\w+",
        "chat ?bots?", "voice assistants?", "sub-?second", "milliseconds",
        sets=(("speed", 9),), skill="4.2.1",
    ),
    _cue(
        "overnight", "nightly", r"batch (?:jobs?|process\w*|inference|workloads?)", r"asynchronous\w*",
        "offline", "not time[- ]sensitive",
        r"latency is (?:not|no) (?:an? )?(?:\w+ )?(?:concern|critical|important|issue|requirement)",
        sets=(("speed", 1),), skill="4.1.2",
    ),
    # Accuracy
    _cue(
        r"complex (?:\w+ ){0,2}(?:reasoning|analysis|questions|problems?)",
        r"multi-?step (?:\w+ )?(?:reasoning|problems?|logic)", "advanced reasoning",
        "deep(?:er)? (?:reasoning|analysis)", r"mathematic\w+", "chain of thought",
        "step[- ]by[- ]step reasoning",
        sets=(("accuracy", 10), ("speed", 3), (_NEED, Capability.REASONING)), skill="1.2.1",
    ),
    _cue(
        "high(?:est)?[- ](?:accuracy|quality)", "most (?:accurate|capable)", "best (?:possible )?quality",
        "accuracy is (?:critical|paramount|essential|the priority)", "mission[- ]critical",
        "(?:legal|medical|clinical|financial) (?:advice|analysis|documents?|records?|reports?|review)",
        "regulatory impact", "high[- ]stakes", "nuanced",
        sets=(("accuracy", 9),), skill="1.2.1",
    ),
    _cue(
        r"simple (?:\w+ ){0,2}(?:tasks?|classification|questions?|queries|requests?|routing|extraction)",
        r"simple (?:\w+ ){0,2}(?:FAQs?|sentiment(?: analysis)?|summar\w+|lookups?|answers?|chat ?bots?)",
        r"basic (?:\w+ )?(?:tasks?|questions?|classification)", "straightforward", "short answers?",
        "lightweight",
        sets=(("accuracy", 2), ("speed", 7),), skill="1.2.1",
    ),
    # Tasks
    _cue(
        "embeddings?", "semantic search", r"vector (?:search|stores?|databases?|index\w*)",
        "similarity search", r"knowledge base index\w*",
        sets=(("task", "embeddings"),), skill="1.5.2",
    ),
    _cue(
        r"summari[sz]\w+", "summary", "summaries", r"condens\w+", "digests?",
        sets=(("task", "summarisation"),), skill="1.2.1",
    ),
    _cue(
        r"classif\w+", r"categori[sz]\w+", "sentiment", "labell?ing", r"triag\w+", "routing tickets",
        r"route (?:\w+ ){0,2}(?:tickets|emails|requests)", "moderation",
        r"moderat(?:e|es|ing) (?:\w+ ){0,2}(?:content|posts?|comments?|messages|images|texts?|reviews)",
        "detect(?:ing)? (?:spam|fraud|intent)",
        sets=(("task", "classification"),), skill="1.2.1",
    ),
    _cue(
        "question[- ]answering", r"answer\w* (?:\w+ ){0,3}questions?", "Q ?& ?A", "FAQs?", "help ?desk",
        "knowledge base", "RAG", "retrieval[- ]augmented",
        sets=(("task", "question_answering"),), skill="1.2.1",
    ),
    _cue(
        r"generat\w+ (?:\w+ ){0,3}(?:text|content|copy|articles?|descriptions?|stor(?:y|ies))",
        r"generat\w+ (?:\w+ ){0,3}(?:code|e-?mails?|drafts?)",
        "creative writing", "copywriting", "marketing copy",
        r"draft\w* (?:\w+ ){0,2}(?:emails?|replies|content|copy)", "writ(?:e|ing) (?:code|content|copy)",
        sets=(("task", "generation"),), skill="1.2.1",
    ),
    # What it must be able to do
    _cue(
        "structured (?:output|data|response)s?", "JSON(?: schema| output| format)?", "machine[- ]readable",
        r"schema[- ]conform\w+", r"extract\w* (?:\w+ ){0,3}fields",
        sets=((_NEED, Capability.JSON),), skill="3.1.3",
    ),
    _cue(
        _NOT_HUMAN + "agents?", "agentic", "tool (?:use|calling|calls?)", "function calling",
        r"call\w* (?:external |internal )?(?:APIs?|tools?|functions?)", "use (?:of )?tools",
        r"orchestrat\w+ (?:tools|actions)",
        sets=((_NEED, Capability.TOOLS),),
    ),
    _cue(
        "images?", "photos?", "pictures?", "screenshots?", "scanned", "diagrams?", "charts? from",
        "visual(?:ly)?", "multi-?modal", "vision",
        sets=((_NEED, Capability.IMAGES),), skill="1.2.1",
    ),
    _cue(
        "PDFs?", "word documents?", "docx", "spreadsheets?", "uploaded (?:documents|files)",
        "document files",
        sets=((_NEED, Capability.DOCUMENTS),),
    ),
    _cue(
        "videos?", "footage", "video (?:clips|recordings|files)",
        sets=((_NEED, Capability.VIDEO),), skill="1.2.1",
    ),
    _cue(
        r"audio(?: \w+)?", "(?:voice|call|sound|meeting) recordings", "recorded (?:calls|meetings|speech)",
        "spoken (?:words?|questions?|language|input)", "podcasts?",
        sets=((_NEED, Capability.AUDIO),), skill="1.2.1",
    ),
    _cue(
        r"stream\w* (?:the )?(?:responses?|answers?|output|tokens?)", "token by token",
        "as it is generated", "typing effect", "streaming",
        sets=((_NEED, Capability.STREAMING),), skill="2.4.2",
    ),
    _cue(
        r"prompt cach\w+", "cached? prompts?",
        r"(?:same|repeated|reused?|identical) (?:\w+ )?(?:system prompt|context|prefix|instructions)",
        sets=((_NEED, Capability.CACHING),), skill="4.1.4",
    ),
    _cue(
        "system prompts?", "persona", "brand voice", "tone of voice",
        sets=((_NEED, Capability.SYSTEM),),
    ),
    # Context
    _cue(
        r"(?:long|large|lengthy|entire|whole) (?:\w+ ){0,2}(?:documents?|contracts?|reports?|transcripts?)",
        r"(?:long|large|lengthy|entire|whole) (?:\w+ ){0,2}(?:books?|contexts?|inputs?|manuals?|files)",
        r"(?:large|entire|whole) (?:code ?bases?|repositor(?:y|ies))",
        "hundreds of pages",
        sets=(("min_context", LONG_DOCUMENTS), ("input_tokens", LONG_INPUT)), skill="1.2.1",
    ),
    # Places
    _cue(
        "GDPR", "EU data residency",
        _STAYS + "(?:EU|European Union|Europe)(?!-)",
        _STAYS + "(?:Frankfurt|Ireland|Paris|Stockholm|Germany|France)",
        r"European (?:data|customers|regulat\w+|Union)", r"data residency in (?:the )?(?:EU|Europe\w*)",
        "within the EU",
        r"EU (?:Regions?|customers|regulat\w+|data)",
        sets=(("residency", "eu"),), skill="1.2.3",
    ),
    _cue(
        _STAYS + "(?:US|USA|United States)(?!-)",
        "US data residency", "within the (?:US|United States)",
        sets=(("residency", "us"),), skill="1.2.3",
    ),
    _cue(
        "GovCloud", "FedRAMP High", "ITAR",
        sets=(("residency", "us-gov"),),
    ),
    _cue(
        _STAYS + "(?:Japan|Tokyo)",
        r"Japanese (?:data|regulat\w+)", "data residency in Japan",
        sets=(("residency", "jp"),),
    ),
    _cue(
        _STAYS + "(?:Australia|Sydney)",
        r"Australian (?:data|regulat\w+)", "data residency in Australia",
        sets=(("residency", "au"),),
    ),
    _cue(
        "single[- ]Region", "one (?:AWS )?Region only",
        "(?:must not|cannot|never|may not) leave the Region", r"no cross[- ]Region\w*",
        "within (?:a single|one|the same) Region",
        rf"(?:(?:must |may |should |can)?not|can't|never) leave (?:the )?{REGION}", rf"{_STAYS}{REGION}",
        rf"only in (?:the )?{REGION}", rf"{REGION}(?: Region)? only",
        sets=(("in_region_only", True),), skill="1.2.3",
    ),
)  # fmt: skip
"""All of them."""
