"""How a reply ended: one table of the words that providers and servers use, whatever their spelling.

| ending     | what it says                                        | as a judge's reply          | as an answer           |
|------------|-----------------------------------------------------|-----------------------------|------------------------|
| `stop`     | finished                                            | read                        | stored                 |
| `length`   | cut at a limit of tokens                            | truncated, asked once more  | stored as cut          |
| `filtered` | cut or held back by a filter                        | filtered                    | filtered               |
| `refused`  | the provider says that the model refused            | refused                     | refused                |
| `tool`     | the model called a tool, though none was offered    | error                       | error                  |
| `paused`   | the provider paused and waits to be asked to go on  | error                       | error                  |
| `error`    | it broke                                            | error                       | error                  |
| `unsaid`   | the server does not say                             | only with a whole last line | stored, and said so    |
| `unknown`  | a word that is not in this table                    | only with a whole last line | stored, with the word  |
"""

import re

from arena.llm.wires.messages import Finish

LONGEST_WORD = 40
_PREFIX = re.compile(r"(?:finish|stop|done)?_?reason_")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_WORDS: dict[Finish, str] = {
    "stop": """
        stop stopped end_turn stop_sequence stop_sequences end_of_text endoftext eos eos_token eos_found stop_string
        stop_string_found stop_token stop_words complete completed finish finished done normal success word end
    """,
    "length": """
        length max_tokens max_token max_length max_len max_output max_output_tokens max_new_tokens max_completion_tokens
        max_tokens_reached max_predicted_tokens_reached output_limit token_limit token_limit_reached limit incomplete
        model_length context_length context_length_reached context_length_exceeded context_window_exceeded max_context
        max_context_length max_model_len model_context_window_exceeded truncated truncation not_finished
    """,
    "filtered": """
        content_filter content_filtered contentfilter filter filtered filtered_content safety blocked block blocklist
        recitation language spii prohibited_content guardrail_intervened guardrail guardrails model_armor moderation moderated
        content_moderation content_policy content_policy_violation policy_violation sensitive error_toxic toxic unsafe
        image_safety image_prohibited_content image_recitation jailbreak copyright
    """,
    "refused": "refusal refused refuse",
    "tool": """
        tool_call tool_calls tool_use function_call function_calls unexpected_tool_call too_many_tool_calls
        malformed_function_call malformed_tool_use malformed_tool_call
    """,
    "paused": "pause_turn pause paused",
    "error": """
        error err errored failed failure fail internal_error server_error model_error network_error network timeout timed_out
        time_limit time abort aborted cancelled canceled cancel user_cancelled user_cancel user_canceled user_stopped
        model_unloaded unload load insufficient_system_resource malformed_response malformed_output missing_thought_signature
        engine_dead overloaded preempted disconnected interrupted rag_query_when_rag_disabled compaction no_image image_other
    """,
    "unsaid": "unspecified finish_reason_unspecified null none nil undefined",
}
_ENDINGS: dict[str, Finish] = {word: ending for ending, words in _WORDS.items() for word in words.split()}


def ending_of(finish_reason: object) -> Finish:
    """
    What a finish reason means, in any spelling.

    Examples
    --------
    >>> [ending_of(word) for word in ("FinishReason.MAX_TOKENS", "endTurn", "content-filter", None, "eos", "sparkling")]
    ['length', 'stop', 'filtered', 'unsaid', 'stop', 'unknown']
    """
    if finish_reason is None or finish_reason == "":
        return "unsaid"
    if not isinstance(finish_reason, str):
        return "unknown"
    word = _plain(finish_reason)
    return _ENDINGS.get(word) or _ENDINGS.get(_PREFIX.sub("", word, count=1)) or ("unknown" if word else "unsaid")


def word_of(finish_reason: object) -> str:
    """The provider's own word, as it is kept."""
    if finish_reason is None:
        return ""
    return (finish_reason if isinstance(finish_reason, str) else type(finish_reason).__name__)[:LONGEST_WORD]


def _plain(word: str) -> str:
    """`FinishReason.MAX_TOKENS`, `maxTokens` and `max-tokens` are one word."""
    last = word.strip().rpartition(".")[2][: 2 * LONGEST_WORD]
    snake = _CAMEL.sub("_", last).casefold()
    return re.sub(r"[^a-z0-9]+", "_", snake).strip("_")
