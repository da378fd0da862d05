"""Cases of the phase 0 controls, a row each: an edit of the repository or of what Terraform answers, and the verdict that must follow."""

from dataclasses import dataclass

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, WAIVED
from proofs.harness import planned, without
from proofs.repository import (
    PRINTED,
    STACK,
    Edit,
    acts,
    appends,
    applied,
    applied_beside,
    deployed,
    destroyed,
    drifted,
    failing_checkov,
    git,
    given,
    left_over,
    mirrored,
    packaged,
    promises,
    removes,
    replaces,
    runs,
    says,
    speculative,
    unplannable,
    weak_passwords,
    without_git,
    without_programs,
)
from stackproof.core.verdicts import Verdict


@dataclass(frozen=True)
class Case:
    """Edits of a copy of the repository, and the verdict that must follow."""

    name: str
    verdict: Verdict
    edits: tuple[Edit, ...]
    names: str
    """What the message must name."""


def passes(name: str, *edits: Edit) -> Case:
    return Case(name, PASS, edits, "")


def waives(name: str, *edits: Edit) -> Case:
    """Nothing is wrong but what waivers accept."""
    return Case(name, WAIVED, edits, "waived until")


def fails(name: str, *edits: Edit, names: str = "") -> Case:
    return Case(name, FAIL, edits, names)


def errs(name: str, *edits: Edit, names: str) -> Case:
    return Case(name, ERROR, edits, names)


def sets_aside(name: str, *edits: Edit, names: str) -> Case:
    return Case(name, Verdict.NOT_APPLICABLE, edits, names)


def stays_open(name: str, *edits: Edit, names: str) -> Case:
    return Case(name, UNKNOWN, edits, names)


def stack(file: str, old: str, new: str) -> Edit:
    """Write something else in a file of the app stack."""
    return replaces(STACK + file, old, new)


def more(text: str, file: str = "more.tf") -> Edit:
    """Add to the app stack."""
    return appends(STACK + file, text)


def module(text: str, folder: str = "modules/net") -> tuple[Edit, Edit]:
    """Add a module with these sources, and a call of it."""
    return more(text, f"{folder}/main.tf"), more(f'module "net" {{\n  source = "./{folder}"\n}}\n')


def resource(type: str, body: str) -> str:
    return f'resource "{type}" "more" {{\n{body}\n}}\n'


LOGGING = "central_logging/"
ROOTS = ("", "account/", LOGGING, "modules/cloudwatch-log-group/")
"""The directories of the stacks and of their module, each with its own versions.tf."""
BROKEN = more('resource "aws_vpc" {')
NO_SOURCES = removes(f"{STACK}*.tf")
EXAMPLE, VARIABLES, BACKEND = (f"{STACK}{name}" for name in ("terraform.tfvars.example", "variables.tf", "backend.tf.example"))
REFUSED = replaces(EXAMPLE, '"123456789012"', '"12"')
"""An example whose account a validation refuses: there is no plan."""
BUCKET, LISTENER, GROUP = "aws_s3_bucket.app", "aws_lb_listener.https", "aws_security_group.rds"
LOGS, DATABASE, OLD = "aws_flow_log.main", "aws_db_instance.main", "aws_eip.old"

FORMAT = [
    passes("as it is"),
    fails("one file is off", stack("names.tf", "locals {", "locals   {"), names="names.tf"),
    fails("a file of a module is off", *module("locals   {}\n"), names="modules/net/main.tf"),
    fails("a file of a module elsewhere is off", *module("locals   {}\n", "../net"), names="net/main.tf"),
    fails("variable values are off", more("region    = 1\n", "terraform.tfvars"), names="terraform.tfvars"),
    errs("a file that does not parse", BROKEN, names="more.tf"),
    errs("no sources", NO_SOURCES, names="no Terraform sources"),
]

LOCK = """provider "registry.terraform.io/hashicorp/aws" {{
  version     = "{version}"
  constraints = ">= 3.0.0"
  hashes = [
    "h1:{hash}=",
  ]
}}
"""
ANY_VERSION = [stack(f"{directory}versions.tf", '"~> 6.0"', '">= 3.0.0"') for directory in ROOTS]
RIGHT, WRONG = "goOMfGE4SjLps+hpxJFEM/pZFiNgvi6BMG8/w86+f6k", "goOMfGE4SjLps+hpxJFEM/pZFiNgvi6BMG8/w86+f6K"


def locked(version: str, hash: str) -> tuple[Edit, ...]:
    """A committed lock file, and a provider that is installed as the sources ask."""
    return mirrored, *ANY_VERSION, more(LOCK.format(version=version, hash=hash), ".terraform.lock.hcl")


