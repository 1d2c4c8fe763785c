"""The official client alone, in a process of its own: `python -m tests.bench.bare_client URL CALLS THREADS` prints seconds."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openai


def main(url: str, n_calls: int, n_threads: int) -> None:
    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)

    def ask(number: int) -> None:
        messages = [{"role": "user", "content": f"Question {number:06d}"}]
        client.chat.completions.create(model="fake", messages=messages, max_tokens=1_000)  # type: ignore[arg-type]

    with ThreadPoolExecutor(n_threads) as threads:
        list(threads.map(ask, range(n_threads)))  # connections are open before the clock starts
        began = time.perf_counter()
        list(threads.map(ask, range(n_calls)))
        sys.stdout.write(f"{time.perf_counter() - began:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
