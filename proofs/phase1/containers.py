"""Amazon ECS: what a container is run from, and with."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import adds, omits, planned, says, unknown
from proofs.security.service import CONTAINERS, DEFINITION, DESCRIBE, SERVICE, SERVICES, container, defined, written

IMAGE = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/triflow-ai-backend"
LOGS = container()["logConfiguration"]
WITHOUT_MODE = {**LOGS, "options": {name: value for name, value in LOGS["options"].items() if name != "mode"}}
SIDECAR = {"name": "sidecar", "image": f"{IMAGE}:v1", "logConfiguration": LOGS}
VERSION = "services.0.platformVersion"


def logging(mode: str) -> dict[str, object]:
    return {**LOGS, "options": {**LOGS["options"], "mode": mode}}


CASES: list[Case] = [
    *written("ECS-03", "the tag latest", image=f"{IMAGE}:latest"),
    *written("ECS-03", "no tag", image=IMAGE),
    cloud("ECS-03", "a tag that may move", FAIL, says(DESCRIBE, f"{CONTAINERS}.0.image", f"{IMAGE}:v1"), names="deployed"),
    plan("ECS-03", "a tag, before there is an image", PASS, defined({**container(), "image": f"{IMAGE}:v1"})),
    *written("ECS-03", "it waits for its log", logConfiguration=logging("blocking")),
    *written("ECS-03", "the account decides whether it waits", logConfiguration=WITHOUT_MODE),
    *written("ECS-03", "a mode that nobody knows", ERROR, names="eventual", logConfiguration=logging("eventual")),
    *written("ECS-03", "no log", logConfiguration={"logDriver": "none"}),
    *written("ECS-03", "capabilities as Docker gives them", linuxParameters={}),
    *written("ECS-03", "some capabilities dropped", linuxParameters={"capabilities": {"drop": ["NET_RAW"]}}),
    *written("ECS-03", "one added again", linuxParameters={"capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]}}),
    cloud("ECS-03", "one container of two", FAIL, adds(DESCRIBE, CONTAINERS, SIDECAR), names="sidecar"),
    plan("ECS-03", "one container of two", FAIL, defined(container(), SIDECAR), names="sidecar"),
    plan("ECS-03", "in another case", PASS, defined({**container(), "linuxParameters": {"Capabilities": {"Drop": ["ALL"]}}})),
    plan("ECS-03", "containers known after apply", UNKNOWN, unknown(DEFINITION, "container_definitions")),
    cloud("ECS-03", "the containers not reported", ERROR, omits(DESCRIBE, CONTAINERS)),
    *(cloud("ECS-03", f"platform {old}", FAIL, says(SERVICES, VERSION, old)) for old in ("1.0.0", "1.3.0")),
    cloud("ECS-03", "the newest platform", PASS, says(SERVICES, VERSION, "1.4.0")),
    cloud("ECS-03", "a platform of tomorrow", ERROR, says(SERVICES, VERSION, "2.0.0"), names="2.0.0"),
    cloud(
        "ECS-03",
        "the only platform of Windows",
        PASS,
        says(SERVICES, "services.0.platformFamily", "WINDOWS_SERVER_2022_CORE"),
        says(SERVICES, VERSION, "1.0.0"),
    ),
    cloud("ECS-03", "on instances of one's own", PASS, omits(SERVICES, VERSION)),
    plan("ECS-03", "an old platform", FAIL, planned(SERVICE, platform_version="1.3.0")),
    plan("ECS-03", "a platform of tomorrow", ERROR, planned(SERVICE, platform_version="2.0.0"), names="2.0.0"),
    plan("ECS-03", "a platform known after apply", UNKNOWN, unknown(SERVICE, "platform_version")),
    plan("ECS-03", "on instances of one's own", PASS, planned(SERVICE, launch_type="EC2", platform_version="1.3.0")),
    plan(
        "ECS-03",
        "an old platform by a capacity provider",
        FAIL,
        planned(SERVICE, launch_type=None, platform_version="1.3.0"),
        planned(SERVICE, capacity_provider_strategy=[{"capacity_provider": "FARGATE_SPOT", "weight": 1}]),
    ),
]
