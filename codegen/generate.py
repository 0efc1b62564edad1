#!/usr/bin/env python3
"""Generates C++ from AWS's service models for the operations that a service lists.

usage: generate.py SERVICE_LIST OUTPUT_FOLDER

SERVICE_LIST is a `*.operations` file; its head names the model, the C++ service type and the namespace:

    model dynamodb 2012-08-10
    namespace dynamodb
    service DynamoDb service/dynamodb/dynamodb.h
    override AttributeValue AttributeValue service/dynamodb/value/attribute_value.h
    PutItem   write   table/{TableName}

The last word is the resource that the operation's action is asked for on, as IAM names it, with members of the request in
braces. Lines below it, set in, say what else a request asks for, where it has the members in braces (and the member after
`if`), and which condition keys it has:

    RestoreTableToPointInTime   write   table/{SourceTableName}
      and {SourceTableArn}
      and table/{TargetTableName}
      and dynamodb:PutItem,dynamodb:Query table/{TargetTableName}
      and dynamodb:TagResource table/{TargetTableName} if Tags
      with dynamodb:Key {Member}

It may also say what a model leaves out because its service has moved on to another protocol:

    xmlns URL                          of its Query answers
    flat SHAPE NAME [KEY VALUE]        a list or map that Query writes flat: NAME.1, or NAME.1.KEY and NAME.1.VALUE
    code ERROR QUERY_CODE              an error's code in Query, and in x-amzn-query-error
    open SHAPE                         an enum whose values, or a map whose keys the service checks itself
    open STRUCT MEMBER                 the same of an enum in one place
    optional SHAPE MEMBER              a member that AWS leaves out at times, though the model requires it

In what the service differs from others, and how large a request's body may be (1 MiB where nothing is said):

    policies NAME                      its name in policies and ARNs, where that is not the one in signatures
    refuses STATUS                     a caller, in JSON and CBOR (403 where nothing is said)
    skew MINUTES                       how far a caller's clock may be off (15 where nothing is said)
    sums answers                       by x-amz-crc32
    shares resources                   with other accounts, which name them
    errors PREFIX                      before '#' in the type of an error

And the letters of its rows' keys, which no two services share (engine/kv/key.h):

    keys LETTER ROOMS                  its own, and those of its rooms
    keys all LETTERS                   of rows beside all accounts
    body BYTES [OPERATION...]          of these, or of all others
    action NAME OPERATION...           what policies call them

And how a request is refused, which no model says (aws/request_rules.h):

    layer LAYER OPERATION...           the validation that operations speak: older (where none is said), current, enveloped
    order OPERATION MEMBER...          in which the older layer names members
    first OPERATION MEMBER VALUE...    an enum that the current layer looks at first, and its values as that prints them
    needs OPERATION MEMBER TEXT        what is said where the member is missing
    empty OPERATION MEMBER TEXT        what is said where it is empty
    enum SHAPE VALUE...                the order in which an enum's values are printed
    most STRUCT MEMBER COUNT           a list that may be as long as this, whatever the model says
    arns SHAPE OTHER                   what is no ARN in SHAPE must be as OTHER demands
    nullable elements                  "Member must not be null" is not among the constraints of elements

Written into OUTPUT_FOLDER/aws/<namespace>/: types.h, types.cc (structs, shape tables, errors) and operations.cc
(handler declarations and the binding table). The models are botocore's, pinned in dev/requirements.txt.
"""
import gzip
import json
import re
import sys
from pathlib import Path

import botocore

SCALARS = {
    "string": ("std::string", "kString"), "character": ("std::string", "kString"), "blob": ("aws::Blob", "kBlob"),
    "boolean": ("bool", "kBoolean"), "integer": ("std::int32_t", "kInteger"), "long": ("std::int64_t", "kLong"),
    "float": ("double", "kDouble"), "double": ("double", "kDouble"), "timestamp": ("aws::Timestamp", "kTimestamp"),
}
KEYWORDS = {"default", "operator", "namespace", "class", "delete", "export", "template", "union", "bool", "and", "or", "not"}
KINDS = {"read": "kRead", "write": "kWrite", "wait": "kWait"}
LOCATIONS = {None: "kBody", "uri": "kUri", "querystring": "kQuery", "header": "kHeader", "statusCode": "kStatusCode"}


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = name.replace("-", "_").lower()
    return name + "_" if name in KEYWORDS else name


