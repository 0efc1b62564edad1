#!/usr/bin/env python3
"""leat's own rules, which no general linter knows. Each check gives "file:line: what is wrong".

- a folder includes only folders below it (the table is docs/architecture.md's);
- no service includes another;
- clocks, randomness and `catch` stand only where they are meant to, or on a line that says so: `// lint: clock`,
  `// lint: random`, `// lint: catch`;
- no files, and no folders, include each other in a circle;
- TRY is an argument or a member only where it is the only one;
- no coroutines: g++ 12 miscompiles them, so what waits takes a completion.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What each folder may include, itself apart. A service's generated API is its own.
LAYERS = {
    "base": [],
    "runtime": ["base"],
    "engine/kv": ["base", "runtime"],
    "engine/shardlog": ["base", "engine/kv"],
    "engine/schedule": ["base", "runtime", "engine/kv"],
    "engine/blob": ["base"],
    "engine/sandbox": ["base", "runtime"],
    "aws": ["base"],
    "wire": ["base", "runtime", "aws"],
    "service": ["base", "runtime", "engine", "aws"],
    "authorization": ["base", "aws", "service/iam"],
    "integration": ["base", "runtime", "engine", "aws", "service", "authorization"],
    "gateway": ["base", "runtime", "aws", "wire"],
    "app": ["base", "runtime", "engine", "aws", "wire", "service", "authorization", "integration", "gateway"],
    "testing": ["base", "runtime", "engine", "aws", "wire", "service", "authorization", "integration", "gateway", "app"],
}
GENERATED = {match[1]: f"service/{path.parent.name}" for path in sorted((ROOT / "src/service").glob("*/*.list"))
             for match in re.finditer(r"^namespace (\w+)", path.read_text(), re.M)}
KNOT = "service/dynamodb"  # whose rooms still include its class, which includes them
BANNED = {
    "clock": re.compile(r"(system_clock|steady_clock|high_resolution_clock)::now|\btime\(NULL|\btime\(nullptr|gettimeofday|clock_gettime"),
    "random": re.compile(r"\brand\(|\bsrand\(|random_device|mt19937|\bgetrandom\("),
    "catch": re.compile(r"\bcatch \("),
}
ALLOWED = {"catch": {"gateway/dispatch.cc", "app/main.cc"}}
COROUTINE = re.compile(r"\bco_(await|return|yield)\b")


def folder_of(path):
    for folder in sorted(LAYERS, key=len, reverse=True):
        if path == folder or path.startswith(folder + "/"):
            return folder
    return None


def included_place(name):
    """The source path that an include stands for: a generated API belongs to its service."""
    match = re.match(r"aws/(\w+)/", name)
    return GENERATED[match[1]] + "/api.h" if match and match[1] in GENERATED else name


def check_include(path, name):
    here, there_path = folder_of(path), included_place(name)
    there = folder_of(there_path)
    if there is None:
        return None  # a library's
    if here == "service":
        own = "/".join(path.split("/")[:2])
        if there == "service" and not there_path.startswith(own + "/"):
            return f"{own} includes another service: {name}"
    if there == here or any(there_path.startswith(each + "/") for each in LAYERS[here]):
        return None
    return f"{here} may not include {name}"


def check_text(path, text):
    """Problems of one source, as (line, message)."""
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#include "([^"]+)"', line)
        if include:
            problem = check_include(path, include[1])
            if problem:
                yield number, problem
        code = line.split("//")[0]
        for name, pattern in BANNED.items():
            if pattern.search(code) and f"// lint: {name}" not in line and path not in ALLOWED.get(name, ()):
                yield number, f"{name}: {pattern.search(code)[0]} stands where it is not meant to"
        if COROUTINE.search(code):
            yield number, "coroutines are not used: g++ 12 miscompiles them"


def check_try(text):
    """TRY as one of several arguments or members: what was made before it would leak when it returns (g++ forgets it)."""
    for found in re.finditer(r"\bTRY\(", text):
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        before, after = text[:found.start()].rstrip(), text[end:].lstrip()
        if before.endswith(",") or (after.startswith(",") and not before.endswith("=")):
            yield text.count("\n", 0, found.start()) + 1, "TRY stands by itself: not among other arguments"


def circles(edges):
    """The groups of an included-by graph in which everything leads back to everything."""
    reach = {}
    for start in edges:
        seen, waiting = set(), [start]
        while waiting:
            for each in edges.get(waiting.pop(), ()):
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)
        reach[start] = seen
    return sorted({tuple(sorted(other for other in reach[each] if each in reach.get(other, ()))) for each in reach if each in reach[each]})


def check_circles(sources):
    """Problems of all sources together, which are texts by their paths."""
    files, folders = {}, {}
    for path, text in sources.items():
        files[path] = {name for name in re.findall(r'#include "([^"]+)"', text) if name in sources}
        for name in files[path]:
            here, there = path.rsplit("/", 1)[0], name.rsplit("/", 1)[0]
            if here != there:
                folders.setdefault(here, set()).add(there)
    for what, edges in (("files", files), ("folders", folders)):
        for group in circles(edges):
            if not all(each == KNOT or each.startswith(KNOT + "/") for each in group):
                yield f"{what} include each other in a circle: {', '.join(group)}"


def main():
    problems = []
    for file in sorted((ROOT / "src").rglob("*")):
        if file.suffix in (".h", ".cc"):
            path = str(file.relative_to(ROOT / "src"))
            problems += [f"src/{path}:{number}: {message}" for check in (check_text(path, file.read_text()), check_try(file.read_text())) for number, message in check]
    problems += check_circles({str(file.relative_to(ROOT / "src")): file.read_text() for file in (ROOT / "src").rglob("*") if file.suffix in (".h", ".cc")})
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
