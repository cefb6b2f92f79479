"""Numbers: whether one is prime, and those of Fibonacci. Both are exact for whatever they take."""

import secrets

# Of all numbers below the bound none that is composite passes with all of these witnesses
# (Sorenson and Webster, 2015).
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
PROVEN_BELOW = 3_317_044_064_679_887_385_961_981
# Above it, of witnesses that are drawn by lot at most one in four lets a composite number pass.
_DRAWN = 40


def is_prime(number: int) -> bool:
    """Say whether a whole number is prime; none below 2 is.

    Below `PROVEN_BELOW` that is proven. Above, a composite number is called prime with a
    probability of at most 4^-40, whichever number it is.
    """
    if number < 2:
        return False
    for prime in _WITNESSES:
        if number % prime == 0:
            return number == prime
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    witnesses: tuple[int, ...] = _WITNESSES
    if number >= PROVEN_BELOW:
        witnesses += tuple(2 + secrets.randbelow(number - 3) for _ in range(_DRAWN))
    return all(_passes(number, witness, odd, twos) for witness in witnesses)


def fibonacci(n: int) -> int:
    """Return the n-th number of Fibonacci, by doubling; fibonacci(0) is 0, fibonacci(1) is 1."""
    a, b = 0, 1
    for bit in bin(n)[2:]:
        a, b = a * (2 * b - a), a * a + b * b
        if bit == "1":
            a, b = b, a + b
    return a


def _passes(number: int, witness: int, odd: int, twos: int) -> bool:
    power = pow(witness, odd, number)
    if power in {1, number - 1}:
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
