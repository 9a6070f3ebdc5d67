"""Random Avro schemas, others that evolved from them, and values.

A schema is a tree of dicts in which a named type is one object wherever it is used: a type that
moves, goes or comes again still has its definition where it stands first. schema_json() prints it.
"""

import copy

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL = {
    "int": ("date", "time-millis"),
    "long": ("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos"),
    "string": ("uuid",),
    "bytes": ("decimal",),
}
NAMED = ("record", "enum", "fixed")
DEPTH_MAX = 4
# What a field's type may become so that old data can still be read; and back, so that it cannot.
PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def schema_json(node, seen=None):
    """The JSON of a schema, each named type in full where it stands first."""
    seen = set() if seen is None else seen
    kind = node["type"]
    if kind == "union":
        return [schema_json(branch, seen) for branch in node["branches"]]
    if kind in NAMED:
        if full_name(node) in seen:
            return full_name(node)
        seen.add(full_name(node))
        out = {"type": kind, "name": node["name"], "namespace": node["namespace"]}
        if node["aliases"]:
            out["aliases"] = node["aliases"]
        if kind == "enum":
            out["symbols"] = node["symbols"]
            if node["default"]:
                out["default"] = node["default"]
        elif kind == "fixed":
            out["size"] = node["size"]
        else:
            out["fields"] = [field_json(field, seen) for field in node["fields"]]
        return out
    if kind == "array":
        return {"type": "array", "items": schema_json(node["element"], seen)}
    if kind == "map":
        return {"type": "map", "values": schema_json(node["element"], seen)}
    return {key: node[key] for key in node} if len(node) > 1 else kind


def field_json(field, seen):
    out = {"name": field["name"], "type": schema_json(field["type"], seen)}
    if "default" in field:
        out["default"] = field["default"]
    if field["aliases"]:
        out["aliases"] = field["aliases"]
    return out


def full_name(node):
    return f"{node['namespace']}.{node['name']}"


def children(node):
    if node["type"] == "union":
        return node["branches"]
    if node["type"] in ("array", "map"):
        return [node["element"]]
    if node["type"] == "record":
        return [field["type"] for field in node["fields"]]
    return []


def nodes_of(root):
    """Every node once."""
    found, todo = {}, [root]
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo += children(node)
    return list(found.values())


def branch_kind(node):
    return full_name(node) if node["type"] in NAMED else node["type"]


def is_valid(root):
    """Whether a parser takes it: distinct branches, none a union; distinct names; distinct fields.
    And whether it means one thing: no two fields have the same alias."""
    names = set()
    for node in nodes_of(root):
        if node["type"] == "union":
            kinds = [branch_kind(branch) for branch in node["branches"]]
            if not kinds or "union" in kinds or len(set(kinds)) < len(kinds):
                return False
        if node["type"] in NAMED:
            if full_name(node) in names:
                return False
            names.add(full_name(node))
        if node["type"] == "record":
            fields = [field["name"] for field in node["fields"]]
            aliases = [alias for field in node["fields"] for alias in field["aliases"]]
            if len(set(fields)) < len(fields) or len(set(aliases)) < len(aliases):
                return False
    return True


def is_finite(root):
    """Whether its values end, when unions take what is no record: a record may contain itself."""
    nodes = nodes_of(root)
    finite = set()
    while True:
        before = len(finite)
        for node in nodes:
            ends = [id(child) in finite for child in children(node)]
            plain = node["type"] == "union" and any(c["type"] != "record" for c in children(node))
            if plain or node["type"] in ("array", "map") or all(ends):
                finite.add(id(node))
        if len(finite) == before:
            return before == len(nodes)


