"""Every way an invocation can fail.

::

    InvocationError
    ├── Cancelled                     somebody pressed Stop
    ├── UnexpectedError               a defect of ours or of an invoker; never the service's doing
    ├── SetupError                    nothing was sent: this machine's configuration stands in the way
    │   ├── NoCredentials
    │   ├── ExpiredCredentials
    │   ├── NoRegion
    │   ├── InvalidEndpoint
    │   └── NotKept                   an evaluation could not keep beforehand that it would be sent
    ├── SpendingRefused               nothing was sent: the spending guard stands in the way
    │   ├── SpendingLimitReached
    │   ├── CostUnknown
    │   └── SpendingUncounted
    ├── PatternError                  a pattern came to no answer, or one of its calls was not sent
    │   ├── RequestRefused
    │   ├── CircuitOpen
    │   ├── NotRecorded
    │   └── NobodyAnswered
    ├── RecordUnanswered              a batch job ended without an answer to this record
    ├── ConnectionFailed              the network, before an answer began
    │   ├── ConnectTimeout
    │   ├── ReadTimeout
    │   └── TlsFailed
    ├── StreamError                   the answer began and did not end as it should
    │   ├── StreamInterrupted         cut, reset, empty, or without messageStop
    │   ├── StreamCorrupted           a checksum does not match, or a frame makes no sense
    │   ├── StallTimeout              nothing arrived for too long
    │   └── ModelStreamError          the service says that its model failed in mid-answer
    └── ServiceError                  the service said no
        ├── Throttled
        ├── ModelNotReady
        ├── ServiceUnavailable
        ├── InternalServerError
        ├── ModelTimeout
        ├── ModelError
        ├── Overloaded
        ├── ValidationFailed
        │   └── InferenceProfileRequired
        ├── QuotaExceeded
        ├── Conflict
        ├── AccessDenied
        │   └── BatchDenied
        ├── NotFound
        │   ├── ObjectNotFound
        │   ├── AccessFormNotFilled
        │   └── ModelRetired
        └── UnknownServiceError

``error_mapping`` makes these out of botocore's, urllib3's and the socket's; ``error_json`` writes and reads
them.
"""

from __future__ import annotations

from typing import ClassVar


class InvocationError(Exception):
    """Base of all; carries what happened, whether trying again can help, and what to do.

    Two errors are equal when they say the same, so that results holding them can be compared.
    """

    retryable: ClassVar[bool] = False
    """Whether the same request may succeed later."""
    advice: ClassVar[str] = "Look at the message; if it does not help, open an issue with the request id."
    """What the user can do, in one or two sentences."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Make an error.

        Args:
            message: What happened, in the service's words where it spoke.
            code: The service's error code.
            status: The HTTP status.
            request_id: The service's request id.
            retry_after: Seconds the service asks to wait before the next try.
        """
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after

    def _told(self) -> tuple[object, ...]:
        return (type(self), self.message, self.code, self.status, self.request_id, self.retry_after)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InvocationError):
            return NotImplemented
        return self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())


class Cancelled(InvocationError):
    """Somebody pressed Stop."""

    advice: ClassVar[str] = "Run again when you like; the text so far is kept."


class UnexpectedError(InvocationError):
    """A defect of ours or of an invoker; the message names the exception."""

    advice: ClassVar[str] = "This is a defect, not the service's doing. Please report it with this message."


class SetupError(InvocationError):
    """Nothing was sent: this machine's configuration stands in the way."""


class NoCredentials(SetupError):
    """No AWS credentials were found, or they could not be loaded."""

    advice: ClassVar[str] = (
        "Sign in (`aws sso login`, `aws configure`) or set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY; without an AWS account, use the local endpoint."
    )


class ExpiredCredentials(SetupError):
    """The AWS credentials were valid once, or are not accepted."""

    advice: ClassVar[str] = (
        "Renew them: `aws sso login` for SSO, a new session token for temporary keys. Keys set in the "
        "environment or in .env are read once: restart the app after renewing them. Keys that should be "
        "valid fail like this when the machine's clock is off by more than five minutes."
    )


class NoRegion(SetupError):
    """No AWS Region is configured."""

    advice: ClassVar[str] = "Set AWS_REGION (for example us-east-1) or choose a Region in the app."


