"""Cases of the controls of what operators work with: an edit of the compose file, the deployment script or a workflow, and the verdict
that must follow.
"""

from proofs.phase0 import Case, errs, fails, passes
from proofs.repository import Edit, Repository, appends, removes, replaces, without_programs
from stackproof.policy import deployment_script

COMPOSE = "docker-compose.localstack.yml"
SCRIPT = "scripts/deploy-aws.sh"
GATE, DEPLOY = (f".github/workflows/{name}.yml" for name in ("compliance", "deploy"))


def composed(old: str, new: str) -> Edit:
    return replaces(COMPOSE, old, new)


LOCALSTACK = "localstack/localstack:4.14.0"
PORT = '"127.0.0.1:4566:4566"'
CHECK = '["CMD", "pg_isready", "--username", "triflow_admin", "--dbname", "triflow"]'
COMPOSED = [
    passes("as it is"),
    passes("a digest", composed(LOCALSTACK, f"localstack/localstack@sha256:{'a' * 64}")),
    passes("loopback of IPv6", composed(PORT, '"[::1]:4566:4566"')),
    passes("the long form of a port", composed(PORT, "{target: 4566, published: 4566, host_ip: 127.0.0.1}")),
    fails("the tag latest", composed(LOCALSTACK, "localstack/localstack:latest"), names="ComposeService localstack"),
    fails("no tag", composed(LOCALSTACK, "localstack/localstack"), names="is_pinned"),
    fails(
        "a tag that moves", composed("pgvector/pgvector:0.8.1-pg17", "pgvector/pgvector:pg17"), names="ComposeService postgres"
    ),
    fails("a tag of somebody's choice", composed(LOCALSTACK, "localstack/localstack:${TAG:-4.14.0}"), names="is_pinned"),
    fails("no image", composed(f"image: {LOCALSTACK}", "build: ."), names="no image"),
    fails("a port on 0.0.0.0", composed(PORT, '"0.0.0.0:4566:4566"'), names="0.0.0.0:4566:4566"),
    fails("a port on every address", composed(PORT, '"4566:4566"'), names="4566:4566"),
    fails("a port in the long form on every address", composed(PORT, "{target: 4566, published: 4566}"), names="4566"),
    fails("the network of the machine", composed("    ports:", "    network_mode: host\n    ports:"), names="network_mode: host"),
    fails("no health check", composed("healthcheck:", "x-healthcheck:"), names="is_health_checked"),
    fails("a health check that is off", composed(CHECK, '["NONE"]'), names="is_health_checked"),
    fails("a misspelt key", composed("    ports:", "    port:"), names="unknown key port"),
    fails("a misspelt key at the top", appends(COMPOSE, "volume: {}\n"), names="unknown key volume"),
    fails("no services", composed("services:", "x-services:"), names="no services"),
    fails("no file", removes(COMPOSE), names=COMPOSE),
    errs("a file that does not parse", appends(COMPOSE, "\t"), names=COMPOSE),
    errs("a file that says nothing", removes(COMPOSE), appends(COMPOSE, "# nothing\n"), names="mapping"),
]


def scripted(old: str, new: str) -> Edit:
    return replaces(SCRIPT, old, new)


def without_shellcheck(repository: Repository) -> None:
    """Let shellcheck be nowhere, as where this project's packages are not installed."""
    without_programs(repository)
    repository.patch.setattr("sys.executable", str(repository.root / "python"))


def impatient(repository: Repository) -> None:
    """Wait for the script no longer than the test has time."""
    repository.patch.setattr(deployment_script, "_TIMEOUT", 1)


