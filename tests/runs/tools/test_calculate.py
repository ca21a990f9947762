"""The calculator: exact where mathematics is, an error that can be acted on elsewhere, and never long at it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs.tools.base import Invocation
from runs.tools.builtin.arithmetic import evaluate, written
from runs.tools.builtin.calculate import Calculate
from runs.tools.builtin.functions import FUNCTIONS, NotCalculableError
from tests.runs.services.values import a_context

PATIENCE = 1.0  # seconds; what is below takes a few milliseconds


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("0.1 + 0.2", "0.3"),
        ("(17.5 * 3 + 2) / 4", "13.625"),
        ("-7 // 2", "-4"),
        ("7 % 3", "1"),
        ("2^10 − 24", "1000"),
        ("6 × 7 ÷ 2", "21"),
        ("2**-3", "0.125"),
        ("-1/8", "-0.125"),
        ("1/3", "≈ 0.3333333333333333 (exactly 1/3)"),
        ("100 * 1.19**5", "238.63536599"),
        ("2**200", str(2**200)),
        ("1_000 * 1e3", "1000000"),
        ("sqrt(9/16)", "0.75"),
        ("sqrt(2)", "≈ 1.4142135623731"),
        ("sin(pi)", "≈ 0"),
        ("log(8, 2)", "≈ 3"),
        ("ln(e)", "≈ 1"),
        ("round(2.5)", "3"),
        ("round(-2.345, 2)", "-2.35"),
        ("round(pi, 4)", "3.1416"),
        ("mean([1, 2, 3, 4])", "2.5"),
        ("median(5, 1, 3)", "3"),
        ("stdev(2, 4)", "≈ 1.4142135623731"),
        ("max(1/3, 0.3)", "≈ 0.3333333333333333 (exactly 1/3)"),
        ("gcd(12, 18) + lcm(4, 6)", "18"),
        ("comb(49, 6)", "13983816"),
        ("factorial(20)", "2432902008176640000"),
        ("pow(2, 0.5) - sqrt(2)", "≈ 0"),
        ("10**400 / 3", "≈ 3.333333333333333E+399"),
        ("abs(-5) + mod(-1, 3)", "7"),
    ],
)
def test_results(expression: str, result: str) -> None:
    assert written(evaluate(expression)) == result


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("", "numbers"),
        ("2 +", "no expression"),
        ("1/0", "divided by zero"),
        ("1 % 0", "divided by zero"),
        ("0 ** -1", "divided by zero"),
        ("1,000 + 1", "1000 instead of 1,000"),
        ("sum(1,200, 3)", "1000 instead of 1,000"),
        ("3,14 * 2", "with a point"),
        ("15% * 200", "as 0.15"),
        ("50% + 1", "as 0.15"),
        ("x + 1", "no 'x' here"),
        ("print(1)", "no function 'print'"),
        ("sqrt(-1)", "no real square root"),
        ("(-8) ** (1/3)", "not defined"),
        ("log(-1)", "above 0"),
        ("log(8, 1)", "base of a logarithm"),
        ("factorial(1001)", "0 to 1000"),
        ("factorial(1.5)", "whole number"),
        ("max()", "number of arguments"),
        ("sqrt(1, 2)", "number of arguments"),
        ("9**9**9", "too large"),
        ("9**-9**9", "too close to zero"),
        ("exp(1000)", "too large"),
        ("1e1001", "go up to"),
        ("1e999999999999", "go up to"),
        ("round(1, 99999999)", "at most 30 digits"),
        ("comb(10**9, 5)", "at most"),
        ("(" * 150 + "1" + ")" * 150 + "+" * 100 + "1", "nested too deeply"),
        ("-" * 400 + "1", "nested too deeply"),
        ("max(" + "[" * 150 + "1" + "]" * 150 + ")", "nested too deeply"),
        ("1+" * 300 + "1", "longer than"),
    ],
)
def test_errors_say_what_to_do(expression: str, hint: str) -> None:
    with pytest.raises(NotCalculableError, match=hint.replace("(", r"\(")):
        evaluate(expression)


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').system('true')",
        "().__class__",
        "(1).real",
        "sqrt.__globals__",
        "lambda: 1",
        "[1] * 10**9",
        "'a' * 10**9",
        'f"{1}"',
        "sum(i for i in [1])",
        "max(*[1, 2])",
        "round(1, ndigits=2)",
        "x := 1",
        "True",
        "1j",
        "...",
        "1 if 1 else 2",
        "1if 1else 2",
        "1 < 2",
        "1 and 2",
        "{1}",
        "1; 2",
        "1\x00",
    ],
)
def test_code_is_no_arithmetic(code: str) -> None:
    with pytest.raises(NotCalculableError):
        evaluate(code)


def _of_primes(function: str, term: str) -> str:
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]
    return f"{function}({', '.join(term.format(prime) for prime in primes)})"


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9**9",
        "(((9**999)**9)**9)**9",
        "factorial(factorial(7))",
        "factorial(1000) ** 1.5",
        _of_primes("sum", "1/{}**1500"),
        _of_primes("stdev", "1/{}**1500"),
        _of_primes("lcm", "{}**1500"),
        "*".join(["(1/3**4900+1)"] * 30),
        "comb(1000000, 1000)",
        "perm(1000000, 1000)",
        "e**709 * e**709",
    ],
)
def test_nothing_takes_long(expression: str) -> None:
    begun = time.perf_counter()
    with suppress(NotCalculableError):
        evaluate(expression)
    assert time.perf_counter() - begun < PATIENCE


tokens = st.sampled_from([*"0123456789.+-*/%^()[],_ eEx", "**", "//", "1e308", "1e-308", "9**9", "pi", *FUNCTIONS])


@given(st.text() | st.lists(tokens, max_size=60).map("".join) | st.lists(tokens, max_size=40).map(" ".join))
@example("(" * 250)
@example("[" * 500)
@example("1" * 500)
def test_whatever_is_written_ends_soon_in_a_number_or_in_an_error_of_ours(expression: str) -> None:
    begun = time.perf_counter()
    with suppress(NotCalculableError):
        assert written(evaluate(expression))
    assert time.perf_counter() - begun < PATIENCE


async def test_the_tool_repeats_what_it_calculated() -> None:
    async def called(expression: str) -> str:
        invocation = Invocation(call_id="1", arguments={"expression": expression}, context=a_context())
        return (await Calculate().call(invocation)).content

    assert await called(" 6 * 7 ") == "6 * 7 = 42"
    assert await called("2/3") == "2/3 ≈ 0.6666666666666667 (exactly 2/3)"
