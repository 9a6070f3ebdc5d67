"""The schemas that the contract is told with."""

import json

STRINGS = ("item_id", "dept_id", "cat_id", "store_id", "state_id")


def sales(extra=(), name="SalesRecord", doc=None, **retyped):
    fields = [{"name": field, "type": "string"} for field in STRINGS]
    fields += [{"name": "day", "type": "int"}, {"name": "sold", "type": "int"},
               {"name": "sell_price", "type": ["null", "float"]}]
    for field in fields:
        field["type"] = retyped.get(field["name"], field["type"])
    schema = {"type": "record", "name": name, "namespace": "m5.forecasting.avro"}
    if doc:
        schema["doc"] = doc
    return {**schema, "fields": fields + list(extra)}


def text(schema):
    return json.dumps(schema, separators=(",", ":"))


def record(*fields, name="Record", **members):
    """A record of fields; a field is (name, type) or (name, type, default)."""
    return {"type": "record", "name": name, **members,
            "fields": [dict(zip(("name", "type", "default"), field)) for field in fields]}


PROMO = {"name": "promo", "type": ["null", "string"], "default": None}
PROMO_WITHOUT_DEFAULT = {"name": "promo", "type": ["null", "string"]}

BASE = text(sales())
COMPATIBLE = text(sales([PROMO]))
NO_DEFAULT = text(sales([PROMO_WITHOUT_DEFAULT]))
RETYPED = text(sales(sold="string"))

INVALID = ('{"type":"wrong"}',
           '{"type":"record","name":"R"}',
           '{"type":"record","name":"R","fields":[{"name":"a"}]}')
