"""Files that arrive through a form: streamed to the disk, up to a limit."""

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

MOST_BYTES = 512 * 1024 * 1024


class LimitedUpload(TemporaryFileUploadHandler):
    """Stops writing at the limit; the rest is read and discarded, so that the browser gets its answer."""

    @property
    def most(self) -> int:
        return MOST_BYTES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = False
        self._n_bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._n_bytes += len(raw_data)
        if self._n_bytes > self.most:
            self.is_too_large = True
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)
