"""The app under a path of another site, behind a proxy that passes the path on."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Rooted:
    """Takes the site's path off each request. A proxy may take it off already: what has none is answered too.

    Args:
        app: what answers.
        root_path: such as "/games".
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app, self._root = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request; the bare path leads to the page, whose addresses need the slash at its end."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path == self._root:
            query = scope.get("query_string", b"").decode("latin-1")
            # Relative to the same host, whatever host the request names.
            await RedirectResponse(f"{self._root}/" + (f"?{query}" if query else ""), 308)(
                scope, receive, send
            )
            return
        if path.startswith(f"{self._root}/"):
            taken = {"path": path.removeprefix(self._root)}
            if raw := scope.get("raw_path"):
                taken["raw_path"] = raw.removeprefix(self._root.encode())
            scope = {**scope, **taken}
        await self.app(scope, receive, send)
