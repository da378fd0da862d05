"""Make docs/runbook.md and its Korean twin: each error that the deployment guide knows, the controls that show it, and the way out.

`python -m scripts.documents` writes them. What a control says comes from its row of the catalogue, so that it is said once.
"""

from collections.abc import Iterator
from typing import NamedTuple

from stackproof.core.controls import catalogue


class Trouble(NamedTuple):
    """An error, with the controls that show it."""

    error: str
    meaning: str
    meaning_ko: str
    steps: tuple[str, ...]
    steps_ko: tuple[str, ...]
    controls: tuple[str, ...]
    commands: str = ""
    error_ko: str = ""
    """Where the error is no message of a tool, but a sentence."""


TROUBLES = (
    Trouble(
        "InvalidParameterCombination (RDS)",
        "Terraform wants a class and an engine version that the region does not offer together.",
        "Terraform이 요청한 클래스와 엔진 버전의 조합을 리전이 제공하지 않는다.",
        ("Ask what can be ordered, and set `db_instance_class` and `postgres_version` to one of these.",),
        ("주문할 수 있는 조합을 조회하고 `db_instance_class`와 `postgres_version`을 그중 하나로 설정한다.",),
        ("RDS-02", "RDS-01"),
        "aws rds describe-orderable-db-instance-options --engine postgres --db-instance-class db.t4g.medium \\\n"
        "  --query 'OrderableDBInstanceOptions[].EngineVersion' --region ap-northeast-2",
    ),
    Trouble(
        "The apply waits for the database for 15 minutes and more",
        "Multi-AZ makes a standby in the other zone; nothing is wrong as long as the status moves on.",
        "다중 AZ는 다른 영역에 대기 인스턴스를 만든다. 상태가 바뀌고 있으면 잘못된 것이 아니다.",
        ("Wait while it is `creating`, `backing-up` or `modifying`.", "After an hour, read the events of the instance."),
        ("`creating`, `backing-up`, `modifying`인 동안 기다린다.", "한 시간이 지나면 인스턴스의 이벤트를 읽는다."),
        ("RDS-01",),
        "aws rds describe-db-instances --db-instance-identifier triflow-ai-production-db --query 'DBInstances[0].DBInstanceStatus'\n"
        "aws rds describe-events --source-type db-instance --source-identifier triflow-ai-production-db",
        error_ko="적용이 데이터베이스를 15분 넘게 기다린다",
    ),
    Trouble(
        "no basic auth credentials (ECR)",
        "Docker has no token for the registry, or it is older than twelve hours.",
        "Docker에 레지스트리 토큰이 없거나 토큰이 12시간을 넘었다.",
        ("Log in again; `scripts/deploy-aws.sh` does it on every deployment.",),
        ("다시 로그인한다. `scripts/deploy-aws.sh`는 배포할 때마다 로그인한다.",),
        ("OPS-01", "HOST-01"),
        "aws ecr get-login-password --region ap-northeast-2 | docker login --username AWS --password-stdin \\\n"
        "  123456789012.dkr.ecr.ap-northeast-2.amazonaws.com",
    ),
    Trouble(
        "unable to place a task (ECS)",
        "The private subnets have no free address, the tasks have another security group, or ECR has no such image.",
        "프라이빗 서브넷에 빈 주소가 없거나, 태스크의 보안 그룹이 다르거나, ECR에 그 이미지가 없다.",
        (
            "Read the newest events of the service: they name which of the three it is.",
            "Then mend what the failing control names.",
        ),
        ("서비스의 최근 이벤트를 읽으면 셋 중 무엇인지 나온다.", "그다음 실패한 컨트롤이 가리키는 것을 고친다."),
        ("NET-02", "ECS-02", "ECR-01"),
        "aws ecs describe-services --cluster triflow-ai-production-cluster --services triflow-ai-production-backend-service \\\n"
        "  --query 'services[0].events[:5].message'",
    ),
    Trouble(
        "CannotPullContainerError (ECS)",
        "The execution role may not pull from ECR, the tag is not there, or the subnets have no way to ECR.",
        "실행 역할이 ECR에서 이미지를 받을 권한이 없거나, 태그가 없거나, 서브넷에서 ECR로 가는 길이 없다.",
        (
            "Read why the task stopped.",
            "Denied: give `triflow-ai-production-ecs-task-execution-role` the four ECR actions on the repository alone.",
            "Timed out: look at the NAT gateway and the routes of the private subnets.",
        ),
        (
            "태스크가 멈춘 이유를 읽는다.",
            "거부: `triflow-ai-production-ecs-task-execution-role`에 그 리포지토리에 대한 ECR 작업 네 가지만 허용한다.",
            "시간 초과: NAT 게이트웨이와 프라이빗 서브넷의 경로를 확인한다.",
        ),
        ("ECR-01", "SEC-IAM-01", "NET-01"),
        "aws ecs describe-tasks --cluster triflow-ai-production-cluster --tasks TASK_ID \\\n"
        "  --query 'tasks[0].[stoppedReason,containers[].reason]'",
    ),
    Trouble(
        "Target.ResponseCodeMismatch, Target.Timeout: a target is unhealthy (ALB)",
        "`/health` does not answer 200, or the security groups do not let the load balancer reach port 8000 of the tasks.",
        "`/health`가 200으로 응답하지 않거나, 보안 그룹이 로드 밸런서에서 태스크의 8000번 포트로 가는 길을 막고 있다.",
        (
            "From a host in the VPC ask a task itself; if it answers, it is the security group, else the task.",
            "Read the task's log (`docs/logs.md`, triflow-ai/errors).",
        ),
        (
            "VPC 안의 호스트에서 태스크에 직접 물어본다. 응답하면 보안 그룹의 문제이고 아니면 태스크의 문제이다.",
            "태스크의 로그를 읽는다(`docs/logs.ko.md`, triflow-ai/errors).",
        ),
        ("ALB-01", "WEB-01", "SEC-SG-01", "HOST-02"),
        "curl --max-time 5 http://TASK_IP:8000/health   # on a host in the VPC",
        error_ko="Target.ResponseCodeMismatch, Target.Timeout: 대상이 비정상이다 (ALB)",
    ),
    Trouble(
        "A deployment does harm: back to the revision before",
        "The last revision is worse than the one before it.",
        "새 리비전이 이전 리비전보다 나쁘다.",
        (
            "Deploy the tag that ran before; the script waits until the service is steady.",
            "A migration that was applied stays: go back only to a revision that works with it (MIG-02).",
        ),
        (
            "이전에 실행되던 태그를 배포한다. 스크립트는 서비스가 안정될 때까지 기다린다.",
            "적용된 마이그레이션은 그대로 남으므로 그것과 함께 동작하는 리비전으로만 되돌린다(MIG-02).",
        ),
        ("ROLL-01", "ECS-01", "MIG-02"),
        "./scripts/deploy-aws.sh production v1.2.3",
        error_ko="배포가 문제를 일으켰다: 이전 리비전으로 되돌리기",
    ),
    Trouble(
        "Nothing in the log group, nothing on a panel",
        "The log driver, the name of a group or the name of a service is another than what people look at.",
        "로그 드라이버, 그룹 이름, 서비스 이름이 사람들이 보는 것과 다르다.",
        ("Judge the four controls; the first that fails names what has another name.",),
        ("네 컨트롤을 판정한다. 처음 실패하는 것이 이름이 다른 것을 알려 준다.",),
        ("OBS-01", "OBS-02", "OBS-04", "LOG-07"),
        "aws logs tail /aws/ecs/triflow-ai-production-backend --since 1h",
        error_ko="로그 그룹도 패널도 비어 있다",
    ),
    Trouble(
        "The bill is higher than it should be",
        "The alarm `triflow-monthly-billing-alarm` rings at 500 USD a month.",
        "경보 `triflow-monthly-billing-alarm`은 한 달에 500 USD에서 울린다.",
        ("Look which service it is, then at the forecast of logs and of the plan.",),
        ("어느 서비스인지 확인하고 로그와 계획의 예측을 본다.",),
        ("COST-01", "COST-02", "COST-03", "LOG-15"),
        "aws ce get-cost-and-usage --time-period Start=$(date -d 'last month' +%Y-%m-01),End=$(date +%Y-%m-01) \\\n"
        "  --granularity MONTHLY --metrics UnblendedCost --group-by Type=DIMENSION,Key=SERVICE",
        error_ko="요금이 예상보다 많다",
    ),
)

