#!/usr/bin/env bash
# Makes what the backend needs in a local emulator of AWS: the bucket and the secrets. A second run changes nothing.
#
#   bash scripts/init-localstack.sh
#
# Environment: AWS_ENDPOINT_URL (http://localhost:4566), AWS_REGION (ap-northeast-2), S3_BUCKET_NAME (triflow-ai-local),
# DATABASE_SECRET_NAME (triflow-ai-local/database), LLM_SECRET_NAME (triflow-ai-local/llm), and of the database RDS_ADDRESS, RDS_PORT,
# RDS_DATABASE, RDS_USERNAME and RDS_PASSWORD.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://localhost:4566}
region=${AWS_REGION:-ap-northeast-2}
bucket=${S3_BUCKET_NAME:-triflow-ai-local}
database_secret=${DATABASE_SECRET_NAME:-triflow-ai-local/database}
llm_secret=${LLM_SECRET_NAME:-triflow-ai-local/llm}

fail() {
  echo "init-localstack: $*" >&2
  exit 1
}

# Values that are made up here must never reach a real account.
# localhost.localstack.cloud and what is under it is 127.0.0.1.
emulator='^https?://(localhost|127\.0\.0\.1|localstack|([a-z0-9-]+\.)*localhost\.localstack\.cloud)(:[0-9]+)?/?$'
[[ $endpoint =~ $emulator ]] || fail "$endpoint is no emulator on this machine"
command -v aws > /dev/null || fail "the AWS CLI (aws) is needed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"

export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER='' AWS_MAX_ATTEMPTS=3 AWS_RETRY_MODE=standard
unset AWS_PROFILE AWS_SESSION_TOKEN

local_aws() {
  aws --endpoint-url "$endpoint" --region "$region" --cli-connect-timeout 5 --cli-read-timeout 20 --output text "$@"
}

# Whether the list that a command prints, tab-separated, has a word.
has() {
  tr '\t' '\n' <<< "$1" | grep -qxF -- "$2"
}

# A text as JSON writes it.
json() {
  [[ $1 != *[[:cntrl:]]* ]] || fail "a value of the database secret has a line break or another control character"
  printf '"%s"' "$(printf '%s' "$1" | sed 's/["\\]/\\&/g')"
}

make_bucket() {
  if has "$buckets" "$bucket"; then
    echo "unchanged  bucket $bucket"
  else
    local_aws s3api create-bucket --bucket "$bucket" --create-bucket-configuration "LocationConstraint=$region" > /dev/null
    echo "created    bucket $bucket"
  fi
}

# make_secret NAME DESCRIPTION JSON
make_secret() {
  if has "$secrets" "$1"; then
    echo "unchanged  secret $1"
  else
    local_aws secretsmanager create-secret --name "$1" --description "$2" --secret-string "file://"<(printf '%s' "$3") > /dev/null
    echo "created    secret $1"
  fi
}

# The database of docker-compose.localstack.yml, unless the environment names another.
host=$(json "${RDS_ADDRESS:-localhost}")
port=${RDS_PORT:-5432}
name=$(json "${RDS_DATABASE:-triflow}")
user=$(json "${RDS_USERNAME:-triflow_admin}")
password=$(json "${RDS_PASSWORD:-local-only}")
[[ $port =~ ^[1-9][0-9]{0,4}$ ]] || fail "RDS_PORT is no port: $port"
connection="{\"engine\": \"postgres\", \"host\": $host, \"port\": $port, \"dbname\": $name, \"username\": $user, \"password\": $password}"

buckets=$(local_aws s3api list-buckets --query 'Buckets[].Name') || fail "no emulator answers at $endpoint: start one, and wait until it is healthy"
secrets=$(local_aws secretsmanager list-secrets --query 'SecretList[].Name')

make_bucket
make_secret "$database_secret" "Connection of the backend to its local database" "$connection"
# A key that no provider would take.
make_secret "$llm_secret" "Key of the language model's provider" '{"provider": "echo", "key": "none"}'
