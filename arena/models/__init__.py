from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.arenas import Arena, ArenaQuerySet, PromptPool, Visibility, Voting
from arena.models.battles import Ballot, Battle, Lot
from arena.models.competitors import Competitor, CompetitorStatus
from arena.models.endpoints import Allowance, Endpoint
from arena.models.found_rows import FoundRow
from arena.models.imports import ArchiveUpload, Import
from arena.models.ledger import Event, LateAnswers, RemovedArena
from arena.models.names import NameField
from arena.models.operations import AdminLink, WorkerSeen
from arena.models.prompts import Prompt, PromptQuerySet, PromptStatus, content_hash, text_digest
from arena.models.rate_windows import RateWindow
from arena.models.responses import Aside, FinishState, Response
from arena.models.runs import Assignment, Attempt, Call, Run
from arena.models.tokens import ApiToken, IdempotentAnswer, TokenScope
from arena.models.voters import Voter
from arena.models.votes import Vote
from arena.models.webhooks import Delivery, Webhook, WebhookEvent

__all__ = [
    "AdminLink",
    "Allowance",
    "ApiToken",
    "Archivable",
    "ArchivableQuerySet",
    "ArchiveUpload",
    "Arena",
    "ArenaQuerySet",
    "Aside",
    "Assignment",
    "Attempt",
    "Ballot",
    "Battle",
    "Call",
    "Competitor",
    "CompetitorStatus",
    "Delivery",
    "Endpoint",
    "Event",
    "FinishState",
    "FoundRow",
    "IdempotentAnswer",
    "Import",
    "LateAnswers",
    "Lot",
    "NameField",
    "Prompt",
    "PromptPool",
    "PromptQuerySet",
    "PromptStatus",
    "RateWindow",
    "RemovedArena",
    "Response",
    "Run",
    "TokenScope",
    "Visibility",
    "Vote",
    "Voter",
    "Voting",
    "Webhook",
    "WebhookEvent",
    "WorkerSeen",
    "content_hash",
    "text_digest",
]
