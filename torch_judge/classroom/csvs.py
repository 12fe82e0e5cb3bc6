"""CSV files as instructors have them: with or without a byte order mark, split by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from torch_judge.errors import JudgeError


@dataclass(frozen=True)
class Sheet:
    """A CSV file: its header, its rows (as wide as the header at least), and how it was written."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str
    newline: str

    def records(self) -> list[dict[str, str]]:
        """Each row by the header."""
        return [dict(zip(self.header, row, strict=False)) for row in self.rows]

    def text(self, rows: list[list[str]]) -> str:
        """The file as it was written, with other rows."""
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline).writerows([self.header, *rows])
        return out.getvalue()


def read_sheet(path: Path) -> Sheet:
    """A CSV file in UTF-8; raises JudgeError if it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise JudgeError(f"`{path}` cannot be read: {error.strerror}.", "Name another file.") from None
    except UnicodeDecodeError:
        raise JudgeError(f"`{path}` is no UTF-8 text.", "Save it as CSV in UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row] or [[]]
    wide = [row + [""] * (len(header) - len(row)) for row in rows]
    return Sheet(header, wide, delimiter, "\r\n" if "\r\n" in text else "\n")