class InvalidEndpoint(SetupError):
    """The endpoint's address or its authentication cannot be used."""

    advice: ClassVar[str] = (
        "Give the endpoint as http://host:port or https://host. A Bedrock API key "
        "(AWS_BEARER_TOKEN_BEDROCK) is only sent over https."
    )


class NotKept(SetupError):
    """Nothing was sent: that it would be sent could not be kept beforehand, as evaluations need it."""

    advice: ClassVar[str] = (
        "See what is wrong with the history (its folder, its disk, its database), then resume: nothing is "
        "lost."
    )


class SpendingRefused(InvocationError):
    """The spending guard stands in the way: this request was not sent."""

    advice: ClassVar[str] = "Look at the spending limits on the Connection page."


class SpendingLimitReached(SpendingRefused):
    """What it can cost at most is more than a spending limit leaves."""

    advice: ClassVar[str] = (
        "Lower max tokens, shorten the prompt or pick a cheaper model. What runs beside it gives back what "
        "it did not use when it ends. The Connection page shows the limits and what is spent."
    )


class CostUnknown(SpendingRefused):
    """Nobody knows what it costs, and nobody agreed to that."""

    advice: ClassVar[str] = (
        "Run it from the page, which asks first, or allow it on the command line by --allow-unknown-cost. A "
        "price of your own (BEDROCK_PLAYGROUND_PRICE_FILE) or max tokens, where these are missing, make the "
        "cost known."
    )


class SpendingUncounted(SpendingRefused):
    """There is a limit, and what was spent cannot be counted."""

    advice: ClassVar[str] = (
        "Check that the history's database can be reached and written: spending is counted there. Without a "
        "limit, runs do not wait for it."
    )


class PatternError(InvocationError):
    """A pattern came to no answer, or one of its calls was not sent."""

    advice: ClassVar[str] = "The pattern's trace says what happened, call by call."


class RequestRefused(PatternError):
    """Nothing was sent: the model's rules stand in the way of this request."""

    advice: ClassVar[str] = (
        "Change the settings that the message names, or choose another model for this role."
    )


class CircuitOpen(PatternError):
    """Nothing was sent: this target failed too often, and its circuit breaker is open."""

    advice: ClassVar[str] = (
        "It is tried again when the breaker has waited long enough; others answer meanwhile."
    )


class NotRecorded(PatternError):
    """A call that was not made when the answers were recorded; re-scoring sends nothing."""

    advice: ClassVar[str] = "Run the evaluation with these settings to make the call."


class NobodyAnswered(PatternError):
    """Every call that could have made the answer failed, or came too late."""

    advice: ClassVar[str] = (
        "The trace says why each one failed. Run it again, add another member, or wait longer."
    )


class RecordUnanswered(InvocationError):
    """A batch job ended without an answer to this record."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Submit the cases that have no answer again, in another batch job or in real time; what the job did "
        "answer is kept."
    )


class ConnectionFailed(InvocationError):
    """The service could not be reached, or hung up before it answered."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Check the network, proxy and Region. For a local endpoint, check that it runs and that its "
        "address is right; then retry."
    )


class ConnectTimeout(ConnectionFailed):
    """No connection within the connect timeout."""


class ReadTimeout(ConnectionFailed):
    """Connected, but no answer began within the read timeout."""

    advice: ClassVar[str] = (
        "Retry, or raise BEDROCK_PLAYGROUND_READ_TIMEOUT: large reasoning models can take minutes to begin. "
        "The service may have billed the call."
    )


class TlsFailed(ConnectionFailed):
    """The encrypted connection could not be set up."""

    retryable: ClassVar[bool] = False
    advice: ClassVar[str] = (
        "A company proxy usually causes this: point AWS_CA_BUNDLE at its certificate authority's file."
    )


class StreamError(InvocationError):
    """The answer began and did not end as it should; the partial text is kept."""


class StreamInterrupted(StreamError):
    """The stream was cut or reset, was empty, or ended without messageStop: the text may be incomplete."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Retry. The text above is incomplete and the service may have billed it. If it keeps happening, look "
        "for a proxy or firewall that ends long connections."
    )


class StreamCorrupted(StreamError):
    """A frame's checksum does not match, or a frame makes no sense."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Retry. Something between here and the service changes the bytes: suspect a proxy if it recurs."
    )


