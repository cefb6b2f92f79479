"""Whether time tells who is registered: an address that is, and one that is not, in turn.

    python -m benchmarks.secrecy [--tries 200]

The answers to forms, and a registration's job as its sender sees it. The medians are compared with
how far two medians of the same kind lie apart by chance: found out by dealing the times of both
kinds into two heaps over and over. A difference that one deal in a hundred reaches is none.
"""

import argparse
import http.client
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import figures
from benchmarks.figures import Figure
from tests.support.product import Product
from tests.support.web import get
from tests.support.workers import wait_for

DEALS = 2000
CHANCE = 0.01
REGISTERED = "ann@example.org"


class Browser:
    """Somebody with a cookie and the token of a form."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        page, headers = self._ask("GET", "/login", None, {})
        self.led_to = ""
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        self.token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]

    def send(self, path: str, **fields: str) -> float:
        """Send a form, and return how long its answer took."""
        body = urlencode({"csrf_token": self.token, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        began = time.perf_counter()
        _, told = self._ask("POST", path, body, headers)
        seconds = time.perf_counter() - began
        self.led_to = told.get("Location", "")
        return seconds

    def job(self) -> dict[str, str]:
        """Return the job of the registration that was sent, when it has ended."""
        path = f"/api/jobs/{self.led_to.rpartition('/')[2]}?wait=30"
        return dict(json.loads(self._ask("GET", path, None, {"Cookie": self.cookie})[0]))

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[str, dict[str, str]]:
        self.connection.request(method, path, body, {"Accept": "text/html", **headers})
        answer = self.connection.getresponse()
        assert answer.status < 500, answer.status
        return answer.read().decode(), dict(answer.headers)


def main() -> None:
    """Measure each form, print a table, and end with 1 when one of them tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=200)
    tries = parser.parse_args().tries
    with tempfile.TemporaryDirectory(prefix="cherha-secrecy-") as folder:
        product = Product(Path(folder) / "home", workers=1, LOG_LEVEL="WARNING")
        product.start()
        try:
            register(product)
            results = [measure(product.port, "registration's job", _work, tries // 2)]
            idle = [*product.find("worker"), *product.find("registrar")]
            for worker in idle:
                worker.suspend()
            results += [measure(product.port, name, send, tries) for name, send in FORMS.items()]
            for worker in idle:
                worker.resume()
        finally:
            product.stop()
    figures.end(results)


def register(product: Product) -> None:
    """Let somebody be registered."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    body = json.dumps({
        "first_name": "Ann", "last_name": "Archer", "login": "ann", "email": REGISTERED,
        "phone": "+380441234567",
    })  # fmt: skip
    connection.request("POST", "/userregres/", body, {"Content-Type": "application/json"})
    told = json.loads(connection.getresponse().read())
    url = f"{product.url}{told['status_url']}?wait=10"
    wait_for(lambda: json.loads(get(url).body)["state"] == "finished")


def _register(browser: Browser, email: str, number: int) -> float:
    return browser.send(
        "/userregres/", first_name="Ben", last_name="Baker", login=f"ben{number}", email=email,
        phone="+380441234567", once=f"{number}",
    )  # fmt: skip


def _work(browser: Browser, email: str, number: int) -> float:
    # Somebody else each time: who sends an address again is told so.
    sender = Browser(browser.port)
    _register(sender, email, 10_000 + number)
    job = sender.job()
    sender.connection.close()
    began, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def _ask_for_link(browser: Browser, email: str, _number: int) -> float:
    return browser.send("/password/forgotten", email=email)


FORMS: dict[str, Callable[[Browser, str, int], float]] = {
    "registration": _register,
    "link for a new password": _ask_for_link,
}


def measure(port: int, name: str, send: Callable[[Browser, str, int], float], tries: int) -> Figure:
    """Send a form with either kind of address in a random order; see whether that tells."""
    browser = Browser(port)
    times: dict[bool, list[float]] = {True: [], False: []}
    order = [True, False] * tries
    random.shuffle(order)
    for number in range(20):
        send(browser, f"first{number}@example.org", number)
    for number, is_registered in enumerate(order, 100):
        email = REGISTERED if is_registered else f"other{number}@example.org"
        times[is_registered].append(send(browser, email, number))
    apart = difference(times[True], times[False])
    by_chance = dealt(times[True] + times[False])
    share = sum(one >= abs(apart) for one in by_chance) / len(by_chance)
    known, unknown = (f"{1000 * statistics.median(times[is_it]):.2f} ms" for is_it in (True, False))
    return figures.at_least(
        f"{name}, of an address that is registered: share of random deals that are as far apart",
        f"{share:.2f} ({known})", CHANCE, baseline=f"{unknown} of one that is not", value=share,
    )  # fmt: skip


def difference(some: list[float], others: list[float]) -> float:
    """Return how far two medians lie apart."""
    return statistics.median(some) - statistics.median(others)


def dealt(times: list[float]) -> list[float]:
    """Return how far the medians of two random halves lie apart, each time they are dealt."""
    half = len(times) // 2
    found = []
    for _ in range(DEALS):
        random.shuffle(times)
        found.append(abs(difference(times[:half], times[half:])))
    return found


if __name__ == "__main__":
    main()
