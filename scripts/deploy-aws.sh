#!/usr/bin/env bash
# Deploys the backend, or rolls it back: the service runs the image of a tag, by its digest, as a new task definition revision.
#
#   ./scripts/deploy-aws.sh production latest                               build what is here, push it, deploy it
#   ./scripts/deploy-aws.sh production "$(git rev-parse --short HEAD)"      the same, under the name of its commit
#   ./scripts/deploy-aws.sh production v1.2.3                               a tag that is in ECR is deployed as it is: a rollback
#   ./scripts/deploy-aws.sh --dry-run production latest                     read, and tell what would be done
#
# A tag that is not in ECR is built if it names the commit that is checked out (its SHA, at least seven digits of it, or a git tag),
# and refused if not: what is here would be deployed under another commit's name.
#
# Environment: AWS_REGION (ap-northeast-2), and credentials as the AWS CLI finds them. Stops at the first failure.
# Exit status: 0 deployed, 1 not deployed, 2 called in a wrong way.
set -euo pipefail

usage() {
  echo "deploy-aws: $1" >&2
  echo "usage: $0 [--dry-run] production|staging TAG" >&2
  exit 2
}

fail() {
  echo "deploy-aws: $*" >&2
  exit 1
}

dry_run=false
arguments=()
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=true ;;
    -*) usage "there is no option $argument" ;;
    *) arguments+=("$argument") ;;
  esac
