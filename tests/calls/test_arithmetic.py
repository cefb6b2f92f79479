"""Numbers are right, whichever they are."""

import pytest

from app_srvc.calls.arithmetic import fibonacci, is_prime


def test_small_numbers_are_prime_when_nothing_divides_them() -> None:
    for number in range(-50, 2000):
        by_trial = number > 1 and all(number % d for d in range(2, int(number**0.5) + 1))
        assert is_prime(number) == by_trial, number


@pytest.mark.parametrize(
    "number", [4, 6, 8, 9, 25, 561, 3215031751, 3825123056546413051, 2**67 - 1]
)
def test_composite_numbers_that_pass_for_prime_elsewhere_do_not_here(number: int) -> None:
    assert not is_prime(number)


@pytest.mark.parametrize("power", [61, 89, 107, 127, 521, 607])
def test_large_primes_are_prime_and_their_products_are_not(power: int) -> None:
    prime = 2**power - 1

    assert is_prime(prime)
    assert not is_prime(prime * (2**89 - 1))
    assert not is_prime(-prime)


def test_numbers_of_fibonacci_are_exact() -> None:
    found, a, b = [], 0, 1
    for _ in range(500):
        found.append(a)
        a, b = b, a + b

    assert [fibonacci(n) for n in range(500)] == found
    large = fibonacci(20_000)
    assert large % 10**9 == (fibonacci(19_999) + fibonacci(19_998)) % 10**9
    assert len(str(large)) == 4180
