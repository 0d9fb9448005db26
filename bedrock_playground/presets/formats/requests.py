"""The formats that say one request, as formats of a preset: see :mod:`bedrock_playground.presets.exports`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bedrock_playground.invocation.values import InvocationRequest, Message, TextBlock
from bedrock_playground.presets import exports
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.formats.values import Exported, RequestSource
from bedrock_playground.presets.template import fill
from bedrock_playground.presets.values import Preset

_KINDS = {
    ".py": "text/x-python",
    ".sh": "application/x-sh",
    ".mjs": "text/javascript",
    ".yaml": "application/yaml",
    ".tf": "text/plain",
}
_SUFFIXES = {
    "aws-cli": ".sh",
    "javascript-stream": ".mjs",
    "javascript": ".mjs",
    "curl": ".sh",
    "curl-api-key": ".sh",
    "cloudformation": ".yaml",
    "terraform": ".tf",
}
_LANGUAGES = {".py": "python", ".sh": "bash", ".mjs": "javascript", ".yaml": "yaml", ".tf": "hcl"}


@dataclass(frozen=True, slots=True)
class ExportedRequest:
    """A format of :data:`bedrock_playground.presets.exports.FORMATS`."""

    name: str
    """What a command line calls it."""
    label: str
    """What a page calls it."""
    suffix: str
    """The file's ending."""
    mime: str
    """The media type."""
    language: str
    """What a page highlights it as."""
    about: str
    """What it is good for, in a sentence."""
    keeps_variables: bool
    """Whether it holds a template with its variables, not the filled-in text."""

    def write_request(self, source: RequestSource) -> Exported:
        """Say a request.

        Raises:
            FileRefused: It does not fit the format.
        """
        request = source.request
        if self.keeps_variables and source.preset is not None:
            request = _unfilled(request, source.preset)
        wanted = exports.Source(
            request=request,
            region=source.region,
            name=source.name,
            description=(source.preset.description or None) if source.preset else None,
        )
        try:
            made = exports.export(self.name, wanted)
        except exports.CannotExport as refused:
            raise FileRefused("", str(refused)) from refused
        return Exported(made.text, made.notes, made.files[1:])


def _unfilled(request: InvocationRequest, preset: Preset) -> InvocationRequest:
    """Put a preset's templates back where its values were filled in: each variable stands for itself."""
    names = {variable.name: f"{{{{{variable.name}}}}}" for variable in preset.variables}
    first = request.messages[0]
    texts = [at for at, block in enumerate(first.content) if isinstance(block, TextBlock)]
    content = list(first.content)
    if texts:
        content[texts[-1]] = TextBlock(fill(preset.prompt, names))
    system = fill(preset.system, names) if preset.system and request.system is not None else request.system
    messages = (Message(first.role, tuple(content)), *request.messages[1:])
    return replace(request, messages=messages, system=system)


def _made(form: exports.Format) -> ExportedRequest:
    suffix = _SUFFIXES.get(form.id, ".py")
    return ExportedRequest(
        name=form.id,
        label=form.title,
        suffix=suffix,
        mime=_KINDS[suffix],
        language=_LANGUAGES[suffix],
        about=form.hint,
        keeps_variables=form.group == "infrastructure",
    )


FORMATS = {name: _made(form) for name, form in exports.FORMATS.items()}
"""By name, in the order in which they are offered."""
