"""Bodies of requests: JSON of limited size in which no name occurs twice."""

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import IO, Any, NoReturn

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MOST_BYTES = 64 << 20


class TooLarge(APIException):
    status_code = 413
    default_detail = f"The body has more than {MOST_BYTES >> 20} MB: send the rows in several requests."


class NoJSON(ValueError):
    """What Python would take for JSON and is not; the message says what."""


class JSONBody(BaseParser):
    """Keeps a digest of the body, by which the same request is known again."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge
        if parser_context:
            parser_context["request"].digest_of_body = sha256(body).hexdigest()
        try:
            parsed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_each_name_once, parse_constant=_no_number)
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise ParseError("The body is not JSON: it is nested too deep.") from None
        except json.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON from line {error.lineno}, character {error.colno} on.") from None
        except NoJSON as fault:
            raise ParseError(f"The body is not JSON: {fault}.") from None
        except ValueError:
            raise ParseError("The body is not JSON: a number in it has too many digits.") from None
        if not isinstance(parsed, dict):
            raise ParseError("The body has to be a JSON object.")
        return parsed


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise NoJSON(f"the name {counts.most_common(1)[0][0][:80]!r} stands more than once in an object")
    return made


def _no_number(written: str) -> NoReturn:
    raise NoJSON(f"{written} is no number")