def quote(text):
    return json.dumps(text, ensure_ascii=True) if all(31 < ord(c) < 127 for c in text) else \
        '"' + "".join(c if 31 < ord(c) < 127 and c not in '"\\' else "".join(f"\\{b:03o}" for b in c.encode()) for c in text) + '"'


def flag(value):
    return str(value).lower()


class Listing:
    """A parsed `*.operations` file."""

    def __init__(self, path):
        self.overrides, self.operations, self.extra = {}, [], []
        self.xmlns, self.flat, self.codes, self.open, self.optional = None, {}, {}, set(), set()
        self.layers, self.order, self.first, self.texts = {}, {}, {}, {"needs": {}, "empty": {}}
        self.enums, self.most, self.arns, self.nullable = {}, {}, {}, False
        self.policies, self.refuses, self.skew, self.sums, self.shares = None, 403, 15, False, False
        self.bodies, self.actions, self.errors = {}, {}, ""
        self.letter, self.rooms, self.shared_rooms = "", "", ""
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            words = re.sub(r"(^|\s)#.*", "", line).split()
            if not words:
                continue
            match words:
                case ["model", model, version]: self.model, self.version = model, version
                case ["namespace", namespace]: self.namespace = namespace
                case ["service", service, header]: self.service, self.header = service, header
                case ["override", shape, cpp, header]: self.overrides[shape] = (cpp, header)
                case ["shape", name]: self.extra.append(name)
                case ["xmlns", url]: self.xmlns = url
                case ["flat", shape, *names]: self.flat[shape] = names
                case ["code", error, code]: self.codes[error] = code
                case ["open", *shape]: self.open.add(".".join(shape))
                case ["optional", shape, member]: self.optional.add((shape, member))
                case ["layer", layer, *names]: self.layers |= dict.fromkeys(names, f"aws::Layer::k{layer.capitalize()}")
                case ["order", operation, *members]: self.order[operation] = members
                case ["first", operation, member, *values]: self.first.setdefault(operation, []).append((member, ", ".join(values)))
                case ["needs" | "empty" as when, operation, member, *text]:
                    self.texts[when].setdefault(operation, []).append((member, " ".join(text)))
                case ["enum", shape, *values]: self.enums[shape] = values
                case ["most", struct, member, count]: self.most[struct, member] = count
                case ["arns", shape, other]: self.arns[shape] = other
                case ["nullable", "elements"]: self.nullable = True
                case ["policies", name]: self.policies = name
                case ["refuses", status]: self.refuses = int(status)
                case ["skew", minutes]: self.skew = int(minutes)
                case ["sums", "answers"]: self.sums = True
                case ["shares", "resources"]: self.shares = True
                case ["errors", prefix]: self.errors = prefix
                case ["keys", "all", letters]: self.shared_rooms = letters
                case ["keys", letter, rooms]: self.letter, self.rooms = letter, rooms
                case ["body", size, *names]: self.bodies |= dict.fromkeys(names or [None], int(size))
                case ["action", action, *names]: self.actions |= dict.fromkeys(names, action)
                case [name, kind, resource] if kind in KINDS: self.operations.append((name, kind, resource))
                case ["and", *right]: self.add_right(right)
                case ["with", key, value]: self.add_right([f"@{key}", value])
                case _: sys.exit(f"{path}:{number}: cannot read: {line}")
        for letters in (self.rooms, self.shared_rooms):
            if len(set(letters)) != len(letters):
                sys.exit(f"{path}: two kinds of rows have the same letter: {letters}")

    def add_right(self, words):
        """One more of what the last operation asks for, in the form that aws/rights.h reads."""
        *right, last = words if words[-2:-1] != ["if"] else words[:-2]
        member = words[-1] if words[-2:-1] == ["if"] else ""
        actions = right[0] if right else "-" if member else ""
        name, kind, resource = self.operations[-1]
        self.operations[-1] = (name, kind, f"{resource} & {last} {actions} {member}".rstrip())


class Model:
    def __init__(self, listing):
        path = Path(botocore.__file__).parent / "data" / listing.model / listing.version / "service-2.json"
        packed = path.with_suffix(".json.gz")
        self.json = json.loads(gzip.open(packed).read() if packed.exists() else path.read_text())
        self.shapes, self.metadata, self.operations = self.json["shapes"], self.json["metadata"], self.json["operations"]


