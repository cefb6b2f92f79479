"""The statements for the list of people. Each is written so that it can be run in one way only.

The planner knows how common a beginning is, and not where those are whose names begin like that.
So it would now read an index to its end, and now sort a hundred thousand rows.
"""

from datetime import datetime
from typing import Any, NamedTuple

from app_srvc.accounts.names import Beginning
from app_srvc.accounts.repository.users import COLUMNS
from app_srvc.db import literal

Key = tuple[str | datetime, ...]
Row = tuple[Any, ...]

# Of a key that more people match than this, so many are looked at.
MANY = 300
# Where many match, they are looked for among the next so many people.
STRETCH = 20_000
# No name has this character, and all that any name has come before it.
LAST = "\U0010ffff"


class Asked(NamedTuple):
    """Whom to list: filters that are None let everybody pass; `after` is the key of somebody."""

    sort: str = "newest"
    state: str | None = None
    beginning: Beginning | None = None
    after: Key | None = None
    limit: int = 20


class Order(NamedTuple):
    """What a list is sorted by; together these columns are unique."""

    columns: tuple[str, ...]
    direction: str = "ASC"


ORDERS = {
    "newest": Order(("created_at", "id"), "DESC"),
    "name": Order(("name_key", "id")),
    "login": Order(("login_key",)),
    "email": Order(("email_key",)),
}
# The keys that are searched, and which part of a `Beginning` is theirs.
_SEARCHED = {"login_key": "login", "email_key": "email", "name_key": "name", "given_key": "name"}


class Statements:
    """The statements for one list, and the values that all of them take.

    They return the columns of a `User` and those of the order, and one row more than a page has.
    """

    def __init__(self, asked: Asked) -> None:
        order = ORDERS[asked.sort]
        keys = ", ".join(order.columns)
        self._asked = asked
        self._columns = f"{COLUMNS}, {keys}"
        self._order = ", ".join(f"{column} {order.direction}" for column in order.columns)
        self._state = "true" if asked.state is None else "state = %(state)s"
        self._after = "true"
        self.values: dict[str, Any] = {
            "state": asked.state,
            "limit": asked.limit + 1,
            "many": MANY,
            "more": MANY + 1,
            "stretch": STRETCH,
        }
        if asked.after is not None:
            names = [f"%(after_{number})s" for number in range(len(order.columns))]
            compare = "<" if order.direction == "DESC" else ">"
            self._after = f"({keys}) {compare} ({', '.join(names)})"
            self.values |= {f"after_{n}": value for n, value in enumerate(asked.after)}
        self.matches: dict[str, str] = {}
        if asked.beginning is not None:
            for column, part in _SEARCHED.items():
                self.matches[column] = f"{column} LIKE %({part})s"
                self.values[part] = literal(getattr(asked.beginning, part)) + "%"
        # A key that is both sorted by and searched: those who match it follow one another.
        self.own = next((column for column in order.columns if column in self.matches), None)

    def everybody(self) -> str:
        """Select people, whether they match or not."""
        return self._in_order(self._columns, "limit")

    def marked(self) -> str:
        """Select people, whether they match or not, and whether they do."""
        return self._in_order(f"{self._columns}, {self._matches_any()}", "limit")

    def more_than_many(self, column: str) -> str:
        """Select nothing of those who match a key, once for each, as far as it matters."""
        return f"SELECT FROM {self._matching(column, 'more')}"

    def gathered(self) -> str:
        """Select those who match each key, no more than many of them, and sort them."""
        sources, before = list[str](), list[str]()
        # Whoever matches several is selected where they come first: where nobody is left out.
        for column in sorted(self.matches, key=lambda column: column != self.own):
            source = self._own() if column == self.own else self._matching(column, "many")
            conditions = " AND ".join([self._after, *before])
            sources.append(f"SELECT * FROM {source} WHERE {conditions}")  # noqa: S608
            before.append(f"NOT {self.matches[column]}")
        return (
            f"SELECT {self._columns} FROM ({' UNION ALL '.join(sources)}) AS users"  # noqa: S608
            f" ORDER BY {self._order} LIMIT %(limit)s"
        )

    def near(self) -> str:
        """Select those who match out of a stretch: where there are many, they come soon."""
        return (
            f"SELECT {self._columns} FROM ({self._in_order('*', 'stretch')}) AS users"  # noqa: S608
            f" WHERE {self._matches_any()} ORDER BY {self._order} LIMIT %(limit)s"
        )

    def anywhere(self) -> str:
        """Select those who match, many of whom are anywhere but near: the planner may choose."""
        return (
            f"SELECT {self._columns} FROM users"  # noqa: S608
            f" WHERE {self._state} AND {self._after} AND {self._matches_any()}"
            f" ORDER BY {self._order} LIMIT %(limit)s"
        )

    def _in_order(self, columns: str, limit: str) -> str:
        return (
            f"SELECT {columns} FROM users WHERE {self._state} AND {self._after}"  # noqa: S608
            f" ORDER BY {self._order} LIMIT %({limit})s"
        )

    def _matching(self, column: str, limit: str) -> str:
        return (
            f"(SELECT * FROM users WHERE {self._state} AND {self.matches[column]}"  # noqa: S608
            f" ORDER BY {column} LIMIT %({limit})s) AS users"
        )

    def _own(self) -> str:
        """Select those who match the key that is sorted by, from one bound to another.

        Of two lower bounds the planner would take either, and walk from there to the other.
        """
        column, after = self.own or "", self._asked.after
        beginning = getattr(self._asked.beginning, _SEARCHED[column])
        bounds = self.matches[column]
        if after is not None and str(after[0]) >= beginning:
            bounds = f"{self._after} AND {column} < %(end)s"
            self.values["end"] = beginning + LAST
        return (
            f"(SELECT * FROM users WHERE {self._state} AND {bounds}"  # noqa: S608
            f" ORDER BY {self._order} LIMIT %(limit)s) AS users"
        )

    def _matches_any(self) -> str:
        return f"({' OR '.join(self.matches.values())})"
