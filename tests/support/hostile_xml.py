"""XML that is meant to do harm, each kind by its name."""

_LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))


def documents(file: str, url: str) -> dict[str, bytes]:
    """Return documents that would read `file` or ask `url`, or never come to an end."""
    return {
        "a file": f'<!DOCTYPE r [<!ENTITY e SYSTEM "{file}">]><r>&e;</r>'.encode(),
        "an address": f'<!DOCTYPE r [<!ENTITY e SYSTEM "{url}">]><r>&e;</r>'.encode(),
        "a file in a parameter": (f'<!DOCTYPE r [<!ENTITY % p SYSTEM "{file}"> %p;]><r/>'.encode()),
        "an address in a parameter": (
            f'<!DOCTYPE r [<!ENTITY % p SYSTEM "{url}"> %p;]><r/>'.encode()
        ),
        "a type elsewhere": f'<!DOCTYPE r SYSTEM "{url}"><r/>'.encode(),
        "a public type": f'<!DOCTYPE r PUBLIC "-//X//Y//EN" "{url}"><r/>'.encode(),
        "laughs": f'<!DOCTYPE r [<!ENTITY l0 "lol">{_LAUGHS}]><r>&l9;</r>'.encode(),
        "laughs in an attribute": (
            f'<!DOCTYPE r [<!ENTITY l0 "lol">{_LAUGHS}]><r a="&l9;"/>'.encode()
        ),
        "a long entity, often": (
            f'<!DOCTYPE r [<!ENTITY e "{"x" * 50_000}">]><r>{"&e;" * 50_000}</r>'.encode()
        ),
        "a harmless type": b"<!DOCTYPE r><r/>",
        "a type after much else": b"<!-- " + b"x" * 200_000 + b" --><!DOCTYPE r><r/>",
        "a type in UTF-16": "<!DOCTYPE r><r/>".encode("utf-16"),
        "a default by its type": b'<!DOCTYPE r [<!ATTLIST r a CDATA "b">]><r/>',
        "an entity from nowhere": b"<r>&e;</r>",
        "depth": b"<a>" * 5000 + b"</a>" * 5000,
        "a huge text": b"<r>" + b"x" * 11_000_000 + b"</r>",
        "an end too few": b"<r><a></r>",
        "something else": b"{}",
        "nothing": b"",
        "a zero": b"<r>\0</r>",
    }


NAMES = sorted(documents("", ""))
