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


# README.md and figures.md

# The builds in README.md's tables; figures.md has all. Ours are those in slices, which firmwares use.
SHOWN = {
    "TLS 1.2": [("ours", "pins"), ("ours", "TLS 1.2"), ("ours", "fast P-256"),
                ("BearSSL 0.6", "pins"), ("BearSSL 0.6", "-Os"), ("BearSSL 0.6", "-O2"),
                ("Mbed TLS 2.28", "-Os"), ("Mbed TLS 3.6", "-O2"), ("Mbed TLS 3.6", "restartable"),
                ("wolfSSL 5.9", "P-256 only"), ("wolfSSL 5.9", "-Os"), ("wolfSSL 5.9", "-O2, assembly"),
                ("wolfSSL 5.9", "non-blocking")],
    "TLS 1.3": [("ours", "TLS 1.3"), ("ours", "fast P-256"), ("Mbed TLS 3.6", "-O2, TLS 1.3"),
                ("wolfSSL 5.9", "-Os, TLS 1.3"), ("wolfSSL 5.9", "-O2, TLS 1.3"),
                ("embedded-tls 0.19", "z, pins"), ("embedded-tls 0.19", "z")],
}
COLUMNS = ["flash", "pinned", "P-384 CA", "RSA-2048 chain", "resumed", "longest call", "memory", "stack", "receive"]
KINDS_OF_HANDSHAKE = {"pinned": "pin", "P-384 CA": "P-384", "RSA-2048 chain": "RSA-2048", "resumed": "resumed"}
RECEIVE = {"TLS 1.2": "AES-128-GCM, 1 KB", "TLS 1.3": "AES-128-GCM, 1 KB, TLS 1.3"}
SLICED = ", in slices"


def values(figures, version, library, kind):
    """What a row shows: for each column the figure to compare, and its text."""
    of = {column: figures["handshake"].get(f"{what}, {version}", {}).get(library, {}).get(kind)
          for column, what in KINDS_OF_HANDSHAKE.items()}
    full = [r for column, r in of.items() if r]
    if not full:
        return None
    row = {column: (r["cycles"], mega(r["cycles"])) for column, r in of.items() if r}
    build = kind.removesuffix(SLICED)
    flash = figures["builds"][library][build]["flash"]
    row["flash"] = (flash, number(flash))
    longest = max(r["longest"] for r in full)
    row["longest call"] = (longest, mega(longest))
    for column, key in (("memory", "heap"), ("stack", "stack")):
        low, high = min(r[key] for r in full), max(r[key] for r in full)
        row[column] = (high, number(high) if low == high else f"{number(low)}–{number(high)}")
    received = figures["receive"].get(RECEIVE[version], {}).get(library, {}).get(build)
    if received:
        rate = received["cycles"] * 1024 / received["bytes"]
        row["receive"] = (rate, f"{rate / 1000:.0f}")
    return row


def all_rows(figures, version):
    """Of all builds: {(library, build): values}."""
    keys = {}
    for what in KINDS_OF_HANDSHAKE.values():
        for library, kinds in figures["handshake"].get(f"{what}, {version}", {}).items():
            keys.update({(library, kind): None for kind in kinds})
    order = [(library, kind) for library, kinds in figures["builds"].items() for kind in kinds]
    return {key: values(figures, version, *key)
            for key in sorted(keys, key=lambda k: (order.index((k[0], k[1].removesuffix(SLICED))), k[1]))}


def shown_rows(figures, version):
    rows = all_rows(figures, version)
    return {key: row for key, row in rows.items()
            if (key[0], key[1].removesuffix(SLICED)) in SHOWN[version] and (key[0], key[1] + SLICED) not in rows}


def title(figures, library, kind):
    text = figures["builds"][library][kind.removesuffix(SLICED)]["text"]
    return f"{library}: {text}{SLICED if kind.endswith(SLICED) else ''}"


def table(figures, rows):
    """In Markdown. The lowest of each column is bold."""
    best = {column: min(row[column][0] for row in rows.values() if column in row)
            for column in COLUMNS if any(column in row for row in rows.values())}
    lines = ["| | " + " | ".join(COLUMNS) + " |", "|---|" + "--:|" * len(COLUMNS)]
    for key, row in rows.items():
        cells = []
        for column in COLUMNS:
            value, text = row.get(column, (None, "–"))
            cells.append(f"**{text}**" if value is not None and value == best[column] else text)
        lines.append(f"| {title(figures, *key)} | " + " | ".join(cells) + " |")
    return lines


def ahead(figures, version):
    """Says where a rival has the lowest figure of all builds, and what ours is at best."""
    rows, said = all_rows(figures, version), []
    for column in COLUMNS:
        have = {key: row[column] for key, row in rows.items() if column in row}
        ours = {key: value for key, value in have.items() if key[0] == "ours"}
        if not have or not ours:
            continue
        best, mine = min(have, key=lambda k: have[k][0]), min(ours, key=lambda k: ours[k][0])
        if best[0] != "ours":
            said.append(f"{column}: {have[best][1]} ({best[0]}, {best[1]}), ours {ours[mine][1]} ({mine[1]})")
    return said


def in_markdown(figures, rows_of):
    lines = []
    for version in ("TLS 1.2", "TLS 1.3"):
        lines += [f"{version}: flash, memory and stack in bytes, handshakes and the longest call in Mcycles, receiving"
                  " AES-128-GCM in kcycles per KB:", "", *table(figures, rows_of(figures, version)), ""]
        if said := ahead(figures, version):
            lines += [f"In {version} a rival is ahead in {'; '.join(said)}.", ""]
    signatures = figures["client signature"]
    lines += ["Ours alone here: a signature with a client's key takes " + " and ".join(
        f"{mega(max(r['cycles'] for k, r in signatures.items() if k.startswith(kind)))} Mcycles with {kind}"
        for kind in ("P-256", "RSA-2048"))
        + f" (stack {number(max(r['stack'] for r in signatures.values()))} bytes)."]
    chacha = figures["receive"].get("ChaCha20-Poly1305, 1 KB", {})
    if chacha:
        lines += ["Receiving ChaCha20-Poly1305, in kcycles per KB: " + ", ".join(
            f"{r['cycles'] * 1024 / r['bytes'] / 1000:.0f} ({name.split(',')[0]})"
            for name, r in sorted(each(chacha), key=lambda e: e[1]["cycles"])) + "."]
    if figures["missing"]:
        lines += ["", "Not to be had in this run: "
                  + ", ".join(f"{name} ({why})" for name, why in figures["missing"].items())]
    return lines


def update_readme(figures, path):
    """What stands between the two marks."""
    text = path.read_text()
    block = "\n".join(["<!-- figures: make bench UPDATE=1 -->", "", *in_markdown(figures, shown_rows), "",
                       "<!-- /figures -->"])
    new = re.sub(r"<!-- figures: .*?<!-- /figures -->", lambda _: block, text, flags=re.S)
    if block not in new:
        raise SystemExit(f"bench: {path.name} has no marks for the figures")
    path.write_text(new)


def write_all(figures, path):
    lines = ["# All figures of `make bench`", "",
             "Made by it, not by hand. How they are measured stands in bench.py.", "", *in_markdown(figures, all_rows), "", "| build | flags | flash | static RAM |", "|---|---|--:|--:|"]
    lines += [f"| {name} | {build['text']}: `{build['flags']}` | {number(build['flash'])} | {number(build['static'])} |"
              for name, build in each(figures["builds"])]
    path.write_text("\n".join(lines) + "\n")
