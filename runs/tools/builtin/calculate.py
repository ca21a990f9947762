"""``calculate``: arithmetic that a model should not do in its head."""

from __future__ import annotations

from runs.inference.base import ToolDefinition
from runs.tools.base import Invocation, Settled, Tool, ToolTraits
from runs.tools.builtin.arithmetic import LONGEST_EXPRESSION, evaluate, written
from runs.tools.builtin.functions import FUNCTIONS


class Calculate(Tool):
    """Evaluates one expression. It knows no variables and runs no code."""

    traits = ToolTraits(title="Calculator", timeout=5.0)
    definition = ToolDefinition(
        name="calculate",
        description=(
            "Calculates an arithmetic expression exactly. Use it for every calculation that is not trivial. Operators: "
            "+ - * / // % ** and brackets; ^ means **; angles are radians; log(x) is natural, log(x, base) to a base. "
            f"Functions: {', '.join(FUNCTIONS)}. Constants: pi, e, tau."
        ),
        parameters={
            "type": "object",
            "properties": {
                "expression": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_EXPRESSION,
                    "description": "Such as (17.5 * 3 + 2) / 4, sqrt(2) or mean([3, 4, 8]). Decimals with a point.",
                }
            },
            "required": ["expression"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """The value.

        Raises:
            NotCalculableError: with what to write instead.
        """
        expression = invocation.arguments["expression"]
        value = written(evaluate(expression))
        return Settled(f"{expression.strip()} {value}" if value.startswith("≈") else f"{expression.strip()} = {value}")
