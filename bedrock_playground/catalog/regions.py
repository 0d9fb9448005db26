"""The AWS Regions that have Amazon Bedrock, for pickers.

``Session.get_available_regions("bedrock-runtime")`` is empty in botocore, so the list is kept here: the
Regions of the service ``bedrock`` in botocore 1.44.5's endpoint data, read on 2026-11-22 (the isolated
partitions left out). A test holds it against the botocore that is installed. Which models a Region has, the
account tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A Region."""

    code: str
    """Its code, such as ``eu-central-1``."""
    name: str
    """Its name, as AWS writes it."""
    partition: str = "aws"
    """``aws``, ``aws-us-gov`` or ``aws-eusc``; each needs credentials of its own."""

    @property
    def label(self) -> str:
        """Both, for a picker."""
        return f"{self.code} · {self.name}"


REGIONS: Mapping[str, Region] = {
    region.code: region
    for region in (
        Region("af-south-1", "Africa (Cape Town)"),
        Region("ap-east-2", "Asia Pacific (Taipei)"),
        Region("ap-northeast-1", "Asia Pacific (Tokyo)"),
        Region("ap-northeast-2", "Asia Pacific (Seoul)"),
        Region("ap-northeast-3", "Asia Pacific (Osaka)"),
        Region("ap-south-1", "Asia Pacific (Mumbai)"),
        Region("ap-south-2", "Asia Pacific (Hyderabad)"),
        Region("ap-southeast-1", "Asia Pacific (Singapore)"),
        Region("ap-southeast-2", "Asia Pacific (Sydney)"),
        Region("ap-southeast-3", "Asia Pacific (Jakarta)"),
        Region("ap-southeast-4", "Asia Pacific (Melbourne)"),
        Region("ap-southeast-5", "Asia Pacific (Malaysia)"),
        Region("ap-southeast-6", "Asia Pacific (New Zealand)"),
        Region("ap-southeast-7", "Asia Pacific (Thailand)"),
        Region("ca-central-1", "Canada (Central)"),
        Region("ca-west-1", "Canada West (Calgary)"),
        Region("eu-central-1", "Europe (Frankfurt)"),
        Region("eu-central-2", "Europe (Zurich)"),
        Region("eu-north-1", "Europe (Stockholm)"),
        Region("eu-south-1", "Europe (Milan)"),
        Region("eu-south-2", "Europe (Spain)"),
        Region("eu-west-1", "Europe (Ireland)"),
        Region("eu-west-2", "Europe (London)"),
        Region("eu-west-3", "Europe (Paris)"),
        Region("il-central-1", "Israel (Tel Aviv)"),
        Region("me-central-1", "Middle East (UAE)"),
        Region("me-south-1", "Middle East (Bahrain)"),
        Region("mx-central-1", "Mexico (Central)"),
        Region("sa-east-1", "South America (São Paulo)"),
        Region("us-east-1", "US East (N. Virginia)"),
        Region("us-east-2", "US East (Ohio)"),
        Region("us-west-1", "US West (N. California)"),
        Region("us-west-2", "US West (Oregon)"),
        Region("us-gov-east-1", "AWS GovCloud (US-East)", "aws-us-gov"),
        Region("us-gov-west-1", "AWS GovCloud (US-West)", "aws-us-gov"),
        Region("eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", "aws-eusc"),
    )
}
"""By code, in alphabetical order within a partition."""