class Schemas:
    """Makes schemas. Names are few, so that types of two schemas often have the same."""

    def __init__(self, random):
        self.random = random

    def make(self):
        while True:
            self.named = []
            root = self.type(0)
            self.set_defaults(root)
            if is_valid(root) and is_finite(root):
                return root

    def type(self, depth):
        random = self.random
        kinds = ["primitive"] * 4 + ["logical"]
        if depth < DEPTH_MAX:
            kinds += ["array", "map", "enum", "fixed", "union", "union", "record", "record", "named"]
        if depth == 0:
            kinds = ["record"] * 6 + ["union", "array", "map", "primitive", "enum", "fixed"]
        kind = random.choice(kinds)
        if kind == "named" and self.named:
            return random.choice(self.named)
        if kind in ("array", "map"):
            return {"type": kind, "element": self.type(depth + 1)}
        if kind == "union":
            branches = {branch_kind(b): b for b in (self.branch(depth) for _ in range(3))}
            return {"type": "union", "branches": list(branches.values())}
        if kind in NAMED:
            return self.named_type(kind, depth)
        if kind == "logical":
            return self.logical()
        return {"type": random.choice(PRIMITIVES)}

    def branch(self, depth):
        if self.random.random() < 0.4:
            return {"type": "null"}
        while True:
            node = self.type(max(depth, 1) + 1)
            if node["type"] != "union":
                return node

    def logical(self):
        base = self.random.choice(list(LOGICAL))
        node = {"type": base, "logicalType": self.random.choice(LOGICAL[base])}
        if node["logicalType"] == "decimal":
            node["precision"], node["scale"] = self.random.choice((4, 9)), self.random.choice((0, 2))
        return node

    def named_type(self, kind, depth):
        random = self.random
        taken = {full_name(other) for other in self.named}
        names = "RST" if kind == "record" else "EF"[kind == "fixed"] + "G"
        free = [(name, space) for name in names for space in "xyz" if f"{space}.{name}" not in taken]
        if not free:
            return random.choice(self.named)
        name, namespace = random.choice(free)
        node = {"type": kind, "name": name, "namespace": namespace, "aliases": []}
        self.named.append(node)
        if kind == "enum":
            node["symbols"] = random.sample("ABCD", random.randint(1, 4))
            node["default"] = random.choice([None, *node["symbols"]])
        elif kind == "fixed":
            node["size"] = random.choice((0, 2, 2, 16))
        else:
            names = random.sample("abcdef", random.randint(0, 4))
            node["fields"] = []
            for field in names:
                node["fields"].append(self.field(field, self.type(depth + 1)))
        return node

    def field(self, name, node):
        field = {"name": name, "type": node, "aliases": []}
        if self.random.random() < 0.3:
            field["default"] = None  # which set_defaults() gives a value
        return field

    def set_defaults(self, root):
        """Gives each field that has a default one of its type, where there is one. None leads back to
        its own record: looking for the branch of a union, fastavro's writer puts it in for what a
        value lacks, looks at that in turn, and dies of it."""
        for node in nodes_of(root):
            if node["type"] != "record":
                continue
            for field in node["fields"]:
                if "default" in field:
                    if any(inner is node for inner in nodes_of(field["type"])):
                        del field["default"]
                        continue
                    try:
                        field["default"] = self.default(field["type"], 0)
                    except RecursionError:
                        del field["default"]

    def default(self, node, depth):
        random, kind = self.random, node["type"]
        if depth > 6:
            raise RecursionError
        if kind == "union":  # of the first branch, as fastavro's writer and older versions want
            return self.default(node["branches"][0], depth + 1)
        if kind == "record":
            return {f["name"]: self.default(f["type"], depth + 1) for f in node["fields"]}
        if kind in ("array", "map"):
            items = [self.default(node["element"], depth + 1) for _ in range(random.randint(0, 2))]
            return items if kind == "array" else {f"k{i}": item for i, item in enumerate(items)}
        if kind == "enum":
            return random.choice(node["symbols"])
        if kind == "fixed":
            return "\u00ff" * node["size"]
        return {
            "null": None,
            "boolean": random.random() < 0.5,
            "int": random.randint(-9, 9),
            "long": random.randint(-(1 << 40), 1 << 40),
            "float": random.randint(-99, 99) / 8,
            "double": random.randint(-99, 99) / 8,
            "bytes": "\u00fe1",
            "string": "d\u00e9",
        }[kind]

    def evolve(self, root):
        """A copy with up to four changes, most of those that people make."""
        changes = (
            self.add_field, self.drop_field, self.rename_field, self.shuffle_fields,
            self.change_type, self.wrap, self.change_union, self.change_enum, self.change_fixed,
            self.rename_type, self.change_logical,
        )
        while True:
            node = copy.deepcopy(root)
            self.named = [n for n in nodes_of(node) if n["type"] in NAMED]
            for _ in range(self.random.choice((0, 1, 1, 2, 3, 4))):
                # Several tries, since most changes fit few nodes.
                for _ in range(20):
                    change = self.random.choice(changes)
                    if change(self.random.choice(nodes_of(node))):
                        break
            self.set_defaults(node)
            if is_valid(node) and is_finite(node):
                return node

    def add_field(self, node):
        if node["type"] != "record":
            return False
        field = self.field(self.random.choice("abcdefgh"), self.type(DEPTH_MAX - 1))
        if self.random.random() < 0.6:
            field["default"] = None
        node["fields"].insert(self.random.randint(0, len(node["fields"])), field)
        return True

    def drop_field(self, node):
        if node["type"] != "record" or not node["fields"]:
            return False
        node["fields"].remove(self.random.choice(node["fields"]))
        return True

    def rename_field(self, node):
        if node["type"] != "record" or not node["fields"]:
            return False
        field = self.random.choice(node["fields"])
        if self.random.random() < 0.7:
            field["aliases"] = [*field["aliases"], field["name"]]
        field["name"] = self.random.choice("abcdefgh")
        return True

    def shuffle_fields(self, node):
        if node["type"] != "record":
            return False
        self.random.shuffle(node["fields"])
        return True

    def change_type(self, node):
        if node["type"] not in PRIMITIVES:
            return False
        if self.random.random() < 0.7:
            to = self.random.choice(PROMOTIONS.get(node["type"], PRIMITIVES))
        else:
            to = self.random.choice(PRIMITIVES)
        node.clear()
        node["type"] = to
        return True

    def wrap(self, node):
        """Makes a field nullable, or plain again."""
        if node["type"] != "record" or not node["fields"]:
            return False
        field = self.random.choice(node["fields"])
        held = field["type"]
        if held["type"] == "union":
            field["type"] = self.random.choice(held["branches"])
        else:
            field["type"] = {"type": "union", "branches": [{"type": "null"}, held]}
        return True

    def change_union(self, node):
        if node["type"] != "union":
            return False
        change = self.random.choice(("add", "add", "drop", "shuffle"))
        if change == "add":
            node["branches"].append(self.branch(DEPTH_MAX - 1))
        elif change == "drop" and len(node["branches"]) > 1:
            node["branches"].remove(self.random.choice(node["branches"]))
        else:
            self.random.shuffle(node["branches"])
        return True

    def change_enum(self, node):
        if node["type"] != "enum":
            return False
        node["symbols"] = self.random.sample("ABCD", self.random.randint(1, 4))
        node["default"] = self.random.choice([None, *node["symbols"]])
        return True

    def change_fixed(self, node):
        if node["type"] != "fixed":
            return False
        node["size"] = self.random.choice((0, 2, 16))
        return True

    def rename_type(self, node):
        if node["type"] not in NAMED:
            return False
        if self.random.random() < 0.7:
            # Short in the own namespace, sometimes.
            short = self.random.random() < 0.3
            node["aliases"] = [node["name"] if short else full_name(node)]
        if self.random.random() < 0.5:
            node["name"] = self.random.choice("RSTEFG")
        else:
            node["namespace"] = self.random.choice("xyz")
        return True

    def change_logical(self, node):
        if node["type"] not in LOGICAL:
            return False
        base = node["type"]
        node.clear()
        node["type"] = base
        if self.random.random() < 0.8:
            node["logicalType"] = self.random.choice(LOGICAL[base])
            if node["logicalType"] == "decimal":
                node["precision"] = self.random.choice((4, 9))
                node["scale"] = self.random.choice((0, 2))
        return True


