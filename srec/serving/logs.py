"""What a server writes on its error output: lines for people, or JSON; no input of a visitor, no address."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

#: "text"; "json": the same as JSON lines; "requests": also a line of JSON for each request.
Logged = Literal["text", "json", "requests"]


class JsonLines(logging.Formatter):
    """A JSON object a line. Of an error it tells the type and the place: its message may quote a visitor."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "said": record.getMessage()}
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(logged: Logged) -> None:
    """Write what this process logs on its error output; for a process that is a server's own."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("srec: %(message)s") if logged == "text" else JsonLines())
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("srec").setLevel(logging.INFO)
    logging.getLogger("srec.requests").setLevel(logging.INFO if logged == "requests" else logging.WARNING)
