"""Add an operator with a token, which is printed, and a processor."""

from tests.support.accounts import bearer, member
from tests.support.processing import processor

if __name__ == "__main__":
    processor("letters")
    headers = bearer(member("olena", role="operator"), "read", "submit", "operate")
    print(headers["Authorization"].removeprefix("Bearer "))
