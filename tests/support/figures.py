"""Read what `/metrics` tells."""

from collections.abc import Iterable

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TOKEN = "a-token-for-a-monitor"
AS_MONITOR = {"Authorization": f"Bearer {TOKEN}"}


class Figures:
    """What was told once."""

    def __init__(self, text: str) -> None:
        self.text = text
        families = text_string_to_metric_families(text)
        self.samples: list[Sample] = [sample for family in families for sample in family.samples]

    def of(self, name: str, **labels: str) -> float:
        """Return the sum of all that have a name, and at least these labels."""
        return sum(sample.value for sample in self.all_of(name, **labels))

    def all_of(self, name: str, **labels: str) -> Iterable[Sample]:
        """Return all that have a name, and at least these labels."""
        found = [
            sample
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert found, f"{name} {labels} is not there"
        return found

    def has(self, name: str) -> bool:
        """Say whether there is one of that name."""
        return any(sample.name == name for sample in self.samples)

    def that_only_grow(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return those that may not become less."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for sample in self.samples
            if sample.name.endswith(("_total", "_bucket", "_count", "_sum"))
        }


def figures(client: FlaskClient) -> Figures:
    """Ask for them as a monitor does."""
    answer = client.get("/metrics", headers=AS_MONITOR)
    assert answer.status_code == 200, answer.text
    return Figures(answer.text)
