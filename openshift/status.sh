#!/usr/bin/env bash
# Show what there is of Cherha in a project, and whether it runs: status.sh --help. status.cmd makes the same calls.
set -euo pipefail

usage() {
    cat <<'TEXT'
status.sh -n PROJECT [options]

  -n, --namespace PROJECT   the project
  -a, --app NAME            APP_NAME, as it was deployed; cherha is the default
      --help                print this

It ends with 0 when all Deployments are available, and with 1 when one is not.
TEXT
}

die() {
    echo "status: $1" >&2
    exit "${2:-1}"
}

project=""
app=cherha
while [ $# -gt 0 ]; do
    case $1 in
        -n | --namespace) project=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        -a | --app) app=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        --help) usage; exit 0 ;;
        *) die "$1 is not known; see status.sh --help." 2 ;;
    esac
done
[ -n "$project" ] || die "Which project? -n PROJECT" 2

oc whoami >/dev/null || die "Log in first, with oc login."
oc get deployment,pod,horizontalpodautoscaler,persistentvolumeclaim,route -n "$project" -l "app.kubernetes.io/part-of=$app" ||
    die "The project $project cannot be read."
oc get build -n "$project" -l "buildconfig=$app" || die "The builds cannot be read."
oc wait deployment -n "$project" -l "app.kubernetes.io/part-of=$app" --for=condition=Available --timeout=1s >/dev/null ||
    die "Not everything runs."
echo "status: everything runs."