INIT = [
    passes("as it is"),
    passes("a lock file that matches", *locked("3.39.0", RIGHT)),
    fails("a lock file with another hash", *locked("3.39.0", WRONG), names="checksums"),
    fails("a lock file with another version", *locked("3.38.0", RIGHT), names="3.38.0"),
    fails("an empty lock file", mirrored, *ANY_VERSION, more("\n", ".terraform.lock.hcl"), names="lock"),
    fails("no such version", mirrored, stack("versions.tf", "~> 6.0", "~> 99.0"), names="~> 99.0"),
    fails("no such provider", mirrored, stack("versions.tf", "hashicorp/aws", "hashicorp/other"), names="hashicorp/other"),
    errs("another generation, with the packaged provider alone", packaged, stack("versions.tf", "6.0", "5.0"), names="~> 5.0"),
    errs("a file that does not parse", BROKEN, names="more.tf"),
]

SIZE, VPC = resource("aws_vpc", "  size = 1"), resource("aws_eip", "  vpc = true")
OLD_STYLE = stack("versions.tf", 'provider "aws" {', 'provider "aws" {\n  version = ">= 3.0"')
VALIDATE = [
    passes("as it is"),
    fails("an unknown argument", stack("network.tf", "enable_dns_support ", "enable_dns_suport "), names="enable_dns_suport"),
    fails("a missing required argument", more(resource("aws_subnet", '  cidr_block = "10.1.0.0/24"')), names="vpc_id"),
    fails("an unknown argument in a module", *module(SIZE), names="modules/net: "),
    fails("an unknown argument in a module elsewhere", *module(SIZE, "../net"), names="infrastructure/net: "),
    fails("an unknown argument in a module that nobody calls", more(SIZE, "spare/main.tf"), names="spare: "),
    fails("a missing required argument of a module", *module('variable "cidr" {}\n'), names="cidr"),
    fails("a warning", OLD_STYLE, names="Version constraints inside provider"),
    errs("a file that does not parse", BROKEN, names="more.tf"),
    errs("no sources", NO_SOURCES, names="no Terraform sources"),
]

SCHEMA = [
    passes("as it is"),
    fails("vpc on aws_eip", stack("network.tf", 'domain = "vpc"', "vpc = true"), names="aws_eip has no argument vpc"),
    fails("name on aws_db_instance", stack("database.tf", "db_name ", "name "), names="aws_db_instance has no argument name"),
    fails("a type that the schema data does not cover", more(resource("aws_other", "")), names="aws_other is not covered"),
    fails("in a module", *module(VPC), names="modules/net: "),
    fails("in a module elsewhere", *module(VPC, "../net"), names="infrastructure/net: "),
    fails("a module without a resource", *module("locals {}\n"), names="modules/net: "),
    errs("a file that does not parse", BROKEN, names="more.tf"),
    errs("no sources", NO_SOURCES, names="no Terraform sources"),
]

KEY = "domain_name = <<EOT\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nEOT\n"
VARIABLE_FILE = [
    passes("as it is"),
    fails("a required variable is absent", replaces(EXAMPLE, "access_logs_bucket ", "# "), names="access_logs_bucket"),
    fails("a variable that nothing declares", speculative(), appends(EXAMPLE, 'zone = "a"\n'), names="zone"),
    fails("the password", speculative(), appends(EXAMPLE, 'db_password = "x"\n')),
    fails("the password in a comment", speculative(), appends(EXAMPLE, '# db_password = "x"\n'), names="db_password"),
    fails("another secret", speculative(), appends(EXAMPLE, 'slack_webhook_url = "x"\n'), names="slack_webhook_url"),
    fails("the shape of a secret", speculative(), appends(EXAMPLE, "# https://user:hunter2@host\n"), names="line 15"),
    fails("a private key", speculative(), appends(EXAMPLE, KEY), names="a key over several lines"),
    fails("a password by default", speculative(), replaces(VARIABLES, "  sensitive ", '  default = "x"\n  sensitive ')),
    fails(
        "a required variable of another stack is absent",
        replaces(f"{STACK}{LOGGING}terraform.tfvars.example", "audit_bucket ", "# "),
        names="central_logging: ",
    ),
    errs("an example that a plan refuses", REFUSED, names="aws_account_id"),
    errs("no example", speculative(), removes(EXAMPLE), names="terraform.tfvars.example"),
]

