"""Bodies that carry a file: multipart, streamed to the disk up to a limit, beside fields that are texts."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import MultiPartParser

from arena.api.writing.json_bodies import MOST_BYTES, TooLarge
from arena.importing.files.uploads import LimitedUpload


class ProgramsUpload(LimitedUpload):
    """The server's limit for a caller with a token."""

    most = MOST_BYTES


class FileBody(MultiPartParser):
    """Raises TooLarge, having read the rest: the sender gets its answer."""

    cure = "pack it with gzip or zstd, or send it in parts."

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        request = (parser_context or {})["request"]._request
        upload = ProgramsUpload(request)
        request.upload_handlers = [upload]
        try:
            parsed = super().parse(stream, media_type, parser_context)
        except TooManyFieldsSent:
            raise ParseError(f"The form has too many fields: at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}.") from None
        except TooManyFilesSent:
            raise ParseError("The form has too many files: send one.") from None
        except SuspiciousOperation:
            raise ParseError("The fields beside the file are too large, or their names cannot be read.") from None
        except ParseError:
            raise ParseError("The body is no multipart/form-data: its parts or their boundary cannot be read.") from None
        if upload.is_too_large:
            raise TooLarge(f"The file has more than {upload.most >> 20} MB: {self.cure}")
        return parsed


def must_be_sent_once(sent: Mapping[str, Any]) -> None:
    """A part that is sent twice would be read once, nobody knows which. Raises ValidationError that names each."""
    lists = sent.lists() if isinstance(sent, QueryDict) else ()  # a request without a body is no form
    twice = [name for name, parts in lists if len(parts) > 1]
    if twice:
        raise ValidationError({name: ["Send this part once: the body has it several times."] for name in twice})


def only_file(files: Mapping[str, Any], name: str) -> "UploadedFile[bytes]":
    """The one file of a form. Raises ParseError."""
    file = files.get(name)
    if file is None or len(files) > 1:
        raise ParseError(
            f"One file is needed, as the part {name!r} of multipart/form-data, with a filename in UTF-8 or as filename*."
        )
    upload: UploadedFile[bytes] = file
    return upload
