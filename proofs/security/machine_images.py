"""Amazon EC2: machine images (AMIs)."""

from dataclasses import replace

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answers, exists, fails, omits, profile, unknown, with_resource
from stackproof.core.verdicts import AccessDenied
from stackproof.profile.schema import Profile

OURS, IMAGE = "triflow-ai-production-bastion-2025", "ami-0c0ffee"
PARTNER = "210987654321"
UNIT = "arn:aws:organizations::210987654321:ou/o-partner/ou-team"
IMAGES, ATTRIBUTE = "ec2:DescribeImages", "ec2:DescribeImageAttribute"


def listed(*, name: str = OURS, **members: object) -> Edit:
    """An image of the account."""
    reported = {"ImageId": IMAGE, "Name": name, "Public": False, "State": "available", **members}
    return adds(IMAGES, "Images", {key: value for key, value in reported.items() if value is not None})


def image(*permitted: dict[str, str], name: str = OURS, **members: object) -> list[Edit]:
    """An image of the account, and who may launch it."""
    page = {"ImageId": IMAGE, "LaunchPermissions": [*permitted]}
    return [listed(name=name, **members), answers(ATTRIBUTE, page, ImageId=IMAGE, Attribute="launchPermission")]


def permission(**values: object) -> Edit:
    return with_resource("aws_ami_launch_permission.more", refers=None, image_id=IMAGE, **values)


def declaring(*shared_with: str) -> Profile:
    known = profile()
    return known.model_copy(update={"machine_images": known.machine_images.model_copy(update={"shared_with": shared_with})})


EVERYONE = {"Group": "all"}
MADE = with_resource("aws_ami.more", name="more", id=IMAGE, public=True)
CASES: list[Case] = [
    cloud("SEC-EC2-01", "for everyone", FAIL, *image(EVERYONE, Public=True), names=f"{OURS} ({IMAGE})"),
    cloud("SEC-EC2-01", "for everyone, by the list alone", FAIL, listed(Public=True), names=OURS),
    cloud("SEC-EC2-01", "for everyone, by its launch permissions alone", FAIL, *image(EVERYONE), names=OURS),
    cloud("SEC-EC2-01", "for another account", FAIL, *image({"UserId": PARTNER}), names=PARTNER),
    cloud("SEC-EC2-01", "for a unit of an organization", FAIL, *image({"OrganizationalUnitArn": UNIT}), names=UNIT),
    cloud("SEC-EC2-01", "for nobody", PASS, *image()),
    cloud("SEC-EC2-01", "by a tag", FAIL, *image(EVERYONE, name="x", Tags=[{"Key": "Name", "Value": OURS}]), names="x"),
    cloud("SEC-EC2-01", "another team's for everyone", PASS, listed(name="billing", Public=True)),
    cloud("SEC-EC2-01", "without a name", PASS, listed(name="", Public=True)),
    *(
        replace(case, expected=declaring(PARTNER, UNIT))
        for case in (
            cloud("SEC-EC2-01", "for who is declared", PASS, *image({"UserId": PARTNER}, {"OrganizationalUnitArn": UNIT})),
            cloud("SEC-EC2-01", "beside who is declared", FAIL, *image({"UserId": PARTNER}, {"UserId": "1"}), names="1"),
            plan("SEC-EC2-01", "for who is declared", PASS, permission(account_id=PARTNER)),
        )
    ),
    cloud("SEC-EC2-01", "launch permissions denied", ERROR, *image(), fails(ATTRIBUTE, AccessDenied("denied")), names=OURS),
    cloud(
        "SEC-EC2-01",
        "launch permissions not reported",
        ERROR,
        listed(),
        answers(ATTRIBUTE, {"ImageId": IMAGE}, ImageId=IMAGE, Attribute="launchPermission"),
    ),
    cloud("SEC-EC2-01", "a launch permission for nobody knows whom", ERROR, *image({}), names="whom"),
    cloud("SEC-EC2-01", "whether it is public not reported", ERROR, *image(Public=None), names="Public"),
    cloud("SEC-EC2-01", "no list", ERROR, omits(IMAGES, "Images")),
    plan("SEC-EC2-01", "for everyone", FAIL, permission(group="all"), names="aws_ami_launch_permission.more"),
    plan("SEC-EC2-01", "for another account", FAIL, permission(account_id=PARTNER), names=PARTNER),
    plan("SEC-EC2-01", "for a unit of an organization", FAIL, permission(organizational_unit_arn=UNIT), names=UNIT),
    plan(
        "SEC-EC2-01",
        "for nobody knows which account",
        UNKNOWN,
        permission(),
        unknown("aws_ami_launch_permission.more", "account_id"),
    ),
    plan("SEC-EC2-01", "an image that it makes", PASS, with_resource("aws_ami_copy.more", name="more")),
    plan("SEC-EC2-01", "an image that is public already", FAIL, MADE, exists("aws_ami.more"), names="aws_ami.more"),
]
