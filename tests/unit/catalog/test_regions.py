"""The Regions of the picker are those that the installed botocore knows for Bedrock."""

import botocore.session

from bedrock_playground.catalog.regions import REGIONS


def test_the_list_is_botocores() -> None:
    session = botocore.session.get_session()
    for partition in ("aws", "aws-us-gov", "aws-eusc"):
        ours = {region.code for region in REGIONS.values() if region.partition == partition}
        assert ours == set(session.get_available_regions("bedrock", partition))


def test_names_are_botocores() -> None:
    data = botocore.session.get_session().get_component("data_loader").load_data("endpoints")
    names = {
        code: region["description"]
        for partition in data["partitions"]
        for code, region in partition["regions"].items()
    }
    assert {code: region.name.replace("ã", "a") for code, region in REGIONS.items()} == {
        code: names[code] for code in REGIONS
    }
    assert REGIONS["us-east-1"].label == "us-east-1 · US East (N. Virginia)"
