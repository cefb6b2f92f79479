"""Prometheus itself asks for the figures, and its own answers are right."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from app_srvc import db
from app_srvc.jobs.repository import changes
from tests.support import tasks
from tests.support.figures import TOKEN
from tests.support.product import free_port
from tests.support.rows import rows, scalar
from tests.support.submitting import submit
from tests.support.web import Web, get
from tests.support.workers import ROOT, Workers, wait_for

PROMETHEUS = shutil.which("prometheus")

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed"),
]


class Prometheus:
    """A server of its own, which asks a web every second."""

    def __init__(self, folder: Path, port_of_web: int) -> None:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(ROOT / "monitoring" / "alerts.yml")],
            "scrape_configs": [
                {
                    "job_name": "cherha",
                    "authorization": {"credentials": TOKEN},
                    "static_configs": [{"targets": [f"127.0.0.1:{port_of_web}"]}],
                }
            ],
        }
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self._port = free_port()
        self._process = subprocess.Popen(
            [
                PROMETHEUS or "", f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=error",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ]
        )  # fmt: skip
        wait_for(self._is_ready)

    def stop(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def ask(self, path: str) -> Any:
        """Return what its API answers."""
        answer = get(f"http://127.0.0.1:{self._port}/api/v1/{path}")
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["data"]

    def value(self, expression: str) -> float | None:
        """Return what it makes of an expression; None while it knows nothing about it."""
        found = self.ask(f"query?query={quote(expression)}")["result"]
        return float(found[0]["value"][1]) if found else None

    def _is_ready(self) -> bool:
        try:
            return get(f"http://127.0.0.1:{self._port}/-/ready").status == 200
        except OSError:
            return False


@pytest.fixture
def prometheus(database: None, tmp_path: Path) -> Iterator[Prometheus]:
    """Start it, and a web of two processes for it to ask."""
    web = Web(WEB_PROCESSES="2", METRICS_TOKEN=TOKEN)
    server = Prometheus(tmp_path, web.port)
    yield server
    server.stop()
    web.stop()


def test_it_asks_loads_the_rules_and_counts_right(
    prometheus: Prometheus, workers: Workers, tmp_path: Path
) -> None:
    jobs = [submit(tasks.count, str(tmp_path / "notes")) for _ in range(6)]
    jobs += [submit(tasks.refuse) for _ in range(3)]
    with db.transaction() as conn:
        changes.cancel(conn, jobs[0])
    wait_for(lambda: prometheus.value('cherha_queue_jobs{queue="stt",state="waiting"}') == 8)
    # So long ago that a rule speaks up, were it for as long as it wants to be sure.
    wait_for(lambda: prometheus.value('ALERTS{alertname="CherhaNoWorker",queue="stt"}') == 1)
    workers.start()
    wait_for(lambda: scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL") == 0)
    wait_for(lambda: prometheus.value("sum(cherha_jobs_total)") == 9)

    assert prometheus.value('up{job="cherha"}') == 1
    for outcome, number in (("finished", 5), ("failed", 3), ("cancelled", 1)):
        assert prometheus.value(f'cherha_jobs_total{{outcome="{outcome}",queue="stt"}}') == number
    assert dict(rows("SELECT state, count(*) FROM jobs GROUP BY state"))["finished"] == 5
    groups = prometheus.ask("rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    targets = prometheus.ask("targets")["activeTargets"]
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")]
    wait_for(lambda: prometheus.value('cherha_workers{queue="stt"}') == 1)
    wait_for(lambda: prometheus.value('ALERTS{alertname="CherhaNoWorker"}') is None)
