"""What a cluster, and those who run one, expect of the objects; openshift/README.md lists it."""

import json
import re
from collections.abc import Iterator
from inspect import signature
from typing import Any

import pytest
import yaml

from app_srvc.jobs import submission
from app_srvc.settings import Settings
from tests.deployment import golden
from tests.deployment.templates import (
    OPENSHIFT,
    OPTIONAL,
    PARAMS,
    TEMPLATES,
    Object,
    containers_of,
    everything,
    label,
    made,
    named,
    of_kind,
    ours,
    pod_of,
    values,
)  # fmt: skip
from tests.support.workers import ROOT

ENVIRONMENTS = [path.stem for path in PARAMS]
EVERYTHING = everything()
DEPLOYMENTS = of_kind(EVERYTHING, "Deployment")
each = pytest.mark.parametrize("one", DEPLOYMENTS, ids=lambda one: one["metadata"]["name"])
each_of_ours = pytest.mark.parametrize(
    "one", ours(EVERYTHING), ids=lambda one: one["metadata"]["name"]
)


@pytest.mark.parametrize("env", golden.ENVIRONMENTS)
def test_nothing_has_changed_that_was_not_looked_at(env: str) -> None:
    assert golden.text_of(env) == golden.path_of(env).read_text(), (
        "run python -m tests.deployment.golden, and read the difference"
    )


def test_apis_are_those_that_last() -> None:
    versions = {(one["apiVersion"], one["kind"]) for one in EVERYTHING}

    assert not [kind for _, kind in versions if kind in {"DeploymentConfig", "PodSecurityPolicy"}]
    assert not [version for version, _ in versions if "beta" in version]
    assert {v for v, _ in versions if "alpha" in v} == {"keda.sh/v1alpha1"}


def test_each_object_is_there_once_and_in_the_project() -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in EVERYTHING]

    # The two ways to let KEDA decide take each other's place.
    assert {name for name in names if names.count(name) > 1} == {("ScaledObject", "cherha-stt")}
    assert {one["metadata"]["namespace"] for one in EVERYTHING} == {"p"}


@each
def test_a_pod_asks_for_nothing_that_restricted_v2_refuses(one: Object) -> None:
    pod = pod_of(one)
    annotations = one["spec"]["template"]["metadata"]["annotations"]

    assert annotations["openshift.io/required-scc"] == "restricted-v2"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    text = json.dumps(pod)
    for word in ("runAsUser", "runAsGroup", '"fsGroup"', "hostPath", "hostNetwork", '"add"'):
        assert word not in text
    for container in containers_of(one):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert pod["automountServiceAccountToken"] is False


@each_of_ours
def test_the_root_is_read_only_and_only_volumes_are_written(one: Object) -> None:
    pod = pod_of(one)
    for container in containers_of(one):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}
    main = pod["containers"][0]
    assert {m["mountPath"] for m in main["volumeMounts"]} == {"/tmp", "/var/lib/cherha"}
    assert {volume["name"] for volume in pod["volumes"]} == {"tmp", "files"}


