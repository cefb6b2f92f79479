#!/usr/bin/env bash
# Bring Cherha, or a new release of it, into a project: deploy.sh --help. deploy.cmd makes the same calls.
set -euo pipefail

usage() {
    cat <<'TEXT'
deploy.sh -n PROJECT [options]

  -n, --namespace PROJECT   the project; it is made if it is not there
  -e, --env NAME            params/NAME.env, or a file: dev (the default), prod, sandbox
      --workers FOLDER      a file for each kind of worker; openshift/workers is the default
      --only PARTS          of secrets,build,redis,postgresql,files,web,workers,route
      --binary              build out of this folder, not out of GIT_URL
      --build               build although there is an image with this tag already
      --dry-run             ask the cluster about everything, and change nothing
      --help                print this

It can be run again: what is as it should be stays as it is, and secrets are never made anew.
It ends with 0 when everything runs, with 1 when something does not, and with 2 when it was asked wrongly.
TEXT
}

die() {
    echo "deploy: $1" >&2
    exit "${2:-1}"
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=""
environment=dev
workers=$here/workers
only=""
binary=""
build=""
dry_run=""
while [ $# -gt 0 ]; do
    case $1 in
        -n | --namespace) project=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        -e | --env) environment=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        --workers) workers=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        --only) only=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        --binary) binary=yes; shift ;;
        --build) build=yes; shift ;;
        --dry-run) dry_run=--dry-run=server; shift ;;
        --help) usage; exit 0 ;;
        *) die "$1 is not known; see deploy.sh --help." 2 ;;
    esac
done
[ -n "$project" ] || die "Which project? -n PROJECT" 2
for part in ${only//,/ }; do
    case $part in
        secrets | build | redis | postgresql | files | web | workers | route) ;;
        *) die "$part is no part; see deploy.sh --help." 2 ;;
    esac
done
params=$here/params/$environment.env
[ -f "$params" ] || params=$environment
[ -f "$params" ] || die "There is no $here/params/$environment.env, and no file $environment." 2
[ -d "$workers" ] || die "There is no folder $workers." 2

value() {
    local found
    found=$(sed -n "s/^$1=//p" "$params" | tail -n 1 | tr -d '\r')
    echo "${found:-$2}"
}

app=$(value APP_NAME cherha)
web=$(value APP_SERVICE_NAME cherha-web)
tag=$(value IMAGE_TAG latest)
redis=$(value REDIS_SERVICE_NAME redis)
postgresql=$(value DATABASE_SERVICE_NAME postgresql)
route=$(value ROUTENAME cherha)
storage=$(value STORAGE_URL file:)
image=""

want() {
    [ -z "$only" ] && return 0
    case ,$only, in *,"$1",*) return 0 ;; *) return 1 ;; esac
}

process() {
    local template=$1
    shift
    oc process --local -f "$here/templates/$template" "--param-file=$params" "$@" \
        --ignore-unknown-parameters=true -p "NAMESPACE=$project" ${image:+-p} ${image:+"IMAGE=$image"}
}

apply() {
    process "$@" | oc apply -n "$project" --validate=strict ${dry_run:+"$dry_run"} -f - ||
        die "$1 was not applied."
}

# What oc calls the image: its digest, so that a second apply finds the pods as they are.
look_up_image() {
    image=$(oc get istag "$app:$tag" -n "$project" -o "jsonpath={.image.dockerImageReference}" 2>/dev/null) ||
        image=""
}

wait_for() {
    [ -n "$dry_run" ] && return 0
    oc rollout status "deployment/$1" -n "$project" --timeout=20m ||
        die "$1 does not run; oc describe pod -l app.kubernetes.io/instance=$1 says why."
}

oc whoami >/dev/null || die "Log in first, with oc login."
if ! oc get project "$project" -o name >/dev/null 2>&1; then
    [ -z "$dry_run" ] || die "There is no project $project to ask about."
    oc new-project "$project" --skip-config-write >/dev/null || die "The project $project cannot be made."
fi
oc auth can-i create deployments.apps -n "$project" >/dev/null ||
    die "You may not create Deployments in $project."
# A name that no template knows would be ignored by the calls below, as each template knows some only.
oc process --local -f "$here/templates/all-in-one.yaml" "--param-file=$params" -p "NAMESPACE=$project" -o name >/dev/null ||
    die "Something is wrong with $params, as said above. Save it without a byte order mark."

if want secrets; then
    if oc get secret "$app-secrets" -n "$project" -o name >/dev/null 2>&1; then
        echo "deploy: $app-secrets is kept as it is."
    else
        process 00-secrets.yaml | oc create -n "$project" ${dry_run:+"$dry_run"} -f - ||
            die "The secrets were not made."
    fi
fi
look_up_image
if want build; then
    if [ -n "$binary" ]; then apply 11-build-binary.yaml; else apply 10-build.yaml; fi
    if [ -z "$dry_run" ] && { [ -z "$image" ] || [ -n "$build" ]; }; then
        if [ -n "$binary" ]; then
            oc start-build "$app" -n "$project" --follow --wait "--from-dir=$here/.." \
                "--exclude=(^|/)\.(git|venv|cherha)(/|$)" || die "The image was not built."
        else
            oc start-build "$app" -n "$project" --follow --wait || die "The image was not built."
        fi
        look_up_image
    fi
fi
if want redis; then
    apply 20-redis.yaml
    wait_for "$redis"
fi
if want postgresql; then
    apply 21-postgresql.yaml
    wait_for "$postgresql"
fi
if want files; then
    case $storage in
        s3:*) echo "deploy: files are on S3, so there is no volume for them." ;;
        *) apply 22-files.yaml ;;
    esac
fi
if [ -z "$image" ] && [ -z "$dry_run" ] && { want web || want workers; }; then
    die "There is no image $app:$tag in $project; let build be one of the parts."
fi
if want web; then
    apply 30-web.yaml
    wait_for "$web"
fi
if want workers; then
    for worker in "$workers"/*.env; do apply 40-worker.yaml "--param-file=$worker"; done
    for worker in "$workers"/*.env; do wait_for "$app-$(basename "$worker" .env)"; done
fi
if want route; then
    apply 31-route.yaml
    if [ -z "$dry_run" ]; then
        host=$(oc get route "$route" -n "$project" -o "jsonpath={.spec.host}") || host=""
        [ -n "$host" ] || die "The route has no host."
        echo "deploy: https://$host/"
    fi
fi
echo "deploy: done."
