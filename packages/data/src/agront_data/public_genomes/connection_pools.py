"""`ConnectionPools`: connections to servers, by way of the proxies that the environment names."""

import urllib.parse
import urllib.request
from typing import Any

import urllib3


class ConnectionPools:
    """Chooses the connections for an address: direct, or through the proxy for its scheme.

    `http_proxy`, `https_proxy` and `no_proxy` are read as `urllib.request` reads them, for many clusters reach the
    outside only so.

    Args:
        options: Of `urllib3.PoolManager`.
    """

    def __init__(self, **options: Any) -> None:
        self._direct = urllib3.PoolManager(**options)
        self._by_scheme = {
            scheme: _proxy(address, options)
            for scheme, address in urllib.request.getproxies().items()
            if scheme in ("http", "https")
        }

    def choose(self, url: str) -> urllib3.PoolManager:
        """Returns the connections for an address."""
        parts = urllib.parse.urlsplit(url)
        if urllib.request.proxy_bypass(parts.netloc):
            return self._direct
        return self._by_scheme.get(parts.scheme, self._direct)


def _proxy(address: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    user = urllib3.util.parse_url(address).auth
    headers = urllib3.make_headers(proxy_basic_auth=user) if user is not None else None
    return urllib3.ProxyManager(address, proxy_headers=headers, **options)
