r"""Values as POSIX shell source, and the files that a shell script reads; pure.

A request's JSON stands in a here-document whose delimiter is quoted: nothing in it is expanded. A prompt's
line breaks are ``\n`` there, so no line of it can end the document.
"""

from __future__ import annotations

import re
from typing import Any

from bedrock_playground.presets.exports.call import Call
from bedrock_playground.presets.exports.values import pretty_json
from bedrock_playground.presets.formats.values import ExportedFile

REQUEST_FILE = "request.json"
"""Where the request lies that has attachments: base64 of megabytes is nothing to read in a script."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%+-]+")


def quoted(text: str) -> str:
    """Write one word, quoted if it has to be."""
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def request_document(call: Call, request: dict[str, Any]) -> tuple[str, tuple[ExportedFile, ...]]:
    """Put a request where a script can read it.

    Returns:
        Either a here-document that gives it to a command, and no files; or an empty text and
        :data:`REQUEST_FILE`.
    """
    text = pretty_json(request)
    if call.files:
        return "", (ExportedFile(REQUEST_FILE, text + "\n", "json"),)
    return f" <<'JSON'\n{text}\nJSON", ()