PUSH = 'change docker push "$uri:$tag"'
IMAGE = "image=$uri@$digest"
SCRIPTED = [
    passes("as it is"),
    fails("an unknown environment", scripted("|| $environment == staging", "|| -n $environment"), names="an unknown environment"),
    fails("no tag", scripted("((${#arguments[@]} == 2))", "((${#arguments[@]} > 0))"), names="no tag"),
    fails("a tag that cannot be one", scripted("{0,127}$", "*"), names="a tag that cannot be one"),
    fails("an unknown option", scripted('-*) usage "there is no option $argument"', "-*) true"), names="an unknown option"),
    fails("another exit status for a wrong call", scripted("exit 2\n", "exit 1\n"), names="no tag"),
    fails("a tool that nobody looks for", scripted("for tool in aws docker", "for tool in aws"), names="docker"),
    fails("a failing step, and it goes on", scripted("set -euo pipefail", "set -uo pipefail"), names="docker buildx build fails"),
    fails("one failing step, and it goes on", scripted(PUSH, f"{PUSH} || true"), names="docker push fails"),
    fails("a failing login, and it goes on", scripted("set -euo pipefail", "set -eu"), names="aws ecr get-login-password fails"),
    fails(
        "any error is taken for a missing tag",
        scripted('grep -q ImageNotFoundException "$work/error"', "true"),
        names="aws ecr describe-images fails (1)",
    ),
    fails("a rollback by ECS goes unnoticed", scripted('[[ $running_revision == "$revision" ]]', "true"), names="ECS rolls"),
    fails("a missing task goes unnoticed", scripted('[[ $running == "$desired" ]]', "true"), names="a task does not run"),
    fails("it does not wait", scripted("change aws ecs wait", "true aws ecs wait"), names="aws ecs wait"),
    fails("a dry run that pushes", scripted(PUSH, PUSH.removeprefix("change ")), names="docker push"),
    fails("a dry run that fails", scripted('echo "    would run: $*"', "false"), names="a dry run"),
    fails("a rollback that builds", scripted("$tag != latest", "$tag == latest"), names="docker push"),
    fails(
        "another environment's cluster",
        scripted("cluster=triflow-ai-$environment", "cluster=triflow-ai-production"),
        names="production-cluster",
    ),
    fails("the image by its tag", scripted(IMAGE, "image=$uri:$tag"), names="is_by_digest"),
    fails("another size of the tasks", scripted('"compatibilities",', '"compatibilities", "cpu",'), names="cpu"),
    fails("no summary", scripted("  Running Tasks: $running/$desired\n", ""), names="Running Tasks"),
    fails("a deployment that does nothing", scripted('    "$@"\n  fi', "    true\n  fi"), names="a deployment: "),
    fails("a deployment that fails", scripted("services[0].runningCount", "services[9].runningCount"), names="Look at what runs"),
    fails("what shellcheck finds", appends(SCRIPT, "rm -rf $work\n"), names="SC2086"),
    fails("a comment that quiets shellcheck", appends(SCRIPT, "# shellcheck disable=SC2086\nrm -rf $work\n"), names="SC2086"),
    fails("no script", removes(SCRIPT), names=SCRIPT),
    errs("no shellcheck", without_shellcheck, names="shellcheck"),
    errs("it does not end", impatient, scripted("step() {", "sleep 60\nstep() {"), names="did not end"),
]


def gated(old: str, new: str) -> Edit:
    return replaces(GATE, old, new)


def deploying(old: str, new: str) -> Edit:
    return replaces(DEPLOY, old, new)


CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
ROLE = "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}"
STORED = "${{ secrets.AWS_DEPLOY_KEY }}"
AUTOMATED = [
    passes("as it is"),
    passes("an action of this repository", gated(CHECKOUT, "./.github/actions/checkout")),
    passes("an emulator's key", gated("jobs:", "env:\n  AWS_ACCESS_KEY_ID: test\n\njobs:")),
    fails("permissions: write-all", gated("permissions:\n  contents: read", "permissions: write-all"), names="verify: write-all"),
    fails("permissions by default", gated("permissions:\n  contents: read\n", ""), names="no permissions are declared"),
    fails("one permission too many", deploying("      contents: read", "      contents: write"), names="deploy: contents: write"),
    fails(
        "a token that nothing needs", gated("  contents: read", "  contents: read\n  id-token: write"), names="id-token: write"
    ),
    fails("an action by its tag", gated(CHECKOUT, "actions/checkout@v4"), names="actions/checkout@v4"),
    fails("an action by a short commit", gated(CHECKOUT, "actions/checkout@11bd719"), names="actions/checkout@11bd719"),
    fails("an action by its branch", deploying(CHECKOUT, "actions/checkout@main"), names="deploy.yml: "),
    fails("no role, and a token", deploying(ROLE, "role-chaining: true"), names="id-token: write"),
    fails(
        "a key that does not expire", deploying(ROLE, f"{ROLE}\n          aws-access-key-id: {STORED}"), names="aws-access-key-id"
    ),
    fails(
        "a key beside the role",
        deploying("    env:\n", f"    env:\n      AWS_SECRET_ACCESS_KEY: {STORED}\n"),
        names="AWS_SECRET_ACCESS",
    ),
    fails("a key in a command", deploying('"$IMAGE_TAG"', '"$IMAGE_TAG" AWS_ACCESS_KEY_ID=$KEY'), names="run"),
    fails("no gate on merges", gated("  merge_group:\n", ""), names="gates"),
    fails(
        "a gate for some files alone", gated("  pull_request:\n", "  pull_request:\n    paths: [stackproof/**]\n"), names="gates"
    ),
    fails("a gate that may fail", gated("    steps:", "    continue-on-error: true\n    steps:"), names="gates"),
    fails("a gate that judges nothing", gated("- run: make test", "- run: make help"), names="gates"),
    fails("no deployment by hand", deploying("workflow_dispatch:", "workflow_call:"), names="deployments"),
    fails("any environment", deploying("type: choice", "type: string"), names="deployments"),
    fails("no tag to choose", deploying("      image_tag:", "      tag:"), names="deployments"),
    fails("no deployment of main", deploying("branches: [main]", "branches: [develop]"), names="deployments"),
    fails("another way to deploy", deploying("./scripts/deploy-aws.sh", "make deploy"), names="deployments"),
    fails("no workflow", removes(".github/workflows/*"), names="no workflow"),
    errs("a file that does not parse", appends(GATE, "\t"), names="compliance.yml"),
]

CASES: dict[str, list[Case]] = {"LOC-01": COMPOSED, "OPS-01": SCRIPTED, "OPS-03": AUTOMATED}
