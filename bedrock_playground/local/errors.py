"""Errors as Bedrock's REST-JSON protocol spells them."""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """A request that is answered with an error.

    Args:
        code: The error's name on the wire (``x-amzn-errortype``), such as ``ValidationException``.
        message: What happened, in the words of the real service where they are known.
        status: The HTTP status.
        fields: Further members of the error's JSON body, such as ``originalStatusCode``.
        headers: Further HTTP headers, such as ``Retry-After``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        fields: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})


def invalid(message: str) -> ApiError:
    """A request that the model or the API cannot accept: ``ValidationException``, 400."""
    return ApiError("ValidationException", message)


def constraint(value: object, path: str, rule: str) -> ApiError:
    """A value outside its limits, in the service's own phrasing.

    Args:
        value: The value as it was sent.
        path: Where it is, such as ``inferenceConfig.temperature``.
        rule: What it should have been, such as ``have value less than or equal to 1``.
    """
    shown = "null" if value is None else f"'{value}'"
    return invalid(
        f"1 validation error detected: Value {shown} at '{path}' failed to satisfy constraint: "
        f"Member must {rule}"
    )


def unknown_model() -> ApiError:
    """The model id names nothing here: the text Bedrock uses."""
    return invalid("The provided model identifier is invalid.")
