"""What was agreed about the shape of the code, enforced."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app_srvc import webapp
from app_srvc.jobs import registry
from app_srvc.queues import CALLS, Queue

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "app_srvc"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(ROOT.glob("*worker.py"))

# What every process has, and a recogniser of each kind that needs no model.
SETTINGS = {
    "SECRET_KEY": "a key for these tests", "DATABASE_URL": "postgresql://x",
    "QUEUE_URL": "redis://x", "STORAGE_URL": "file:///x", "OPENAI_API_KEY": "key",
    "GOOGLE_SPEECH_KEY": "key",
}  # fmt: skip


def module_name(path: Path) -> str:
    """Return the dotted name of a module of ours."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return the dotted names that a module imports, at its top or anywhere else."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def loaded_by(statement: str) -> set[str]:
    """Return the packages that are loaded once a fresh Python has run a statement."""
    probe = (
        f"import sys, warnings; warnings.simplefilter('ignore'); {statement}; print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT, env=os.environ | SETTINGS, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(told.stdout.split())


def test_the_package_itself_is_a_docstring() -> None:
    assert len(ast.parse((PACKAGE / "__init__.py").read_text()).body) == 1


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_is_short_enough_to_be_read_whole(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 200


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_workers_never_load_flask() -> None:
    loaded = loaded_by(
        "from app_srvc import worker; from app_srvc.jobs import registry;"
        "from app_srvc.queues import Queue; registry.load(); registry.preload(list(Queue))"
    )

    assert "pocketsphinx" in loaded
    assert not loaded & {"flask", "werkzeug", "gunicorn", "flask_wtf"}
    # Without a queue on RabbitMQ.
    assert not loaded & {"celery", "kombu"}
    # These start threads, which do not survive the fork that every job begins with.
    assert not loaded & {"ctranslate2", "torch"}
    assert "botocore" not in loaded, "files are in a folder"


HEAVY = {
    "av", "pocketsphinx", "pydub", "speech_recognition", "numpy", "openai", "httpx2", "vosk",
    "faster_whisper", "ctranslate2", "whisper", "torch", "cv2", "PIL", "onnxruntime", "botocore",
}  # fmt: skip


def test_the_web_never_loads_decoders_or_recognisers() -> None:
    loaded = loaded_by(
        "from app_srvc import webapp; from app_srvc.jobs import registry; registry.load();"
        "from app_srvc.speech import recognisers; recognisers.choose('openai', 'en');"
        "from app_srvc.detection import detectors; detectors.choose('opencv')"
    )

    assert "flask" in loaded
    assert not loaded & HEAVY


SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP)\s", re.MULTILINE)
# What is not about rows: connections, notifications, locks, and databases as a whole.
NOT_ABOUT_ROWS = {
    "app_srvc.launching.servers", "app_srvc.migrate", "app_srvc.jobs.dispatcher",
    "app_srvc.jobs.events",
}  # fmt: skip


def test_sql_is_in_repositories_alone() -> None:
    with_sql = {
        module_name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    }

    assert {name for name in with_sql if ".repository" not in name} <= NOT_ABOUT_ROWS


def test_only_the_database_modules_open_connections() -> None:
    users = {module_name(path) for path in MODULES if "psycopg2" in imports_of(path)}

    # Other servers' rows are no business of the pool; who speaks to them quotes names.
    others = {
        "app_srvc.processors.databases", "app_srvc.processors.sources.connecting",
        "app_srvc.processors.sources.postgresql", "app_srvc.processors.sources.repository",
        "app_srvc.processors.repository.keeping",
    }  # fmt: skip
    assert users - others == {
        "app_srvc.db.connections", "app_srvc.db", "app_srvc.migrate", "app_srvc.launching.servers",
    }  # fmt: skip


def test_job_libraries_are_known_to_engines_alone() -> None:
    users = {
        module_name(path)
        for path in MODULES
        for name in imports_of(path)
        if name.split(".")[0] in {"rq", "redis", "celery", "kombu", "amqp"}
    }

    assert users == {
        "app_srvc.engines.celery_broker",
        "app_srvc.engines.celery_line",
        "app_srvc.engines.celery_orders",
        "app_srvc.engines.celery_sessions",
        "app_srvc.engines.celery_telling",
        "app_srvc.engines.rq_calls",
        "app_srvc.engines.rq_clients",
        "app_srvc.engines.rq_keys",
        "app_srvc.engines.rq_engine",
        "app_srvc.engines.rq_hand",
        "app_srvc.engines.rq_horse",
        "app_srvc.engines.rq_job",
        "app_srvc.engines.rq_living",
        "app_srvc.engines.rq_slots",
        "app_srvc.engines.rq_stopping",
        "app_srvc.engines.rq_warm",
        "app_srvc.engines.rq_warming",
        "app_srvc.engines.rq_wire",
        "app_srvc.engines.rq_worker",
        "app_srvc.launching.servers",
        # What operators see of rq is rq's.
        "app_srvc.monitor.effects",
        "app_srvc.monitor.jobs",
        "app_srvc.monitor.loading",
        "app_srvc.monitor.queues",
        "app_srvc.monitor.redis_side",
        "app_srvc.monitor.safety",
        "app_srvc.monitor.workers",
    }


def test_nothing_imports_views_but_the_application() -> None:
    importers = {
        module_name(path)
        for path in MODULES
        for name in imports_of(path)
        if re.fullmatch(r"app_srvc(\.\w+)+\.(views|api)", name)
    }

    assert importers == {"app_srvc.webapp"}


LAYERS = [
    {"numbers", "words", "services"},
    {"settings", "errors", "queues"},
    {"logs", "db", "processes"},
    {"periods"},
    {"engines", "storage"},
    {"jobs"},
]


def test_imports_point_one_way() -> None:
    """Lower layers know nothing of higher ones; the web parts of `jobs` are no part of its core."""
    rank = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    core_of_jobs = {
        "registry", "states", "submission", "running", "callbacks", "attendance", "dispatcher",
        "events", "repository",
    }  # fmt: skip
    wrong = []
    for path in MODULES:
        parts = module_name(path).split(".")[1:]
        if not parts or parts[0] not in rank:
            continue
        if parts[0] == "jobs" and parts[1:2] and parts[1] not in core_of_jobs:
            continue
        for name in imports_of(path):
            target = name.split(".")[1:2] if name.startswith("app_srvc.") else []
            if target and rank.get(target[0], len(LAYERS)) > rank[parts[0]]:
                wrong.append((module_name(path), name))

    assert wrong == []


# Blueprints that are called as their folders are, and so are queues; SMTP's word MAIL; and what
# programs call the records that they send.
NAMED_LIKE_THEIR_QUEUE = {
    "app_srvc.usrreg.views", "app_srvc.webhooks.views", "app_srvc.mail.views", "app_srvc.mail.smtp",
    "app_srvc.detection.views", "app_srvc.home.services", "app_srvc.webapp",
    "app_srvc.processors.importing.bodies", "app_srvc.processors.importing.receipts",
}  # fmt: skip


def test_queue_names_are_spelled_in_one_place() -> None:
    names = {queue.value for queue in Queue}
    spelled = {
        module_name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in names
    } - NAMED_LIKE_THEIR_QUEUE

    assert spelled == {"app_srvc.queues"}


def test_every_queue_is_served_by_a_worker_script() -> None:
    served = {
        node.attr
        for script in SCRIPTS
        for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Queue"
    }

    if any("CALLS" in script.read_text() for script in SCRIPTS):
        served |= {queue.name for queue in CALLS}

    assert served == {queue.name for queue in Queue}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_worker_script_says_which_queues_and_nothing_else(script: Path) -> None:
    statements = [line for line in script.read_text().splitlines() if line.strip()]

    assert len(statements) <= 7


def test_every_task_has_a_queue_and_a_page_that_exists(app: object) -> None:
    registry.load()
    pages = {task.page for task in registry._tasks.values() if not task.name.startswith("support.")}

    assert pages
    for page in pages - {None}:
        assert page in app.view_functions  # type: ignore[attr-defined]


@pytest.mark.parametrize("bp", webapp.BLUEPRINTS, ids=lambda bp: bp.name)
def test_every_blueprint_has_an_access_rule(bp: object) -> None:
    rules = bp.before_request_funcs.get(None, [])  # type: ignore[attr-defined]

    assert rules
    assert rules[0].__module__ == "app_srvc.accounts.access"


def test_every_form_that_changes_something_carries_a_token() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        for form in re.findall(r"<form.*?</form>", path.read_text(), re.DOTALL):
            if 'method="post"' in form:
                assert "csrf_token" in form or "hidden_tag" in form, path


def test_pages_have_no_inline_scripts_styles_or_foreign_addresses() -> None:
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.*")]:
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), path
        assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(https?:)?//", text), path
