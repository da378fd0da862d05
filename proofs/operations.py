"""Cases of the controls of what operators work with: an edit of the compose file, the deployment script or a workflow, and the verdict
that must follow.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from proofs.phase0 import Case, errs, fails, passes
from proofs.repository import Edit, Repository, appends, removes, replaces, without_programs
from stackproof.scanners import deployment_script
from tests.phase0.test_operation import DEPLOYMENT, ROLLBACK

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
    """Change what the script does; shellcheck has cases of its own."""

    def edit(repository: Repository) -> None:
        replaces(SCRIPT, old, new)(repository)
        repository.patch.setattr(deployment_script, "shellcheck", lambda script: ())

    return edit


CAREFUL: Mapping[str, object] = {
    **dict.fromkeys(("accepts", "does_without", "fails", "dry_run", "strays", "alters", "misnames", "ignores"), ()),
    "deployment": DEPLOYMENT,
    "rollback": ROLLBACK,
    "is_by_digest": True,
    "says": "Running Tasks: 2/2",
}
"""The facts of the script as it is, which a case of its own shows."""


def watched_for(fact: str, *calls: str) -> Edit:
    """Let the script be run for one of its facts, and the others be as they must. ``calls`` are those that show it."""
    every, every_call = deployment_script.watched, deployment_script._calls

    def watched(script: Path) -> Mapping[str, Callable[[], object]]:
        asked = every(script)
        assert asked.keys() == CAREFUL.keys()
        return {**{name: partial(CAREFUL.get, name) for name in CAREFUL}, fact: asked[fact]}

    def edit(repository: Repository) -> None:
        repository.patch.setattr(deployment_script, "watched", watched)
        repository.patch.setattr(deployment_script, "_calls", lambda: {call: every_call()[call] for call in calls})

    return edit


def failing(kind: str) -> Edit:
    """Let this fail alone of all that can."""
    every = deployment_script._failing

    def edit(repository: Repository) -> None:
        repository.patch.setattr(deployment_script, "_failing", lambda machine: {kind: every(machine)[kind]})

    return edit


def misnamed(kind: str) -> Edit:
    """Let this tag alone be asked for of all that do not name what is here."""
    every = deployment_script._misnamed
    return lambda repository: repository.patch.setattr(deployment_script, "_misnamed", lambda: {kind: every()[kind]})


def goes_on(name: str, old: str, new: str, after: str) -> Case:
    """A script that goes on after a failure."""
    return fails(name, watched_for("ignores"), failing(after), scripted(old, new), names=after)


def misnaming(name: str, old: str, new: str) -> Case:
    """A script that builds what is here under a name that is not its own."""
    return fails(name, watched_for("misnames"), misnamed(name), scripted(old, new), names=name)


def without_shellcheck(repository: Repository) -> None:
    """Let shellcheck be nowhere, as where this project's packages are not installed."""
    without_programs(repository)
    repository.patch.setattr("sys.executable", str(repository.root / "python"))


