"""How judges are asked: a module a protocol, each with its texts, its labels and its source. The wording is our own."""

from judges.protocols.arena_hard import ARENA_HARD
from judges.protocols.checklist import CHECKLIST
from judges.protocols.judge_input import Criterion, JudgeInput
from judges.protocols.judgelm import JUDGELM
from judges.protocols.mt_bench import MT_PAIR, MT_PAIR_TWO_TURNS, MT_SINGLE, MT_SINGLE_TWO_TURNS
from judges.protocols.pairwise import PAIRWISE
from judges.protocols.pandalm import PANDALM
from judges.protocols.protocol import JudgeProtocol, PairProtocol, SingleProtocol, shows_reference
from judges.protocols.rubric import RUBRIC_5, RUBRIC_10

PROTOCOLS: dict[str, PairProtocol | SingleProtocol] = {
    protocol.key: protocol
    for protocol in (
        PAIRWISE, ARENA_HARD, MT_PAIR, MT_PAIR_TWO_TURNS, MT_SINGLE, MT_SINGLE_TWO_TURNS, PANDALM, RUBRIC_5, RUBRIC_10,
        CHECKLIST, JUDGELM,
    )
}  # fmt: skip

__all__ = ["PROTOCOLS", "Criterion", "JudgeInput", "JudgeProtocol", "PairProtocol", "SingleProtocol", "shows_reference"]
