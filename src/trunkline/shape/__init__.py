"""What a JSON value must look like, said once.

From one declaration, `Object({"body": Text(at_most=4096)}, {"preview_url": Boolean()})`, come the checker of
decoded JSON and the JSON Schema that stands in the OpenAPI document. The checker collects every problem, not
only the first, and returns the normal form: known members only, without those that are null or left empty.
It never raises for what the strict JSON gate lets through. Lengths count Unicode code points.

In the normal form of a value that has problems, BROKEN stands where the type is wrong; a text that is only
too long, or a number out of range, stays. So a rule over several members can still say what it sees.
"""

from trunkline.shape.findings import ABSENT, BROKEN, Findings
from trunkline.shape.objects import Object, Rule, Tagged
from trunkline.shape.values import Anything, Array, Boolean, Choice, Integer, Number, Schema, Shape, Text

__all__ = [
    "ABSENT",
    "BROKEN",
    "Anything",
    "Array",
    "Boolean",
    "Choice",
    "Findings",
    "Integer",
    "Number",
    "Object",
    "Rule",
    "Schema",
    "Shape",
    "Tagged",
    "Text",
]