SAYING = more(
    'check "region" {\n  assert {\n    condition     = var.region == ""\n    error_message = "Elsewhere."\n  }\n}\n'
    'output "password" {\n  value = nonsensitive(var.db_password)\n}\n'
)
"""Sources that Terraform warns of, and that print the password."""
SIZED = resource("aws_vpc", '  cidr_block = "10.1.0.0/16"')
PLAN = [
    passes("as it is"),
    fails("an address added", speculative(acts("aws_s3_bucket.more", "create")), names="aws_s3_bucket.more"),
    fails("an address lost", speculative(without(BUCKET)), names=BUCKET),
    fails("another address", speculative(without(BUCKET), acts("aws_s3_bucket.data", "create")), names="aws_s3_bucket.data"),
    fails("one that is no longer there", speculative(acts(LISTENER, "delete")), names=LISTENER),
    fails("a warning of the provider", speculative(warning="Argument is deprecated"), names="Argument is deprecated"),
    fails("a warning of Terraform", SAYING, names="Elsewhere."),
    fails("one more in another stack", more(SIZED, f"{LOGGING}more.tf"), names="central_logging: "),
    errs("no plan", unplannable, names="no plan"),
    passes("a given plan from nothing", given()),
    fails("a given plan with an address added", given(acts(OLD, "create")), names=OLD),
    passes("an update that changes one", given(runs, acts(LISTENER, "update"))),
    passes("an update that replaces one", given(runs, acts(LISTENER, "delete", "create"))),
    passes("an update that destroys what is not reviewed", given(runs, acts(OLD, "delete"))),
    passes("what is left over of a replacement", given(runs, left_over(OLD))),
    passes("nothing to do", given(runs)),
    fails("an update that adds one", given(runs, acts(OLD, "create")), names=OLD),
    fails("an update that destroys one", given(runs, acts(LISTENER, "delete")), names=LISTENER),
    fails("an update that forgets one", given(runs, acts(LISTENER, "forget")), names=LISTENER),
    fails("an update of a stack that has one more", given(runs, acts(OLD, "no-op")), names=OLD),
    fails("the destruction of everything", given(destroyed), names=LISTENER),
    errs("an action that nobody knows", given(runs, acts(LISTENER, "renew")), names="renew"),
]

SHORT, PLAIN = "15 characters, some of them special", "16 characters, none of them special"
REPEATING = stack("database.tf", '"db_password has 16', '"db_password ${nonsensitive(var.db_password)} has no 16')
VALIDATION = 'validation {\n    condition     = length(var.db_password) > 15\n    error_message = "Too short."\n  }\n'
PASSWORD = [
    passes("as it is"),
    fails("a short one is taken", speculative(), weak_passwords(SHORT), stack("database.tf", "{16,", "{15,"), names=SHORT),
    fails("a plain one is taken", speculative(), weak_passwords(PLAIN), stack("database.tf", "[^A-Z", "[A-Z"), names=PLAIN),
    fails("not sensitive", speculative(), weak_passwords(), replaces(VARIABLES, "  sensitive   = true\n", "")),
    fails("in an output", weak_passwords(), SAYING, names="the plan"),
    fails("in a warning", speculative(warning=f"{PRINTED} is weak"), weak_passwords(), names="the plan"),
    fails("in a refusal", speculative(), weak_passwords(SHORT), REPEATING, names="the refusal of a weak one"),
    fails(
        "in the error of a validation",
        speculative(),
        weak_passwords(),
        replaces(VARIABLES, "  sensitive ", f"  {VALIDATION}  sensitive "),
        names="the error of its validation",
    ),
    fails("no such variable", speculative(), replaces(VARIABLES, '"db_password"', '"password"'), names="db_password"),
    fails(
        "another secret is not sensitive",
        weak_passwords(),
        replaces("environments/production.toml", '["db_password"]', '["db_password", "project"]'),
        names="project",
    ),
    errs("no plan, for another reason", speculative(), REFUSED, names="aws_account_id"),
]

OUTPUTS = [
    passes("as it is", deployed()),
    fails("one is missing", deployed(rds_address=None), names="rds_address"),
    fails("one is empty", deployed(env_variables=""), names="env_variables"),
    fails("one in another shape", deployed(rds_endpoint="triflow-ai-production-db:3306"), names="rds_endpoint"),
    fails(
        "one with more than its shape", deployed(sns_topic_arn="arn:aws:sns:us-east-1:123456789012:a b"), names="sns_topic_arn"
    ),
    errs("one of another type", deployed(alb_dns_name=["triflow-ai-production-alb-1"]), names="alb_dns_name"),
    stays_open("on a plan", speculative(), names="rds_address is known only after apply"),
    fails("on a plan, one is missing", speculative(promises("rds_address", None)), names="rds_address"),
    fails("on a plan, one is empty", speculative(promises("rds_endpoint", {"value": ""})), names="rds_endpoint"),
    errs("on a plan, one is null", speculative(promises("rds_address", {"value": None})), names="rds_address"),
]

