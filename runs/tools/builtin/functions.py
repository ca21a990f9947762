"""The functions and constants of the calculator. Exact for fractions where mathematics is, floats elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from coday.kernel.errors import InvalidInputError

Number: TypeAlias = Fraction | float

MOST_BITS = 10_000  # of a whole number: about 3,000 digits
MOST_FACTORS = 1_000  # of a factorial, or of what is chosen
MOST_CHOICES = 1_000_000  # to choose from
MOST_DIGITS = 30  # to round to
ROUNDING_ERROR = 1e-15  # what is left of sin(pi)


class NotCalculableError(InvalidInputError):
    """An expression without a result. The message says what to write instead."""

    code = "not_calculable"
    message = "This cannot be calculated."


@dataclass(frozen=True, slots=True)
class Function:
    """A function of so many numbers (``most`` is ``None``: of any number of them)."""

    apply: Callable[[Sequence[Number]], Number]
    least: int = 1
    most: int | None = 1


def real(number: Number) -> float:
    """A number as a float.

    Raises:
        NotCalculableError: it is too large for one.
    """
    try:
        return float(number)
    except OverflowError as error:
        raise NotCalculableError("A number on the way is too large.") from error


def whole(number: Number) -> int:
    """A number as a whole one.

    Raises:
        NotCalculableError: it is none.
    """
    if number != number or abs(number) == math.inf or number != math.floor(number):
        raise NotCalculableError("A whole number is needed where another one was given.")
    return int(number)


def bounded(number: Number) -> Number:
    """The number; as a float where it is too long to go on with exactly.

    Raises:
        NotCalculableError: it is too large even for that.
    """
    if isinstance(number, Fraction):
        return number if bits(number) <= MOST_BITS else real(number)
    if not math.isfinite(number):
        raise NotCalculableError("The result is too large to be calculated.")
    return number


def bits(number: Fraction) -> int:
    """How long the longer one of its two numbers is."""
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def power(base: Number, exponent: Number) -> Number:
    """Exact for whole exponents, as long as the result stays short enough."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        is_short = abs(exponent) * bits(base) <= MOST_BITS
        if is_short:
            return base**exponent.numerator
    found = math.pow(real(base), real(exponent))
    if found == 0 and base != 0:
        raise NotCalculableError("The result is too close to zero to be calculated.")
    return found


def total(numbers: Iterable[Number]) -> Number:
    """Their sum, kept short on the way."""
    found: Number = Fraction()
    for number in numbers:
        found = bounded(found + number)
    return found


def square_root(number: Number) -> Number:
    """Exact for squares of fractions."""
    if number < 0:
        raise NotCalculableError("A negative number has no real square root.")
    if isinstance(number, Fraction):
        above, below = math.isqrt(number.numerator), math.isqrt(number.denominator)
        if above**2 == number.numerator and below**2 == number.denominator:
            return Fraction(above, below)
    return math.sqrt(real(number))


def _float(function: Callable[..., float]) -> Callable[[Sequence[Number]], Number]:
    return lambda numbers: function(*map(real, numbers))


def _angle(function: Callable[[float], float]) -> Callable[[Sequence[Number]], Number]:
    """A function of an angle, without the rounding error that stands for zero."""

    def apply(numbers: Sequence[Number]) -> Number:
        angle = real(numbers[0])
        found = function(angle)
        return 0.0 if abs(found) < ROUNDING_ERROR < abs(angle) else found

    return apply


def _logarithm(numbers: Sequence[Number]) -> Number:
    number, base = numbers[0], numbers[1] if len(numbers) > 1 else math.e
    if base <= 0 or base == 1:
        raise NotCalculableError("The base of a logarithm is above 0 and not 1.")
    if number <= 0:
        raise NotCalculableError("Only numbers above 0 have a logarithm.")
    return math.log(real(number)) if len(numbers) == 1 else math.log(real(number), real(base))


def _round(numbers: Sequence[Number]) -> Number:
    """Halves away from zero, as people do it."""
    number, digits = numbers[0], whole(numbers[1]) if len(numbers) > 1 else 0
    if abs(digits) > MOST_DIGITS:
        raise NotCalculableError(f"Round to at most {MOST_DIGITS} digits.")
    unit = Fraction(10) ** -digits
    exact = number if isinstance(number, Fraction) else Fraction(number)
    rounded = math.floor(abs(exact) / unit + Fraction(1, 2)) * unit
    return rounded if exact >= 0 else -rounded


