"""A pattern as a stand-alone Python module: boto3, the standard library, and the same decisions."""

from __future__ import annotations

from bedrock_playground.patterns.exports.assembly import body_of, imports_of, needed
from bedrock_playground.patterns.exports.member_requests import asked_of
from bedrock_playground.patterns.exports.python_patterns import arrange
from bedrock_playground.patterns.exports.python_script import Script, one_line
from bedrock_playground.patterns.exports.values import Context, Exported
from bedrock_playground.patterns.exports.writing import literal
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.walking import parts_of
from bedrock_playground.presets.formats.values import ExportedFile

_HEAD = '''\
"""{title}: a pattern that answers a prompt by several calls of Amazon Bedrock.

As Bedrock Playground's Patterns page arranged it, with the same requests and the same decisions.
Needs: pip install boto3. Credentials come from the environment or the AWS configuration;
AWS_ENDPOINT_URL_BEDROCK_RUNTIME sends everything elsewhere, for example to a local endpoint.

    python {file} "What is the capital of France?"

Or, from Python: answer("…")["text"].
{notes}"""

'''
_ANSWER = '''\
def answer(prompt: str) -> dict[str, Any]:
    """Answer a prompt.

    Returns:
        text: the answer; stop_reason; error: why there is none; note: what is special about it; decisions:
        each with its role, its reason, and whether that role's answer was chosen; calls: each with its role,
        model, seconds, tries and error.
    """
    course = Course(region=REGION)
    return told({root}(prompt, course), course)


def main() -> int:
    """Answer the prompt of the command line."""
    parser = argparse.ArgumentParser(description="Answer a prompt; says how on standard error.")
    parser.add_argument("prompt")
    parser.add_argument("--json", action="store_true", help="print everything that was done, as JSON")
    options = parser.parse_args()
    found = answer(options.prompt)
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 1 if found["error"] else 0
    for decision in found["decisions"]:
        print(decision["text"], file=sys.stderr)
    print(found["text"])
    if found["error"]:
        print(found["error"], file=sys.stderr)
    return 1 if found["error"] else 0
'''
_FILE = "pattern.py"


def make(pattern: Pattern, context: Context) -> Exported:
    """Write the module.

    Args:
        pattern: The pattern.
        context: What is known besides it.

    Returns:
        ``pattern.py``, with what has to be known in its notes.

    Raises:
        CannotExport: Something in it cannot be exported; the message says what, why, and what to do.
    """
    hedged = any(isinstance(part, Fallback) and part.hedge is not None for part in parts_of(pattern))
    script = Script(context=context, arrange=arrange, streaming=hedged)
    _left_out(script)
    root = script.member(pattern, asked_of(context))
    parts = needed(("calling", *script.parts))
    region = literal(context.region) if context.region else None
    sections = [
        _head(pattern, script),
        imports_of(parts),
        f"\nREGION: str | None = {region}  # None: from the environment or the AWS configuration\n",
        script.constants_text(),
        *(f"\n\n{text}" for text in script.functions),
        f"\n\n{_ANSWER.replace('{root}', root)}",
        *(f"\n\n{body_of(part)}" for part in parts),
        '\n\nif __name__ == "__main__":\n    sys.exit(main())\n',
    ]
    return Exported((ExportedFile(_FILE, "".join(sections), "python"),), tuple(script.notes))


def _head(pattern: Pattern, script: Script) -> str:
    notes = "".join(f"\n- {words}" for words in script.notes)
    told = f"\nGood to know:\n{notes}\n" if notes else ""
    title = one_line(pattern.title)
    return _HEAD.format(title=(title[:1].upper() + title[1:]) or "Pattern", file=_FILE, notes=told)


def _left_out(script: Script) -> None:
    asked = script.context.asked
    if len(asked.messages) > 1:
        script.note("Earlier turns of the conversation are left out: answer() takes a prompt alone.")
    if asked.messages and len(asked.messages[-1].content) > 1:
        script.note("What was attached to the prompt is left out: answer() takes a prompt alone.")
