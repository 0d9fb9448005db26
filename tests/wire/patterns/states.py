"""Run a Step Functions definition in moto's interpreter, against a loopback Bedrock.

Moto's interpreter lacks what AWS does for SDK integrations, and this adds it (``adapted``):

- Moto hands parameters to boto3 and its response to the state as they are. AWS takes and gives every member
  of a structure in PascalCase (developer guide, "Learning to use AWS service SDK integrations"); maps and
  documents keep their keys. The adapter is strict: a member in any other case is refused.
- Moto takes the service in the resource's ARN for boto3's name of it (``bedrockruntime``), and knows the
  prefix of its errors for two services. AWS's is ``BedrockRuntime``.
- ``StringMatches`` is fnmatch there, with more than ``*`` and without the backslash that makes a star plain;
  what is no JSON ends ``States.StringToJson`` with an error that cannot be caught, and not with AWS's
  ``States.IntrinsicFailure``.
- Waits of a retrier are not slept through, and a JSONPath is parsed once.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from jsonpath_ng.ext.parser import parse as jsonpath_parse
from moto import mock_aws
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction import (
    states_function_string_to_json,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (
    string_operators,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.utils import json_path

ROLE = "arn:aws:iam::123456789012:role/state-machine"


@contextmanager
def interpreter(patch: pytest.MonkeyPatch, url: str) -> Iterator[Any]:
    """A client of Step Functions whose executions call Bedrock at an address."""
    for name, value in (
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        patch.setenv(name, value)
    adapted(patch)
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield boto3.client("stepfunctions", region_name="us-east-1")


def execute(client: Any, definition: str, prompt: str) -> dict[str, Any]:
    """Run a definition to its end; returns its output, or ``failed`` with the cause."""
    machine = client.create_state_machine(
        name=f"pattern-{time.monotonic_ns()}", definition=definition, roleArn=ROLE
    )
    started = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps({"prompt": prompt})
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = client.describe_execution(executionArn=started["executionArn"])
        if told["status"] == "SUCCEEDED":
            output: dict[str, Any] = json.loads(told["output"])
            return output
        if told["status"] != "RUNNING":
            return {"failed": told.get("error"), "cause": told.get("cause")}
        time.sleep(0.01)
    raise AssertionError("The execution did not end.")


def adapted(patch: pytest.MonkeyPatch) -> None:
    """Add what moto lacks."""
    sdk = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    names = {**sdk._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES, "bedrockruntime": "bedrock-runtime"}
    patch.setattr(state_task_service.StateTaskService, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES", names)
    patch.setitem(state_task_service_aws_sdk._SERVICE_ERROR_NAMES, "bedrockruntime", "BedrockRuntime")
    model = boto3.client("bedrock-runtime", region_name="us-east-1").meta.service_model

    def parameters(self: Any, parameters: dict[str, Any], **_: Any) -> None:
        shape = model.operation_model("Converse").input_shape
        told = _to_boto(parameters, shape)
        parameters.clear()
        parameters |= told

    def response(self: Any, response: dict[str, Any], **_: Any) -> None:
        shape = model.operation_model("Converse").output_shape
        told = _to_states(response, shape)
        response.clear()
        response |= told

    patch.setattr(sdk, "_normalise_parameters", parameters)
    patch.setattr(sdk, "_normalise_response", response)
    patch.setattr(retrier_decl, "time", _NoTime())
    patch.setattr(json_path, "parse", cache(jsonpath_parse))
    patch.setattr(string_operators.StringMatches, "_compare", staticmethod(_string_matches))
    # A branch's own errors would do; those of the language itself are refused as names that nobody may give.
    patch.setattr(branches_decl, "CustomErrorName", ErrorName)
    patch.setattr(states_function_string_to_json.StatesFunctionStringToJson, "_eval_body", _string_to_json)


def _string_matches(variable: Any, pattern: str) -> bool:
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", pattern, re.DOTALL)
    wanted = "".join(
        ".*" if part == "*" else re.escape(part[-1] if part[0] == "\\" else part) for part in parts
    )
    return isinstance(variable, str) and re.fullmatch(wanted, variable, re.DOTALL) is not None


def _string_to_json(self: Any, env: Any) -> None:
    self.argument_list.eval(env=env)
    text = env.stack.pop()
    try:
        env.stack.append(json.loads(text))
    except ValueError:
        kind = StatesErrorNameType.StatesIntrinsicFailure
        details: Any = {
            "taskFailedEventDetails": TaskFailedEventDetails(error=kind.to_name(), cause="No JSON.")
        }
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(typ=kind),
                event_type=HistoryEventType.TaskFailed,
                event_details=details,
            )
        ) from None


class _NoTime:
    @staticmethod
    def sleep(seconds: float) -> None:
        """A retrier's wait, which nobody has to sit out."""
        assert seconds >= 0


def _to_boto(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        members = {name[:1].upper() + name[1:]: name for name in shape.members}
        assert set(value) <= set(members), f"{set(value) - set(members)} are no members of {shape.name}"
        return {members[name]: _to_boto(item, shape.members[members[name]]) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [_to_boto(item, shape.member) for item in value]
    return value


def _to_states(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and not getattr(shape, "is_document_type", False):
        return {
            name[:1].upper() + name[1:]: _to_states(item, shape.members[name])
            for name, item in value.items()
            if name in shape.members
        }
    if isinstance(shape, ListShape):
        return [_to_states(item, shape.member) for item in value]
    assert not isinstance(shape, MapShape) or isinstance(value, dict)
    return value
