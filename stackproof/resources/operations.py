"""The tools of operators: the compose file of the local emulator, the deployment script, the workflows of GitHub Actions."""

from stackproof.core.resource import Resource, field


class ComposeService(Resource):
    """A service of ``docker-compose.localstack.yml``."""

    problems: tuple[str, ...] = field()
    """What the Compose specification does not know, or does not take."""
    is_pinned: bool = field()
    """Whether its image has a version, or a digest."""
    is_health_checked: bool = field()
    exposed: tuple[str, ...] = field()
    """Ports that are published on more than this machine's loopback, as they are written."""


class DeploymentScript(Resource):
    """``scripts/deploy-aws.sh``, as it was seen to work with fakes for AWS and Docker."""

    findings: tuple[str, ...] = field()
    """Of shellcheck."""
    accepts: tuple[str, ...] = field()
    """Wrong calls that it takes for right ones, or that it refuses without telling its usage."""
    does_without: tuple[str, ...] = field()
    """Tools whose absence it does not tell before it begins."""
    fails: tuple[str, ...] = field()
    """Which of a deployment, a rollback and a dry run does not end well, and with which error."""
    dry_run: tuple[str, ...] = field()
    """What a dry run changes or waits for."""
    deployment: tuple[str, ...] = field()
    """What a deployment of a new tag changes and waits for, in its order."""
    rollback: tuple[str, ...] = field()
    """What a rollback to a tag that is in ECR changes and waits for, in its order."""
    is_by_digest: bool = field()
    """Whether it registers the image of the tag by its digest."""
    strays: tuple[str, ...] = field()
    """What both a deployment to production and one to staging act on, beside the repository of the images."""
    alters: tuple[str, ...] = field()
    """What it changes in the task definition beside the image."""
    says: str = field()
    """What it printed for the deployment."""
    misnames: tuple[str, ...] = field()
    """Tags under which it builds what they do not name: ``a tag that has left ECR``."""
    ignores: tuple[str, ...] = field()
    """Failures after which it goes on, or ends as if it had deployed."""


class Workflow(Resource):
    """A workflow of GitHub Actions. Its name is that of its file."""

    unpinned: tuple[str, ...] = field()
    """Actions and images that a tag or a branch names, which somebody else can move."""
    needless_permissions: tuple[str, ...] = field()
    """What it may, or may by GitHub's defaults, and need not: ``deploy: contents: write``."""
    long_lived_keys: tuple[str, ...] = field()
    """Where it takes a key of AWS that does not expire."""
    open_to_outsiders: tuple[str, ...] = field()
    """What gives its secrets to somebody else's changes, or runs their text: ``pull_request_target``, ``jobs.deploy.steps.3.run``."""


class Workflows(Resource):
    """All workflows together."""

    gates: tuple[str, ...] = field()
    """The workflows that judge every pull request, every merge and every push to main by ``make test``."""
    deployments: tuple[str, ...] = field()
    """The workflows that run ``scripts/deploy-aws.sh`` with an environment, an image tag and a role: for a push to main, and by hand."""