SERVICE = "aws_ecs_service.backend"
SECOND_PLAN = [
    passes("as it is", applied()),
    passes("the service moved what it computes", applied(drifted(DATABASE, "update", latest_restorable_time="later"))),
    passes("what the sources leave to the deployment", applied(drifted(SERVICE, "update", task_definition="backend:2"))),
    fails("another setting of the same service", applied(drifted(SERVICE, "update", desired_count=1)), names=f"update {SERVICE}"),
    fails("a tag changed by hand", applied(acts(BUCKET, "update"), drifted(BUCKET, "update", tags={})), names=f"update {BUCKET}"),
    fails("a rule added by hand", applied(acts(GROUP, "update"), drifted(GROUP, "update", ingress=[])), names=f"update {GROUP}"),
    fails("a setting that the sources leave open", applied(drifted(DATABASE, "update", port=1)), names=f"update {DATABASE}"),
    fails("a change that is hidden", applied(drifted(DATABASE, "update", id="1")), names=f"update {DATABASE}"),
    fails(
        "a type that the schema data does not cover", applied(drifted("other.a", "update", computed=1)), names="update other.a"
    ),
    fails("one deleted by hand", applied(acts(LOGS, "create"), drifted(LOGS, "delete")), names=f"create {LOGS}"),
    fails("another stack changed by hand", applied_beside(acts("aws_kms_key.logs", "update")), names="central_logging: "),
    fails("one to replace", applied(acts(LISTENER, "delete", "create")), names=f"replace {LISTENER}"),
    fails("an output changed", applied(says(output_changes={"a": {"actions": ["update"]}})), names="update output.a"),
    fails("an address moved in the sources", applied(says(applyable=True)), names="is_applyable"),
    errs("a plan that does not tell", applied(says(applyable=None)), names="is_applyable"),
    errs("no plan", applied(says(planned_values=None)), names="not a Terraform plan"),
]

TERRAFORM_FILES = ("terraform.tfvars", "terraform.tfvars.json", "terraform.tfstate", "errored.tfstate.backup", "tfplan")
STATE = [
    passes("as it is"),
    passes("a lock table", replaces(BACKEND, "use_lockfile = true", 'dynamodb_table = "locks"')),
    fails("not encrypted", replaces(BACKEND, "encrypt      = true", ""), names="is_encrypted"),
    fails("encryption off", replaces(BACKEND, "encrypt      = true", "encrypt = false"), names="is_encrypted"),
    fails("not locked", replaces(BACKEND, "use_lockfile = true", ""), names="is_locked"),
    fails("locking off", replaces(BACKEND, "use_lockfile = true", "use_lockfile = false"), names="is_locked"),
    fails("local", replaces(BACKEND, '"s3"', '"local"'), names="is_remote"),
    fails("local, beside a good example", more('terraform {\n  backend "local" {}\n}\n', "backend.tf"), names="is_remote"),
    fails("no backend", replaces(BACKEND, 'backend "s3"', "locals"), names="is_remote"),
    fails("no example", removes(BACKEND), names="backend.tf.example"),
    fails("not encrypted in another stack", stack(f"{LOGGING}backend.tf.example", "encrypt ", "# "), names="central_logging: "),
    *(fails(f"{name} in git", more("{}\n", name), git("add", "-f", STACK + name), names=name) for name in TERRAFORM_FILES),
    fails("values of another stack in git", appends("other/a.auto.tfvars", ""), git("add", "-f", "other"), names="other/a.auto"),
    fails("no .gitignore", removes(".gitignore"), names="terraform.tfstate"),
    fails("a name that is not ignored", replaces(".gitignore", "terraform.tfvars\n", ""), names="terraform.tfvars"),
    fails("a name that is ignored no more", appends(".gitignore", "!terraform.tfstate\n"), names="terraform.tfstate"),
    fails(
        "ignored by this clone alone", removes(".gitignore"), appends(".git/info/exclude", "*tf*\n"), names="terraform.tfstate"
    ),
    sets_aside("no repository", without_git, names="git"),
    errs("no git", without_programs, names="git"),
]


def waiver(check: str, resource: str, control: str = "POL-01") -> Edit:
    """One waiver more."""
    return appends(
        "waivers.toml",
        f'\n[[waiver]]\ncontrol = "{control}"\ncheck = "{check}"\nresource = "{resource}"\n'
        'reason = "There is a reason for everything."\nowner = "devops"\nticket = "T-1"\nexpires = 2999-12-31\n',
    )


