"""The headers of every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srec.serving.site import Site


def headers_of(site: Site) -> dict[str, str]:
    """The headers that tell a browser to trust nothing but this server and where the games' pictures are.

    Args:
        site: it says where these are, and whose pages may embed this one.
    """
    pictures = " ".join(filter(None, ["'self'", site.picture_origin]))
    frames = " ".join(site.origins) or "'none'"
    return {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
        f" connect-src 'self'; img-src {pictures}; base-uri 'none'; form-action 'self';"
        f" frame-ancestors {frames}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


HEADERS = headers_of(Site())


class SafeHeaders:
    """Adds the headers of a site.

    Args:
        app: what answers.
        site: whose headers.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers_of(site).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer; of those behind this, a static file says how long it keeps."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                set_already = {name for name, _ in own}
                message["headers"] = [*own, *(one for one in self._headers if one[0] not in set_already)]
            await send(message)

        await self.app(scope, receive, send_with_headers)
