"""The gradebook's database: SQLite in the course's folder, or a PostgreSQL server for several machines.

`c.CourseDirectory.db_url` of nbgrader names it. SQLite locks the whole file while somebody writes. PostgreSQL
lets everybody write at once, but nbgrader's way of saving an assignment (take its notebooks out and put them
back) does not bear that: a grade written in between would be gone. So on PostgreSQL graders take turns by a
lock of the server, which it gives back however its holder ends. Source: "Advisory Locks" in PostgreSQL's
manual, chapter 13.

Formgrader and nbgrader's own commands know nothing of turns, and what they write counts, too. So a grader
keeps what it reads from changing until it has written: by locks of rows on PostgreSQL (`hold`), of the file
on SQLite, which by itself would lock it no earlier than at the first change.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Select, create_engine, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import NullPool

LOCK_SECONDS = 60.0
_LOCK = 0x636F757273656B69  # any number will do as long as all graders take the same: "courseki" in ASCII
# What PostgreSQL says when transactions got into each other's way: serialization failure, deadlock, a row
# that somebody else has just added or removed. From the manual's appendix A.
_IN_THE_WAY = {"40001", "40P01", "23505", "23503"}

NO_DATABASE = (SQLAlchemyError, ImportError, OSError, ValueError)  # what opening one may raise


def shown(url: str) -> str:
    """Return a database's URL without its password.

    >>> shown("postgresql+psycopg://ada:secret@db.example.org/grades")
    'postgresql+psycopg://ada:***@db.example.org/grades'
    """
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "of the course (its URL cannot be read)"


def in_words(error: BaseException) -> str:
    """Return what a database said, in one line.

    >>> in_words(ModuleNotFoundError("No module named 'psycopg'", name="psycopg"))
    "its driver psycopg is not installed: pip install -e '.[postgresql]', and a URL with postgresql+psycopg://"
    """
    if isinstance(error, ImportError):
        install = "pip install -e '.[postgresql]', and a URL with postgresql+psycopg://"
        return f"its driver {error.name} is not installed: {install}"
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(said).strip().split("\n")[0] or type(error).__name__


def is_unlike_its_program(error: SQLAlchemyError) -> bool:
    """Whether tables or columns are missing, as in a gradebook of another version of nbgrader."""
    return isinstance(error, ProgrammingError) or "no such" in str(error)


@contextlib.contextmanager
def turn(url: str) -> Iterator[None]:
    """Keep other graders from writing to the database, whatever the machine that they run on.

    Raises
    ------
    SQLAlchemyError, ImportError
        The server cannot be reached, its driver is missing, or another grader holds it for too long.
    """
    if make_url(url).get_backend_name() != "postgresql":
        yield  # SQLite has its own lock
        return
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        _wait_for_lock(connection, "pg_advisory_lock")
        connection.commit()  # the lock is the session's; an idle transaction would hinder the server
        yield
        # Closing the connection gives the lock back.


def take_turn(session: Session | scoped_session[Session]) -> None:
    """Keep other graders from writing until this session's transaction ends; call it first of all.

    On SQLite it keeps everybody from writing.
    """
    if session.get_bind().dialect.name == "postgresql":
        _wait_for_lock(session.connection(), "pg_advisory_xact_lock")
    elif session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")


def hold(session: Session | scoped_session[Session], rows: Select[tuple[str]]) -> None:
    """Keep everybody from changing the rows that a query finds until this session's transaction ends.

    Whoever is changing them now is waited for; what is read afterwards is what they left. SQLite has no locks
    of rows, and needs none after `take_turn`.
    """
    session.execute(rows.with_for_update())


def _wait_for_lock(connection: Connection, function: str) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}"))
    connection.execute(text(f"SELECT {function}({_LOCK})"))


def retried(action: Callable[[], None]) -> None:
    """Run a transaction; while others hold the database or were in its way, wait and run it again.

    It must leave nothing behind when it fails. A connection that broke (the server was restarted between two
    grades) is made anew; a server that is gone is an error.
    """
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return action()
        except (DBAPIError, StaleDataError) as error:
            if not _passes(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def _passes(error: DBAPIError | StaleDataError) -> bool:
    """Whether the same transaction may well succeed in a moment."""
    if isinstance(error, StaleDataError):  # somebody removed the rows: the next time they are made anew
        return True
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return code in _IN_THE_WAY or error.connection_invalidated or "database is locked" in str(error.orig)