def strings(part: Any) -> Iterator[tuple[str, str]]:
    """Return all strings with their keys."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from ((key, value),) if isinstance(value, str) else strings(value)
    elif isinstance(part, list):
        for value in part:
            yield from (("", value),) if isinstance(value, str) else strings(value)


def test_no_password_is_anywhere_but_in_secrets() -> None:
    for one in EVERYTHING:
        if one["kind"] != "Secret":
            assert "generated-" not in json.dumps(one), one["metadata"]["name"]
    texts = [path.read_text() for path in [*TEMPLATES, *PARAMS, ROOT / "Dockerfile"]]
    for text in texts:
        assert not re.search(r"(?i)(password|psw|secret|token)\w*\s*[:=]\s*['\"]?\w*\d\w*$", text)
        assert not re.search(r"://\w+:[^$\s@]+@", text)


def test_secrets_are_made_in_a_template_that_is_never_applied_again() -> None:
    for path in TEMPLATES:
        has_secret = any(one["kind"] == "Secret" and "stringData" in one for one in made(path))
        assert has_secret == (path.stem in {"00-secrets", "50-rabbitmq", "all-in-one"})
    for script in ("deploy.sh", "deploy.cmd"):
        text = (OPENSHIFT / script).read_bytes().decode()
        assert text.count("00-secrets.yaml") == 1
        assert not re.search(r"apply 00-secrets|5[01]-\w+\.yaml|all-in-one.*\| oc", text)


@each_of_ours
def test_the_trigger_fills_in_all_containers_and_the_image_can_be_given(one: Object) -> None:
    triggers = json.loads(one["metadata"]["annotations"]["image.openshift.io/triggers"])
    named_in = {re.findall(r'@.name=="(\w+)"', trigger["fieldPath"])[0] for trigger in triggers}

    assert named_in == {container["name"] for container in containers_of(one)}
    assert {t["from"]["name"] for t in triggers} == {"cherha:0.1.0"}
    assert len({container["image"] for container in containers_of(one)}) == 1
    alone = made(named("30-web"), IMAGE=" ")
    assert {c["image"] for d in of_kind(alone, "Deployment") for c in containers_of(d)} == {" "}


def test_one_image_is_built_for_all() -> None:
    assert len(of_kind(EVERYTHING, "BuildConfig")) == 1
    build = of_kind(EVERYTHING, "BuildConfig")[0]["spec"]
    binary = of_kind(made(named("11-build-binary")), "BuildConfig")[0]["spec"]
    assert build["output"]["to"]["name"] == binary["output"]["to"]["name"] == "cherha:0.1.0"
    arguments = {one["name"] for one in build["strategy"]["dockerStrategy"]["buildArgs"]}
    declared = set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert arguments == declared
    assert build["runPolicy"] == "SerialLatestOnly"
    assert "secret" not in build["triggers"][0]["github"]


def test_the_route_is_https_and_more_patient_than_any_request() -> None:
    route = of_kind(EVERYTHING, "Route")[0]
    notes = route["metadata"]["annotations"]

    assert route["spec"]["tls"] == {
        "termination": "edge",
        "insecureEdgeTerminationPolicy": "Redirect",
    }
    assert "host" not in route["spec"]
    assert of_kind(made(named("31-route"), HOSTNAME="a.b.c"), "Route")[0]["spec"]["host"] == "a.b.c"
    assert "max-age" in notes["haproxy.router.openshift.io/hsts_header"]
    longest = next(m.le for m in Settings.model_fields["wait_seconds"].metadata if hasattr(m, "le"))
    patience = int(notes["haproxy.router.openshift.io/timeout"].removesuffix("s"))
    assert patience > Settings.model_fields["wait_seconds"].default
    assert longest == 600, "the README says to raise ROUTE_TIMEOUT with WAIT_SECONDS up to this"
    service = next(
        s for s in of_kind(EVERYTHING, "Service") if s["metadata"]["name"] == "cherha-web"
    )
    assert route["spec"]["port"]["targetPort"] in {p["name"] for p in service["spec"]["ports"]}


def test_the_web_is_probed_and_its_life_depends_on_nobody() -> None:
    web = containers_of(of_kind(made(named("30-web")), "Deployment")[0])[-1]

    assert web["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_a_worker_is_probed_by_what_it_shows_of_itself() -> None:
    worker = containers_of(of_kind(made(named("40-worker")), "Deployment")[0])[-1]

    for probe in ("startupProbe", "livenessProbe"):
        assert worker[probe]["exec"]["command"] == ["python", "-m", "app_srvc.health", "worker"]
        # Ten seconds while the database hangs.
        assert worker[probe]["timeoutSeconds"] >= 15
    assert "ports" not in worker
    assert not of_kind(made(named("40-worker")), "Service")


@each_of_ours
def test_who_is_told_to_stop_has_time_to_finish(one: Object) -> None:
    pod = pod_of(one)
    grace = pod["terminationGracePeriodSeconds"]
    main = pod["containers"][0]

    assert "command" not in main
    if label(one, "component") == "web":
        pause = int(main["lifecycle"]["preStop"]["exec"]["command"][-1])
        graceful = int(
            re.findall(r"graceful_timeout = (\d+)", (ROOT / "gunicorn.conf.py").read_text())[0]
        )
        assert grace > pause + graceful
    else:
        assert signature(submission.submit).parameters["timeout_seconds"].default == 600
        assert grace > 600
    strategy = one["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


@each
def test_resources_are_asked_for_and_memory_is_limited(one: Object) -> None:
    for container in containers_of(one):
        resources = container["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert set(resources["limits"]) == {"memory"}
        assert amount(resources["requests"]["memory"]) <= amount(resources["limits"]["memory"])


UNITS = {"m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "mb": 2**20}


def amount(text: str) -> float:
    """Return a quantity as a number."""
    number, unit = re.findall(r"([\d.]+)(\D*)", text)[0]
    return float(number) * UNITS.get(unit, 1)


def test_the_sandbox_has_room_for_all_of_it() -> None:
    """As its quota was known when this was written: 3 cores asked for, 14 Gi, volumes of 40 Gi."""
    objects = everything("sandbox", optional=False)
    cpu = memory = 0.0
    for one in of_kind(objects, "Deployment"):
        pods = one["spec"].get(
            "replicas", int(values(OPENSHIFT / "params/sandbox.env")["WEB_REPLICAS"])
        )
        for container in pod_of(one)["containers"]:
            cpu += pods * amount(container["resources"]["requests"]["cpu"])
            memory += pods * amount(container["resources"]["limits"]["memory"])
    claims = of_kind(objects, "PersistentVolumeClaim")

    assert cpu <= 3
    assert memory <= 14 * 2**30
    assert sum(amount(c["spec"]["resources"]["requests"]["storage"]) for c in claims) <= 40 * 2**30
    assert {mode for c in claims for mode in c["spec"]["accessModes"]} == {"ReadWriteOnce"}


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_volume_of_one_node_keeps_its_pods_on_one_node(env: str) -> None:
    objects = everything(env, optional=False)
    claim = next(
        c for c in of_kind(objects, "PersistentVolumeClaim") if label(c, "component") == "files"
    )

    for one in ours(objects):
        terms = pod_of(one).get("affinity", {}).get("podAffinity", {})
        rule = terms.get("requiredDuringSchedulingIgnoredDuringExecution", [])
        assert bool(rule) == (claim["spec"]["accessModes"] == ["ReadWriteOnce"])
        if rule:
            wanted = rule[0]["labelSelector"]["matchLabels"].items()
            assert wanted <= one["spec"]["template"]["metadata"]["labels"].items()


def test_redis_keeps_what_it_has_and_its_memory_fits() -> None:
    redis = of_kind(made(named("20-redis")), "Deployment")[0]
    container = containers_of(redis)[0]
    arguments = " ".join(container["args"])

    assert "--appendonly yes" in arguments
    assert "--maxmemory-policy noeviction" in arguments
    at = container["args"].index("--maxmemory") + 1
    assert 2 * amount(container["args"][at]) <= amount(container["resources"]["limits"]["memory"])
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["key"] == "redis-password"


@pytest.mark.parametrize("name", ["20-redis", "21-postgresql", "50-rabbitmq"])
def test_a_server_is_one_pod_on_a_volume_of_its_own(name: str) -> None:
    server = of_kind(made(named(name)), "Deployment")[0]["spec"]
    claim = of_kind(made(named(name)), "PersistentVolumeClaim")[0]

    assert (server["replicas"], server["strategy"]) == (1, {"type": "Recreate"})
    assert "storageClassName" not in claim["spec"]
    chosen = made(named(name), STORAGE_CLASS="fast")
    assert of_kind(chosen, "PersistentVolumeClaim")[0]["spec"]["storageClassName"] == "fast"


def test_postgresql_has_connections_for_everybody() -> None:
    """21 for each process of the web, 6 for each worker, and a pod more of each while it rolls."""
    for env in ENVIRONMENTS:
        objects = everything(env, optional=False)
        database = next(
            d for d in of_kind(objects, "Deployment") if d["metadata"]["name"] == "postgresql"
        )
        most = next(
            v for v in containers_of(database)[0]["env"] if v["name"].endswith("CONNECTIONS")
        )
        webs = of_kind(objects, "HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"] + 1
        needed = 21 * webs
        for worker in (one for one in ours(objects) if label(one, "component") == "worker"):
            variables = {v["name"]: v.get("value") for v in containers_of(worker)[-1]["env"]}
            forks = int(str(variables["RECORD_WORKERS"]))
            each = forks if variables["APP_FILE"] == "recordworker.py" else 1
            needed += 6 * each * (worker["spec"]["replicas"] + 1)
        assert int(most["value"]) >= needed, env


def test_nobody_gets_in_but_where_it_is_said() -> None:
    policies = {
        one["metadata"]["name"]: one["spec"] for one in of_kind(EVERYTHING, "NetworkPolicy")
    }
    nobody = policies["cherha-nobody"]

    assert nobody["podSelector"] == {"matchLabels": {"app.kubernetes.io/part-of": "cherha"}}
    assert "ingress" not in nobody
    for one in DEPLOYMENTS:
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "cherha"
    web = policies["cherha-web"]["ingress"][0]
    assert "policy-group.network.openshift.io/ingress" in str(web["from"])
    for server in ("redis", "postgresql"):
        [rule] = policies[server]["ingress"]
        assert rule["from"] == [{"podSelector": nobody["podSelector"]}]
    for policy in policies.values():
        for rule in policy.get("ingress", []):
            assert all(port["protocol"] == "TCP" for port in rule["ports"])
    assert [r["spec"]["to"]["name"] for r in of_kind(EVERYTHING, "Route")] == ["cherha-web"]


def test_the_web_is_spread_and_never_all_gone() -> None:
    web = made(named("30-web"))
    scaler = of_kind(web, "HorizontalPodAutoscaler")[0]["spec"]
    deployment = of_kind(web, "Deployment")[0]

    assert "replicas" not in deployment["spec"]
    assert scaler["minReplicas"] >= 2
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    spread = pod_of(deployment)["topologySpreadConstraints"]
    assert {rule["whenUnsatisfiable"] for rule in spread} == {"ScheduleAnyway"}


@each
def test_a_budget_lets_nodes_be_drained(one: Object) -> None:
    selector = one["spec"]["selector"]
    budgets = [
        b["spec"] for b in of_kind(EVERYTHING, "PodDisruptionBudget")
        if b["spec"]["selector"] == selector
    ]  # fmt: skip

    if label(one, "component") in {"web", "worker"}:
        assert [b["maxUnavailable"] for b in budgets] == [1]
        assert budgets[0]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    else:
        assert budgets == []


@each
def test_a_selector_is_one_label_that_never_changes(one: Object) -> None:
    selector = one["spec"]["selector"]["matchLabels"]

    assert list(selector) == ["app.kubernetes.io/instance"]
    assert selector.items() <= one["spec"]["template"]["metadata"]["labels"].items()


def test_keda_counts_what_waits_and_what_runs_and_takes_away_slowly() -> None:
    scaled = of_kind(made(named("60-keda-redis")), "ScaledObject")[0]["spec"]

    lists = {trigger["name"]: trigger["metadata"]["listName"] for trigger in scaled["triggers"]}
    assert lists == {"waiting": "rq:queue:stt", "running": "rq:wip:stt"}
    assert scaled["advanced"]["scalingModifiers"]["formula"] == "waiting + running"
    down = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] >= 300
    assert scaled["minReplicaCount"] >= 1
    # It has the say then: the Deployment leaves the number out.
    worker = of_kind(made(named("40-worker"), WORKER_REPLICAS="null"), "Deployment")[0]
    assert "replicas" not in worker["spec"]
    assert scaled["scaleTargetRef"]["name"] == worker["metadata"]["name"]


def test_rq_calls_its_keys_as_keda_is_told() -> None:
    from rq import Queue
    from rq.registry import StartedJobRegistry

    assert Queue.redis_queue_namespace_prefix == "rq:queue:"
    assert StartedJobRegistry.key_template == "rq:wip:{0}"


def test_prometheus_is_asked_for_figures_that_are_told() -> None:
    scaled = of_kind(made(named("61-keda-prometheus")), "ScaledObject")[0]["spec"]
    query = scaled["triggers"][0]["metadata"]["query"]
    rules = (ROOT / "monitoring" / "alerts.yml").read_text()
    monitor = of_kind(made(named("62-servicemonitor")), "ServiceMonitor")[0]["spec"]

    assert 'cherha_queue_jobs{queue="stt",state=~"waiting|running"}' in query
    assert "cherha_queue_jobs{" in rules
    assert 'job="cherha"' in rules
    assert monitor["jobLabel"] == "app.kubernetes.io/part-of"
    assert monitor["endpoints"][0]["authorization"]["credentials"]["key"] == "metrics-token"


@each_of_ours
def test_the_tables_are_brought_up_to_date_before_a_release_begins(one: Object) -> None:
    [migrate] = pod_of(one)["initContainers"]

    assert migrate["command"] == ["python", "-m", "app_srvc.migrate"]
    main = pod_of(one)["containers"][0]
    assert migrate["image"] == main["image"]
    assert migrate["envFrom"] == main["envFrom"]
    assert all(source[kind]["optional"] for source in migrate["envFrom"] for kind in source)


def test_one_account_that_may_do_nothing() -> None:
    default = everything(optional=False)

    assert [one["metadata"]["name"] for one in of_kind(default, "ServiceAccount")] == ["cherha"]
    assert not [one for one in default if "Role" in one["kind"]]
    assert {pod_of(one)["serviceAccountName"] for one in ours(default)} == {"cherha"}


def test_the_topology_view_shows_a_group_with_arrows_and_a_link() -> None:
    known = {one["metadata"]["name"] for one in DEPLOYMENTS}
    for one in EVERYTHING:
        labels = one["metadata"]["labels"]
        assert labels["app"] == labels["app.kubernetes.io/part-of"] == "cherha"
        assert label(one, "component")
        assert label(one, "managed-by") == "template"
    for one in ours(EVERYTHING):
        notes = one["metadata"]["annotations"]
        arrows = json.loads(notes["app.openshift.io/connects-to"])
        assert {arrow["name"] for arrow in arrows} == {"postgresql", "redis"} <= known
        assert one["metadata"]["labels"]["app.openshift.io/runtime"] == "python"
        assert notes["app.openshift.io/vcs-uri"].startswith("https://")


def test_custom_kinds_are_kept_out_of_the_way_of_most() -> None:
    common = re.compile(
        r"^(v1|apps/v1|policy/v1|autoscaling/v2|\w+\.k8s\.io/v1|\w+\.openshift\.io/v1)$"
    )

    for one in everything(optional=False):
        assert common.match(one["apiVersion"]), one["apiVersion"]
    scripts = (OPENSHIFT / "deploy.sh").read_text() + (OPENSHIFT / "deploy.cmd").read_text()
    assert not [name for name in OPTIONAL if name in scripts]


def test_a_cluster_without_a_way_out_can_name_its_own_registries() -> None:
    images = made(named("20-redis"), IMAGE_REGISTRY="mirror:5000", IMAGE_NAMESPACE="redhat")
    build = made(named("10-build"), PYTHON_IMAGE="mirror/a", RUNTIME_IMAGE="mirror/b")

    assert (
        containers_of(of_kind(images, "Deployment")[0])[0]["image"]
        == "mirror:5000/redhat/redis:7-el9"
    )
    arguments = of_kind(build, "BuildConfig")[0]["spec"]["strategy"]["dockerStrategy"]["buildArgs"]
    assert {"mirror/a", "mirror/b"} <= {one["value"] for one in arguments}


def test_a_template_says_what_it_is() -> None:
    for path in TEMPLATES:
        template = yaml.safe_load(path.read_text())
        notes = template["metadata"]["annotations"]
        assert notes["openshift.io/display-name"].startswith("Cherha")
        assert len(notes["description"]) > 20
        assert path.read_text().startswith("# ")