def _magnitude(numbers: Sequence[Number]) -> Number:
    return numbers[0] if numbers[0] >= 0 else -numbers[0]


def _remainder(numbers: Sequence[Number]) -> Number:
    dividend, divisor = numbers
    return dividend % divisor


def _mean(numbers: Sequence[Number]) -> Number:
    return total(numbers) / len(numbers)


def _median(numbers: Sequence[Number]) -> Number:
    middle, odd = divmod(len(numbers), 2)
    ordered = sorted(numbers)
    return ordered[middle] if odd else (ordered[middle - 1] + ordered[middle]) / 2


def _deviation(numbers: Sequence[Number]) -> Number:
    mean = _mean(numbers)
    return square_root(total(bounded((number - mean) * (number - mean)) for number in numbers) / (len(numbers) - 1))


def _factorial(numbers: Sequence[Number]) -> Number:
    number = whole(numbers[0])
    if not 0 <= number <= MOST_FACTORS:
        raise NotCalculableError(f"A factorial is calculated of 0 to {MOST_FACTORS}.")
    return Fraction(math.factorial(number))


def _choosing(count: Callable[[int, int], int]) -> Callable[[Sequence[Number]], Number]:
    def apply(numbers: Sequence[Number]) -> Number:
        total, chosen = map(whole, numbers)
        if not (0 <= total <= MOST_CHOICES and 0 <= chosen <= MOST_FACTORS):
            raise NotCalculableError(f"At most {MOST_FACTORS} are chosen, of at most {MOST_CHOICES}.")
        return Fraction(count(total, chosen))

    return apply


def _integers(function: Callable[[int, int], int]) -> Callable[[Sequence[Number]], Number]:
    """A function of two whole numbers for any number of them."""

    def apply(numbers: Sequence[Number]) -> Number:
        found = numbers[0]
        for number in numbers[1:]:
            found = bounded(Fraction(function(whole(found), whole(number))))
        return found

    return apply


CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e, "tau": math.tau}
FUNCTIONS: dict[str, Function] = {
    "abs": Function(_magnitude),
    "acos": Function(_float(math.acos)),
    "asin": Function(_float(math.asin)),
    "atan": Function(_float(math.atan)),
    "atan2": Function(_float(math.atan2), 2, 2),
    "cbrt": Function(_float(math.cbrt)),
    "ceil": Function(lambda numbers: Fraction(math.ceil(numbers[0]))),
    "comb": Function(_choosing(math.comb), 2, 2),
    "cos": Function(_angle(math.cos)),
    "cosh": Function(_float(math.cosh)),
    "degrees": Function(_float(math.degrees)),
    "exp": Function(_float(math.exp)),
    "factorial": Function(_factorial),
    "floor": Function(lambda numbers: Fraction(math.floor(numbers[0]))),
    "gcd": Function(_integers(math.gcd), 2, None),
    "hypot": Function(_float(math.hypot), 1, None),
    "lcm": Function(_integers(math.lcm), 2, None),
    "ln": Function(_logarithm),
    "log": Function(_logarithm, 1, 2),
    "log10": Function(_float(math.log10)),
    "log2": Function(_float(math.log2)),
    "max": Function(lambda numbers: max(numbers), 1, None),
    "mean": Function(_mean, 1, None),
    "median": Function(_median, 1, None),
    "min": Function(lambda numbers: min(numbers), 1, None),
    "mod": Function(_remainder, 2, 2),
    "perm": Function(_choosing(math.perm), 2, 2),
    "pow": Function(lambda numbers: power(numbers[0], numbers[1]), 2, 2),
    "radians": Function(_float(math.radians)),
    "round": Function(_round, 1, 2),
    "sin": Function(_angle(math.sin)),
    "sinh": Function(_float(math.sinh)),
    "sqrt": Function(lambda numbers: square_root(numbers[0])),
    "stdev": Function(_deviation, 2, None),
    "sum": Function(total, 1, None),
    "tan": Function(_angle(math.tan)),
    "tanh": Function(_float(math.tanh)),
}
