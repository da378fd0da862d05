"""The repository's history. What looks like a credential here is put together when it is needed, or this file would be a finding."""

from proofs.phase0 import Case, errs, fails, passes, sets_aside
from proofs.repository import Edit, Repository, appends, git, git_says, removes, replaces, without_git, without_programs
from stackproof.redaction.detector import NAMED

ACCESS_KEY = "AKIA" + "Z7WVQX3N5LJ2K4TB"
SECRET_KEY = "q8Zt2Lw5Xv9Ry3Nb6Mk1" + "Jh4Gf7Dc0Sa2Pe5Uo8Ti"
PASSWORD = "tr0ub4dor" + "-and-3"
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
PRIVATE_KEY = "-----BEGIN RSA PRIVATE" + " KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4 + "\n"
DIGITS = "0a1b2c3d4e5f6789" * 2
GENERATED = "Qw7{eR5" + "pZx2}Lm9k"
CREDENTIALS = (ACCESS_KEY, SECRET_KEY, PASSWORD, TOKEN, "MIIEpAIBAAKCAQEA")

FILE, NOTES = "deploy/keys.env", "notes.md"
KEY = f"AWS_ACCESS_KEY_ID={ACCESS_KEY}\n"


def committed(repository: Repository) -> None:
    """Commit everything."""
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgSign=false")
    git("add", "--all")(repository)
    git(*who, "commit", "--quiet", "--allow-empty", "--no-verify", "--message=A change")(repository)


def staged(name: str, text: str) -> tuple[Edit, Edit]:
    """Write into a file, and add it."""
    return appends(name, text), git("add", "--force", name)


def encoded(name: str, text: str, encoding: str) -> tuple[Edit, Edit]:
    def write(repository: Repository) -> None:
        (repository.root / name).write_bytes(text.encode(encoding))

    return write, git("add", name)


def shallow(repository: Repository) -> None:
    """Let the history end at the first commit."""
    committed(repository)
    head = (repository.root / ".git/logs/HEAD").read_text(encoding="utf-8").split()[1]
    (repository.root / ".git/shallow").write_text(f"{head}\n", encoding="utf-8")


def partial(repository: Repository) -> None:
    """Let the content of a file be somewhere else."""
    appends(NOTES, "A note.\n")(repository)
    committed(repository)
    object = git_says(repository, "rev-parse", f"HEAD:{NOTES}")
    (repository.root / ".git/objects" / object[:2] / object[2:]).unlink()


