"""The recipe of CONTRIBUTING: a service is its folders, and a few lines outside of them."""

import json
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_srvc import migrate
from app_srvc.launching import servers
from tests.conftest import Servers
from tests.support.product import free_port
from tests.support.terminal import Terminal, working_copy
from tests.support.web import post_files

SERVICE = Path(__file__).parent / "service"


@pytest.fixture
def copy() -> Iterator[Path]:
    """Make a working copy with one service more, as the recipe says."""
    with tempfile.TemporaryDirectory(prefix="cherha-service-") as name:
        folder = working_copy(Path(name))
        shutil.copytree(SERVICE, folder, dirs_exist_ok=True)
        last = sorted(migrate.MIGRATIONS.glob("*.sql"))[-1].stem
        number = int(last[:4]) + 1
        statements = (folder / "texts.sql").read_text()
        (folder / f"app_srvc/migrations/{number:04}_texts.sql").write_text(
            f"-- depends: {last}\n{statements}"
        )
        # fmt: off
        add_line(folder / "app_srvc/queues.py", after='    MAIL = "mail", _("mail")\n',
                 line='    WORDCOUNT = "word-counting", _("word counting")\n')
        add_line(folder / "app_srvc/webapp.py", after='    *_of("detection"),\n',
                 line='    *_of("wordcount"),\n')
        add_line(folder / "app_srvc/home/services.py", after="SERVICES = (\n",
                 line='    Service("wordcount", _("Word counting"), _("How many a text has.")),\n')
        # fmt: on
        yield folder


def add_line(path: Path, *, after: str, line: str) -> None:
    """Add a line after this one."""
    text = path.read_text("utf-8")
    assert text.count(after) == 1, after
    path.write_text(text.replace(after, after + line), "utf-8")


@pytest.fixture
def reader(copy: Path, backing: Servers, tmp_path: Path) -> Iterator[Terminal]:
    """Give a terminal there, with a database and a queue server that nothing else uses."""
    servers.create_database(backing.servers["postgresql"], "texts")
    port = str(free_port())
    reader = Terminal(
        copy, {"8080": port}, PORT=port, SECRET_KEY="a key for this test", COOKIES_SECURE="false",
        DATABASE_URL=backing.urls["postgresql"].replace("///cherha?", "///texts?"),
        QUEUE_URL=f"{backing.urls['redis']}?db=1", STORAGE_URL=(tmp_path / "files").as_uri(),
    )  # fmt: skip
    yield reader
    reader.interrupt()


def test_a_service_is_added_by_what_the_recipe_says(
    reader: Terminal, copy: Path, tmp_path: Path
) -> None:
    reader.type("python -m app_srvc.migrate")
    reader.stay("python -m gunicorn")
    worker = subprocess.Popen(["python", "wordworker.py"], cwd=copy, env=reader.env)
    try:
        (copy / "poem.txt").write_text("slow work\nand none of it lost\n")
        address, page = "http://127.0.0.1:8080/wordcount/", "-H 'Accept: text/html'"
        reader.type(f"curl -H 'Accept: application/json' -F file=@poem.txt {address}")
        job = json.loads(reader.type("curl 'http://127.0.0.1:8080/api/jobs/JOB_ID?wait=60'"))
        assert job["state"] == "finished"
        told = reader.type(f"curl -H 'Accept: application/json' {address}JOB_ID")
        assert json.loads(told)["words"] == 7
        assert "7 words" in reader.type(f"curl {page} {address}JOB_ID")
        assert "Texts" in reader.type(f"curl {page} {address}")
        first_page = reader.type(f"curl {page} http://127.0.0.1:8080/")
        # In the menu, with what it is for, and where there is nothing yet.
        assert first_page.count("Word counting") == 3
        refused = post_files(f"http://127.0.0.1:{reader.env['PORT']}/wordcount/", [("x", b"\0")])
        assert (refused.status, b"no text" in refused.body) == (422, True)
        # What starts, counts and shows workers finds the script by itself.
        assert "word-counting" in reader.type("python manage_worker.py status")
        assert "word" in reader.type(
            "python -c 'from app_srvc.managing import scripts;"
            " print([it.kind for it in scripts.known()])'"
        )
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def test_it_keeps_to_what_was_agreed_about_the_shape_of_the_code(copy: Path) -> None:
    chosen = "served or spelled or one_way or views or sql or wordcount or wordworker"
    told = subprocess.run(
        [".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "tests/test_architecture.py", "-k", chosen],
        cwd=copy, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout
    assert re.search(r"\d{2,} passed", told.stdout)
