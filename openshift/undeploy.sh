#!/usr/bin/env bash
# Take Cherha out of a project: undeploy.sh --help. undeploy.cmd makes the same calls.
set -euo pipefail

usage() {
    cat <<'TEXT'
undeploy.sh -n PROJECT [options]

  -n, --namespace PROJECT   the project
  -a, --app NAME            APP_NAME, as it was deployed; cherha is the default
      --purge               the volumes and the secrets too: all jobs, files and accounts are gone then
      --dry-run             ask the cluster about everything, and change nothing
      --help                print this

Without --purge, deploy brings everything back as it was. The project stays.
TEXT
}

die() {
    echo "undeploy: $1" >&2
    exit "${2:-1}"
}

project=""
app=cherha
purge=""
dry_run=""
while [ $# -gt 0 ]; do
    case $1 in
        -n | --namespace) project=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        -a | --app) app=${2:-}; shift 2 || die "$1 needs a value." 2 ;;
        --purge) purge=yes; shift ;;
        --dry-run) dry_run=--dry-run=server; shift ;;
        --help) usage; exit 0 ;;
        *) die "$1 is not known; see undeploy.sh --help." 2 ;;
    esac
done
[ -n "$project" ] || die "Which project? -n PROJECT" 2

remove() {
    oc delete "$1" -n "$project" -l "app.kubernetes.io/part-of=$app" --ignore-not-found ${dry_run:+"$dry_run"} ||
        die "Not everything was deleted."
}

oc whoami >/dev/null || die "Log in first, with oc login."
remove route,horizontalpodautoscaler,poddisruptionbudget
# Workers finish their jobs, for which they need the servers: oc waits for the pods.
oc delete deployment -n "$project" -l "app.kubernetes.io/part-of=$app,app.kubernetes.io/component in (web,worker)" --ignore-not-found --cascade=foreground ${dry_run:+"$dry_run"} ||
    die "Not everything was deleted."
remove deployment,service,buildconfig,imagestream,networkpolicy,serviceaccount
if [ -n "$purge" ]; then
    remove persistentvolumeclaim,secret
fi
echo "undeploy: done."