WORDS = {
    "en": {
        "title": "Runbook",
        "made": "Made by `python -m scripts.documents` from `scripts/runbook.py` and the catalogue of controls; edit those, not this.",
        "intro": "Every error that the deployment guide knows. The controls find it before it hurts, and tell afterwards what "
        "it was; they "
        "only read. Where something still burns, tell `#triflow-alerts` first.",
        "do": "Do",
        "look": "Judge it",
        "control": "control",
        "says": "holds that",
        "remedy": "if it fails",
    },
    "ko": {
        "title": "런북",
        "made": "`scripts/runbook.py`와 컨트롤 목록으로 `python -m scripts.documents`가 만든다. 이 문서가 아니라 그 파일을 고친다.",
        "intro": "배포 가이드가 아는 모든 오류를 다룬다. 컨트롤은 문제가 되기 전에 찾아내고 나중에는 무엇이었는지 알려 주며 "
        "읽기만 한다. "
        "장애가 진행 중이면 먼저 `#triflow-alerts`에 알린다.",
        "do": "할 일",
        "look": "판정",
        "control": "컨트롤",
        "says": "확인하는 것",
        "remedy": "실패하면",
    },
}


def page(language: str) -> str:
    """The page in a language. Raises `LookupError` for a control that there is not."""
    words = WORDS[language]
    lines = [f"# {words['title']}", "", words["made"], "", words["intro"], ""]
    for trouble in TROUBLES:
        error = (language == "ko" and trouble.error_ko) or trouble.error
        lines += [f"## {error}", "", *_trouble(trouble, words, language)]
    return "\n".join(lines)


def _trouble(trouble: Trouble, words: dict[str, str], language: str) -> Iterator[str]:
    is_korean = language == "ko"
    yield trouble.meaning_ko if is_korean else trouble.meaning
    yield ""
    yield f"{words['do']}:"
    yield ""
    for number, step in enumerate(trouble.steps_ko if is_korean else trouble.steps, 1):
        yield f"{number}. {step}"
    if trouble.commands:
        yield from ("", "```bash", *trouble.commands.splitlines(), "```")
    yield from ("", f'{words["look"]}: `pytest --env production -k "{" or ".join(trouble.controls)}"`', "")
    yield f"| {words['control']} | {words['says']} | {words['remedy']} |"
    yield "| --- | --- | --- |"
    for id in trouble.controls:
        row = catalogue()[id]
        title, remedy = (row.title_ko, row.remedy_ko) if is_korean else (row.title, row.remedy)
        yield f"| {id} | {title} | {remedy} |"
    yield ""
