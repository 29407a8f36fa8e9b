"""How the world spells a value, as SQL over a raw column: nothing, an id, a flag, a number, a time."""

#: What programs write where they know nothing, in small letters.
MISSING = (
    *("", "nan", "-nan", "nat", "none", "null", "nil", r"\n", "<na>", "<null>", "(null)", "#n/a", "#null!"),
    *("n/a", "undefined", "[deleted]", "[removed]", "[]"),
)
#: As user ids, these are nobody.
NOBODY = (*MISSING, "0", "0.0", "-1", "-1.0", "na", "unknown", "anonymous", "deleted")

_YES = (
    *("true", "t", "yes", "y", "on", "1", "1.0", "+1", "recommended", "positive"),
    *("thumbs up", "up", "liked", "like"),
)
_NO = (
    *("false", "f", "no", "n", "off", "0", "0.0", "-0.0", "-1", "-1.0", "not recommended", "negative"),
    *("thumbs down", "down", "disliked", "dislike"),
)
_NUMBER = r"'[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?'"
# A month has a name in these, so that day and month cannot be mistaken for one another.
_NAMED_DATES = tuple(
    order.replace("M", month)
    for month in ("%b", "%B")
    for order in ("M %-d, %Y", "%-d M, %Y", "M %-d %Y", "%-d M %Y")
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " @ %I:%M%p")


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def missing(given: str, *, user: bool = False) -> str:
    """Whether a raw value says that nothing is known.

    Args:
        given: the raw column.
        user: whether it is a user id, where more is nobody.
    """
    markers = _texts(NOBODY if user else MISSING)
    return f"({given} IS NULL OR lower(trim(CAST({given} AS VARCHAR))) IN ({markers}))"


def user_id(name: str) -> str:
    """A user id as it is spelled without a scale: 51580 for 51580.0 and 5.158e4, if no digit is lost."""
    text = f"trim(CAST({name} AS VARCHAR))"
    exact = (
        f"regexp_full_match({text}, '[0-9]\\.[0-9]+[eE]\\+?[0-9]+')"
        f" AND length(regexp_extract({text}, '\\.([0-9]+)', 1))"
        f" >= CAST(regexp_extract({text}, '([0-9]+)$', 1) AS INTEGER)"
        f" AND TRY_CAST({text} AS DECIMAL(38, 0)) = TRY_CAST({text} AS DECIMAL(38, 6))"
    )
    return (
        # Nearly all ids are plain numbers, and this is one test instead of three.
        f"CASE WHEN regexp_full_match({text}, '[1-9][0-9]*') THEN {text}"
        f" WHEN {missing(name, user=True)} THEN NULL"
        f" WHEN regexp_full_match({text}, '[0-9]+\\.0*') THEN regexp_replace({text}, '\\.0*$', '')"
        f" WHEN {exact} THEN CAST(TRY_CAST({text} AS DECIMAL(38, 0)) AS VARCHAR)"
        f" ELSE {text} END"
    )


def flag(name: str) -> str:
    """True or false from a word or a number; -1 is no, where others write 0."""
    text = f"lower(trim(CAST({name} AS VARCHAR)))"
    return f"CASE WHEN {text} IN ({_texts(_YES)}) THEN true WHEN {text} IN ({_texts(_NO)}) THEN false END"


def whole(name: str, kind: str, *, rounded: bool) -> str:
    """A whole number; a fraction is none, unless it may be rounded."""
    text = f"trim(CAST({name} AS VARCHAR))"
    grouped = f"regexp_full_match({text}, '-?[0-9]{{1,3}}(,[0-9]{{3}})+')"
    plain = f"CASE WHEN {grouped} THEN replace({text}, ',', '') ELSE {text} END"
    number, exact = f"TRY_CAST({plain} AS DOUBLE)", f"TRY_CAST({plain} AS {kind})"
    if rounded:
        return f"CASE WHEN isfinite({number}) THEN coalesce({exact}, TRY_CAST(round({number}) AS {kind})) END"
    return f"CASE WHEN {number} = TRY_CAST({plain} AS BIGINT) THEN {exact} END"


def epoch(name: str) -> str:
    """A time from seconds since 1970, or from milli-, micro- or nanoseconds, which are more."""
    wide = f"TRY_CAST({name} AS DOUBLE)"
    exact = f"coalesce(TRY_CAST({name} AS BIGINT), CAST(round({wide}) AS BIGINT))"
    return (
        f"CASE WHEN abs({wide}) <= 1e10 THEN make_timestamp(CAST(round({wide} * 1000000) AS BIGINT))"
        f" WHEN abs({wide}) BETWEEN 1e11 AND 1e13 THEN make_timestamp({exact} * 1000)"
        f" WHEN abs({wide}) BETWEEN 1e14 AND 1e16 THEN make_timestamp({exact})"
        f" WHEN abs({wide}) BETWEEN 1e17 AND 9e18 THEN make_timestamp({exact} // 1000) END"
    )


def time(name: str) -> str:
    """A time from text: a number since 1970, ISO 8601, or a date that can be read in one way only."""
    text = f"trim({name})"
    named = ", ".join(f"'{day}{clock}'" for day in _NAMED_DATES for clock in _CLOCKS)
    american, european = (
        f"try_strptime({text}, ['{first}', '{first} %H:%M:%S'])" for first in ("%m/%d/%Y", "%d/%m/%Y")
    )
    return (
        f"CASE WHEN regexp_full_match({text}, {_NUMBER}) THEN {epoch(text)}"
        # Through TIMESTAMPTZ, because the plain cast drops "+02:00" without a word. The session is in UTC.
        f" ELSE coalesce(CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP), try_strptime({text}, [{named}]),"
        f" try_strptime({text}, '%d.%m.%Y'),"
        f" CASE WHEN {american} = {european} OR {european} IS NULL THEN {american}"
        f" WHEN {american} IS NULL THEN {european} END) END"
    )


def date(name: str) -> str:
    """A day from text."""
    return f"coalesce(TRY_CAST(trim({name}) AS DATE), CAST({time(name)} AS DATE))"
