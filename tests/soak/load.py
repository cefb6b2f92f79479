"""A light load on every service, which takes away again what it has brought."""

import itertools
import json
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator

from tests.support.pictures import encoded, portrait
from tests.support.product import Product
from tests.support.recordings import TEXTS, recording
from tests.support.web import Answer, get, post_files, send
from tests.support.workers import wait_for

JOB_SECONDS = 120
RECORDS = 20
PIECE = bytes(300_000)


class Load:
    """Everything that can be asked of a product, one thing after another.

    `done` counts what was done, by its name.
    """

    def __init__(self, product: Product, headers: dict[str, str]) -> None:
        """Begin; `headers` are those of an operator's program."""
        self.url = product.url
        self.headers = headers
        self.done: Counter[str] = Counter()
        self._names = itertools.cycle(sorted(TEXTS))
        self._numbers = itertools.count()
        self._picture = encoded(portrait(), "JPEG")
        self._acts: list[Callable[[], None]] = [
            self.transcribe, self.detect, self.call, self.record_call, self.send_in_pieces,
            self.register, self.look, self.process, self.refuse,
        ]  # fmt: skip

    def round(self) -> None:
        """Do each of them once."""
        for act in self._acts:
            act()
            self.done[act.__name__] += 1

    def transcribe(self) -> None:
        """Send a recording, wait for its text, and delete it."""
        name = next(self._names)
        answer = post_files(f"{self.url}/stt/task", [(name, recording(name))])
        self._finish(answer)

    def detect(self) -> None:
        """Send a picture, wait for what is in it, and delete it."""
        answer = post_files(f"{self.url}/detect/task", [("a.jpg", self._picture)])
        self._finish(answer)

    def call(self) -> None:
        """Call a function of which nothing is kept."""
        for _ in range(20):
            assert get(f"{self.url}/call/hello?name=Ann").status == 200

    def record_call(self) -> None:
        """Call functions that are recorded, and delete the records of it."""
        for path in ("/call/fibonacci?n=90", "/call/prime?x=97"):
            assert self._ask("GET", path).status == 200, path
        for job in self._jobs("calls-5"):
            self._delete(job)

    def send_in_pieces(self) -> None:
        """Begin an upload, send a piece of it, and drop it."""
        tus = {"Tus-Resumable": "1.0.0"}
        begun = self._ask("POST", "/uploads/", b"", **tus, Upload_Length=str(2 * len(PIECE)))
        path = begun.headers["Location"]
        piece = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
        assert self._ask("PATCH", path, PIECE, **tus, **piece).status == 204
        assert self._ask("DELETE", path, b"", **tus).status == 204

    def register(self) -> None:
        """Register somebody who is registered already, and delete the attempt."""
        profile = {
            "first_name": "Ann", "last_name": "Archer", "login": "ann",
            "email": "ann@example.org", "phone": "+380441234567",
        }  # fmt: skip
        answer = self._send_json("POST", "/userregres/", profile)
        self._finish(answer, may_fail=True)

    def look(self) -> None:
        """Look at pages."""
        for path in ("/", "/stt/", "/detect/", "/jobs/", "/call/", "/userreg/", "/metrics",
                     "/ops/", "/api/ops", "/processors/", "/userlist/", "/outbox/"):  # fmt: skip
            answer = self._ask("GET", path, Accept="text/html")
            assert answer.status == 200, (path, answer.status)

    def process(self) -> None:
        """Add a processor, let it do some records, and delete it with them."""
        name = f"soak-{next(self._numbers)}"
        at = f"/api/processors/{name}"
        self._form("/processors/", name=name, title="Soak", handler="log")
        records = [{"key": str(number), "json": {"n": number}} for number in range(RECORDS)]
        assert self._send_json("POST", f"{at}/records", {"records": records}).status == 201
        assert self._ask("POST", f"{at}/start").status == 200
        wait_for(lambda: json.loads(self._ask("GET", at).body)["counts"].get("done") == RECORDS)
        assert self._ask("POST", f"{at}/stop").status == 200
        wait_for(lambda: json.loads(self._ask("GET", at).body)["state"] == "stopped")
        self._form(f"/processors/{name}/delete")

    def refuse(self) -> None:
        """Send what is refused."""
        assert post_files(f"{self.url}/stt/task", [("a.mp3", b"no sound")]).status == 415
        assert get(f"{self.url}/api/jobs/{'0' * 8}-0000-4000-8000-{'0' * 12}").status == 404

    def _finish(self, answer: Answer, *, may_fail: bool = False) -> None:
        assert answer.status == 202, answer
        job_id = json.loads(answer.body)["job_id"]
        job = self._wait(job_id)
        assert may_fail or job["state"] == "finished", job
        self._delete(job_id)

    def _wait(self, job_id: str) -> dict[str, str]:
        for _ in range(JOB_SECONDS // 30):
            job = json.loads(self._ask("GET", f"/api/jobs/{job_id}?wait=30").body)
            if job["ended_at"]:
                return dict(job)
        raise AssertionError(f"{job_id} has not ended")

    def _delete(self, job_id: str) -> None:
        assert self._ask("DELETE", f"/api/jobs/{job_id}").status == 204

    def _jobs(self, queue: str) -> Iterator[str]:
        listed = json.loads(self._ask("GET", f"/api/jobs?queue={queue}").body)
        return (job["id"] for job in listed["jobs"] if job["ended_at"])

    def _form(self, path: str, **fields: str) -> None:
        kind = "application/x-www-form-urlencoded"
        answer = self._ask(
            "POST", path, urllib.parse.urlencode(fields).encode(), Content_Type=kind,
            Accept="text/html",
        )  # fmt: skip
        assert answer.status == 200, (path, answer.status, answer.body)

    def _send_json(self, method: str, path: str, value: object) -> Answer:
        body = json.dumps(value).encode()
        return self._ask(method, path, body, Content_Type="application/json")

    def _ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.url + path, body or (b"" if method == "POST" else None),
            self.headers | named, method=method,
        )  # fmt: skip
        return send(request, 60)
