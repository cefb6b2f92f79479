"""Whose an address is, as far as that can be told from outside."""

import ipaddress


def network(address: str) -> str:
    """Return what one customer of a provider has: an address, or of IPv6 a network of 64 bits.

    Some proxies name the client's port as well; every connection has another one.
    """
    host = _without_port(address)
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
