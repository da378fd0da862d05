#!/usr/bin/env bash
# Makes what the backend needs in a local emulator of AWS: the bucket and the secrets. A second run changes nothing.
#
#   bash scripts/init-localstack.sh
#
# Environment: AWS_ENDPOINT_URL (http://localhost:4566), AWS_REGION (ap-northeast-2), S3_BUCKET_NAME (triflow-ai-local),
# DATABASE_SECRET_NAME (triflow-ai-local/database), LLM_SECRET_NAME (triflow-ai-local/llm).
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
case $endpoint in
  http://localhost:* | http://127.0.0.1:* | http://localstack:* | http://*.localhost.localstack.cloud:*) ;;
  *) fail "$endpoint is no emulator on this machine" ;;
esac
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

buckets=$(local_aws s3api list-buckets --query 'Buckets[].Name') || fail "no emulator answers at $endpoint: start one, and wait until it is healthy"
secrets=$(local_aws secretsmanager list-secrets --query 'SecretList[].Name')

make_bucket
# The database of docker-compose.localstack.yml, and a key that no provider would take.
make_secret "$database_secret" "Connection of the backend to its local database" \
  "{\"engine\": \"postgres\", \"host\": \"${RDS_ADDRESS:-localhost}\", \"port\": ${RDS_PORT:-5432}, \"dbname\": \"${RDS_DATABASE:-triflow}\", \"username\": \"${RDS_USERNAME:-triflow_admin}\", \"password\": \"${RDS_PASSWORD:-local-only}\"}"
make_secret "$llm_secret" "Key of the language model's provider" '{"provider": "echo", "key": "none"}'
