"""Arithmetic on expressions that somebody else wrote: exact where it can be, and always soon at its end.

An expression is parsed, never run: numbers, operators and the functions beside this module are all there is. Numbers are
fractions of whole numbers up to ``MOST_BITS``, so 0.1 + 0.2 is 0.3; what is larger, or no fraction, goes on as a float.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Context, Decimal
from fractions import Fraction

from runs.tools.builtin.functions import CONSTANTS, FUNCTIONS, NotCalculableError, Number, bounded, power

LONGEST_EXPRESSION = 500  # characters
DEEPEST = 60  # levels of brackets and operators
LARGEST_EXPONENT = 1_000  # of a number as it is written
MOST_PLACES = 40  # decimal places that are written out
LONGEST_FRACTION = 10**12  # numerator or denominator of a fraction that is shown beside its decimal form

_SHOWN = Context(prec=16)  # digits of what cannot be written to its end
_SIGNS = str.maketrans({"^": "**", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "π": "pi", "\n": " ", "\t": " "})
_EXPRESSION = re.compile(r"[0-9A-Za-z_.,+\-*/%()\[\] ]+")
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
_PERCENT = re.compile(r"%\s*([-+*/)\],]|$)")

_KEYWORD = re.compile(r"\d(and|else|for|if|in|is|not|or)")  # the parser would warn of it


def evaluate(expression: str) -> Number:
    """The value of an expression.

    Raises:
        NotCalculableError: it has none, or none that can be had soon.
    """
    text = _plain(expression)
    try:
        parsed = ast.parse(text, mode="eval").body
        return _Evaluation(text).value(parsed, DEEPEST)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise NotCalculableError(
            "This is no expression. Write numbers with + - * / // % ** and brackets, and functions such as sqrt(2)."
        ) from error
    except ZeroDivisionError as error:
        raise NotCalculableError("Something is divided by zero.") from error
    except OverflowError as error:
        raise NotCalculableError("The result is too large to be calculated.") from error
    except ValueError as error:  # of a function of the math module
        raise NotCalculableError("A function is not defined for one of the numbers that it was given.") from error


def written(number: Number) -> str:
    """A number as text: whole, as a decimal, or about (``≈``) with the fraction that it is."""
    if isinstance(number, float):
        return f"≈ {number:.15g}"
    if number.denominator == 1:
        return str(number.numerator)
    places = _places(number.denominator)
    if places <= MOST_PLACES:
        digits = f"{abs(number.numerator) * 10**places // number.denominator:0{places + 1}d}"
        return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    about = _SHOWN.normalize(_SHOWN.divide(Decimal(number.numerator), Decimal(number.denominator)))
    small = max(abs(number.numerator), number.denominator) <= LONGEST_FRACTION
    return f"≈ {about} (exactly {number})" if small else f"≈ {about}"


def _places(denominator: int) -> int:
    """Decimal places that a fraction with this denominator needs; more than are ever written where it has no end."""
    for places in range(1, MOST_PLACES + 1):
        if 10**places % denominator == 0:
            return places
    return MOST_PLACES + 1


def _plain(expression: str) -> str:
    if len(expression) > LONGEST_EXPRESSION:
        raise NotCalculableError(f"The expression is longer than {LONGEST_EXPRESSION} characters.")
    text = expression.translate(_SIGNS).strip()
    if not _EXPRESSION.fullmatch(text) or _KEYWORD.search(text):
        raise NotCalculableError("The expression may hold numbers, operators, brackets and names of functions only.")
    if _THOUSANDS.search(text):
        raise NotCalculableError("Write 1000 instead of 1,000, and a space behind a comma between two numbers.")
    if _PERCENT.search(text):
        raise NotCalculableError("Write 15 % as 0.15; a % b is the remainder of a divided by b.")
    return text


class _Evaluation:
    """One walk over a parsed expression."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, node: ast.expr, depth: int) -> Number:
        if depth <= 0:
            raise NotCalculableError("The expression is nested too deeply.")
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name(id=name) if name in CONSTANTS:
                return CONSTANTS[name]
            case ast.Name(id=name):
                raise NotCalculableError(f"There is no {name[:40]!r} here, only {', '.join(CONSTANTS)} and functions.")
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
                value = self.value(operand, depth - 1)
                return value if isinstance(node.op, ast.UAdd) else -value
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                apply = _OPERATORS[type(sign)]
                return bounded(apply(self.value(left, depth - 1), self.value(right, depth - 1)))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._called(name, arguments, depth - 1)
            case ast.Tuple():
                raise NotCalculableError("Write decimals with a point, and one expression at a time.")
        raise NotCalculableError("Only numbers, + - * / // % **, brackets and functions can be calculated.")

    def _literal(self, node: ast.Constant) -> Number:
        if type(node.value) is int:
            return Fraction(node.value)
        if type(node.value) is not float:
            raise NotCalculableError("Only real numbers can be calculated.")
        decimal = Decimal(self._text[node.col_offset : node.end_col_offset])
        if abs(decimal.adjusted()) > LARGEST_EXPONENT:
            raise NotCalculableError(f"Numbers go up to 1e{LARGEST_EXPONENT}.")
        return Fraction(decimal)

    def _called(self, name: str, arguments: Iterable[ast.expr], depth: int) -> Number:
        function = FUNCTIONS.get(name)
        if function is None:
            raise NotCalculableError(f"There is no function {name[:40]!r}. There are: {', '.join(FUNCTIONS)}.")
        values = list(self._values(arguments, depth))
        if len(values) < function.least or (function.most is not None and len(values) > function.most):
            raise NotCalculableError(f"{name} takes another number of arguments.")
        return bounded(function.apply(values))

    def _values(self, arguments: Iterable[ast.expr], depth: int) -> Iterator[Number]:
        """The arguments of a function; a list counts as its numbers."""
        for argument in arguments:
            if isinstance(argument, ast.List | ast.Tuple):
                yield from self._values(argument.elts, depth - 1)
            else:
                yield self.value(argument, depth)


_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: operator.mod,
    ast.Pow: power,
}
