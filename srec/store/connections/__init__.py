"""Connections to databases, which sources and stores share."""


def shown(where: str) -> str:
    """A store as messages call it: a URL without password and parameters, a path as it is."""
    if "://" not in where:
        return where
    scheme, _, rest = where.partition("://")
    login, at, place = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}{at}{place.partition('?')[0]}"