def impatient(repository: Repository) -> None:
    """Wait for the script no longer than the test has time."""
    repository.patch.setattr(deployment_script, "_TIMEOUT", 0.5)


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
    goes_on("a failing step, and it goes on", "set -euo pipefail", "set -uo pipefail", "docker buildx build fails (1)"),
    goes_on("one failing step, and it goes on", PUSH, f"{PUSH} || true", "docker push fails (1)"),
    goes_on("a failing login, and it goes on", "set -euo pipefail", "set -eu", "aws ecr get-login-password fails (1)"),
    goes_on(
        "any error is taken for a missing tag",
        'grep -q ImageNotFoundException "$work/error"',
        "true",
        "aws ecr describe-images fails (1)",
    ),
    goes_on(
        "a rollback by ECS goes unnoticed",
        '[[ $running_revision == "$revision" ]]',
        "true",
        "ECS rolls the deployment back",
    ),
    goes_on("a missing task goes unnoticed", '[[ $running == "$desired" ]]', "true", "a task does not run"),
    fails(
        "it does not wait",
        watched_for("deployment", "a deployment"),
        scripted("change aws ecs wait", "true aws ecs wait"),
        names="aws ecs wait",
    ),
    fails(
        "a dry run that pushes",
        watched_for("dry_run", "a dry run"),
        scripted(PUSH, PUSH.removeprefix("change ")),
        names="docker push",
    ),
    fails(
        "a dry run that fails",
        watched_for("fails", "a dry run"),
        scripted('echo "    would run: $*"', "false"),
        names="a dry run",
    ),
    fails(
        "a rollback that builds",
        watched_for("rollback", "a rollback"),
        scripted("$tag != latest", "$tag == latest"),
        names="docker push",
    ),
    misnaming("a tag that has left ECR", "[[ $tag == latest ]] || check_tag_names_checkout", ""),
    misnaming("a dry run for a tag that has left ECR", "[[ $tag == latest ]] ||", "$dry_run || [[ $tag == latest ]] ||"),
    misnaming("another commit", '$head == "$tag"*', '$head == *"$tag"*'),
    misnaming("a digit that many commits begin with", "{7,40}", "+"),
    misnaming("a commit with changes", "-z $changed", "true"),
    misnaming("a commit, and git does not tell it", "rev-parse HEAD)", 'rev-parse HEAD || echo "$tag")'),
    misnaming("a commit, and git does not tell its changes", "-- backend)", "-- backend || true)"),
    fails(
        "a commit that is checked out is refused",
        watched_for("fails", "a deployment to staging"),
        scripted("^[0-9a-f]{7,40}$", "^[0-9a-f]{40}$"),
        names="to staging: ",
    ),
    fails(
        "a git tag on it is refused",
        watched_for("fails", "a deployment"),
        scripted('grep -qxF -- "$tag"', "false"),
        names="a deployment: ",
    ),
    fails(
        "another environment's cluster",
        watched_for("strays", "a deployment", "a deployment to staging"),
        scripted("cluster=triflow-ai-$environment", "cluster=triflow-ai-production"),
        names="production-cluster",
    ),
    fails(
        "the image by its tag",
        watched_for("is_by_digest", "a deployment", "a rollback"),
        scripted(IMAGE, "image=$uri:$tag"),
        names="is_by_digest",
    ),
    fails(
        "another size of the tasks",
        watched_for("alters", "a deployment"),
        scripted('"compatibilities",', '"compatibilities", "cpu",'),
        names="cpu",
    ),
    fails(
        "no summary",
        watched_for("says", "a deployment"),
        scripted("  Running Tasks: $running/$desired\n", ""),
        names="Running Tasks",
    ),
    fails(
        "a deployment that does nothing",
        watched_for("fails", "a deployment"),
        scripted('    "$@"\n  fi', "    true\n  fi"),
        names="a deployment: ",
    ),
    fails(
        "a deployment that fails",
        watched_for("fails", "a deployment"),
        scripted("services[0].runningCount", "services[9].runningCount"),
        names="Look at what runs",
    ),
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
UPLOAD = "github/codeql-action/upload-sarif@ff0a06e83cb2de871e5a09832bc6a81e7276941f"
ROLE = "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}"
JOB, DEPLOYS, TEST = "  verify:\n", "  deploy:\n", "- run: make test"
STORED = "${{ secrets.AWS_DEPLOY_KEY }}"
AUTOMATED = [
    passes("as it is"),
    passes("an action of this repository", gated(CHECKOUT, "./.github/actions/checkout")),
    passes("an emulator's key", gated("jobs:", "env:\n  AWS_ACCESS_KEY_ID: test\n\njobs:")),
    fails("permissions: write-all", gated("permissions:\n  contents: read", "permissions: write-all"), names="verify: write-all"),
    fails("permissions by default", gated("permissions:\n  contents: read\n", ""), names="no permissions are declared"),
    fails("one permission too many", deploying("      contents: read", "      contents: write"), names="deploy: contents: write"),
    fails(
        "code that may write alerts", gated(JOB, f"{JOB}    permissions: {{security-events: write}}\n"), names="security-events"
    ),
    fails("code that may comment", gated(JOB, f"{JOB}    permissions: {{pull-requests: write}}\n"), names="pull-requests: write"),
    fails(
        "alerts that nothing uploads", gated("github/codeql-action/upload-sarif@", "a/b@"), names="code-scanning: security-events"
    ),
    fails("an attestation of nothing", gated("actions/attest-build-provenance@", "a/b@"), names="attest: attestations: write"),
    fails("an uploader that may do more", gated("security-events: write", "contents: write"), names="contents: write"),
    fails("an upload by its tag", gated(UPLOAD, "github/codeql-action/upload-sarif@v3"), names="upload-sarif@v3"),
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
    fails("an image by its tag", gated(JOB, f"{JOB}    container: python:3.11\n"), names="python:3.11"),
    fails("a service by its tag", gated(JOB, f"{JOB}    services: {{cloud: {{image: moto:5}}}}\n"), names="moto:5"),
    passes("a service by its digest", gated(JOB, f"{JOB}    services: {{cloud: {{image: moto@sha256:{'a' * 64}}}}}\n")),
    fails(
        "secrets for somebody's pull request",
        gated("  merge_group:\n", "  merge_group:\n  pull_request_target:\n"),
        names="pull_request_target",
    ),
    fails(
        "an input as a part of a command", deploying('"$IMAGE_TAG"', '"${{ inputs.image_tag }}"'), names="jobs.deploy.steps.3.run"
    ),
    fails(
        "a title as a part of a command",
        gated("make lint", "echo ${{ github.event.pull_request.title }}"),
        names="jobs.verify.steps.2.run",
    ),
    fails("no gate on merges", gated("  merge_group:\n", ""), names="gates"),
    fails(
        "a gate for some files alone", gated("  pull_request:\n", "  pull_request:\n    paths: [stackproof/**]\n"), names="gates"
    ),
    fails("a gate that may fail", gated("    steps:", "    continue-on-error: true\n    steps:"), names="gates"),
    fails("a gate that judges nothing", gated(TEST, "- run: make help"), names="gates"),
    fails("no gate on pushes", gated("  push:\n    branches: [main]\n", ""), names="gates"),
    fails("a gate on pushes to another branch", gated("branches: [main]", "branches: [next]"), names="gates"),
    fails("a gate once it is too late", gated("  pull_request:\n", "  pull_request: {types: [closed]}\n"), names="gates"),
    fails("a gate that is skipped", gated(JOB, f"{JOB}    if: false\n"), names="gates"),
    fails("a gate behind a job that may be skipped", gated(JOB, f"{JOB}    needs: other\n"), names="gates"),
    fails("a gate whose step is skipped", gated(TEST, f"{TEST}\n        if: github.actor == 'me'"), names="gates"),
    fails(
        "a gate whose failure goes on",
        gated(TEST, "- run: |\n          set +e\n          make test\n          true"),
        names="gates",
    ),
    fails("a gate whose failure is none", gated(TEST, f"{TEST} || true"), names="gates"),
    fails(
        "a gate in a branch", gated(TEST, "- run: |\n          if false; then\n          make test\n          fi"), names="gates"
    ),
    fails("a gate of something else", gated(TEST, f"{TEST}\n        working-directory: other"), names="gates"),
    fails("a gate with another shell", gated(TEST, f"{TEST}\n        shell: 'true {{0}}'"), names="gates"),
    fails("a gate with another shell for all", gated("jobs:", "defaults: {run: {shell: 'true {0}'}}\n\njobs:"), names="gates"),
    passes("a gate in spite of what failed before", gated(TEST, f"{TEST}\n        if: always()")),
    passes("a gate and more", gated(TEST, "- run: |\n          make test\n          make check-evidence")),
    fails("no deployment by hand", deploying("workflow_dispatch:", "workflow_call:"), names="deployments"),
    fails("any environment", deploying("type: choice", "type: string"), names="deployments"),
    fails("no tag to choose", deploying("      image_tag:", "      tag:"), names="deployments"),
    fails("no deployment of main", deploying("branches: [main]", "branches: [develop]"), names="deployments"),
    fails("another way to deploy", deploying("./scripts/deploy-aws.sh", "make deploy"), names="deployments"),
    fails(
        "a deployment of some files",
        deploying("branches: [main]", "branches: [main]\n    paths: [backend/**]"),
        names="deployments",
    ),
    fails("a deployment that is told", deploying("./scripts/deploy-aws.sh", "echo scripts/deploy-aws.sh"), names="deployments"),
    fails("a deployment that is a dry run", deploying('deploy-aws.sh "', 'deploy-aws.sh --dry-run "'), names="deployments"),
    fails("a deployment that is skipped", deploying(DEPLOYS, f"{DEPLOYS}    if: false\n"), names="deployments"),
    fails(
        "a deployment after a job that is skipped",
        deploying(f"jobs:\n{DEPLOYS}", f"jobs:\n  build:\n    if: false\n{DEPLOYS}    needs: build\n"),
        names="deployments",
    ),
    passes(
        "a deployment after another job",
        deploying(f"jobs:\n{DEPLOYS}", f"jobs:\n  build:\n    runs-on: ubuntu-24.04\n{DEPLOYS}    needs: build\n"),
    ),
    fails("a deployment without a role", deploying(ROLE, "role-chaining: true"), names="deployments"),
    fails("a deployment without a token", deploying("id-token: write", "id-token: none"), names="deployments"),
    fails("no workflow", removes(".github/workflows/*"), names="no workflow"),
    errs("a file that does not parse", appends(GATE, "\t"), names="compliance.yml"),
]

