"""The made table of 350 stored verdict pairs: no judge said them; counts were chosen, then orders and labels drawn.

`made_pairs.jsonl` is what `made_pairs()` gives; run this file to write it again. The counts of (ab, ba), seen from the
label, were solved so that the five rules give the five different figures that one real judge's 350 pairs are known for.
"""

import json
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("made_pairs.jsonl")

COUNTS = {
    ("right", "right"): 203,
    ("right", "wrong"): 33,
    ("wrong", "right"): 43,
    ("right", "tie"): 12,
    ("tie", "right"): 15,
    ("wrong", "tie"): 4,
    ("tie", "wrong"): 3,
    ("tie", "tie"): 5,
    ("wrong", "wrong"): 32,
}


def made_pairs() -> list[dict[str, str]]:
    """Rows of id, label (the side that is right), and the slot that each order's verdict names."""
    rng = np.random.default_rng(350)
    said = [pair for pair, n in COUNTS.items() for _ in range(n)]
    labels = rng.permutation(np.repeat(["a", "b"], len(said) // 2)).tolist()
    rows = []
    for number, (place, label) in enumerate(zip(rng.permutation(len(said)).tolist(), labels, strict=True), 1):
        ab, ba = said[place]
        rows.append(
            {
                "id": f"made-{number:03d}",
                "made": "yes",
                "label": label,
                "ab": _slot(ab, label, "ab"),
                "ba": _slot(ba, label, "ba"),
            }
        )
    return rows


def _slot(said: str, label: str, order: str) -> str:
    if said == "tie":
        return "tie"
    label_is_first = (label == "a") == (order == "ab")
    return "first" if label_is_first == (said == "right") else "second"


def stored_pairs() -> list[dict[str, str]]:
    """The committed table."""
    return [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    TABLE.write_text("".join(json.dumps(row) + "\n" for row in made_pairs()), encoding="utf-8")
