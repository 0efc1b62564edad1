"""AWS's model of a service, and what C++ and the protocols call its parts."""
import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path

import botocore

KEYWORDS = set("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept
    const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double
    dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new
    noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short
    signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid
    typename union unsigned using virtual void volatile wchar_t while xor xor_eq
    assert errno linux major minor stderr stdin stdout unix
""".split())  # the last line are macros
PROTOCOLS = {"json": "kJson", "rest-json": "kRestJson", "rest-xml": "kRestXml", "query": "kQuery",
             "smithy-rpc-v2-cbor": "kJson"}


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"\W", "_", name).lower()
    return name + "_" if name in KEYWORDS else name


def capital(name):
    return name[0].upper() + name[1:]


class Model:
    def __init__(self, listing):
        path = Path(botocore.__file__).parent / "data" / listing.model / listing.version / "service-2.json"
        packed = path.with_suffix(".json.gz")
        self.json = json.loads(gzip.open(packed).read() if packed.exists() else path.read_text())
        self.shapes, self.metadata, self.operations = self.json["shapes"], self.json["metadata"], self.json["operations"]
        self.protocol = PROTOCOLS.get(self.metadata["protocol"]) or sys.exit(f"{listing.model} speaks {self.metadata['protocol']}")
        self.names = Counter(map(capital, self.shapes))

    def struct_name(self, name):
        """With a capital letter: a few models have both `endpoint` and `Endpoint`."""
        return capital(name) + "_" if name != capital(name) and self.names[capital(name)] > 1 else capital(name)

    def of(self, member, trait):
        """What is said of a member, or of its shape."""
        return member.get(trait, self.shapes[member["shape"]].get(trait))

    def has_events(self, name):
        return self.shapes[name].get("eventstream", False)

    def is_document(self, name):
        return self.shapes[name].get("document", False)

    # --- what stands in requests and answers

    def json_name(self, name, member):
        speaks_json = self.protocol in ("kJson", "kRestJson") and "location" not in member
        return member.get("locationName", name) if speaks_json else name

    def wire_name(self, struct, name, member):
        """Of a header, a parameter, an element; of a list without an element of its own, that of its elements."""
        if self.is_flat(member) and self.shapes[member["shape"]]["type"] == "list":
            inner = self.shapes[member["shape"]]["member"]
            return self.of(inner, "locationName") or member.get("locationName", name)
        default = member["shape"] if self.shapes[struct].get("payload") == name else name
        return self.of(member, "locationName") or default

    def is_flat(self, member):
        return bool(self.of(member, "flattened"))

    def element_names(self, name):
        """Of a map's keys or of nothing, and of a map's values or a list's elements."""
        shape = self.shapes[name]
        if shape["type"] == "list":
            return None, self.of(shape["member"], "locationName") or "member"
        return shape["key"].get("locationName", "key"), shape["value"].get("locationName", "value")

    def selector(self, name):
        """What tells an operation from others at its path: "?constant", or what it requires: "parameter", "header:"."""
        http = self.operations[name]["http"]
        chosen = ["?" + each for each in http["requestUri"].partition("?")[2].split("&") if each]
        if [path(each) for each in self.operations.values()].count(path(self.operations[name])) == 1:
            return " ".join(chosen)
        shape = self.shapes.get(self.operations[name].get("input", {}).get("shape"), {})
        for member in (shape["members"][required] for required in shape.get("required", [])):
            mark = {"querystring": "", "header": ":"}.get(member.get("location"))
            chosen += [] if mark is None else [member["locationName"] + mark]
        return " ".join(chosen)


def path(operation):
    """Its method and path, whatever the labels are called."""
    return operation["http"]["method"], re.sub(r"{[^}+]*", "{", operation["http"]["requestUri"].partition("?")[0])
