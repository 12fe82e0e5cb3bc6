"""An SQLite file that several kernels share, perhaps on a network folder, and that never breaks a check."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

TRIES = 3
TIMEOUT_S = 3.0
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNWRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}

T = TypeVar("T")

# Time and size of each file as it was left sound: only one that has changed since is looked through again.
_SOUND: dict[Path, tuple[int, int]] = {}


class _DamageError(Exception):
    """The file is none of ours; the message completes "The progress file …"."""


class Database:
    """The tables (name, then column and declaration) and indexes of one schema version in one file.

    Tables ``added`` since are made in a file that lacks them. The version stays: an older program, which does not look
    for them, goes on working with the file.

    Each transaction opens the file anew, but within `kept_open`. Nothing raises: what went wrong is told in
    ``notices``.
    """

    def __init__(
        self,
        path: Path,
        tables: Mapping[str, Mapping[str, str]],
        version: int,
        indexes: Mapping[str, str],
        added: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.path = path
        self.notices: list[str] = []
        self._tables = tables
        self._added = added
        self._indexes = indexes
        self._version = version
        self._timeout_s = TIMEOUT_S
        self._keeps = False
        self._kept: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """Within the block, one connection serves all transactions until one fails: to open another is half their cost.

        For a moment only: whoever sets the file aside meanwhile takes it away with what is still written.
        """
        self._keeps = True
        try:
            yield
        finally:
            self._keeps = False
            self._close(self._kept)

    def read(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of a query; none if the file is not there or cannot be read."""
        return self._do(lambda db: db.execute(sql, values).fetchall(), default=[], write=False)

    def write(self, *statements: tuple[str, Mapping[str, object]]) -> bool:
        """Execute statements in one transaction; False, with a notice, if that cannot be."""

        def work(db: sqlite3.Connection) -> bool:
            for sql, values in statements:
                db.execute(sql, values)
            return True

        return self._do(work, default=False, write=True)

    def _do(self, work: Callable[[sqlite3.Connection], T], *, default: T, write: bool) -> T:
        for _ in range(TRIES):
            try:
                try:
                    return self._transact(work, default=default, write=write)
                except (_DamageError, sqlite3.DatabaseError) as error:
                    if not _damage(error):
                        raise
                self._set_aside()
            except (OSError, sqlite3.Error) as error:
                if _code(error) not in BUSY:
                    self._tell_unkept(error)
                    return default
        # A lock that outlives so much patience is stuck (a network folder's): do not wait as long again.
        self._timeout_s = 0.1
        self._notice(f"Progress was not kept: `{self.path}` is locked.", "Close what else uses it, then retry.")
        return default

    def _transact(self, work: Callable[[sqlite3.Connection], T], *, default: T, write: bool) -> T:
        if write:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        elif self._kept is not None:  # a moment ago it was found sound
            try:
                return work(self._kept)
            except BaseException:
                self._close(self._kept)
                raise
        elif not self.path.exists():
            return default
        before = self._state()
        with self._connection() as db:
            # IMMEDIATE takes the write lock first: two that read and then want to write would deadlock.
            db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            fresh = _SOUND.get(self.path) != before and self._inspect(db)
            if fresh and not write:
                return default
            if fresh:
                self._create(db)
            self._add(db, lasting=write)
            result = work(db)
            db.execute("COMMIT")
        _SOUND[self.path] = self._state()
        return result

    def _state(self) -> tuple[int, int]:
        """Time of the last change and size of the file."""
        with contextlib.suppress(FileNotFoundError):
            found = self.path.stat()
            return found.st_mtime_ns, found.st_size
        return 0, 0

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        db = self._kept or sqlite3.connect(self.path, timeout=self._timeout_s, isolation_level=None)
        try:
            if db is not self._kept:
                db.row_factory = sqlite3.Row
                # WAL needs shared memory, which a network folder does not have.
                db.execute("PRAGMA journal_mode = DELETE")
                # A check does not wait for the disk (20 ms and more). A transaction still survives the end of its
                # process; only a power cut within seconds of a check can damage the file, which is then set aside.
                db.execute("PRAGMA synchronous = OFF")
            yield db
        except BaseException:
            self._close(db)
            raise
        if self._keeps and not db.in_transaction:
            self._kept = db
        else:
            self._close(db)

    def _close(self, db: sqlite3.Connection | None) -> None:
        self._kept = None
        if db is not None:
            db.close()

    def _create(self, db: sqlite3.Connection) -> None:
        for table, columns in self._tables.items():
            db.execute(f"CREATE TABLE {table} ({_declared(columns)})")
        for index, columns_of in self._indexes.items():
            db.execute(f"CREATE INDEX {index} ON {columns_of}")
        db.execute(f"PRAGMA user_version = {self._version}")

    def _add(self, db: sqlite3.Connection, *, lasting: bool) -> None:
        """Make the added tables that the file lacks; for reading, where the file stays as it is, in memory."""
        for table in self._added.keys() - _names(db):
            if lasting:  # a connection that is kept may have read: its table in memory would hide the one in the file
                db.execute(f"DROP TABLE IF EXISTS temp.{table}")
            kind = "TABLE" if lasting else "TEMP TABLE IF NOT EXISTS"
            db.execute(f"CREATE {kind} {table} ({_declared(self._added[table])})")

    def _inspect(self, db: sqlite3.Connection) -> bool:
        """Whether the database is empty as yet; raises _DamageError if it is neither empty nor ours."""
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return True
        if version != self._version:
            newer = version > self._version
            raise _DamageError("was written by a newer torch-judge" if newer else "is a database of something else")
        try:
            later = {table: self._added[table] for table in self._added.keys() & _names(db)}
            for table, columns in {**self._tables, **later}.items():
                db.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_ERROR:
                raise
            raise _DamageError("lacks a table or a column") from None
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _DamageError("is damaged")
        return False

    def _set_aside(self) -> None:
        """Rename a damaged file, so that a new one can begin. Of several kernels that see it, one does."""
        with _alone(self.path.with_suffix(".mending")):
            reason = self._damage_now()
            if not reason:
                return
            aside = self._claim_name()
            self.path.replace(aside)
        self._notice(
            f"The progress file {reason}; it was set aside as `{aside}` and a new one begun.",
            f"To have it back, mend it and rename it to `{self.path.name}`.",
        )

    def _claim_name(self) -> Path:
        """The next free name beside the file, taken by an empty file: nothing is ever overwritten."""
        for number in itertools.count(1):
            aside = self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")
            with contextlib.suppress(FileExistsError):
                aside.open("x").close()
                break
        return aside

    def _damage_now(self) -> str:
        """What is wrong with the file at this moment, "" if nothing is."""
        if not self.path.exists():
            return ""
        try:
            with self._connection() as db:
                self._inspect(db)
        except (_DamageError, sqlite3.DatabaseError) as error:
            if reason := _damage(error):
                return reason
            raise
        return ""

    def _tell_unkept(self, error: Exception) -> None:
        unwritable = isinstance(error, OSError) or _code(error) in UNWRITABLE
        fact = f"`{self.path.parent}` is not writable" if unwritable else f"`{self.path}`: {error}"
        self._notice(f"Progress is not being kept: {fact}.", "Set `TORCH_JUDGE_HOME` to a folder of yours.")

    def _notice(self, fact: str, remedy: str) -> None:
        if (notice := f"{fact} {remedy}") not in self.notices:
            self.notices.append(notice)


def _declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{column} {kind}" for column, kind in columns.items())


def _names(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _damage(error: Exception) -> str:
    if isinstance(error, _DamageError):
        return str(error)
    return "is damaged" if _code(error) in DAMAGED else ""


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF  # the primary code of an extended one


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a folder as a lock. Mending takes milliseconds: one that stays longer has lost its owner."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(FileExistsError):
            lock.mkdir()
            break
        time.sleep(0.02)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.rmdir()
