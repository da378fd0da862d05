"""Lines with a secret and lines without one, for measuring the detector; none of them lies in this file as it is.

A positive line is a form, in which ``{A20}`` stands for 20 letters and digits drawn anew from a fixed seed: ``A`` letters and digits, ``a``
small letters and digits, ``U`` capitals and digits, ``h`` hexadecimal digits, ``W`` letters, digits, ``_`` and ``-``, ``B`` base64, ``d``
digits, ``l`` letters; ``{p}`` a password as Terraform's ``random_password`` makes it, ``{w}`` one as people make it, ``{uuid}`` a UUID,
``{e}`` nothing.
"""

import random
import re
import string
from collections.abc import Iterator
from typing import NamedTuple

_ALPHABETS = {
    "A": string.ascii_letters + string.digits,
    "a": string.ascii_lowercase + string.digits,
    "U": string.ascii_uppercase + string.digits,
    "h": "0123456789abcdef",
    "W": string.ascii_letters + string.digits + "_-",
    "B": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
    "l": string.ascii_letters,
}
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""What random_password draws from."""


class Line(NamedTuple):
    """A line of the corpus."""

    kind: str
    """Of the corpus: ``shape``, ``name``, ``form``, ...; precision and recall are told for each."""
    where: str
    """``variable``, ``text`` or the name of a source file."""
    name: str
    """Of a variable; empty for a text."""
    text: str
    secret: str
    """What must be found in it; empty for a line without one."""


def _drawn(form: str, draw: random.Random) -> tuple[str, str]:
    """The form filled in, and what its last placeholder became."""
    last = ""

    def fill(match: re.Match[str]) -> str:
        nonlocal last
        what, length = match["what"], int(match["length"] or 0)
        if what == "p":
            last = _generated(draw)
        elif what == "w":
            last = (
                draw.choice(("hunter", "dragon", "sommer", "letmein", "qwerty")) + str(draw.randint(10, 99)) + draw.choice("!?xz")
            )
        elif what == "uuid":
            last = "-".join("".join(draw.choices(_ALPHABETS["h"], k=length)) for length in (8, 4, 4, 4, 12))
        else:
            last = "".join(draw.choices(_ALPHABETS[what], k=length))
            if what in "AW" and length > 9:  # a token without a digit or a capital is too rare to be drawn
                last = f"aZ7{last[3:-1]}q"
        return last

    return re.sub(r"\{(?P<what>uuid|[AaUhWBdlpw])(?P<length>\d*)\}", fill, form), last


def _generated(draw: random.Random) -> str:
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SPECIAL)
    drawn = [draw.choice(kind) for kind in kinds] + draw.choices("".join(kinds), k=12)
    draw.shuffle(drawn)
    # Random ones that look like a placeholder are rare, and so are those that begin with a bracket that is closed at their end.
    return draw.choice(string.ascii_letters) + "".join(drawn) + draw.choice(string.ascii_letters + string.digits)


SHAPES = """
AKIA{U16}
ASIA{U16}
ABSK{B110}
bedrock-api-key-{B132}
IQoJb3JpZ2lu{B300}
amzn.mws.{uuid}
da2-{a26}
sk-proj-{W74}T3BlbkFJ{W74}
sk-svcacct-{A48}
sk-admin-{A48}
sk-{A20}T3BlbkFJ{A20}
sk-{A48}
sk-ant-api03-{W93}AA
sk-ant-admin01-{W93}AA
sk-lf-{uuid}
sk-or-v1-{h64}
hf_{l34}
api_org_{l34}
r8_{A37}
gsk_{A52}
xai-{A80}
pplx-{A48}
pcsk_{A60}
lsv2_pt_{h32}_{h10}
AIza{A35}
GOCSPX-{A28}
ya29.{A120}
1//0{A80}
{B76}+ASt{A6}==
{A3}8Q~{A34}
https://acct.blob.core.windows.net/c?sv=2024-01-01&sig={A43}%3D
AccountKey={B86}==
dapi{h32}
ghp_{A36}
gho_{A36}
ghu_{A36}
ghs_{A36}
ghr_{A36}
github_pat_{A22}_{A59}
glpat-{A20}
gldt-{A20}
glft-{A20}
glffct-{A20}
glsoat-{A20}
glrt-{A20}
glptt-{h40}
glimt-{a25}
glagent-{A50}
gloas-{h64}
glcbt-64_{A20}
glcbt-{A20}
GR1348941{A20}
ATBB{A32}
ATATT3xFfGF0{A180}
npm_{A36}
pypi-AgEIcHlwaS5vcmc{A100}
rubygems_{h48}
cio{A32}
oy2{a43}
CLOJARS_{h60}
dckr_pat_{A27}
AKCp{A69}
cmVmd{A59}
CCIPAT_{A22}_{h40}
bkua_{h40}
ico-{A32}
pul-{h40}
pnu_{a36}
{A14}.atlasv1.{A64}
hvs.{A95}
hvb.{A150}
s.{A24}
ops_eyJ{A260}
A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}
dp.pt.{A43}
dp.st.prd.{A43}
AGE-SECRET-KEY-1{U58}
xoxb-{d12}-{d13}-{A24}
xoxp-{d12}-{d12}-{d12}-{h32}
xoxs-{d10}-{d10}-{d10}-{h10}
xapp-1-A{U10}-{d13}-{h64}
https://hooks.slack.com/services/T{U8}/B{U8}/{A24}
https://discord.com/api/webhooks/{d18}/{W68}
https://corp.webhook.{e}office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{h32}/{uuid}
M{A23}.{A6}.{A27}
{d10}:AA{A33}
SK{h32}
SG.{A22}.{A43}
key-{h32}
{h32}-{h8}-{h8}
md-{A22}
xkeysib-{h64}-{A16}
re_{A8}_{A24}
sk_live_{A24}
sk_test_{A24}
rk_live_{A24}
whsec_{A32}
sq0atp-{A22}
sq0csp-{A43}
EAAA{A60}
access_token$production${a16}${h32}
access-production-{uuid}
FLWSECK_TEST-{h32}-X
rzp_live_{A14}
shpat_{h32}
shpss_{h32}
duffel_live_{A43}
EZAK{A54}
shippo_live_{h40}
glsa_{A32}_{h8}
glc_{B100}
eyJrIjoi{A90}
sntrys_eyJpYXQiO{A120}
sntryu_{h64}
NRAK-{U27}
NRJS-{h19}
{h36}NRAL
dt0c01.{U24}.{U64}
hcaik_{a58}
phx_{A43}
sdk-{uuid}
sgp_{h40}
sqp_{h40}
squ_{h40}
snyk_uat.{h8}.{A120}
dop_v1_{h64}
dor_v1_{h64}
HRKU-AA{A58}
fo1_{A43}
vcp_{A56}
vercel_blob_rw_{A16}_{A32}
nfp_{A36}
rnd_{A32}
napi_{a64}
sbp_{h40}
sb_secret_{A31}
pscale_tkn_{A43}
pscale_pw_{A43}
mdb_sa_sk_{A40}
4b1d{A38}
v1.0-{h24}-{h146}
cfut_{A48}
tskey-auth-{A12}CNTRL-{A32}
sha256~{A43}
lin_api_{A40}
ntn_{d11}{A35}
secret_{A43}
figd_{A40}
PMAK-{h24}-{h34}
PMAT-{U26}
1/{d16}:{h32}
pat{A14}.{h64}
pat-na1-{uuid}
tfp_{A44}
CFPAT-{A43}
rdme_{a70}
{A33}APIM{A6}==
{A76}AZDO{A4}
tk-us-{A48}
AQE{A80}-{A30}-{A20}
cflt{A60}
ddapp_{A34}
sk-{h32}
DO00{U16}
{d15}|{A27}
fw_{A24}
fm2_{A300}
ghs_{A8}_{A120}
st.{h24}.{h32}.{h32}
s-s4t2ud-{h64}
jfrt@{A60}
sm_pat_{A16}
live_{A30}
semgrep_{h64}
authress_{a12}.{a5}.acc_{a16}.{A40}
AKID{A32}
AAAAAAAAAAAAAAAAAAAAA{A80}
wandb_v1_{A60}
AQVN{A35}
AGE-SECRET-KEY-PQ-1{U60}
packagist_ort_{h64}
ovsxat_{uuid}
X-Amz-Credential={U20}%2F20261128%2Fap-northeast-2%2Fs3%2Faws4_request
p8e-{A32}
fio-u-{A64}
sl.{A140}
sk.eyJ{A80}.{A22}
{A6}_{A29}_mmk
API-{U26}
pat.{A22}.{h24}.{A20}
LTAI{A20}
waka_{uuid}
eyJ{e}hbGciOiJIUzI1NiJ9.eyJ{A40}.{A43}
eyJ{e}hbGciOiJub25lIn0.eyJzdWIiOiJ{A10}
$2b$12${A53}
$6${A16}${A86}
$argon2{e}id$v=19$m=65536,t=3,p=4${A22}${A43}
https://b.s3.amazonaws.com/k?X-Amz-Signature={h64}
{B12}aZ7{B10}Kq3{B12}
-----BEGIN PRIVATE{sp}KEY-----{n}MIIE{B60}{n}-----END PRIVATE{sp}KEY-----
-----BEGIN OPENSSH PRIVATE{sp}KEY-----{n}b3Bl{B60}{n}-----END OPENSSH PRIVATE{sp}KEY-----
-----BEGIN RSA PRIVATE{sp}KEY-----{n}MIIE{B60}{n}
""".strip().splitlines()

URLS = """
postgresql://app:{p}@db:5432/triflow
postgresql+asyncpg://app:{p}@db/triflow
mysql://root:{w}@db:3306/app
redis://:{p}@cache:6379/0
rediss://:{w}@cache
mongodb+srv://app:{p}@cluster0.example.net/?retryWrites=true
amqps://svc:{w}@mq:5671
https://deploy:{A20}@git.example.com/a/b.git
https://oauth2:{A26}@gitlab.example.com/x.git
jdbc:postgresql://db/app?user=app&password={w}
ftp://backup:{w}@files.example.com
clickhouse://default:{p}@ch:9000/db
""".strip().splitlines()

NAMES = """
DB_PASSWORD {w}
DB_PASSWORD {p}
DBPASS {p}
DB_PASS {w}
DB_PW {w}
DB_PWD {w}
PGPASSWORD {w}
MYSQL_ROOT_PASSWORD {w}
MYSQL_PWD {w}
RABBITMQ_DEFAULT_PASS {w}
REDIS_PASSWORD {p}
REDISCLI_AUTH {A24}
REDIS_AUTH {A24}
AIRFLOW__CORE__FERNET_KEY {B43}=
FERNET_KEY {B43}=
ENCRYPTION_KEY {h64}
DATA_ENCRYPTION_KEY {B43}=
JWT_KEY {A32}
JWT_SECRET {w}
SESSION_SECRET {A32}
SECRET_KEY {p}
SECRET_KEY_BASE {h128}
DJANGO_SECRET_KEY {p}
FLASK_SECRET_KEY {h32}
APP_KEY base64:{B43}=
SENTRY_DSN https://{h32}@o1.ingest.sentry.io/42
BASIC_AUTH admin:{w}
HTTP_BASIC_AUTH ops:{p}
API_KEY {h32}
API_KEYS {A32}
api-key {A20}
apiKey {A20}
X_API_KEY {A40}
OPENAI_KEY {A40}
STRIPE_KEY {A32}
DATADOG_API_KEY {h32}
DD_API_KEY {h32}
NEW_RELIC_LICENSE_KEY {h40}
GITHUB_TOKEN {h40}
GH_TOKEN {A36}
NPM_TOKEN {uuid}
DEPLOY_TOKEN {h32}
REFRESH_TOKEN {A40}
ACCESS_TOKEN {A40}
SLACK_BOT_TOKEN {A30}
CLIENT_SECRET {A32}
OAUTH_CLIENT_SECRET {w}
AWS_SECRET_ACCESS_KEY {B40}
AWS_SESSION_TOKEN {B200}
AZURE_CLIENT_SECRET {A34}
AZURE_STORAGE_KEY {B86}==
CONSUL_HTTP_TOKEN {uuid}
VAULT_TOKEN {A26}
SMTP_PASSWORD {w}
MAIL_PASSWORD {p}
LDAP_BIND_PASSWORD {w}
KEYSTORE_PASSWORD {w}
SSL_KEY_PASSPHRASE {w}
PRIVATE_KEY {B64}
SSH_PRIVATE_KEY {B64}
SIGNING_KEY {h64}
HMAC_KEY {h64}
HMAC_SECRET {h64}
WEBHOOK_SECRET {A32}
COOKIE_SECRET {A32}
MASTER_KEY {h32}
MEILI_MASTER_KEY {A32}
RAILS_MASTER_KEY {h32}
GRAFANA_ADMIN_PASSWORD {w}
GF_SECURITY_ADMIN_PASSWORD {p}
ELASTIC_PASSWORD {A20}
KAFKA_SASL_PASSWORD {p}
SNOWFLAKE_PASSWORD {p}
DB_PASSWORD_2 {w}
APP_SECRETS {w}
splunk-token {uuid}
TWILIO_AUTH_TOKEN {h32}
CELERY_BROKER_PASSWORD {w}
SPRING_DATASOURCE_PASSWORD {p}
spring.datasource.password {w}
ConnectionStrings__Default Server=db;User=a;Password={w};
AZURE_STORAGE_CONNECTION_STRING DefaultEndpointsProtocol=https;AccountName=a;AccountKey={B86}==
APP_CONFIG {{"db":{{"password":"{w}"}}}}
SPRING_APPLICATION_JSON {{"spring":{{"datasource":{{"password":"{p}"}}}}}}
JAVA_OPTS -Xmx1g -Djavax.net.ssl.keyStorePassword={w}
HASH_SALT {A24}
PASSWORD_SALT {A32}
DOCKER_AUTH {A30}
LANGFUSE_SECRET_KEY {A40}
ANTHROPIC_API_KEY {A40}
PGBOUNCER_AUTH_PASSWORD {p}
VALKEY_PASSWORD $Aq{A14}
DB_PASSWORD {{Zq{A14}
DB_PASSWORD ***{A14}
DB_PASSWORD {w},{w}
DB_PASSWORD {w}&{w}
DB_PASSWORD {w};{w}
DB_PASSWORD {w}({w}
""".strip().splitlines()

FORMS = """
DB_PASSWORD={w}
DB_PASSWORD={p}
export DB_PASSWORD='{w}'
db_password = "{w}"
password: {w}
password: "{p}"
"password": "{w}"
{{"level":"info","password":"{p}"}}
{{"a":{{"b":{{"db_password":"{w}"}}}}}}
{{\\"password\\":\\"{w}\\"}}
{{"password":"{w}
body="{{\\"password\\":\\"{w}\\",\\"user
--password {w}
--password={p}
psql --host db --password {w} --port 5432
mysql -uroot -p{A12} app
redis-cli -h cache -a {A16}
sshpass -p {A12} ssh host
curl -u admin:{A12} https://x.example.com
curl -H "Authorization: Bearer {A40}" https://x
curl -H 'X-Api-Key: {A30}' https://x
Authorization: Basic {B20}aZ7=
Authorization: Bearer {A30}
authorization=Bearer {A30}
ALTER USER app PASSWORD '{w}'
ALTER USER app WITH ENCRYPTED PASSWORD '{p}'
CREATE USER 'a'@'%' IDENTIFIED BY '{w}'
CREATE USER a IDENTIFIED WITH mysql_native_password BY '{w}'
<MasterUserPassword>{w}</MasterUserPassword>
<add key="Password" value="{w}"/>
{{"name": "DB_PASSWORD", "value": "{p}"}}
{{"ParameterName":"db_password","ParameterValue":"{w}"}}
{{"value":"{A12}","name":"DB_PASSWORD"}}
- name: DB_PASSWORD{n}  value: {w}
password: |{n}  {w}
[default]{n}aws_access_key_id = x{n}aws_secret_access_key = {A40}
machine h.example.com login a password {w}
//registry.example.com/:_authToken={A36}
db.internal:5432:app:app:{w}
["psql", "--password", "{w}"]
Popen(['psql', '--password', '{w}'])
/login?user=a&password={A12}&x=1
user=a&password={A12}
https://x/y?token={A20}&x=1
%22password%22%3A%22{A12}%22
password%3D{A14}
&quot;password&quot;:&quot;{w}&quot;
host=db user=app password={w} dbname=x
Server=db;Database=x;User Id=a;Password={w};Encrypt=true
Parameters: {{"user"=>"a", "password"=>"{w}"}}
{{:password=>"{w}"}}
Cookie: session={A30}; theme=dark
Set-Cookie: sid={A30}; Path=/; HttpOnly
비밀번호: {w}
spring.datasource.password={w}
dbPassword={w}
accessToken={A30}
client_secret={A30}
DB_PASSWORD=$aQ{A12}
DB_PASSWORD={{aQ{A12}
DB_PASSWORD=***{A12}
DB_PASSWORD={A8},{A8}
DB_PASSWORD={A8}&{A8}
DB_PASSWORD={A8};{A8}
DB_PASSWORD={A8}({A8}
DB_PASSWORD={A8}'{A8}
DB_PASSWORD={A8}<{A8}
password = '''{w}'''
FATAL: could not connect, password={w} rejected
set password to "x": password "{w}"
mongosh -u admin -p {A12} --host db
docker login -u ci -p {A20} registry.example.com
az login --service-principal -u app -p {A20} --tenant t
gh auth login --with-token <<< {A36}
ENV DB_PASSWORD {w}
curl -uadmin:{A12} https://x
ldapsearch -D cn=admin -w {A14} -b dc=x
openssl enc -aes-256-cbc -k {A14}
jdbc:oracle:thin:app/{A14}@db:1521/x
<property name="password">{w}</property>
{{"key": "api_token", "value": {{"stringValue": "{A30}"}}}}
{{"password": {{"S": "{w}"}}}}
[("password", "{w}")]
password -> {w}
password is {A14}
the password was {A14}.
api key {A32} was rejected
password = <<EOF{n}{w}{n}EOF
password: !!str {w}
password%253D{A14}
PASSWORD\\u003d{A14}
password\\x3d{A14}
비번={A14}
패스워드는 {A14}
mot de passe : {A14}
Kennwort: {A14}
パスワード: {A14}
密码：{A14}
psql "host=db user=app password='{w}' sslmode=require"
mysqldump --user=root --password={w} app
mongodump --uri=mongodb://app:{A14}@db/app
docker run --env DB_PASSWORD={w} image
kubectl create secret generic db --from-literal=password={w}
aws secretsmanager put-secret-value --secret-id x --secret-string {A20}
vault login token={A24}
set PASSWORD={w}
$Env:API_TOKEN='{A30}'
wget --http-user=ci --http-password={w} https://x
http --auth admin:{A12} https://x
curl --oauth2-bearer {A40} https://x
ansible-playbook site.yml -e "db_password={w}"
become_password: "{w}"
'password' => '{w}',
password := "{w}"
const char *password = "{w}";
jdbc:postgresql://db:5432/app?user=app&password={A14}
amqp://app:{A14}@mq:5672/
Data Source=db;User ID=app;Pwd={w};
<password>{w}</password>
<connection password='{w}'/>
{{"password":["{w}"]}}
{{"password" : "{w}"}}
Password: {w}{n}Login failed
passwd={w}
pass={A14}
secret: {A30}
invalid token: {A40}
X-Amz-Signature={h64}
?sig={A43}%3D
?api_key={A32}&q=1
X-Auth-Token: {A32}
Authorization: Token {h40}
authorization: AWS4-HMAC-SHA256 Credential=AKIA{U16}/20261128/r/s/aws4_request, SignedHeaders=host, Signature={h64}
_password={B20}aZ7=
"password": "{w}\\\\n"
DB_PASSWORD := {w}
contraseña: {A14}
p%61ssword={A14}
passwor%64={A14}&x=1
p%2561ssword%253D{A14}
?user=a&p%61ss%77ord={A14}
%22p%61ssword%22%3A%22{A12}%22
&#112;assword={A14}
pa&#x73;sword: "{w}"
&amp;#112;assword={A14}
&quot;&#112;assword&quot;:&quot;{w}&quot;
"\\u0070assword": "{w}"
{{"\\u0070assword": "{w}
{{\\"p\\u0061ssword\\":\\"{w}\\"}}
p&#97ssword={A14}
pass&#x77ord={A14}
pass&#x00077;ord={A14}
\\U00000070assword={A14}
"\\U00000070assword": "{w}"
\\160assword={A14}
p\\141ssword: {A14}
p\\o{{141}}ssword: {A14}
p\\x{{61}}ssword: {A14}
\\70 assword={A14}
p\\000061ssword={A14}
p\\61ssword={A14}
p\\N{{LATIN SMALL LETTER A}}ssword={A14}
%u0070assword={A14}
%25u0070assword={A14}
db&lowbar;password={A14}
db&period;password={A14}
tok\\x65n={A30}
"\\ube44\\ubc00\\ubc88\\ud638": "{w}"
%EB%B9%84%EB%B0%80%EB%B2%88%ED%98%B8={A14}
api%5Fkey={A32}
""".strip().splitlines()

SOURCES = """
a.py password = "{w}"
a.py datadog_api_token = "{h32}"
a.py deploy_token: str = "{h32}"
a.py client = Client(api_key="{A32}")
a.py {{"refresh_token": "{h32}"}}
main.tf db_password = "{p}"
main.tf   password = "{p}"
prod.tfvars database_password = "{p}"
.env DB_PASSWORD={w}
.env.production DB_PASSWORD={p}
docker-compose.yml       POSTGRES_PASSWORD: {w}
k8s.yaml   password: {w}
app.properties spring.datasource.password={w}
setup.cfg password = {w}
Dockerfile ENV API_TOKEN={A32}
deploy.sh export GITHUB_TOKEN={h40}
deploy.sh psql "postgresql://app:{w}@db/app"
.npmrc //registry.example.com/:_authToken={A36}
config.json {{"apiKey": "{A32}"}}
appsettings.json "DefaultConnection": "Server=db;User=a;Password={w};"
a.js const secretKey = '{A40}';
a.go var apiKey = "{A32}"
App.java private static final String PASSWORD = "{w}";
a.rb config.secret_key_base = '{h64}'
a.sql ALTER ROLE app PASSWORD '{w}';
README.md curl -H "Authorization: Bearer {A40}" https://x
notes.txt password = "{w}"
a.py url = "redis://:{w}@cache:6379/0"
""".strip().splitlines()

HARMLESS_VARIABLES = """
DB_PASSWORD_FILE /run/secrets/db
DB_PASSWORD /run/secrets/db_password
PASSWORD_FILE /etc/app/password
TLS_PRIVATE_KEY /etc/ssl/private/key.pem
REQUIRE_PASSWORD true
PASSWORD_LOGIN disabled
USE_TOKEN enabled
ENABLE_TOKEN yes
TOKEN off
API_KEY none
API_KEY null
DB_PASSWORD -
DB_SECRET_ARN arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow/db-a1b2c3
DB_PASSWORD arn:aws:ssm:ap-northeast-2:123456789012:parameter/x
API_TOKEN arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app
DATABASE_SECRET_NAME triflow-ai-production/database
DB_SECRET triflow-ai-production/database
SECRET_ID triflow-ai-production/database
SECRET triflow/prod/api
KMS_KEY alias/triflow
KMS_KEY_ID 1234abcd-12ab-34cd-56ef-1234567890ab
ENCRYPTION_KEY alias/triflow-rds
SIGNING_KEY arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
MAX_TOKENS 4096
LLM_MAX_TOKENS 4096
MAX_TOKEN 8192
TOKEN_LIMIT 100000
REFRESH_TOKEN 604800
ACCESS_TOKEN_EXPIRES 3600
TOKEN_TTL 86400
EOS_TOKEN </s>
BOS_TOKEN <s>
PAD_TOKEN <pad>
UNK_TOKEN [UNK]
STOP_TOKEN <endoftext>
MASK_TOKEN <mask>
TOKEN </s>
SEP_TOKEN [SEP]
DB_PASSWORD ${DB_PASSWORD}
DB_PASSWORD {{resolve:secretsmanager:db}}
API_KEY <your-api-key>
API_KEY {{ api_key }}
TOKEN $TOKEN
TOKEN $(cat /run/token)
PASSWORD %DB_PASSWORD%
API_KEY ***
API_KEY xxxxxxxx
DB_PASSWORD ********
DB_PASSWORD [REDACTED]
TOKEN <token>
SECRET <SECRET>
AUTH_TOKEN ${TOKEN:-}
PARTITION_KEY tenant_id
SORT_KEY created_at
PRIMARY_KEY id
FOREIGN_KEY user_id
CACHE_KEY users:v2
ROUTING_KEY orders.created
S3_KEY exports/2026/11/a.parquet
OBJECT_KEY reports/a1b2c3.json
DEDUP_KEY order_id
IDEMPOTENCY_KEY request_id
KEY_PREFIX app
REDIS_KEY_PREFIX v1:
PUBLIC_KEY MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ
SMTP_AUTH plain
SMTP_AUTH login
HTTP_AUTH oauth2
AUTH ldap
AUTH_METHOD scram-sha-256
AUTH enabled
REDIS_AUTH true
KAFKA_AUTH SASL_SSL
AUTH iam
PASSWORD_ENCRYPTION scram-sha-256
PASSWORD_MIN_LENGTH 12
PASSWORD_POLICY strong
SECRET_ROTATION_DAYS 30
TOKEN_URL https://login.example.com/oauth/token
AUTH_URL https://auth.example.com/
CUSTOMER_ENDPOINT https://sk-telecom-enterprise-portal.example.com/
REPORT_BUCKET_ARN arn:aws:s3:::sk-innovation-reports-archive
SENTRY https://public@sentry.example/1
DATABASE_URL postgresql://db:5432/app
DATABASE_URL postgresql://app@db/app
REDIS_URL redis://cache:6379/0
DSN postgresql://db/app
ENVIRONMENT development
LOG_LEVEL info
PORT 8080
AWS_REGION ap-northeast-2
IMAGE_DIGEST sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
GIT_COMMIT 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
BUILD_ID 550e8400-e29b-41d4-a716-446655440000
TENANT_ID 550e8400-e29b-41d4-a716-446655440000
QUEUE_URL https://sqs.ap-northeast-2.amazonaws.com/123456789012/triflow-ai-production-jobs
TOPIC_ARN arn:aws:sns:ap-northeast-2:123456789012:triflow-ai-production-alarms-topic1
COMPASS north
BYPASS true
PASSTHROUGH on
MONKEY banana
KEYBOARD us
TOKENIZER gpt-4o
TOKENIZERS_PARALLELISM false
SECRETARY kim
AUTHOR hong
COOKIE_SECURE true
COOKIE_DOMAIN example.com
SESSION_COOKIE_NAME sid
CSRF_COOKIE_NAME csrftoken
JWT_ALGORITHM RS256
JWT_ISSUER https://auth.example.com
JWT_AUDIENCE triflow
OPENAI_MODEL gpt-4o-mini
LANGFUSE_HOST https://cloud.langfuse.com
FEATURE_KEY new-ui
TRANSLATION_KEY home.title
METRIC_KEY latency
PASSWORD_RESET_URL https://example.com/reset
FORGOT_PASSWORD_PATH /forgot
CREDENTIALS_FILE /root/.aws/credentials
AWS_PROFILE production
SIGNATURE_VERSION s3v4
""".strip().splitlines()

HARMLESS_TEXTS = """
GET /%61bout?n%61me=hong12345678 200
p%61ssword=
&#112;assword: changed by user
"\\u0070assword": null
C:\\x64\\u0061ta\\session1234
C:\\160\\70 files\\session1234
n\\141me=Tr0ub4dor3xKq9v
\\N{LATIN SMALL LETTER NO SUCH}=Tr0ub4dor3xKq9v
n\\u0061me=Tr0ub4dor3xKq9v
session:12345678:550e8400-e29b-41d4-a716-446655440000 created
publish to arn:aws:sns:ap-northeast-2:123456789012:triflow-ai-production-alarms-topic1 ok
receive arn:aws:sqs:ap-northeast-2:123456789012:triflow-ai-production-work-queue-01
work order AP20261128001 accepted
purchase AKC20261128001X done
upload part 9f86d081884c7d659a2feaa0c55ad015-us2 done
GET https://sk-telecom-enterprise-portal.example.com/ 200
bucket sk-innovation-reports-archive-production listed
task-definition triflow-ai-production-backend:12 registered
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 pulled
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b by hong
etag "9f86d081884c7d659a2feaa0c55ad015"
request id 1-5759e988-bd862e3fe1be46a994272793
i-0123456789abcdef0 vpc-0a1b2c3d4e5f67890 sg-0123456789abcdef0 subnet-0fedcba9876543210
password: changed by user
token expired
token: refreshed for user 12
password reset requested for user 12
pass=12 fail=0
12 pass: 12 fail: 0
invalid password for user hong
Access denied for user 'app'@'host' (using password: YES)
FATAL:  password authentication failed for user "app"
{"errors":{"password":"must be at least 8 characters"}}
{"password":"[FILTERED]"}
{"password": null, "token": false}
{"token_count": 512, "tokens": 87, "token": 512}
{"nextToken": "AAAA1234567890abcdefgh"}
prompt_tokens=12 completion_tokens=3 total_cost=0.00002
Unexpected token '<', "<!DOCTYPE "... is not valid JSON
    conn = connect(password=settings.db_password)
    token = get_token()
    password = os.environ["DB_PASSWORD"]
password=${DB_PASSWORD}
password=%s
INSERT INTO users (name, password) VALUES ($1, $2)
UPDATE users SET password = $1 WHERE id = $2
UPDATE users SET password = :password WHERE id = :id
PWD=/srv/app OLDPWD=/root
compass: north
key: value
monkey=banana
--password is required
option --token requires an argument
secret_name=triflow-ai-production/database
secret: arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow-ai-production/database-a1b2c3
reading secret: triflow-ai-production/database-a1b2c3
token_type=bearer
WWW-Authenticate: Bearer realm="api", error="invalid_token"
Authorization: Bearer token missing
authorization: denied for user 12
cookie: missing
postgresql://db:5432/app connected
redis://cache:6379/0 ready
http://localhost:8080/a@b
git@github.com:corp/repo.git cloned
https://user@host.example.com/path fetched
2026-11-28T10:00:00Z INFO started in 12ms
at com.example.service.PasswordResetController.reset(PasswordResetController.java:42)
File "/app/auth/token_service.py", line 12, in refresh_token
class TokenBucketRateLimiter initialised with capacity=100
loaded 12 keys from /etc/keys
primary key violation on users_pkey
sort key: created_at
cache key users:v2:12 hit
encryption key alias/triflow rotated
kms key 1234abcd-12ab-34cd-56ef-1234567890ab enabled
user data loaded
auth: ok
auth=disabled
signature verified
salt: added
비밀번호: 변경됨
비밀번호가 틀렸습니다
비밀번호 오류: 5회
authentication succeeded for hong
bearer authentication failed
basic auth enabled
the secret is loaded from Secrets Manager
api key: missing
API key: invalid
secret rotated
first pass: 12ms, second pass: 13ms
pass rate: 98%
-----BEGIN PUBLIC KEY-----
-----BEGIN CERTIFICATE-----
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ
rds-ca-rsa2048-g1 expires
ap-northeast-2.console.aws.amazon.com opened
arn:aws:iam::123456789012:role/triflow-ai-production-ecs-task-role assumed
arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:loadbalancer/app/triflow-ai-production-alb/50dc6c495c0c9188
x-amzn-trace-id: Root=1-67891233-abcdef012345678912345678
""".strip("\n").splitlines()

HARMLESS_SOURCES = """
a.py password = settings.db_password
a.py password = os.environ["DB_PASSWORD"]
a.py token = request.headers.get("Authorization")
a.py api_key: str = Field(...)
a.py PASSWORD_MIN_LENGTH = 12
a.py raise ValueError("password must have at least 8 characters")
a.py url = f"postgresql://{user}:{password}@{host}/app"
a.py SECRET_NAME = "triflow-ai-production/database"
a.py def login(username: str, password: str) -> Token:
a.py headers = {"Authorization": f"Bearer {token}"}
a.py NEXT_TOKEN = "nextToken"
main.tf password = var.db_password
main.tf password = "${var.db_password}"
main.tf secret_string = jsonencode({ password = random_password.db.result })
main.tf   manage_master_user_password = true
main.tf kms_key_id = aws_kms_key.main.arn
main.tf secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:x"
.env.example DB_PASSWORD=
.env.example DB_PASSWORD=<your-password>
.env.example API_KEY=${API_KEY}
docker-compose.yml       POSTGRES_PASSWORD: ${DB_PASSWORD:?set it}
ci.yml         token: ${{ secrets.GITHUB_TOKEN }}
ci.yml   password: !Ref DbPassword
k8s.yaml     secretKeyRef: { name: db, key: password }
k8s.yaml   passwordSecretRef: app/database
a.js const token = await getToken();
a.js localStorage.getItem('access_token')
a.go password := os.Getenv("DB_PASSWORD")
App.java String password = config.getPassword();
deploy.sh PASSWORD="$1"
deploy.sh PASSWORD=$(aws secretsmanager get-secret-value --secret-id x)
deploy.sh export TOKEN="${TOKEN:-}"
Makefile TOKEN := $(shell cat .token)
package-lock.json "integrity": "sha512-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08=="
README.md Set `DB_PASSWORD` to the password of the database.
README.md `--password PASSWORD` the password
locale.json "password": "Password"
locale.json "forgot_password": "Forgot your password?"
locale.json "token": "토큰"
""".strip("\n").splitlines()

WRAPPED = ("{}", "client got {} at noon", '{{"setting": "{}"}}', "value={};")
"""How a secret that tells itself stands in a text."""


def lines(seed: int = 7) -> Iterator[Line]:
    """The corpus, the same for the same seed."""
    draw = random.Random(seed)
    for form in SHAPES:
        text, _ = _drawn(form.replace("{sp}", " ").replace("{n}", "\n").replace("{e}", ""), draw)
        yield Line("shape, as a variable", "variable", "SETTING", text, text)
        for wrap in WRAPPED[: 2 if "\n" in text else None]:
            yield Line("shape, in a text", "text", "", wrap.format(text), text)
        if "BEGIN" not in text:
            yield Line("shape, in a source", "a.py", "", f'setting = "{text}"', text)
    for form in URLS:
        text, secret = _drawn(form, draw)
        yield Line("URL", "variable", "SETTING", text, secret)
        yield Line("URL", "text", "", f"cannot reach {text}: timeout", secret)
    for row in NAMES:
        name, _, form = row.partition(" ")
        text, secret = _drawn(form.replace("{{", "\0").replace("}}", "\1"), draw)
        yield Line("name", "variable", name, text.replace("\0", "{").replace("\1", "}"), secret)
    for form in FORMS:
        text, secret = _drawn(form.replace("{{", "\0").replace("}}", "\1").replace("{n}", "\n"), draw)
        yield Line("form", "text", "", text.replace("\0", "{").replace("\1", "}"), secret)
    for row in SOURCES:
        file, _, form = row.partition(" ")
        text, secret = _drawn(form.replace("{{", "\0").replace("}}", "\1"), draw)
        yield Line("source", file, "", text.replace("\0", "{").replace("\1", "}"), secret)
    for row in HARMLESS_VARIABLES:
        name, _, value = row.partition(" ")
        yield Line("no secret, in a variable", "variable", name, value, "")
    for text in HARMLESS_TEXTS:
        yield Line("no secret, in a text", "text", "", text, "")
    for row in HARMLESS_SOURCES:
        file, _, text = row.partition(" ")
        yield Line("no secret, in a source", file, "", text, "")