GRAFANA = "infrastructure/grafana/"
SOURCE, PROVIDER, BOARD = (
    f"{GRAFANA}{name}"
    for name in ("provisioning/datasources/cloudwatch.yaml", "provisioning/dashboards/stackproof.yaml", "dashboards/rds.json")
)
KEYS = "\n    secureJsonData:\n      accessKey: " + "AKIA" + "IOSFODNN7EXAMPLE"
PROVISIONED = [
    passes("as it is"),
    passes("a role", replaces(SOURCE, "authType: default", "authType: ec2_iam_role")),
    fails("keys", replaces(SOURCE, "authType: default", "authType: keys"), names="is_keyless"),
    fails("a key beside a role", replaces(SOURCE, "access: proxy", f"access: proxy{KEYS}"), names="is_keyless"),
    fails("a key in a comment", appends(SOURCE, "# AKIA" + "IOSFODNN7EXAMPLE\n"), names="AWS access key id"),
    errs("a way that nobody knows", replaces(SOURCE, "authType: default", "authType: magic"), names="magic"),
    fails("another region", replaces(SOURCE, "ap-northeast-2", "us-west-2"), names="us-west-2"),
    errs("no region", replaces(SOURCE, "      defaultRegion: ap-northeast-2\n", ""), names="region is not reported"),
    fails("another kind of data source", replaces(SOURCE, "type: cloudwatch", "type: prometheus"), names="prometheus"),
    fails("no uid", replaces(SOURCE, "    uid: cloudwatch\n", ""), names="no uid"),
    fails("a data source that is not there", replaces(SOURCE, "uid: cloudwatch", "uid: other"), names="which is not provisioned"),
    fails("no version of the format", replaces(SOURCE, "apiVersion: 1\n", ""), names="apiVersion"),
    fails("no data source", replaces(SOURCE, "datasources:", "sources:"), names="no datasources"),
    fails(
        "a provider without a place",
        replaces(PROVIDER, "    options:\n      path: /var/lib/grafana/dashboards\n", ""),
        names="options",
    ),
    fails("no provider", removes(PROVIDER), names="provisioning/dashboards holds no file"),
    fails("no dashboard", removes(f"{GRAFANA}dashboards/*"), names="dashboards holds no file"),
    fails("a dashboard without a uid", replaces(BOARD, '"uid": "rds"', '"uid": ""'), names="has no uid"),
    fails("two dashboards of one uid", replaces(BOARD, '"uid": "rds"', '"uid": "alb"'), names="alb"),
    fails("a panel that asks for nothing", replaces(BOARD, '"targets": [', '"others": ['), names="asks for nothing"),
    errs("a dashboard that is no JSON", appends(BOARD, ","), names="rds.json"),
    errs("a file that does not parse", appends(SOURCE, "\t- ["), names="cloudwatch.yaml"),
]

CASES: dict[str, list[Case]] = {
    "OBS-03": PROVISIONED,
    "LOC-01": COMPOSED,
    "OPS-01": SCRIPTED,
    "OPS-03": AUTOMATED,
}
