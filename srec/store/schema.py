"""The canonical tables, as data: what a source may give, what the store holds, what is refused."""

from dataclasses import dataclass

VERSION = 5

#: The columns of a raw batch besides the table's own: the row's file, its number there, and, for a row that
#: the source itself could not read, the reason.
FILE, ROW, REJECT = "file", "row", "reject"
#: And the reasons why a source left out optional values of the row.
LEFT_OUT = "left_out"

#: Steam opened on this day: nothing was reviewed there before it.
STEAM_OPENED = "2003-09-12"


_NUL = "holds a NUL character"


@dataclass(frozen=True)
class Column:
    """One column of a canonical table."""

    name: str
    type: str  # DuckDB's name of the type
    doc: str
    required: bool = False
    valid: str = "true"  # SQL over the typed row: the condition that the value must meet
    wrong: str = ""  # what to say of a value that does not meet it
    stored: str = ""  # SQL over the typed row: what is stored, where it is not the value itself
    rounded: bool = False  # whether a fraction is near enough; elsewhere it is no whole number


@dataclass(frozen=True)
class Table:
    """A canonical table: the columns a source gives, and what must hold across them."""

    name: str
    columns: tuple[Column, ...]
    # By optional column: SQL over the typed row, and what to say where it does not hold and is left out.
    rules: dict[str, tuple[str, str]]
    doc: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns a source may give."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns a source must give."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def personal(self) -> bool:
        """Whether its rows are about users: the store keeps ``user_key`` in place of ``user_id``."""
        return "user_id" in self.names

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of which a store has each combination once."""
        return ("user_key", "app_id") if self.personal else ("app_id",)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """The columns in a store, with DuckDB's types.

        A personal row has ``batch`` too, the number of the ingestion that wrote it.
        """
        own = tuple((column.name, column.type) for column in self.columns)
        return (("user_key", "BIGINT"), *own[1:], ("batch", "BIGINT")) if self.personal else own


def _time(name: str, doc: str, *, required: bool = False, stored: str = "") -> Column:
    return Column(
        name,
        "TIMESTAMP",
        doc,
        required,
        valid=f"{name} BETWEEN TIMESTAMP '{STEAM_OPENED}' AND CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY",
        wrong=f"is before Steam opened ({STEAM_OPENED}) or in the future",
        stored=stored,
    )


def _count(name: str, kind: str, doc: str) -> Column:
    return Column(name, kind, doc, valid=f"{name} >= 0", wrong="is negative", rounded=True)


def _text(name: str, doc: str) -> Column:
    # PostgreSQL cannot hold it in a text, and nothing that is meant to be read has it.
    return Column(name, "VARCHAR", doc, valid=f"NOT contains({name}, chr(0))", wrong=_NUL)


def _texts(name: str, doc: str) -> Column:
    valid = f"len(list_filter({name}, lambda t: contains(t, chr(0)))) = 0"
    return Column(name, "VARCHAR[]", doc, valid=valid, wrong=_NUL)


def _user_id(doc: str) -> Column:
    return Column(
        "user_id",
        "VARCHAR",
        f"{doc}; hashed with the store's key, never stored",
        True,
        # Spreadsheets and readers of JSON write a long number like this when they lose its last digits.
        valid=r"NOT regexp_full_match(user_id, '[0-9]\.[0-9]+[eE]\+?[0-9]+')",
        wrong="is a number that has lost its last digits",
    )


_APP_ID = Column("app_id", "INTEGER", "Steam's id of the app", True, "app_id > 0", "is not above 0")

REVIEWS = Table(
    "reviews",
    (
        _user_id("who wrote it"),
        _APP_ID,
        Column("positive", "BOOLEAN", "whether the user recommends the game", True),
        _time("created_at", "when it was written, UTC", required=True),
        _time(
            "updated_at",
            "when it was last edited, UTC; created_at where unknown",
            stored="coalesce(updated_at, created_at)",
        ),
        Column("review_id", "BIGINT", "Steam's id of the review"),
        _count("playtime_minutes", "INTEGER", "minutes the user has played the game"),
        _text("language", "Steam's name of the review's language"),
        Column("steam_purchase", "BOOLEAN", "whether the game was bought on Steam"),
        Column("received_for_free", "BOOLEAN", "whether the user got the game for free"),
        Column("early_access", "BOOLEAN", "whether it was written during early access"),
    ),
    {"updated_at": ("updated_at >= created_at", "is before created_at")},
    "Reviews with their dates.",
)

SEQUENCES = Table(
    "sequences",
    (
        _user_id("who reviewed the game"),
        _APP_ID,
        Column(
            "place",
            "INTEGER",
            "the game's place in the user's order; 0 is the earliest",
            True,
            "place >= 0",
            "is negative",
        ),
    ),
    {},
    "Reviews whose order is known, but neither their dates nor their verdicts.",
)

LIBRARIES = Table(
    "libraries",
    (
        _user_id("who owns the game"),
        _APP_ID,
        Column(
            "hours",
            "DOUBLE",
            "hours played; 0 is bought and never played",
            True,
            "hours BETWEEN 0 AND 1000000",
            "is negative, or more than a life has",
        ),
    ),
    {},
    "Who owns and plays which games, without any order.",
)

GAMES = Table(
    "games",
    (
        _APP_ID,
        _text("name", "its name in the store"),
        _text("type", "game, demo, dlc, ..."),
        Column(
            "release_date",
            "DATE",
            "the day of its release",
            valid="release_date BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'",
            wrong="is no day of the calendar",
        ),
        Column("is_free", "BOOLEAN", "whether it costs nothing"),
        _count("price_usd_cents", "INTEGER", "list price in US cents"),
        _texts("developers", "who made it"),
        _texts("publishers", "who sells it"),
        _texts("genres", "the store's genres"),
        _texts("categories", "the store's categories, such as Single-player"),
        _texts("platforms", "windows, mac, linux"),
        Column(
            "tags",
            "STRUCT(tag VARCHAR, votes INTEGER)[]",
            "users' tags with their votes, most voted first where an order is known",
            valid="len(list_filter(tags, lambda t: t.tag IS NULL OR trim(t.tag) = '' OR t.votes < 0"
            " OR contains(t.tag, chr(0)))) = 0",
            wrong="hold one without a name or with negative votes",
        ),
        Column(
            "tags_kind",
            "VARCHAR",
            "votes (each tag has them), ranked (only the order is known) or unordered; NULL without tags",
            valid="tags_kind IN ('votes', 'ranked', 'unordered')",
            wrong="is none of votes, ranked, unordered",
            stored="CASE WHEN tags IS NULL THEN NULL WHEN tags_kind IS NOT NULL THEN tags_kind"
            " WHEN len(list_filter(tags, lambda t: t.votes IS NULL)) = 0 THEN 'votes' ELSE 'unordered' END",
        ),
        _count("reviews_positive", "BIGINT", "positive reviews on Steam in all"),
        _count("reviews_negative", "BIGINT", "negative reviews on Steam in all"),
    ),
    {
        "tags_kind": (
            "tags_kind IS DISTINCT FROM 'votes' OR len(list_filter(tags, lambda t: t.votes IS NULL)) = 0",
            "is votes, but a tag has none",
        ),
    },
    "What is known of each game.",
)

TABLES = {table.name: table for table in (REVIEWS, GAMES, SEQUENCES, LIBRARIES)}
