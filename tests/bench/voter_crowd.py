"""Many voters at once in a process of its own: `python -m tests.bench.voter_crowd URL VOTERS SECONDS` prints what they saw.

Each has a connection and a cookie jar, and asks as the page's script does: the page, the vote, the pair after it.
"""

import http.client
import json
import re
import sys
import time
import urllib.parse
from http.cookies import SimpleCookie
from threading import Barrier, Thread


class CrowdVoter:
    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        self.page, self.cookies = parts.path, {}
        self.seconds: list[float] = []  # of each request
        self.taken: list[str] = []  # keys of ballots whose vote the server said it has
        self.faults: list[str] = []

    def run(self, barrier: Barrier, seconds: float) -> None:
        self._look()
        barrier.wait()
        self.seconds.clear()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                self._vote(self._look())
                self._ask("GET", f"{self.page}?ahead")
            except Exception as error:
                self.faults.append(repr(error))

    def _look(self) -> dict[str, str]:
        html = self._ask("GET", self.page, script=False)
        return {name: re.search(rf'name="{name}" value="([^"]+)"', html)[1] for name in ("ballot", "csrfmiddlewaretoken")}  # type: ignore[index]

    def _vote(self, form: dict[str, str]) -> None:
        self._ask("POST", f"{self.page}cast/", urllib.parse.urlencode(form | {"outcome": "a1"}))
        self.taken.append(form["ballot"])

    def _ask(self, method: str, path: str, body: str | None = None, *, script: bool = True) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"HX-Request": "true"} if script else {}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        html = answer.read().decode()
        self.seconds.append(time.perf_counter() - began)
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if answer.status not in {200, 204}:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return html


def main(url: str, n_voters: int, seconds: float) -> None:
    voters = [CrowdVoter(url) for _ in range(n_voters)]
    barrier = Barrier(n_voters)
    threads = [Thread(target=voter.run, args=[barrier, seconds]) for voter in voters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(second for voter in voters for second in voter.seconds)
    said = {
        "votes_a_second": sum(len(voter.taken) for voter in voters) / seconds,
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "taken": [key for voter in voters for key in voter.taken],
        "faults": [fault for voter in voters for fault in voter.faults],
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
