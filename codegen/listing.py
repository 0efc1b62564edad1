"""The lists of a service's operations, a `*.list` file each. Its head names the model, the C++ service type and the namespace:

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
    root OPERATION NAME                the element around its REST-XML answer
    error NAME STATUS                  an error that the model lacks

In what the service differs from others, and how large a request's body may be (1 MiB where nothing is said):

    policies NAME                      its name in policies and ARNs, where that is not the one in signatures
    refuses STATUS                     a caller, in JSON and CBOR (403 where nothing is said)
    skew MINUTES                       how far a caller's clock may be off (15 where nothing is said)
    sums answers                       by x-amz-crc32
    shares resources                   with other accounts, which name them
    errors PREFIX                      before '#' in the type of an error
    body BYTES [OPERATION...]          of these, or of all others
    action NAME OPERATION...           what policies call them

The letters of its rows' keys, which no two services share (engine/kv/key.h):

    keys LETTER ROOMS                  its own, and those of its rooms
    keys all LETTERS                   of rows beside all accounts

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
"""
import re
import sys
from pathlib import Path

KINDS = {"read": "kRead", "write": "kWrite", "wait": "kWait"}


class Listing:
    """A parsed list."""

    def __init__(self, path):
        self.overrides, self.operations, self.extra = {}, [], []
        self.xmlns, self.flat, self.codes, self.open, self.optional = None, {}, {}, set(), set()
        self.layers, self.order, self.first, self.texts = {}, {}, {}, {"needs": {}, "empty": {}}
        self.enums, self.most, self.arns, self.nullable = {}, {}, {}, False
        self.policies, self.refuses, self.skew, self.sums, self.shares = None, 403, 15, False, False
        self.bodies, self.actions, self.errors = {}, {}, ""
        self.roots, self.own_errors = {}, {}
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
                case ["root", operation, name]: self.roots[operation] = name
                case ["error", name, status]: self.own_errors[name] = int(status)
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
