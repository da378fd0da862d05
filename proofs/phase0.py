"""Cases of the phase 0 controls, a row each: an edit of the repository or of what Terraform answers, and the verdict that must follow."""

from dataclasses import dataclass

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN
from proofs.repository import (
    PRINTED,
    STACK,
    Edit,
    acts,
    appends,
    applied,
    deployed,
    drifted,
    failing_checkov,
    git,
    given,
    mirrored,
    packaged,
    promises,
    rehearsed,
    removes,
    replaces,
    says,
    weak_passwords,
    without_git,
    without_programs,
)
from stackproof.verdicts import Verdict


@dataclass(frozen=True)
class Case:
    """Edits of a copy of the repository, and the verdict that must follow."""

    control: str
    name: str
    verdict: Verdict
    edits: tuple[Edit, ...]
    names: str
    """What the message must name."""

    def __str__(self) -> str:
        return f"{self.control}: {self.name}"


def case(control: str, name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    return Case(control, name, verdict, edits, names)


def sources(file: str, old: str, new: str) -> Edit:
    """Write something else in a file of the app stack."""
    return replaces(STACK + file, old, new)


def more(text: str, file: str = "more.tf") -> Edit:
    """Add sources to the app stack."""
    return appends(STACK + file, text)


BROKEN = more('resource "aws_vpc" {')
NO_SOURCES = removes(f"{STACK}*.tf")
EXAMPLE, VARIABLES = f"{STACK}terraform.tfvars.example", f"{STACK}variables.tf"
REFUSED = replaces(EXAMPLE, '"123456789012"', '"12"')
"""An example whose account a validation refuses: there is no plan."""
MODULE = '  cidr_block = "10.1.0.0/16"\n'


def module(text: str, folder: str = "modules/net", arguments: str = "") -> tuple[Edit, Edit]:
    """A module with these sources, and a call of it."""
    return more(text, f"{folder}/main.tf"), more(f'module "net" {{\n  source = "./{folder}"{arguments}\n}}\n')


def resource(type: str, body: str) -> str:
    return f'resource "{type}" "more" {{\n{body}\n}}\n'


SOURCES = [
    case("TF-01", "as it is", PASS),
    case("TF-01", "one file is off", FAIL, sources("names.tf", "locals {", "locals   {"), names="names.tf"),
    case("TF-01", "a file of a module is off", FAIL, *module("locals   {}\n"), names="modules/net/main.tf"),
    case("TF-01", "a file of a module elsewhere is off", FAIL, *module("locals   {}\n", "../net"), names="net/main.tf"),
    case("TF-01", "variable values are off", FAIL, more("region    = 1\n", "terraform.tfvars"), names="terraform.tfvars"),
    case("TF-01", "a file that does not parse", ERROR, BROKEN, names="more.tf"),
]

LOCK = '''provider "registry.terraform.io/hashicorp/aws" {{
  version     = "{version}"
  constraints = ">= 3.0.0"
  hashes = [
    "h1:{hash}=",
  ]
}}
'''
ANY_VERSION = sources("versions.tf", '"~> 6.0"', '">= 3.0.0"')
RIGHT, WRONG = "goOMfGE4SjLps+hpxJFEM/pZFiNgvi6BMG8/w86+f6k", "goOMfGE4SjLps+hpxJFEM/pZFiNgvi6BMG8/w86+f6K"


def locked(version: str, hash: str) -> tuple[Edit, ...]:
    """A committed lock file, with a provider that is installed as the sources ask."""
    return mirrored, ANY_VERSION, more(LOCK.format(version=version, hash=hash), ".terraform.lock.hcl")


INIT = [
    case("TF-02", "as it is", PASS),
    case("TF-02", "a lock file that matches", PASS, *locked("3.39.0", RIGHT)),
    case("TF-02", "a lock file with another hash", FAIL, *locked("3.39.0", WRONG), names="checksums"),
    case("TF-02", "a lock file with another version", FAIL, *locked("3.38.0", RIGHT), names="3.38.0"),
    case("TF-02", "an empty lock file", FAIL, mirrored, ANY_VERSION, more("\n", ".terraform.lock.hcl"), names="lock"),
    case("TF-02", "no such version", FAIL, mirrored, sources("versions.tf", "~> 6.0", "~> 99.0"), names="~> 99.0"),
    case("TF-02", "no such provider", FAIL, mirrored, sources("versions.tf", "hashicorp/aws", "hashicorp/other"), names="other"),
    case("TF-02", "another generation where only the packaged provider is", ERROR, packaged, sources("versions.tf", "6.0", "5.0")),
    case("TF-02", "a file that does not parse", ERROR, BROKEN, names="more.tf"),
]

VALIDATE = [
    case("TF-03", "as it is", PASS),
    case("TF-03", "an unknown argument", FAIL, sources("network.tf", "enable_dns_support ", "enable_dns_suport"), names="suport"),
    case("TF-03", "a missing required argument", FAIL, more(resource("aws_subnet", MODULE)), names="vpc_id"),
    case("TF-03", "an unknown argument in a module", FAIL, *module(resource("aws_vpc", f"{MODULE}  size = 1")), names="modules/net: "),
    case("TF-03", "in a module elsewhere", FAIL, *module(resource("aws_vpc", "  size = 1"), "../net"), names="infrastructure/net: "),
    case("TF-03", "a missing required argument of a module", FAIL, *module('variable "cidr" {}\n'), names="cidr"),
    case("TF-03", "a module that nobody calls", FAIL, more(resource("aws_vpc", "  size = 1"), "spare/main.tf"), names="spare: "),
    case("TF-03", "a warning", FAIL, sources("versions.tf", 'provider "aws" {', 'provider "aws" {\n  version = ">= 3.0"'), names="version"),
    case("TF-03", "a file that does not parse", ERROR, BROKEN, names="more.tf"),
    case("TF-03", "no sources", ERROR, NO_SOURCES, names="no Terraform sources"),
]

SCHEMA = [
    case("TF-09", "as it is", PASS),
    case("TF-09", "vpc on aws_eip", FAIL, sources("network.tf", 'domain = "vpc"', "vpc = true"), names="no argument vpc"),
    case("TF-09", "name on aws_db_instance", FAIL, sources("database.tf", "db_name ", "name "), names="no argument name"),
    case("TF-09", "a type that the schema data does not cover", FAIL, more(resource("aws_chime_voice_connector", "")), names="not covered"),
    case("TF-09", "in a module", FAIL, *module(resource("aws_eip", "  vpc = true")), names="modules/net: "),
    case("TF-09", "in a module elsewhere", FAIL, *module(resource("aws_eip", "  vpc = true"), "../net"), names="infrastructure/net: "),
    case("TF-09", "a module without a resource", FAIL, *module("locals {}\n"), names="modules/net: "),
    case("TF-09", "a file that does not parse", ERROR, BROKEN, names="more.tf"),
    case("TF-09", "no sources", ERROR, NO_SOURCES, names="no Terraform sources"),
]

KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
EXAMPLES = [
    case("TF-04", "as it is", PASS, rehearsed()),
    case("TF-04", "a required variable is absent", FAIL, replaces(EXAMPLE, "access_logs_bucket ", "# "), names="access_logs_bucket"),
    case("TF-04", "a variable that nothing declares", FAIL, rehearsed(), appends(EXAMPLE, 'zone = "a"\n'), names="zone"),
    case("TF-04", "the password", FAIL, rehearsed(), appends(EXAMPLE, 'db_password = "x"\n')),
    case("TF-04", "another secret", FAIL, rehearsed(), appends(EXAMPLE, 'slack_webhook_url = "x"\n'), names="slack_webhook_url"),
    case("TF-04", "the password in a comment", FAIL, rehearsed(), appends(EXAMPLE, '# db_password = "x"\n'), names="db_password"),
    case("TF-04", "the shape of a secret", FAIL, rehearsed(), appends(EXAMPLE, "# https://u:hunter2@h\n"), names="line 15"),
    case("TF-04", "a private key", FAIL, rehearsed(), appends(EXAMPLE, f'domain_name = <<EOT\n{KEY}EOT\n'), names="a key"),
    case("TF-04", "a password by default", FAIL, rehearsed(), replaces(VARIABLES, "  sensitive ", '  default = "x"\n  sensitive ')),
    case("TF-04", "an example that is refused", ERROR, REFUSED, names="aws_account_id"),
    case("TF-04", "no example", ERROR, rehearsed(), removes(EXAMPLE), names="terraform.tfvars.example"),
]

BUCKET, LISTENER = "aws_s3_bucket.app", "aws_lb_listener.https"
CHECK = 'check "region" {\n  assert {\n    condition     = var.region == ""\n    error_message = "Elsewhere."\n  }\n}\n'
PLAN = [
    case("TF-05", "as it is", PASS, rehearsed()),
    case("TF-05", "an address added", FAIL, rehearsed(acts("aws_s3_bucket.more", "create")), names="aws_s3_bucket.more"),
    case("TF-05", "an address lost", FAIL, rehearsed(acts(BUCKET)), names=BUCKET),
    case("TF-05", "another name", FAIL, rehearsed(acts(BUCKET), acts("aws_s3_bucket.data", "create")), names="aws_s3_bucket.data"),
    case("TF-05", "one replaced", FAIL, rehearsed(acts(LISTENER, "delete", "create")), names=LISTENER),
    case("TF-05", "one replaced beside", FAIL, rehearsed(acts("aws_eip.old", "create", "delete")), names="replace aws_eip.old"),
    case("TF-05", "one changed", FAIL, rehearsed(acts("aws_eip.old", "update")), names="update aws_eip.old"),
    case("TF-05", "one destroyed", FAIL, rehearsed(acts("aws_eip.old", "delete")), names="delete aws_eip.old"),
    case("TF-05", "one forgotten", FAIL, rehearsed(acts("aws_eip.old", "forget")), names="forget aws_eip.old"),
    case("TF-05", "a warning of the provider", FAIL, rehearsed(warning="Argument is deprecated"), names="Argument is deprecated"),
    case("TF-05", "a warning of Terraform", FAIL, more(CHECK), names="Elsewhere."),
    case("TF-05", "no plan", ERROR, REFUSED, names="aws_account_id"),
    case("TF-05", "a given plan, whose warnings nobody knows", ERROR, given(), names="warnings"),
    case("TF-05", "a given plan with an address added", FAIL, given(acts("aws_eip.old", "create")), names="aws_eip.old"),
    case("TF-05", "a given plan that destroys one", FAIL, given(acts("aws_eip.old", "delete")), names="delete aws_eip.old"),
]

SHORT, PLAIN = "15 characters, some of them special", "16 characters, none of them special"
NONE_TRIED = (rehearsed(), weak_passwords())
PASSWORD = [
    case("TF-06", "as it is", PASS, rehearsed()),
    case("TF-06", "a short one is taken", FAIL, rehearsed(), weak_passwords(SHORT), sources("database.tf", "{16,", "{15,"), names=SHORT),
    case("TF-06", "a plain one is taken", FAIL, rehearsed(), weak_passwords(PLAIN), sources("database.tf", "[^A-Z", "[A-Z"), names=PLAIN),
    case("TF-06", "not sensitive", FAIL, *NONE_TRIED, replaces(VARIABLES, "  sensitive   = true\n", "")),
    case("TF-06", "in an output", FAIL, weak_passwords(), more('output "p" {\n  value = nonsensitive(var.db_password)\n}\n'), names="the plan"),
    case("TF-06", "in a warning", FAIL, rehearsed(warning=f"{PRINTED} is weak"), weak_passwords(), names="the plan"),
    case(
        "TF-06",
        "in the refusal of a weak one",
        FAIL,
        *(rehearsed(), weak_passwords(SHORT)),
        sources("database.tf", '"db_password has 16', '"db_password ${nonsensitive(var.db_password)} is not 16'),
        names="the refusal of a weak one",
    ),
    case("TF-06", "in the error of a validation", FAIL, *NONE_TRIED, replaces(VARIABLES, "  sensitive ", '  validation {\n    condition     = length(var.db_password) > 15\n    error_message = "Short."\n  }\n  sensitive '), names="validation"),
    case("TF-06", "no such variable", FAIL, rehearsed(), replaces(VARIABLES, '"db_password"', '"password"'), names="db_password"),
    case("TF-06", "no plan, for another reason", ERROR, rehearsed(), REFUSED, names="aws_account_id"),
]

OUTPUTS = [
    case("TF-07", "as it is", PASS, deployed()),
    case("TF-07", "one is missing", FAIL, deployed(rds_address=None), names="rds_address"),
    case("TF-07", "one is empty", FAIL, deployed(env_variables=""), names="env_variables"),
    case("TF-07", "another shape", FAIL, deployed(rds_endpoint="triflow-ai-production-db:3306"), names="rds_endpoint"),
    case("TF-07", "more than the shape", FAIL, deployed(sns_topic_arn="arn:aws:sns:us-east-1:123456789012:a b"), names="sns_topic_arn"),
    case("TF-07", "another type", ERROR, deployed(alb_dns_name=["triflow-ai-production-alb-1"]), names="alb_dns_name"),
    case("TF-07", "on a plan, as it is", UNKNOWN, rehearsed(), names="rds_address is known only after apply"),
    case("TF-07", "on a plan, one is missing", FAIL, rehearsed(promises("rds_address", None)), names="rds_address"),
    case("TF-07", "on a plan, another shape", FAIL, rehearsed(promises("rds_endpoint", {"value": ""})), names="rds_endpoint"),
    case("TF-07", "on a plan, one is null", ERROR, rehearsed(promises("rds_address", {"value": None})), names="rds_address"),
]

GROUP, LOGS = "aws_security_group.rds", "aws_cloudwatch_log_group.backend"
SECOND_PLAN = [
    case("TF-08", "as it is", PASS, applied()),
    case("TF-08", "a tag changed by hand", FAIL, applied(acts(BUCKET, "update"), drifted(BUCKET, "update")), names=f"update {BUCKET}"),
    case("TF-08", "a rule added by hand", FAIL, applied(acts(GROUP, "update"), drifted(GROUP, "update")), names=f"update {GROUP}"),
    case("TF-08", "a setting changed by hand, which the sources ignore", FAIL, applied(drifted(LOGS, "update")), names=f"update {LOGS}"),
    case("TF-08", "one deleted by hand", FAIL, applied(acts(LOGS, "create"), drifted(LOGS, "delete")), names=f"create {LOGS}"),
    case("TF-08", "one to replace", FAIL, applied(acts(LISTENER, "delete", "create")), names=f"replace {LISTENER}"),
    case("TF-08", "an output changed", FAIL, applied(says(output_changes={"a": {"actions": ["update"]}})), names="update output.a"),
    case("TF-08", "an address that moved in the sources", FAIL, applied(says(applyable=True)), names="is_applyable"),
    case("TF-08", "a plan that does not tell", ERROR, applied(says(applyable=None)), names="is_applyable"),
    case("TF-08", "no plan", ERROR, applied(says(planned_values=None)), names="not a Terraform plan"),
]

BACKEND = f"{STACK}backend.tf.example"
LOCAL = 'terraform {\n  backend "local" {}\n}\n'
STATE = [
    case("TF-10", "as it is", PASS),
    case("TF-10", "with a lock table", PASS, replaces(BACKEND, "use_lockfile = true", 'dynamodb_table = "locks"')),
    case("TF-10", "not encrypted", FAIL, replaces(BACKEND, "encrypt      = true", ""), names="is_encrypted"),
    case("TF-10", "encryption off", FAIL, replaces(BACKEND, "encrypt      = true", "encrypt = false"), names="is_encrypted"),
    case("TF-10", "not locked", FAIL, replaces(BACKEND, "use_lockfile = true", ""), names="is_locked"),
    case("TF-10", "locking off", FAIL, replaces(BACKEND, "use_lockfile = true", "use_lockfile = false"), names="is_locked"),
    case("TF-10", "local", FAIL, replaces(BACKEND, '"s3"', '"local"'), names="is_remote"),
    case("TF-10", "local, beside a good example", FAIL, more(LOCAL, "backend.tf"), names="is_remote"),
    case("TF-10", "no backend", FAIL, replaces(BACKEND, 'backend "s3"', "locals"), names="is_remote"),
    case("TF-10", "no example", FAIL, removes(BACKEND), names="backend.tf.example"),
    *(
        case("TF-10", f"{name} in git", FAIL, more("{}\n", name), git("add", "--force", STACK + name), names=name)
        for name in ("terraform.tfvars", "terraform.tfvars.json", "terraform.tfstate", "errored.tfstate.backup", "tfplan")
    ),
    case("TF-10", "values of another stack in git", FAIL, appends("other/a.auto.tfvars", ""), git("add", "--force", "other"), names="other/a"),
    case("TF-10", "no .gitignore", FAIL, removes(".gitignore"), names="terraform.tfstate"),
    case("TF-10", "one name not ignored", FAIL, replaces(".gitignore", "terraform.tfvars\n", ""), names="terraform.tfvars"),
    case("TF-10", "ignored, and then not", FAIL, appends(".gitignore", "!terraform.tfstate\n"), names="terraform.tfstate"),
    case("TF-10", "ignored on this machine alone", FAIL, removes(".gitignore"), appends(".git/info/exclude", "*.tf*\n"), names="terraform.tfstate"),
    case("TF-10", "no repository", ERROR, without_git, names="git"),
    case("TF-10", "no git", ERROR, without_programs, names="git"),
]  # fmt: skip


def waiver(check: str, resource: str, control: str = "POL-01") -> Edit:
    """One waiver more."""
    return appends(
        "waivers.toml",
        f'\n[[waiver]]\ncontrol = "{control}"\ncheck = "{check}"\nresource = "{resource}"\n'
        'reason = "There is a reason for everything."\nowner = "devops"\nticket = "T-1"\nexpires = 2999-12-31\n',
    )


def checkov(control: str, *edits: Edit) -> list[Case]:
    """What holds on sources and plan alike; the edits spare another plan."""
    return [
        case(control, "as it is", PASS, *edits),
        case(control, "a finding without a waiver", FAIL, *edits, replaces("waivers.toml", "CKV_AWS_51", "CKV_AWS_0"), names="CKV_AWS_51 aws_ecr"),
        case(control, "a waiver for another resource", FAIL, *edits, replaces("waivers.toml", "repository.backend", "repository.b"), names="CKV_AWS_51"),
        case(control, "an expired waiver", FAIL, *edits, replaces("waivers.toml", "2027-11-30", "2020-11-30"), names="until 2020-11-30"),
        case(control, "a waiver that nothing needs", FAIL, *edits, waiver("CKV_AWS_51", BUCKET, control), names=f"CKV_AWS_51 {BUCKET}"),
        case(control, "a waiver that is not one", ERROR, *edits, appends("waivers.toml", "[[waiver]]\n"), names="reason"),
        case(control, "checkov fails", ERROR, *edits, failing_checkov, names="checkov"),
    ]  # fmt: skip


OPEN = sources("database.tf", "storage_encrypted     = true", "storage_encrypted     = false")
SPOILT = (OPEN, sources("logs.tf", '"backend" {', '"backend" {\n  # checkov:skip=CKV_AWS_158: because'))
ACCEPTED = waiver("CKV_AWS_16", "aws_db_instance.main")
POLICY = [
    *checkov("POL-01"),
    case("POL-01", "storage that is not encrypted", FAIL, *SPOILT, names="CKV_AWS_16 aws_db_instance.main"),
    case("POL-01", "a check that a comment skips", FAIL, *SPOILT, ACCEPTED, names=f"CKV_AWS_158 {LOGS}"),
    case("POL-01", "the same with a waiver for the comment", PASS, *SPOILT, ACCEPTED, waiver("CKV_AWS_158", LOGS)),
    case("POL-01", "no sources", ERROR, NO_SOURCES, names="no Terraform sources"),
    *checkov("POL-02", rehearsed()),
    case("POL-02", "storage that is not encrypted", FAIL, OPEN, names="CKV_AWS_16 aws_db_instance.main"),
    case("POL-02", "no plan", ERROR, REFUSED, names="aws_account_id"),
]

ENVIRONMENT = ".env.production.example"
OPERATION = [
    case("OPS-02", "as it is", PASS),
    case("OPS-02", "a key is missing", FAIL, replaces(ENVIRONMENT, "BASE_URL=\n", ""), names="BASE_URL"),
    case("OPS-02", "no password", FAIL, replaces(ENVIRONMENT, "RDS_PASSWORD=\n", ""), names="RDS_PASSWORD"),
    case("OPS-02", "a key too many", FAIL, appends(ENVIRONMENT, "OTHER=\n"), names="OTHER"),
    case("OPS-02", "a key in lower case too many", FAIL, appends(ENVIRONMENT, "other=\n"), names="other"),
    case("OPS-02", "a key in a comment", FAIL, replaces(ENVIRONMENT, "RDS_PORT", "# RDS_PORT"), names="RDS_PORT"),
    case("OPS-02", "a new key in the output", FAIL, sources("outputs.tf", "    BASE_URL", "    OTHER=1\n    BASE_URL"), names="OTHER"),
    case("OPS-02", "a value filled in", FAIL, replaces(ENVIRONMENT, "RDS_PORT=", "RDS_PORT=5432"), names="RDS_PORT"),
    case("OPS-02", "a value filled in, and taken back", FAIL, replaces(ENVIRONMENT, "RDS_PASSWORD=", "RDS_PASSWORD=x\nRDS_PASSWORD=")),
    case("OPS-02", "no example", FAIL, removes(ENVIRONMENT), names=ENVIRONMENT),
    case("OPS-02", "no such output", FAIL, sources("outputs.tf", '"env_variables"', '"variables"'), names="env_variables"),
    case("OPS-02", "a file that does not parse", ERROR, BROKEN, names="more.tf"),
]

CASES = [
    *(*SOURCES, *INIT, *VALIDATE, *SCHEMA, *EXAMPLES, *PLAN, *PASSWORD, *OUTPUTS, *SECOND_PLAN, *STATE),
    *(*POLICY, *OPERATION),
]