class Values:
    """Values of schemas, in ranges that JSON and every implementation hold exactly."""

    def __init__(self, random):
        self.random = random

    def make(self, node, depth=0):
        random, kind = self.random, node["type"]
        if kind == "union":
            branches = node["branches"]
            plain = [b for b in branches if b["type"] != "record"]
            return self.make(random.choice(plain if depth > 8 and plain else branches), depth + 1)
        if kind == "record":
            return {f["name"]: self.make(f["type"], depth + 1) for f in node["fields"]}
        if kind in ("array", "map"):
            count = 0 if depth > 8 else random.choice((0, 1, 1, 3))
            items = [self.make(node["element"], depth + 1) for _ in range(count)]
            return items if kind == "array" else {f"k{i}": item for i, item in enumerate(items)}
        if kind == "enum":
            return random.choice(node["symbols"])
        if kind == "fixed":
            return bytes(random.randrange(128) for _ in range(node["size"]))
        return {
            "null": lambda: None,
            "boolean": lambda: random.random() < 0.5,
            "int": lambda: self.number(31),
            "long": lambda: self.number(53),
            "float": lambda: self.number(24) / 64,
            "double": lambda: self.number(50) / 1024,
            "bytes": lambda: bytes(random.randrange(128) for _ in range(random.choice((0, 1, 9)))),
            "string": lambda: "".join(random.choice("abZ_1 \u00e9\u20ac") for _ in range(random.choice((0, 1, 9)))),
        }[kind]()

    def number(self, bits):
        return self.random.getrandbits(self.random.randrange(bits)) * self.random.choice((1, -1))
