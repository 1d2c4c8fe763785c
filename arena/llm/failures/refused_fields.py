# ruff: noqa: E501 - wordings of servers
"""Fields of a request that an endpoint refuses: recognised by the field named in its error and by the wording."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.lazy_patterns import LazyPattern
from arena.llm.failures.classification import true_status
from arena.llm.failures.error_bodies import Complaint

_UNWANTED = LazyPattern(
    r"unsupported|not supported|n't support|not support|not permitted|not allowed|unrecogni[sz]ed|unknown|unexpected"
    r"|only the default|deprecated|extra_forbidden|unavailable|not available|cannot be used|may not be|not enabled"
    r"|no longer accept|not accept|not implemented|removed", re.I,
)  # fmt: skip
_WRONG_VALUE = LazyPattern(
    r"must be|supported values|one of|invalid|not valid|allowed values|expected|should be|unprocessable|literal_error|enum"
    r"|schema|please use|only support|strictly positive", re.I,
)  # fmt: skip
_OTHER_WORDS = {
    "response_format": ("json_schema", "json_object", "structured output", "structured_output", "response format", "guided",
                        "guided_json", "guided decoding", "grammar", "json mode", "xgrammar", "responseSchema", "response_schema"),
    "output_config": ("output_format", "output format", "json_schema", "structured output"),
}  # fmt: skip
_LIMITS = {"max_tokens", "max_completion_tokens"}  # a too large value of these is not a refusal of the parameter
_WHOLE_FIELD = LazyPattern(
    r"(unsupported|unrecogni[sz]ed|unknown|unexpected)[\w ]{0,40}[:'\" ]+(response_format|output_config)\b(?!\.)"
    r"|parameters: ?\[['\"](response_format|output_config)\b|extra_forbidden|extra (inputs|fields)( are)? not permitted"
    r"|(response_format|output_config)['\"`]? (is |parameter |field )*(not (supported|permitted|allowed)|unsupported)",
    re.I,
)
_UNKNOWN = r"(?:unsupported|invalid|unknown|not (?:supported|allowed|permitted|enabled)|(?:does not|doesn.t|don.t) support)"
# A list of roles that has the user's in it and not the system's.
_ROLE = r"['\"`]?(?:user|assistant|model|tool|function|human|ai|ipython)['\"`]?"
_ROLES = rf"(?=[^.]{{0,60}}\buser\b)(?![^.]{{0,80}}\bsystem['\"`]?(?:,| and| or|[\])}}]))(?:(?:the )?{_ROLE}(?:[ \t]*(?:,|/|\||\band\b|\bor\b|&)[ \t]*)+)+(?:the )?{_ROLE}"
_NO_SYSTEM = LazyPattern(
    rf"system[ _-]*(role|message|prompt|instruction|content|field)s?\b.{{0,40}}{_UNKNOWN}"
    rf"|({_UNKNOWN}|unexpected).{{0,60}}(\bsystem[ _-]*(role|message|prompt|instruction|field|param)|['\"`]system['\"`])"
    rf"|(role|system).{{0,12}}['\"`]system['\"`]?.{{0,40}}{_UNKNOWN}|(unexpected|invalid) role:? ?['\"`]?system"
    r"|only (the )?['\"`]?user['\"`]?,? (and|or) ['\"`]?(assistant|model)['\"`]? roles? (are|is) (supported|allowed)"
    r"|(developer|system) instruction is not enabled"
    r"|conversation roles must alternate user/assistant"
    r"|roles must alternate between .?user.? and .?assistant"
    r"|please use a valid role: user, model"
    # "Only user, assistant and tool roles are supported, got system.", "roles must be one of user, assistant"
    r"|only\b[^.]{0,60}\broles? (are|is) (supported|allowed|accepted|permitted)\W{0,3}(but |we |i )?(got|found|received|not|was given)\b.{0,12}\bsystem\b"
    rf"|only (?:the )?(?:roles? )?{_ROLES}( roles?)? (are|is) (supported|allowed|accepted|permitted|valid)"
    rf"|only (?:supports?|accepts?|allows?) (?:the )?(?:roles? )?{_ROLES}(?: roles?| messages)?"
    rf"|roles?['\"`)]*\b[^.]{{0,20}}(must|should|can only|has to|have to|needs? to) be (one of|either|in)?:?[\s\[({{]*{_ROLES}"
    rf"|(expected|allowed|supported|valid|permitted|known|available) (message )?(roles?|values?|tags?)( are| is)?:?[\s\[({{]*{_ROLES}"
    rf"|(input|given|received|got|found|unknown|unexpected|unsupported|invalid|unrecogni[sz]ed)\b.{{0,30}}\bsystem\b.{{0,100}}\b(expected|one of|must be|should be|supported|allowed)\b.{{0,24}}{_ROLES}"
    r"|unknown variant ['\"`]?system\b"
    r"|(no|without a|lacks? a|has no) system (role|prompt|message)s?\b.{0,30}\b(template|support|model|allowed)"
    r"|template\b[^.]{0,60}\b(does not|doesn.t|cannot|can.t|not) (have|take|handle|support|know|accept|allow|contain|define)\b.{0,24}\bsystem\b"
    r"|(does not|doesn.t|do not|don.t|cannot|can.t) (have|take|handle|support|accept|allow|process|work with)\b.{0,24}\bsystem[ _-]*(role|message|prompt|instruction)"
    r"|first (message|turn|content) (must|should) (be|have|come) .{0,20}user", re.I,
)  # fmt: skip
_MAY_REFUSE = frozenset({200, 400, 404, 406, 415, 422, 424, 500, 501, 502})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an endpoint refuses: `parameter` by its name on the wire, `lesson` what is left out from now on."""

    parameter: str
    lesson: str