class StallTimeout(StreamError):
    """Nothing arrived for longer than the stall timeout in the middle of an answer."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Retry, or raise BEDROCK_PLAYGROUND_STALL_TIMEOUT if this model pauses for long while it reasons."
    )


class ModelStreamError(StreamError):
    """The service says that its model failed in the middle of the answer."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = "Retry; if it recurs with this prompt, try another model or a lower max tokens."


class ServiceError(InvocationError):
    """The service answered with an error."""


class Throttled(ServiceError):
    """Too many requests or tokens per minute for this account, model and Region."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Wait a minute and retry. Fewer lanes, a lower max tokens (it is reserved from the quota), a "
        "cross-Region inference profile or a higher quota help for good."
    )


class ModelNotReady(ServiceError):
    """The model is still being made ready, as imported models are after a pause."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = "Retry in a minute or two: the model is being loaded."


class ServiceUnavailable(ServiceError):
    """The service cannot answer at the moment."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Retry shortly; a cross-Region inference profile or another Region may have capacity."
    )


class InternalServerError(ServiceError):
    """The service failed."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = "Retry; if it recurs, report the request id to AWS Support."


class ModelTimeout(ServiceError):
    """The model took longer than the service allows."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = "Retry, shorten the prompt or lower max tokens."


class ModelError(ServiceError):
    """The service says that the model failed on this request."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = "Retry; if it recurs with this prompt, try another model."


class Overloaded(ServiceError):
    """The model's provider is overloaded (HTTP 529)."""

    retryable: ClassVar[bool] = True
    advice: ClassVar[str] = (
        "Retry in a minute, or use another model: its provider has no capacity at the moment."
    )


class ValidationFailed(ServiceError):
    """The request is not acceptable as it is."""

    advice: ClassVar[str] = (
        "Change what the message names: often a parameter this model does not take, or two that exclude each "
        "other (such as temperature and top-p). Unset a parameter to leave it to the model."
    )


class InferenceProfileRequired(ValidationFailed):
    """The model cannot be called by its own id, only through an inference profile."""

    advice: ClassVar[str] = (
        "Use an inference profile id instead of the model id: the same id with your geography before it, "
        "such as us., eu. or apac., or global."
    )


class QuotaExceeded(ServiceError):
    """A quota of the account is used up."""

    advice: ClassVar[str] = (
        "Look at the quota in the Service Quotas console and ask for a raise, or wait for it to renew."
    )


class Conflict(ServiceError):
    """The request conflicts with the state of something in the account."""

    advice: ClassVar[str] = "Wait until the operation that is under way has finished, then retry."


class AccessDenied(ServiceError):
    """The credentials are valid but may not do this."""

    advice: ClassVar[str] = (
        "Allow bedrock:InvokeModelWithResponseStream (and bedrock:InvokeModel) on this model; for an "
        "inference profile, on the profile's ARN and on the model's ARN in every Region behind it. Check "
        "that access to the model is enabled in this account and Region."
    )


class BatchDenied(AccessDenied):
    """The credentials are valid but may not run this batch job, or use its bucket."""

    advice: ClassVar[str] = (
        "Whoever starts a batch job needs the job's permissions, iam:PassRole on its role, and to write its "
        "records and read its answers in S3; the role itself needs the model and the bucket. The policy "
        "beside the batch settings lists all of it."
    )


class NotFound(ServiceError):
    """There is no such model, profile or resource in this Region."""

    advice: ClassVar[str] = "Check the model id and the Region: not every model is in every Region."


class ObjectNotFound(NotFound):
    """There is no such bucket, or no such object in it."""

    advice: ClassVar[str] = (
        "Check the S3 address, and that the bucket is in the Region of the job: batch inference reads and "
        "writes where the model runs."
    )


class AccessFormNotFilled(NotFound):
    """The provider wants its use case form filled in first."""

    advice: ClassVar[str] = (
        "Submit the provider's use case details once per account: Bedrock console, Model catalog, this "
        "model. Access follows within about 15 minutes."
    )


class ModelRetired(NotFound):
    """The model has reached the end of its life."""

    advice: ClassVar[str] = "Choose a newer version of this model."


class UnknownServiceError(ServiceError):
    """An error that this version has no name for; the code and status are as told."""

    advice: ClassVar[str] = (
        "Look up the code in the Bedrock documentation; mention the request id to AWS Support."
    )