done
((${#arguments[@]} == 2)) || usage "an environment and an image tag are needed"
environment=${arguments[0]}
tag=${arguments[1]}
[[ $environment == production || $environment == staging ]] || usage "there is no environment $environment"
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || usage "$tag cannot be an image tag"

for tool in aws docker git python3; do
  command -v "$tool" > /dev/null || fail "$tool is needed, and is not on PATH"
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AWS_REGION=${AWS_REGION:-ap-northeast-2} AWS_PAGER=''
export AWS_DEFAULT_REGION=$AWS_REGION  # what version 1 of the AWS CLI reads
cluster=triflow-ai-$environment-cluster
service=triflow-ai-$environment-backend-service
load_balancer=triflow-ai-$environment-alb
repository=triflow-ai-backend
container=backend

work=$(mktemp -d)
doing="Start"

finish() {
  local status=$?
  rm -rf "$work"
  if ((status != 0)); then
    echo "deploy-aws: stopped at: $doing. Nothing after it was done." >&2
    exit 1
  fi
}
trap finish EXIT

step() {
  doing=$1
  echo "==> $doing"
}

# Does something that changes what is deployed; a dry run tells it.
change() {
  if $dry_run; then
    echo "    would run: $*"
  else
    "$@"
  fi
}

# The value that a query of the AWS CLI finds.
value() {
  local found
  found=$(aws "$@" --output text) || exit 1
  [[ -n $found && $found != None ]] || fail "aws $* finds nothing"
  echo "$found"
}

# The digest of the tag's image; nothing when ECR has no such tag.
digest_of_tag() {
  if ! aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].imageDigest' --output text 2> "$work/error"; then
    grep -q ImageNotFoundException "$work/error" || fail "$(< "$work/error")"
  fi
}

# Fails unless the tag says what would be built: the commit that is checked out, with nothing changed since.
check_tag_names_checkout() {
  local head names changed
  echo "    it is not in ECR"
  head=$(git -C "$root" rev-parse HEAD)
  names=$(git -C "$root" tag --points-at HEAD)
  changed=$(git -C "$root" status --porcelain -- backend)
  [[ $tag =~ ^[0-9a-f]{7,40}$ && $head == "$tag"* ]] || grep -qxF -- "$tag" <<< "$names" ||
    fail "$tag is not in ECR, and cannot be built here: $head is checked out, which $tag does not name." \
      "Check out the commit that it names, or choose a tag that is in ECR: aws ecr describe-images --repository-name $repository"
  [[ -z $changed ]] || fail "$tag is not in ECR, and cannot be built here: backend/ has changes that are not committed:"$'\n'"$changed"
}

log_in_to_ecr() {
  aws ecr get-login-password | docker login --username AWS --password-stdin "${uri%%/*}"
}

# The current task definition with another image, as register-task-definition takes it. Python runs without the caller's packages.
with_image() {
  python3 -I -S -c '
import json, sys
container, image = sys.argv[1:]
answer = json.load(sys.stdin)
definition = answer["taskDefinition"]
for computed in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
                 "registeredAt", "registeredBy", "deregisteredAt"):
    definition.pop(computed, None)
mine = [one for one in definition["containerDefinitions"] if one["name"] == container]
if len(mine) != 1:
    sys.exit(f"deploy-aws: the task definition has {len(mine)} containers of the name {container}")
mine[0]["image"] = image
if answer.get("tags"):
    definition["tags"] = answer["tags"]
json.dump(definition, sys.stdout)
' "$container" "$1"
}

step "Check the account"
account=$(value sts get-caller-identity --query Account)
uri=$(value ecr describe-repositories --repository-names "$repository" --query 'repositories[0].repositoryUri')
current=$(value ecs describe-services --cluster "$cluster" --services "$service" --query 'services[0].taskDefinition')
echo "    account $account, region $AWS_REGION, now ${current##*/}"

step "Look for $repository:$tag"
digest=$(digest_of_tag)
# latest is what is here now; any other tag is built once, from the commit that it names.
if [[ -n $digest && $tag != latest ]]; then
  echo "    it is in ECR: nothing is built"
else
  [[ $tag == latest ]] || check_tag_names_checkout

  step "Log in to ECR"
  change log_in_to_ecr

  step "Build the image"
  change docker buildx build --platform linux/amd64 --provenance=false --load \
    --tag "$uri:$tag" --file "$root/backend/Dockerfile" "$root/backend"

  step "Push the image"
  change docker push "$uri:$tag"
  digest=$(digest_of_tag)
  if $dry_run; then
    digest="sha256:of-the-pushed-image"
  fi
  [[ -n $digest ]] || fail "ECR does not have $repository:$tag after the push"
fi
image=$uri@$digest

step "Register a task definition with $image"
aws ecs describe-task-definition --task-definition "$current" --include TAGS --output json > "$work/current.json"
with_image "$image" < "$work/current.json" > "$work/new.json"
if $dry_run; then
  change aws ecs register-task-definition --cli-input-json "file://..."
  revision=NEW-REVISION
else
  revision=$(value ecs register-task-definition --cli-input-json "file://$work/new.json" --query taskDefinition.taskDefinitionArn)
  echo "    ${revision##*/}"
fi

step "Update the service"
change aws ecs update-service --cluster "$cluster" --service "$service" --task-definition "$revision" \
  --query service.serviceName --output text

step "Wait until the service is stable (2 to 5 minutes)"
change aws ecs wait services-stable --cluster "$cluster" --services "$service"
if $dry_run; then
  echo "Dry run: nothing was changed."
  exit 0
fi

step "Look at what runs"
# A service that ECS rolled back is stable too.
running_revision=$(value ecs describe-services --cluster "$cluster" --services "$service" \
  --query "services[0].deployments[?status=='PRIMARY'].taskDefinition")
[[ $running_revision == "$revision" ]] || fail "the service runs ${running_revision##*/}: ECS rolled ${revision##*/} back"
running=$(value ecs describe-services --cluster "$cluster" --services "$service" --query 'services[0].runningCount')
desired=$(value ecs describe-services --cluster "$cluster" --services "$service" --query 'services[0].desiredCount')
address=$(value elbv2 describe-load-balancers --names "$load_balancer" --query 'LoadBalancers[0].DNSName')

cat << SUMMARY

Deployed to $environment
  Cluster:         $cluster
  Service:         $service
  Image:           $uri:$tag
  Digest:          $digest
  Task Definition: ${revision##*/}
  Running Tasks: $running/$desired
  ALB URL:         https://$address
  Health URL:      https://$address/health
SUMMARY
[[ $running == "$desired" ]] || fail "$running of $desired tasks run"
