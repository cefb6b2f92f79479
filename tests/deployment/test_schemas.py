"""The objects against the schemas of OpenShift 4.16 to 4.22, that is Kubernetes 1.29 to 1.35."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deployment.templates import PARAMS, TEMPLATES, everything
from tests.support.workers import ROOT

VERSIONS = [f"1.{minor}.0" for minor in range(29, 36)]
# What Kubernetes does not know is OpenShift's, KEDA's or Prometheus'.
FOREIGN = ("openshift.io/", "keda.sh/", "monitoring.coreos.com/")
# Schemas made of OpenShift's own sources lie beside the tree on some machines, and not in it.
SCHEMAS = ROOT.parent / "shared" / "facts" / "schemas" / "openshift"
OF_KIND = {
    "Route": "route-route-v1", "BuildConfig": "buildconfig-build-v1",
    "ImageStream": "imagestream-image-v1", "Template": "template-template-v1",
}  # fmt: skip
has_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="no schemas of OpenShift's kinds")


def objects_of(env: str) -> list[dict[str, Any]]:
    """Return the objects that Kubernetes itself knows."""
    return [one for one in everything(env) if not any(f in one["apiVersion"] for f in FOREIGN)]


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_knows_all_fields(version: str) -> None:
    found = objects_of("prod")

    assert len(found) > 30
    for one in found:
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("env", [path.stem for path in PARAMS])
def test_each_environment_is_valid(env: str) -> None:
    for one in objects_of(env):
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)


def test_a_misspelt_field_would_be_noticed() -> None:
    one = next(one for one in objects_of("prod") if one["kind"] == "Deployment")
    one["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)


def schema(kind: str) -> Any:
    """Return the schema of one of OpenShift's kinds."""
    return json.loads((SCHEMAS / f"{OF_KIND[kind]}.json").read_text())


@has_schemas
def test_openshift_knows_all_fields_of_its_own_kinds() -> None:
    checked = set()
    for env in (path.stem for path in PARAMS):
        for one in everything(env):
            if one["kind"] in OF_KIND:
                jsonschema.validate(one, schema(one["kind"]))
                checked.add(one["kind"])

    assert checked == set(OF_KIND) - {"Template"}


@has_schemas
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_openshift_knows_all_fields_of_a_template(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), schema("Template"))
