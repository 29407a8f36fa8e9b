"""Where Steam and SteamSpy answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoints:
    """The URL of each endpoint, without query."""

    reviews: str = "https://store.steampowered.com/appreviews/{app_id}"
    apps: str = "https://api.steampowered.com/IStoreService/GetAppList/v1/"
    details: str = "https://store.steampowered.com/api/appdetails"
    tags: str = "https://steamspy.com/api.php"

    @classmethod
    def at(cls, base: str) -> "Endpoints":
        """All endpoints of one server, such as ``http://127.0.0.1:8000``, on their own paths."""
        return cls(
            f"{base}/appreviews/{{app_id}}",
            f"{base}/IStoreService/GetAppList/v1/",
            f"{base}/api/appdetails",
            f"{base}/api.php",
        )
