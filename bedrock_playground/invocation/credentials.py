"""How AWS credentials would be found, in words; never the secret itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bedrock_playground.invocation.quiet_logs import keep_words_out_of_logs

_WORDS = {
    "env": "environment variables",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a web identity",
    "sso": "single sign-on",
    "login": "an AWS login session",
    "shared-credentials-file": "the shared credentials file",
    "custom-process": "a credential process",
    "config-file": "the AWS configuration file",
    "ec2-credentials-file": "an EC2 credentials file",
    "boto-config": "a boto configuration file",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
}


_PROCESS = (OSError, ValueError, LookupError, TypeError, AttributeError)
"""What a credential process fails with that is not there, or that prints anything but AWS's JSON."""
_API_KEY = "a Bedrock API key in the environment"


def find_credentials(*, api_key: bool, profile: str | None = None) -> str | None:
    """Look through boto3's own chain, and say where it found something.

    Args:
        api_key: Whether the environment holds a Bedrock API key.
        profile: A profile of the AWS configuration files instead of the default one.

    Returns:
        In words, how the credentials were found; ``None`` where there are none.
    """
    # boto3's authentication takes a Bedrock API key before anything else.
    return _API_KEY if api_key else _keys(profile).used


@dataclass(frozen=True, slots=True)
class CredentialsReport:
    """How AWS credentials were found; no secret is in it."""

    used: str | None
    """In words, what Bedrock is called with; ``None``: nothing was found."""
    beside: str | None = None
    """What was found as well and is not used for Bedrock, because an API key comes first."""
    profile: str | None = None
    """The profile of the AWS configuration files that was read."""
    temporary: bool = False
    """Whether the keys that were found end by themselves."""


def describe_credentials(*, api_key: bool, profile: str | None = None) -> CredentialsReport:
    """Say all that was found, and what wins.

    Args:
        api_key: Whether the environment holds a Bedrock API key.
        profile: A profile of the AWS configuration files instead of the default one.
    """
    keys = _keys(profile)
    return replace(keys, used=_API_KEY, beside=keys.used) if api_key else keys


def _keys(profile: str | None) -> CredentialsReport:
    """Look through boto3's chain once: a credential process may ask the user something."""
    import botocore.exceptions  # noqa: PLC0415 - half a second of import that the local endpoint does not need
    import botocore.session  # noqa: PLC0415

    from bedrock_playground.invocation.error_words import error_words  # noqa: PLC0415 - it imports botocore

    keep_words_out_of_logs()
    session = botocore.session.Session(profile=profile)
    try:
        credentials = session.get_credentials()
    except (botocore.exceptions.BotoCoreError, *_PROCESS) as error:
        # Something is set up and broken: calls will say so, which helps more than a local model would.
        return CredentialsReport(f"a configuration that does not work ({error_words(error)})")
    if credentials is None:
        return CredentialsReport(None)
    method: str = credentials.method
    named = None if method == "env" else session.get_config_variable("profile") or "default"
    temporary = hasattr(credentials, "refresh_needed") or bool(credentials.token)
    return CredentialsReport(_WORDS.get(method, method), profile=named, temporary=temporary)


def find_region() -> str | None:
    """Return the Region that boto3's own chain names (environment, profile), or ``None``."""
    import botocore.exceptions  # noqa: PLC0415 - see above
    import botocore.session  # noqa: PLC0415

    try:
        region: str | None = botocore.session.Session().get_config_variable("region")
    except botocore.exceptions.BotoCoreError:
        # A profile that does not exist, say: the first call says so, with advice.
        return None
    return region
