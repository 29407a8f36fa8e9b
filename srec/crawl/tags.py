"""Tags with their votes, and how many reviews are positive: SteamSpy's appdetails."""

from srec.crawl.client import Client
from srec.crawl.steam import Endpoints
from srec.store.sources.records import Record


def read_tags(client: Client, endpoints: Endpoints, app_id: int) -> Record:
    """An app's tags as a row of ``games``; an app without tags has an empty list of them.

    Args:
        client: it sends the request.
        endpoints: where SteamSpy answers.
        app_id: the app.

    Raises:
        Unanswered: there is no usable answer.
        OutOfBudget: no request is left.
    """
    answer = client.get(endpoints.tags, {"request": "appdetails", "appid": app_id})
    return {
        "app_id": app_id,
        "tags": answer.get("tags"),
        "reviews_positive": answer.get("positive"),
        "reviews_negative": answer.get("negative"),
    }
