"""Which shapes the listed operations reach, each after those that it holds."""
import sys


class Reach:
    def __init__(self, listing, model):
        self.listing, self.model = listing, model
        self.order, self.errors = [], []           # shapes in dependency order; error shapes
        self.recursive, self.boxed = set(), set()  # structs that lead back to themselves; (struct, shape) that do so by a member
        for name, _, resource in listing.operations:
            operation = model.operations.get(name) or sys.exit(f"{listing.model} has no operation {name}")
            for side in ("input", "output"):
                if side in operation:
                    self.visit(operation[side]["shape"])
            for error in operation.get("errors", []):
                if error["shape"] not in self.errors:
                    self.errors.append(error["shape"])
                    self.visit(error["shape"])
        for name in listing.extra:
            self.visit(name)

    def is_struct(self, name):
        plain = name in self.listing.overrides or self.model.is_document(name)
        return not plain and self.model.shapes[name]["type"] == "structure"

    def visit(self, name, above=()):
        if name in self.order:
            return
        if name in above:
            return self.lead_back(above[above.index(name):], name)
        shape = self.model.shapes[name]
        if name not in self.listing.overrides:
            for inner in self.references(shape):
                self.visit(inner, above + (name,))
        if not self.model.has_events(name):
            self.order.append(name)

    def lead_back(self, circle, name):
        """What is held by lists and maps is declared before; what is held directly stands in a box."""
        self.recursive |= {each for each in circle if self.is_struct(each)}
        if self.is_struct(name) and self.is_struct(circle[-1]):
            self.boxed.add((circle[-1], name))

    def references(self, shape):
        if shape.get("eventstream"):
            inner = [member["shape"] for member in shape["members"].values()]
            return [name for name in inner if not self.model.shapes[name].get("exception")]
        if shape["type"] == "structure":
            return [member["shape"] for member in shape["members"].values()]
        if shape["type"] == "list":
            return [shape["member"]["shape"]]
        return [shape["key"]["shape"], shape["value"]["shape"]] if shape["type"] == "map" else []