def refusal_in(status: int, complaint: Complaint, sent: Mapping[str, object]) -> Refusal | None:
    """The field of `sent` that a server refuses; `system` among them stands for the role."""
    if true_status(status, complaint) not in _MAY_REFUSE:
        return None
    if "system" in sent and _refuses_system(complaint):
        return Refusal("system", "system")
    parameter = _refused_parameter(complaint, [name for name in sent if name != "system"])
    if parameter is None:
        return None
    form = sent[parameter]
    has_schema = isinstance(form, Mapping) and form.get("type") == "json_schema"
    is_deeper = any(_is_about(parameter, name) and name.lower() != parameter for name in complaint.fields)
    if parameter == "response_format" and has_schema and (is_deeper or not _WHOLE_FIELD.search(complaint.words)):
        return Refusal(parameter, "json_schema")
    return Refusal(parameter, parameter)


def _refuses_system(complaint: Complaint) -> bool:
    fields = [
        field for field in complaint.fields if field.lower() == "system" or re.match(r"messages\W*\d*\W*role", field, re.I)
    ]
    if _NO_SYSTEM.search(complaint.message):
        return True
    return bool(fields) and bool(_UNWANTED.search(complaint.words) or "system" in complaint.message)


def _refused_parameter(complaint: Complaint, sent: Sequence[str]) -> str | None:
    words = " ".join((complaint.words, *complaint.fields))
    unwanted, wrong = bool(_UNWANTED.search(words)), bool(_WRONG_VALUE.search(words))
    for parameter in sent:
        named = any(_is_about(parameter, name) for name in complaint.fields)
        if named and (unwanted or parameter not in _LIMITS):
            return parameter
    if not (unwanted or wrong):
        return None
    # Quoted, or opening the message: a message may name other parameters further on, as advice.
    fitting = [parameter for parameter in sent if unwanted or parameter not in _LIMITS]
    places = [(place, parameter) for parameter in fitting if (place := _first_place(parameter, complaint.message)) is not None]
    return min(places)[1] if places else None


def _is_about(parameter: str, name: str) -> bool:
    return re.split(r"[.\[]", name.lower())[0] == parameter


def _first_place(parameter: str, message: str) -> int | None:
    words = (parameter, *_OTHER_WORDS.get(parameter, ()))
    places = [place for word in words if (place := _place(word, message)) is not None]
    return min(places, default=None)


def _place(word: str, message: str) -> int | None:
    match = re.search(rf"(?<![a-z_]){re.escape(word)}s?(?![a-z_])", message, re.I)
    return match.start() if match else None