def waived(old: str, new: str) -> Edit:
    """Change a waiver."""
    return replaces("waivers.toml", old, new)


def waivers(control: str, *plan: Edit) -> list[Case]:
    """What holds on the sources and on a plan alike."""
    return [
        waives("as it is", *plan),
        fails("no waiver", *plan, waived("CKV_AWS_51", "CKV_AWS_0"), names="CKV_AWS_51 aws_ecr_repository.backend"),
        fails("a waiver for another resource", *plan, waived("repository.backend", "repository.b"), names="CKV_AWS_51"),
        fails("an expired waiver", *plan, waived("2027-11-30", "2020-11-30"), names="until 2020-11-30"),
        fails("a waiver that nothing needs", *plan, waiver("CKV_AWS_51", BUCKET, control), names=f"CKV_AWS_51 {BUCKET}"),
        fails("a waiver for every resource", *plan, waiver("CKV_AWS_51", "*", control), names="CKV_AWS_51 *"),
        fails("a waiver for elsewhere", *plan, waived('"CKV_AWS_51"', '"CKV_AWS_51"\ntargets = "aws"'), names="CKV_AWS_51"),
        errs("checkov fails", *plan, failing_checkov, names="checkov"),
    ]


OPEN = stack("database.tf", "storage_encrypted     = true", "storage_encrypted     = false")
SKIPPING = OPEN, stack("registry.tf", '"backend" {', '"backend" {\n  # checkov:skip=CKV_AWS_136: because')
ACCEPTED, REGISTRY = waiver("CKV_AWS_16", DATABASE), "aws_ecr_repository.backend"
SOURCE_POLICY = [
    *waivers("POL-01"),
    fails("a finding", *SKIPPING, names=f"CKV_AWS_16 {DATABASE}"),
    fails("a comment that skips a check", *SKIPPING, ACCEPTED, names=f"CKV_AWS_136 {REGISTRY}"),
    waives("a comment that skips a check, with a waiver", *SKIPPING, ACCEPTED, waiver("CKV_AWS_136", REGISTRY)),
    errs("no sources", NO_SOURCES, names="no Terraform sources"),
]
PLAN_POLICY = [
    *waivers("POL-02", speculative()),
    fails("a finding", speculative(planned(DATABASE, storage_encrypted=False)), names=f"CKV_AWS_16 {DATABASE}"),
    errs("no plan", unplannable, names="no plan"),
]

ENVIRONMENT = ".env.production.example"
ENVIRONMENT_FILE = [
    passes("as it is"),
    fails("a key is missing", replaces(ENVIRONMENT, "BASE_URL=\n", ""), names="BASE_URL"),
    fails("the password is missing", replaces(ENVIRONMENT, "RDS_PASSWORD=\n", ""), names="RDS_PASSWORD"),
    fails("a key too many", appends(ENVIRONMENT, "OTHER=\n"), names="OTHER"),
    fails("a key in lower case too many", appends(ENVIRONMENT, "other=\n"), names="other"),
    fails("a key in a comment", replaces(ENVIRONMENT, "RDS_PORT", "# RDS_PORT"), names="RDS_PORT"),
    fails("a key more in the output", stack("outputs.tf", "    BASE_URL", "    OTHER=1\n    BASE_URL"), names="OTHER"),
    fails("a value filled in", replaces(ENVIRONMENT, "RDS_PORT=", "RDS_PORT=5432"), names="RDS_PORT"),
    fails("a value filled in, and emptied below", replaces(ENVIRONMENT, "RDS_PORT=", "RDS_PORT=1\nRDS_PORT="), names="RDS_PORT"),
    fails("no example", removes(ENVIRONMENT), names=ENVIRONMENT),
    fails("no such output", stack("outputs.tf", '"env_variables"', '"variables"'), names="env_variables"),
    errs("a file that does not parse", BROKEN, names="more.tf"),
]

CASES = {
    "TF-01": FORMAT,
    "TF-02": INIT,
    "TF-03": VALIDATE,
    "TF-04": VARIABLE_FILE,
    "TF-05": PLAN,
    "TF-06": PASSWORD,
    "TF-07": OUTPUTS,
    "TF-08": SECOND_PLAN,
    "TF-09": SCHEMA,
    "TF-10": STATE,
    "POL-01": SOURCE_POLICY,
    "POL-02": PLAN_POLICY,
    "OPS-02": ENVIRONMENT_FILE,
}