class Generator:
    def __init__(self, listing, model):
        self.listing, self.model = listing, model
        self.order, self.errors = [], []      # shapes in dependency order; error shapes
        for name, _, resource in listing.operations:
            operation = model.operations.get(name) or sys.exit(f"{listing.model} has no operation {name}")
            self.check_rights(name, resource)
            for side in ("input", "output"):
                if side in operation:
                    self.visit(operation[side]["shape"])
            for error in operation.get("errors", []):
                if error["shape"] not in self.errors:
                    self.errors.append(error["shape"])
                    self.visit(error["shape"])
        for name in listing.extra:
            self.visit(name)

    def check_rights(self, name, resource):
        """Each member that a right names is one of the request's, or nobody would be asked."""
        shape = self.model.operations[name].get("input", {}).get("shape")
        members = self.model.shapes[shape]["members"] if shape else {}
        conditions = [right.split()[2] for right in resource.split(" & ") if len(right.split()) == 3]
        for member in re.findall(r"{(\w+)}", resource) + conditions:
            if member not in members:
                sys.exit(f"{self.listing.model}: {name} has no member {member}")

    def visit(self, name, above=()):
        if name in self.order:
            return
        if name in above:
            sys.exit(f"{name} is recursive: give it an override")
        shape = self.model.shapes[name]
        if name not in self.listing.overrides:
            for inner in self.references(shape):
                self.visit(inner, above + (name,))
        if not self.is_events(name):
            self.order.append(name)

    def is_events(self, name):
        return self.model.shapes[name].get("eventstream", False)

    def references(self, shape):
        if shape.get("eventstream"):
            inner = [member["shape"] for member in shape["members"].values()]
            return [name for name in inner if not self.model.shapes[name].get("exception")]
        if shape["type"] == "structure":
            return [member["shape"] for member in shape["members"].values()]
        if shape["type"] == "list":
            return [shape["member"]["shape"]]
        return [shape["key"]["shape"], shape["value"]["shape"]] if shape["type"] == "map" else []

    def cpp(self, name):
        if name in self.listing.overrides:
            return self.listing.overrides[name][0]
        if self.is_events(name):
            return "aws::EventSource"
        shape = self.model.shapes[name]
        match shape["type"]:
            case "structure": return self.struct_name(name)
            case "list": return f"std::vector<{self.cpp(shape['member']['shape'])}>"
            case "map": return f"aws::Map<{self.cpp(shape['value']['shape'])}>"
            case kind: return SCALARS[kind][0]

    @staticmethod
    def struct_name(name):
        return name[0].upper() + name[1:]

    def shape_ref(self, name):
        if self.is_events(name):
            return "&aws::kEventStream"
        return f"&{self.struct_name(name)}::kShape" if self.is_struct(name) else f"&shapes::k{self.struct_name(name)}"

    def is_struct(self, name):
        return name not in self.listing.overrides and self.model.shapes[name]["type"] == "structure"

    def members(self, struct):
        """(model name, member, C++ field, held by value). Error messages are the Error's own, not members."""
        shape = self.model.shapes[struct]
        required = [name for name in shape.get("required", []) if (struct, name) not in self.listing.optional]
        for name, member in shape["members"].items():
            if shape.get("exception") and name.lower() == "message":
                continue
            yield name, member, snake(name), name in required

    # --- types.h

    def types_h(self):
        out = ["#pragma once", "// Generated by codegen/generate.py. Do not edit.", "",
               '#include "aws/error.h"', '#include "aws/event_stream.h"', '#include "aws/shape.h"']
        out += sorted({f'#include "{header}"' for _, header in self.listing.overrides.values()})
        out += ["", f"namespace leat::{self.listing.namespace} {{", ""]
        for name in filter(self.is_struct, self.order):
            out.append(f"struct {self.struct_name(name)} {{")
            for _, member, field, by_value in self.members(name):
                kind = self.cpp(member["shape"])
                out.append(f"  {kind} {field}{{}};" if by_value else f"  std::optional<{kind}> {field};")
            out += ["  static const aws::Shape kShape;", "};", ""]
        out.append("namespace errors {")
        out.append("using namespace aws::errors;")
        out += [f"extern const aws::ErrorType k{self.error_constant(name)};" for name in self.errors]
        out += ["}  // namespace errors", "", "", "}  // namespace"]
        return out

    def error_constant(self, name):
        return re.sub(r"Exception$|Fault$", "", self.struct_name(name))

    # --- types.cc

    def types_cc(self):
        space = self.listing.namespace
        out = ["// Generated by codegen/generate.py. Do not edit.", f'#include "aws/{space}/types.h"', "",
               "#include <cstddef>", "", '#pragma GCC diagnostic ignored "-Winvalid-offsetof"', "",
               f"namespace leat::{space} {{", "", "using aws::Kind;", "using aws::Location;", "", "namespace shapes {"]
        plain = [name for name in self.order if not self.is_struct(name)]
        out += [f"extern const aws::Shape k{self.struct_name(name)};" for name in plain]
        out.append("")
        for name in plain:
            out += self.plain_shape(name)
        out += ["}  // namespace shapes", ""]
        for name in filter(self.is_struct, self.order):
            out += self.shortened(name) + self.struct_shape(name)
        prefix = self.listing.errors
        out.append("namespace errors {")
        for name in self.errors:
            shape = self.model.shapes[name]
            error = shape.get("error", {})
            status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
            sender = "false" if shape.get("fault") or status >= 500 else "true"
            has_members = any(True for _ in self.members(name))
            details = self.shape_ref(name) if has_members else "nullptr"
            out.append(f'const aws::ErrorType k{self.error_constant(name)}{{"{name}", {quote(self.listing.codes.get(name) or error.get("code", name))}, '
                       f'{status}, {sender}, {details}, "{prefix}", "{self.message_member(name)}"}};')
        return out + ["}  // namespace errors", "}  // namespace"]

    def message_member(self, name):
        """As the error's shape spells it."""
        return next((member for member in self.model.shapes[name].get("members", ()) if member.lower() == "message"), "message")

    def enum_values(self, name, values):
        order = self.listing.enums.get(name, values)
        if sorted(order) != sorted(values):
            sys.exit(f"{self.listing.model}: the values of {name} are {' '.join(values)}")
        return order

    def plain_shape(self, name, most=None):
        shape, fields, before = self.model.shapes[name], [], []
        if most:
            shape = shape | {"max": most}
        if name in self.listing.overrides:
            custom = self.listing.overrides[name][0]
            return [f'const aws::Shape k{self.struct_name(name)}{{.kind = Kind::kCustom, .name = "{name}", .custom = &{custom}::kJson}};']
        kind = {"list": "kList", "map": "kMap"}.get(shape["type"]) or SCALARS[shape["type"]][1]
        fields += [f".kind = Kind::{kind}", f'.name = "{name}"']
        fields += [f".{bound} = {int(shape[bound])}" for bound in ("min", "max") if bound in shape]
        if "pattern" in shape:
            fields.append(f".pattern = {quote(shape['pattern'])}")
        if "enum" in shape and name not in self.listing.open:
            values = self.enum_values(name, shape["enum"])
            before = [f"constexpr std::string_view k{self.struct_name(name)}Values[] = {{{', '.join(map(quote, values))}}};"]
            fields.append(f".values = k{self.struct_name(name)}Values")
        if shape["type"] == "list":
            inner = shape["member"]
            fields += [f".element = {self.shape_ref(inner['shape'])}", f".list = &aws::kList<{self.cpp(inner['shape'])}>",
                       f'.element_name = "{inner.get("locationName", "member")}"']
        if shape["type"] == "map":
            key = "&aws::kPlainString" if name in self.listing.open else self.shape_ref(shape["key"]["shape"])
            fields += [f".element = {self.shape_ref(shape['value']['shape'])}", f".key = {key}",
                       f".map = &aws::kMap<{self.cpp(shape['value']['shape'])}>"]
        if shape["type"] in ("list", "map") and self.listing.nullable:
            fields.append(".nullable = true")
        if name in self.listing.arns:
            fields.append(f".plain = {self.shape_ref(self.listing.arns[name])}")
        if name in self.listing.flat:
            fields.append(f".flat = &k{self.struct_name(name)}Flat")
            before.append(f"constexpr aws::FlatNames k{self.struct_name(name)}Flat{{{', '.join(map(quote, self.listing.flat[name]))}}};")
        return before + [f"const aws::Shape k{self.struct_name(name)}{{{', '.join(fields)}}};"]

    def shortened(self, struct):
        """Lists of this struct whose length it limits itself."""
        out = []
        for (owner, member), count in self.listing.most.items():
            if owner == struct:
                name = self.model.shapes[struct]["members"][member]["shape"]
                text = self.plain_shape(name, count)[-1]
                out.append("static " + text.replace(f"k{self.struct_name(name)}{{", f"k{owner}{member}{{"))
        return out

    def member_shape(self, struct, name, member):
        if f"{struct}.{name}" in self.listing.open:
            return "&aws::kPlainString"
        return f"&k{struct}{name}" if (struct, name) in self.listing.most else self.shape_ref(member["shape"])

    def struct_shape(self, name):
        shape, cpp, rows = self.model.shapes[name], self.struct_name(name), []
        for member_name, member, field, by_value in self.members(name):
            optional = "nullptr" if by_value else f"&aws::kOptional<{self.cpp(member['shape'])}>"
            location = self.location(shape, member_name, member)
            rows.append(f'    {{"{member_name}", "{member.get("locationName", member_name)}", {self.member_shape(name, member_name, member)}, '
                        f"{optional}, offsetof({cpp}, {field}), Location::{location}, {'true' if by_value else 'false'}}},")
        if len(rows) > 64:
            sys.exit(f"{name} has more than 64 members")
        head = [f"const aws::Member k{cpp}Members[] = {{"] + rows + ["};"] if rows else []
        members = f", .members = k{cpp}Members" if rows else ""
        return head + [f'const aws::Shape {cpp}::kShape{{.kind = Kind::kStructure, .name = "{name}"{members}}};', ""]

    def location(self, shape, name, member):
        if self.is_events(member["shape"]):
            return "kEventStream"
        return "kPayload" if shape.get("payload") == name or member.get("eventpayload") else LOCATIONS[member.get("location")]

    # --- operations.cc

    def operations_h(self):
        space = self.listing.namespace
        layers = [f"template <>\ninline constexpr aws::Layer kLayer<{self.sides(name)[0]}> = {layer};" for name, layer in self.listing.layers.items()]
        return ["#pragma once", "// Generated by codegen/generate.py. Do not edit: the handlers that operations.list promises.", "",
                '#include "aws/operation.h"', f'#include "aws/{space}/types.h"', "", f"namespace leat::{space} {{", "",
                f"class {self.listing.service};", "extern const aws::ServiceModel kModel;", "",
                "// The validation that an operation speaks, by its input.", "template <class Input>",
                "inline constexpr aws::Layer kLayer = aws::Layer::kOlder;", *layers, ""] + \
            [self.declaration(name, kind) for name, kind, _ in self.listing.operations] + ["", "}  // namespace"]

    def sides(self, name):
        operation = self.model.operations[name]
        empty = {"input": "NoInput", "output": "void"}
        return [self.struct_name(operation[side]["shape"]) if side in operation else empty[side] for side in ("input", "output")]

    def declaration(self, name, kind):
        taken, given = self.sides(name)
        taken = "" if taken == "NoInput" else f", const {taken}&"
        if kind == "wait":
            return f"void {snake(name)}({self.listing.service}&, const aws::Caller&{taken}, aws::Reply<{given}>);"
        return f"aws::Result<{given}> {snake(name)}({self.listing.service}&, const aws::Caller&{taken});"

    def operations_cc(self):
        space, listed = self.listing.namespace, {name: (kind, resource) for name, kind, resource in self.listing.operations}
        out = ["// Generated by codegen/generate.py. Do not edit.", f'#include "aws/{space}/operations.h"',
               f'#include "{self.listing.header}"', "", f"namespace leat::{space} {{", "namespace {", ""]
        out += [line for name, _, _ in self.listing.operations for line in self.rules(name)]
        out += ["const aws::Operation kOperations[] = {"]
        for name in sorted(self.model.operations):
            out.append(self.row(name, *listed.get(name, (None, ""))))
        meta = self.model.metadata
        protocol = {"json": "kJson", "rest-json": "kRestJson", "query": "kQuery", "smithy-rpc-v2-cbor": "kJson"}[meta["protocol"]]
        speaks_query = meta["protocol"] == "query" or "awsQueryCompatible" in meta
        out += ["};", "", "}  // namespace", "",
                f'const aws::ServiceModel kModel{{"{self.listing.model}", "{meta.get("signingName", meta["endpointPrefix"])}", '
                f'"{meta["endpointPrefix"]}", aws::Protocol::{protocol}, "{meta.get("jsonVersion", "")}", '
                f'"{meta.get("targetPrefix", "")}", "{self.listing.errors}", "{self.listing.xmlns or meta.get("xmlNamespace", "")}", '
                f'"{meta["apiVersion"]}", {flag(speaks_query)}, "{self.policy_prefix()}", {self.listing.refuses}, '
                f'std::chrono::minutes({self.listing.skew}), {flag(self.listing.sums)}, {flag(self.listing.shares)}, {self.body_limit()}, "{self.listing.letter}", "{self.listing.shared_rooms}", kOperations}};', "", "}  // namespace"]
        return out

    def policy_prefix(self):
        return self.listing.policies or self.model.metadata.get("signingName", self.model.metadata["endpointPrefix"])

    def body_limit(self):
        return self.listing.bodies.get(None, 1 << 20)

    def row(self, name, kind, resource):
        operation, http = self.model.operations[name], self.model.operations[name]["http"]
        limits = self.listing.bodies
        asks = f'"{resource}", "{self.policy_prefix()}:{self.listing.actions.get(name, name)}", {limits.get(name, self.body_limit())}'
        common = f'"{http["method"]}", "{http["requestUri"]}", {http.get("responseCode", 200)}'
        if kind is None:
            return f'    {{"{name}", aws::OperationKind::kRead, {asks}, nullptr, nullptr, {common}, "", nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}},'
        taken, given = self.sides(name)
        default_wrapper = f"{name}Result" if "awsQueryCompatible" in self.model.metadata else ""
        wrapper = operation.get("output", {}).get("resultWrapper", default_wrapper)
        shapes = [f"&{side}::kShape" if side not in ("NoInput", "void") else "nullptr" for side in (taken, given)]
        payloads = [self.payload(operation, side) for side in ("input", "output")] + [self.events_out(operation)]
        adapter = "waiting" if kind == "wait" else "blocking"
        handler, make = snake(name), f"&aws::bind::make<{taken}>"
        if taken == "NoInput":
            handler, make = f"[]({self.listing.service}& service, const aws::Caller& caller, const int&) {{ return {snake(name)}(service, caller); }}", "&aws::bind::make<int>"
            taken = "int"
        bound = f"&aws::bind::{adapter}<{handler}, {self.listing.service}, {taken}, {given}>"
        return (f'    {{"{name}", aws::OperationKind::{KINDS[kind]}, {asks}, {shapes[0]}, {shapes[1]}, {common}, "{wrapper}", '
                f"{', '.join(payloads)}, {make}, {bound}, {f'&k{name}Rules' if self.rules(name) else 'nullptr'}}},")

    def rules(self, name):
        """An operation's aws::RequestRules, where it has any."""
        listing, out = self.listing, []
        parts = {"Order": [quote(member) for member in listing.order.get(name, ())]}
        for part, texts in (("First", listing.first), ("Needs", listing.texts["needs"]), ("Empty", listing.texts["empty"])):
            parts[part] = [f"{{{quote(member)}, {quote(text)}}}" for member, text in texts.get(name, ())]
        if not any(parts.values()) and name not in listing.layers:
            return []
        for part, values in parts.items():
            kind = "std::string_view" if part == "Order" else "aws::MemberText"
            out += [f"constexpr {kind} k{name}{part}[] = {{{', '.join(values)}}};"] if values else []
        fields = [f"k{name}{part}" if values else "{}" for part, values in parts.items()]
        return out + [f"constexpr aws::RequestRules k{name}Rules{{{listing.layers.get(name, 'aws::Layer::kOlder')}, {', '.join(fields)}}};"]

    def payload(self, operation, side):
        shape = operation.get(side, {}).get("shape")
        name = shape and self.model.shapes[shape].get("payload")
        if not name or self.is_events(self.model.shapes[shape]["members"][name]["shape"]):
            return "nullptr"
        return self.member_ref(shape, name)

    def events_out(self, operation):
        shape = operation.get("output", {}).get("shape")
        for name, member in self.model.shapes[shape]["members"].items() if shape else ():
            if self.is_events(member["shape"]):
                return self.member_ref(shape, name)
        return "nullptr"

    def member_ref(self, shape, name):
        index = list(self.model.shapes[shape]["members"]).index(name)
        return f"&{self.struct_name(shape)}::kShape.members[{index}]"


def main(list_path, output):
    listing = Listing(list_path)
    generator = Generator(listing, Model(listing))
    folder = Path(output) / "aws" / listing.namespace
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {"types.h": generator.types_h(), "types.cc": generator.types_cc(),
                        "operations.h": generator.operations_h(), "operations.cc": generator.operations_cc()}.items():
        text = "\n".join(lines) + "\n"
        path = folder / name
        if not path.exists() or path.read_text() != text:  # an unchanged file does not rebuild what includes it
            path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
