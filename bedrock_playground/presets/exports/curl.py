"""curl, signed with SigV4 or with a Bedrock API key; no secret stands in the text."""

from __future__ import annotations

import re
import urllib.parse

from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, call_of, host_of
from bedrock_playground.presets.exports.shell_text import REQUEST_FILE, quoted, request_document
from bedrock_playground.presets.exports.values import Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_WHOLE = (
    "This is the same request to Converse, which answers in one piece: a stream would arrive in AWS's binary "
    "framing, which no terminal shows."
)
_HEAD = """\
#!/bin/sh
# One call of Amazon Bedrock, as Bedrock Playground sends it. Needs: curl 7.76 or newer
# {credentials}
# {variable} sends it elsewhere, for example to a local endpoint.
set -eu
{region}
endpoint="${{{variable}:-https://{host}}}"
path={path}
"""
_KEYS = "Credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN."
_API_KEY = "Credentials: an Amazon Bedrock API key in AWS_BEARER_TOKEN_BEDROCK."
_SIGNED = """\
set -- --aws-sigv4 "aws:amz:$region:bedrock" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
if [ -n "${AWS_SESSION_TOKEN:-}" ]; then
    set -- "$@" --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"
fi
"""
# curl 8.14 began to encode the path once more for the signature, as AWS does (its commit c19465ca55). Before
# that it signs the URL's path as it stands, so it is given the encoded one to sign and the right one to send.
_OLD_CURL = """\
# Before 8.14 curl signs the URL's path as it stands; AWS expects it encoded once more.
if curl --version | awk 'NR == 1 {{ split($2, v, "."); exit !(v[1] < 8 || (v[1] == 8 && v[2] < 14)) }}'; then
    set -- "$@" --request-target "$path" "$endpoint"{signed}
else
    set -- "$@" "$endpoint$path"
fi
"""
_SEND = """\
curl --silent --show-error --fail-with-body "$@" \\
    --header 'Content-Type: application/json' --header 'Accept: application/json' \\
    --data-binary @{where}{document}
"""


def signed(source: Source) -> Exported:
    """Export with a SigV4 signature made by curl itself.

    Raises:
        CannotExport: The request could not be sent.
    """
    path = call_of(source, streaming=False).path("converse")
    twice = urllib.parse.quote(path, safe="/")
    address = 'set -- "$@" "$endpoint$path"\n' if twice == path else _OLD_CURL.format(signed=quoted(twice))
    return _script(
        source, name="bedrock_converse_curl.sh", credentials=_KEYS, authorisation=_SIGNED + address
    )


def with_api_key(source: Source) -> Exported:
    """Export with a Bedrock API key as bearer token.

    Raises:
        CannotExport: The request could not be sent.
    """
    authorisation = 'set -- --oauth2-bearer "$AWS_BEARER_TOKEN_BEDROCK" "$endpoint$path"\n'
    return _script(
        source, name="bedrock_converse_api_key.sh", credentials=_API_KEY, authorisation=authorisation
    )


def _script(source: Source, *, name: str, credentials: str, authorisation: str) -> Exported:
    call = call_of(source, streaming=False)
    document, files = request_document(call, call.body())
    region = f"region={quoted(source.region)}" if source.region else 'region="${AWS_REGION:?Name the Region}"'
    # A Region that is not known now has AWS's own suffix: the other partitions' are known by name.
    plain = source.region is not None and re.fullmatch(r"[a-z0-9-]+", source.region)
    host = host_of(source.region) if source.region and plain else "bedrock-runtime.$region.amazonaws.com"
    head = _HEAD.format(
        credentials=credentials,
        variable=ENDPOINT_VARIABLE,
        region=region,
        host=host,
        path=quoted(call.path("converse")),
    )
    send = _SEND.format(where=REQUEST_FILE if files else "-", document=document)
    return Exported((ExportedFile(name, head + authorisation + send, "bash"), *files), (_WHOLE,))
