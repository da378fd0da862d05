"""Attributes and resources that the packaged provider has no word for, made through the API of the embedded cloud after an apply."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackproof.core.resource import type_of, without_keys
from stackproof.embedded.account import Endpoint
from stackproof.terraform.downgrade import KEPT_AS

Values = Mapping[str, Any]


def finish(api: Endpoint, state: Mapping[str, Any], attributes: Mapping[str, Mapping[str, str]]) -> None:
    """Set attributes of listeners and subnets, by address, and make the resources that a stack's state keeps as ``terraform_data``.

    ``state`` is the document of ``terraform show -json``.
    """
    made = {one["address"]: one["values"] for one in _resources(state["values"]["root_module"])}
    for address, given in attributes.items():
        for arn in (values["arn"] for one, values in made.items() if address in (one, without_keys(one))):
            _set(replace(api, region=arn.split(":")[3]), type_of(address), arn, given)
    kept = [values["input"] for address, values in made.items() if f"{KEPT_AS}.aws_" in address]
    _enable_features([one for one in kept if one["type"] == "aws_guardduty_detector_feature"], api)
    for one in kept:
        if make := _MAKE.get(one["type"]):
            make(one, api)


def _set(api: Endpoint, kind: str, arn: str, given: Mapping[str, str]) -> None:
    if kind == "aws_default_subnet":
        values = {key: {"Value": value == "true"} for key, value in given.items()}
        api.client("ec2").modify_subnet_attribute(SubnetId=arn.rpartition("/")[2], **values)
        return
    said = [{"Key": key, "Value": value} for key, value in given.items()]
    api.client("elbv2").modify_listener_attributes(ListenerArn=arn, Attributes=said)


def _enable_features(features: list[Values], api: Endpoint) -> None:
    """All of a detector at once."""
    for detector in dict.fromkeys(one["detector_id"] for one in features):
        said = [
            {
                "Name": one["name"],
                "Status": one["status"],
                "AdditionalConfiguration": [
                    {"Name": more["name"], "Status": more["status"]} for more in one.get("additional_configuration", ())
                ],
            }
            for one in features
            if one["detector_id"] == detector
        ]
        api.client("guardduty").update_detector(DetectorId=detector, Features=said)


def _enable_inspector(values: Values, api: Endpoint) -> None:
    api.client("inspector2").enable(accountIds=values["account_ids"], resourceTypes=values["resource_types"])


def _set_contact(values: Values, api: Endpoint) -> None:
    api.client("account").put_alternate_contact(
        AlternateContactType=values["alternate_contact_type"],
        Name=values["name"],
        Title=values["title"],
        EmailAddress=values["email_address"],
        PhoneNumber=values["phone_number"],
    )


_MAKE = {"aws_account_alternate_contact": _set_contact, "aws_inspector2_enabler": _enable_inspector}


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
