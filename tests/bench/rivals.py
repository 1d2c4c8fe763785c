"""Another library's time for work that the speed table compares: run with the Python that has it.

``python rivals.py NAME WORK BATTLES.parquet [object]`` prints seconds as JSON, or nothing but an error.
Columns of the file: model_a, model_b, winner ("model_a", "model_b", "tie", "both_bad"). Reading it is not timed.
"""

import contextlib
import importlib.util
import io
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

RUNS, REPLICATES = 3, 100


def evalica(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    import evalica as rival

    winner = {"model_a": rival.Winner.X, "model_b": rival.Winner.Y, "tie": rival.Winner.Draw, "both_bad": rival.Winner.Draw}

    def columns() -> tuple[pd.Series, pd.Series, pd.Series]:
        return frame.model_a, frame.model_b, frame.winner.map(winner)

    return {
        "ratings": lambda: rival.bradley_terry(*columns()),
        "intervals": lambda: rival.bootstrap(
            rival.bradley_terry, *columns(), n_resamples=REPLICATES, bootstrap_method="percentile", random_state=1
        ),
    }


def fastchat(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    path = Path(os.environ["FASTCHAT_CHECKOUT"]) / "fastchat/serve/monitor/rating_systems.py"
    spec = importlib.util.spec_from_file_location("rating_systems", path)
    rival = importlib.util.module_from_spec(spec)
    # Its bootstrap forks workers that look the module up by name.
    sys.modules["rating_systems"] = rival
    spec.loader.exec_module(rival)
    return {
        "ratings": lambda: rival.compute_bt(frame),
        "intervals": lambda: (rival.compute_bt(frame), rival.compute_bootstrap_bt(frame, REPLICATES)),
    }


def arena_rank(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    def ratings() -> object:
        data = PairDataset.from_pandas(frame)
        model = BradleyTerry(n_competitors=data.n_competitors)
        model.fit(data)
        return {name: value.block_until_ready() for name, value in model.params.items()}

    return {"ratings": ratings}


def main(name: str, work: str, path: str, kind: str = "str") -> None:
    frame = pd.read_parquet(path)
    if kind == "object":
        # By way of categories: equal names are one object, as readers of files make them.
        frame = frame.astype("category").astype(object)
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        do = {"evalica": evalica, "FastChat": fastchat, "arena-rank": arena_rank}[name](frame)[work]
        seconds = []
        # The first run warms up: what is compiled then stays compiled.
        for _ in range(1 if work == "intervals" else 1 + RUNS):
            start = time.perf_counter()
            do()
            seconds.append(time.perf_counter() - start)
    sys.stdout.write(json.dumps({"seconds": min(seconds), "pandas": str(frame.dtypes.iloc[0])}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