DELETED = (committed, appends(FILE, KEY), committed, removes(FILE), committed)
SHAPES = [
    ("an access key of AWS", FILE, KEY, "AWS access key id"),
    ("a secret key of AWS", FILE, f"AWS_SECRET_ACCESS_KEY={SECRET_KEY}\n", "AWS secret access key"),
    ("a private key", "deploy/id_rsa", PRIVATE_KEY, "private key"),
    ("a private key in one line", "key.json", '{"private_key": "' + PRIVATE_KEY.replace("\n", "\\n") + '"}', "private key"),
    ("a token of GitHub", "notes.md", f"Use {TOKEN} for now.\n", "GitHub"),
    ("a password in an address", "a.yml", f"url: postgresql://app:{PASSWORD}@db/app\n", "password in a URL"),
    ("a password in Terraform", "more.tf", f'  password = "{PASSWORD}"\n', NAMED),
    ("a password in a file of variables", "production.tfvars", f'db_password = "{PASSWORD}"\n', NAMED),
    ("a password without quotation marks", ".env.production", f"RDS_PASSWORD={PASSWORD}\n", NAMED),
    ("a password in JSON", "a.json", f'{{"db_password": "{PASSWORD}"}}', NAMED),
    ("a token by its name alone", "a.py", f'deploy_token = "{DIGITS}"\n', NAMED),
    ("a password as Terraform makes them", "more.tf", f'  password = "{GENERATED}"\n', NAMED),
    ("a password with a dollar sign", ".env.staging", f"DB_PASSWORD={PASSWORD}$x\n", NAMED),
    ("a password without a user in an address", "a.py", f'url = "redis://:{PASSWORD}@cache:6379/0"\n', "password in a URL"),
    ("a password in a connection string", "a.json", f'"Default": "Server=db;User=a;Password={PASSWORD};"\n', NAMED),
    ("a password after an option", "a.sh", f"psql --password {PASSWORD} app\n", NAMED),
    ("a password in SQL", "a.sql", f"ALTER ROLE app PASSWORD '{PASSWORD}';\n", NAMED),
    ("a password on the next line", "a.yaml", f"password: |\n  {PASSWORD}\n", NAMED),
    ("a password of a Helm chart", "values.yaml", f"password: {PASSWORD}\n", NAMED),
    ("a key of a language model", "a.txt", "use sk-proj-" + f"{TOKEN[-30:]}aB3\n", "OpenAI API key"),
    ("beside a known string", "a.py", f'password = "hunter2"; password = "hunter2{PASSWORD}"\n', NAMED),
]
NONE = [
    ("a known string", "a.yml", "url: postgresql://app:hunter2@db/app\n"),
    ("a reference", "more.tf", 'password = "${var.db_password}"\n'),
    ("a name", "a.py", 'password = "database_password"\n'),
    ("where a secret is", "a.yml", "secret: arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:a/b\n"),
    ("placeholders", ".env.example", "DB_PASSWORD=<your-password>\nAPI_KEY=${API_KEY}\nTOKEN={{ token }}\n"),
    ("a secret of a workflow", "ci.yml", "token: ${{ secrets.GITHUB_TOKEN }}\n"),
    ("a host name of a company", "a.yml", "url: https://sk-telecom-enterprise-portal.example.com/\n"),
    ("the name of a secret", "a.py", 'SECRET_NAME = "triflow-ai-production/database"\n'),
    ("an address that is put together", "a.py", 'url = f"postgresql://{user}:{password}@{host}/app"\n'),
    ("the beginning of a private key", "a.py", 'KEY = "-----BEGIN PRIVATE' + ' KEY-----"\n'),
    ("a digest", "a.txt", f"secret_hash: {'0123456789abcdef' * 4}\n"[13:]),
]
CASES: dict[str, list[Case]] = {
    "SEC-SRC-01": [
        passes("as it is"),
        *(fails(name, *staged(file, text), names=f"{file} line 1 of the index: {kind}") for name, file, text, kind in SHAPES),
        *(passes(name, *staged(file, text)) for name, file, text in NONE),
        fails("in UTF-16", *encoded("a.txt", KEY, "utf-16"), names="a.txt line 1"),
        fails("in a file with a name of another script", *staged("배포/열쇠.env", KEY), names="배포/열쇠.env line 1"),
        fails("in a file with a space in its name", *staged("my keys.env", KEY), names="my keys.env line 1"),
        passes("in no text", *encoded("a.bin", f"\0{KEY}", "utf-8")),
        passes("in a file that git does not keep", appends(".env", KEY)),
        fails("committed", appends(FILE, KEY), committed, names=f"{FILE} line 1 of "),
        fails("committed and deleted", *DELETED, names=f"{FILE} line 1 of "),
        fails("deleted, then restored without it", *DELETED, appends(FILE, "REGION=a\n"), committed, names=f"{FILE} line 1 of "),
        fails(
            "on another branch",
            committed,
            git("checkout", "--quiet", "-b", "other"),
            *DELETED,
            git("checkout", "--quiet", "-"),
            names=FILE,
        ),
        fails(
            "behind a tag alone", *DELETED, git("tag", "v1", "HEAD~1"), git("reset", "--quiet", "--hard", "HEAD~2"), names=FILE
        ),
        passes("a history without one", committed, appends(FILE, "REGION=a\n"), committed),
        errs("a shallow clone", shallow, names="shallow"),
        errs("a partial clone", partial, names="partial"),
        sets_aside("no repository", without_git, names="git"),
        errs("no git", without_programs, names="git"),
        errs("a known string without a reason", appends("known_strings.toml", '[[string]]\nvalue = "x"\n'), names="reason"),
        fails(
            "a string that is not known any more",
            replaces("known_strings.toml", '"hunter2"', '"hunter3"'),
            *staged(*NONE[0][1:]),
            names="a.yml",
        ),
    ]
}
