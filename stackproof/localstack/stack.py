"""The part of the stacks that LocalStack implements, deployed to it by Terraform.

What a control judges here is made by the same sources as everywhere else; what LocalStack does not implement (databases, containers,
load balancers, ...) is left out, and the catalogue does not name LocalStack for the controls about it.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from filelock import FileLock

from stackproof.embedded.account import Endpoint
from stackproof.embedded.recipe import Account, Recipe, Stack
from stackproof.localstack import sessions
from stackproof.localstack.server import LocalStackFailed
from stackproof.sources.aws import process_guard
from stackproof.terraform import sources
from stackproof.terraform.cli import TerraformError
from stackproof.util.temporary import temporary

Say = Callable[[str], None]

IMPLEMENTED = frozenset(
    {
        *("aws_vpc", "aws_subnet", "aws_security_group", "aws_default_security_group"),
        *("aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", "aws_s3_bucket_versioning"),
        *("aws_s3_bucket_server_side_encryption_configuration", "aws_kms_key", "aws_kms_alias"),
        *("aws_iam_role", "aws_iam_role_policy", "aws_iam_account_password_policy", "aws_s3_account_public_access_block"),
        *("aws_secretsmanager_secret",),
        *("aws_cloudwatch_log_group", "aws_cloudwatch_log_subscription_filter", "aws_cloudwatch_log_metric_filter"),
    }
)
"""The resource types that are deployed. Terraform adds what they refer to, so what refers to another type is not among them."""
_USER = "terraform-deploy"
_MARK = "/stackproof/deployed"
"""The SSM parameter that says what was deployed: it lives and dies with this LocalStack, in the account of the test keys."""


@dataclass(frozen=True)
class Deployed:
    """The stacks' resources that were deployed to a LocalStack."""

    count: int
    is_found: bool
    """Whether an earlier run deployed it; then it is judged as it is found."""

    @property
    def notes(self) -> list[str]:
        """The sentences that a reader of the report needs to trust what is read from this deployment."""
        if self.is_found:
            return ["An earlier run deployed the stacks' resources there, and they were judged as they were found."]
        return [f"Terraform deployed to it the {self.count} of the stacks' resources that it implements."]


@process_guard.lifted()
def ensure(endpoint: str, stacks: tuple[Stack, ...], *, cache: Path, account: Account, say: Say) -> Deployed:
    """Deploy what LocalStack implements, unless an earlier run has. Raises `LocalStackFailed`, and `UsageError` for the sources."""
    recipe = Recipe.of(stacks, cache, account)
    parameters = Endpoint(endpoint, account.id, account.region).client("ssm")
    with FileLock(cache / "localstack-stack.lock"):
        marked = _mark(parameters, endpoint)
        if marked == recipe.digest:
            return Deployed(0, is_found=True)
        if marked:
            raise LocalStackFailed(
                f"other sources were deployed to the LocalStack at {endpoint}: end it and start it again "
                "(python -m stackproof.localstack down, up)"
            )
        say("Deploying to LocalStack what it implements of the stacks ...")
        with temporary("localstack-stack") as folder:
            try:
                with ThreadPoolExecutor() as pool:  # no stack needs anything of another but names
                    counts = list(pool.map(lambda stack: _apply(recipe, stack, folder, endpoint), stacks))
            except TerraformError as error:
                raise LocalStackFailed(
                    f"the stacks could not be deployed to LocalStack; start it again before the next try. {error}"
                ) from None
        parameters.put_parameter(Name=_MARK, Value=recipe.digest, Type="String")
    return Deployed(sum(counts), is_found=False)


@process_guard.lifted()
def access_key(endpoint: str, account: Account) -> str:
    """The access key of the user that deploys, made where there is none. LocalStack takes other keys for the root user's.

    Raises `LocalStackFailed`.
    """
    once = Config(proxies={}, retries={"total_max_attempts": 1})
    try:
        iam = sessions.client(endpoint, account.id, "iam", account.region, once)
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=_USER)
        keys = iam.list_access_keys(UserName=_USER)["AccessKeyMetadata"]
        return str((keys or [iam.create_access_key(UserName=_USER)["AccessKey"]])[0]["AccessKeyId"])
    except (BotoCoreError, ClientError) as error:
        raise LocalStackFailed(f"the LocalStack at {endpoint} makes no user: {error}") from None


def targets(directory: Path) -> list[str]:
    """The addresses of a root module that are deployed: its own resources, and modules that have no others."""
    read = sources.read(directory)
    found = [resource.address for resource in read.resources if not resource.is_data and resource.type in IMPLEMENTED]
    for call in read.modules:
        if call.is_local and all(one.type in IMPLEMENTED for one in sources.read(directory / call.source).resources):
            found.append(f"module.{call.name}")
    return found


def _mark(parameters: Any, endpoint: str) -> str:
    try:
        return str(parameters.get_parameter(Name=_MARK)["Parameter"]["Value"])
    except parameters.exceptions.ParameterNotFound:
        return ""
    except (BotoCoreError, ClientError) as error:
        raise LocalStackFailed(f"the LocalStack at {endpoint} does not tell what is deployed to it: {error}") from None


def _apply(recipe: Recipe, stack: Stack, folder: Path, endpoint: str) -> int:
    """Deploy one stack; how many resources that are."""
    workspace = recipe.workspace(stack, folder, endpoint, access_key=recipe.account.id)
    wanted = targets(workspace.directory)
    if not wanted:  # without a target Terraform takes all
        return 0
    planfile = workspace.directory / "stackproof.tfplan"
    workspace.plan(
        planfile,
        var_files=[stack.example] if stack.example else [],
        variables=stack.variables,
        targets=wanted,
    )
    workspace.apply(planfile)
    return sum(1 for _ in _resources(workspace.show()["values"]["root_module"]))


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
