"""What is shown of the figures: on the console, and in README.md between two marks."""

import re


def number(n):
    return f"{n:,}"


def mega(cycles):
    """Millions, with as many places as they need."""
    return f"{cycles / 1e6:.{2 if cycles < 1e6 else 1 if cycles < 1e8 else 0}f}"


def columns(rows):
    """Prints rows of texts, the first column to the left."""
    widths = [max(len(r[i]) for r in rows if i < len(r)) for i in range(max(map(len, rows)))]
    for row in rows:
        print("  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip())
    print()


def each(results):
    """What was measured of all builds: a name and the figures."""
    for library, kinds in results.items():
        for kind, result in kinds.items():
            yield f"{library}, {kind}", result


def handshakes(figures):
    rows = [["handshake", "", "instructions", "cycles", "longest call", "heap", "stack"]]
    for what, results in figures["handshake"].items():
        for name, r in each(results):
            rows.append([what, name, *(number(r[k]) for k in ("instructions", "cycles", "longest", "heap", "stack"))])
    columns(rows)


def everything(figures, musts):
    rows = [["build", "flash", "static RAM", ""]]
    for name, build in each(figures["builds"]):
        rows.append([name, number(build["flash"]), number(build["static"]), f"{build['text']} ({build['flags']})"])
    columns(rows)
    handshakes(figures)

    rows = [["bulk", "", "instructions/KB", "cycles/KB", "heap", "stack"]]
    for way in ("receive", "send"):
        for what, results in figures[way].items():
            for name, r in each(results):
                rate = [number(round(r[k] * 1024 / r["bytes"])) for k in ("instructions", "cycles")]
                rows.append([f"{way} {what}", name, *rate, number(r["heap"]), number(r["stack"])])
    columns(rows)

    rows = [["client signature, ours", "cycles", "longest call"]]
    rows += [[what, number(r["cycles"]), number(r["longest"])] for what, r in figures["client signature"].items()]
    columns(rows)

    rows = [["ours", "measured", "must", "aim"]]
    rows += [[what, *map(number, values)] for what, *values in musts]
    columns(rows)
    for what, value, most, _ in musts:
        if value > most:
            print(f"THE MUST OF {number(most)} IS STILL MISSED: {what}, by {number(value - most)}\n")

    rows = [["operation, ours", "instructions", "cycles", "stack"]]
    for what, r in figures["operations"].items():
        rows.append([what, *(number(r[k]) for k in ("instructions", "cycles", "stack"))])
    columns(rows)

    rows = [["certificate message, ours", "cycles", "heap", "stack"]]
    for size, r in figures["certificate message"].items():
        rows.append([f"{number(int(size))} bytes", *(number(r[k]) for k in ("cycles", "heap", "stack"))])
    columns(rows)

    rows = [["body received, ours", "cycles/KB", "heap", "stack"]]
    for size, r in figures["body"].items():
        rows.append([f"{number(int(size))} bytes", number(round(r["cycles"] * 1024 / r["bytes"])), number(r["heap"]),
                     number(r["stack"])])
    columns(rows)
    for name, reason in figures["missing"].items():
        print(f"{name} is missing: {reason}")
