#!/usr/bin/env python3
"""Writes what run.py --figures has measured, picture.py FIGURES.json, into espruino-patch/memory.svg (the memory over the time of one
request) and as tables into README.md beside this file and into espruino-patch/README.md."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<!-- measured: picture.py -->", "<!-- end of what was measured -->"
SHOWN = "pinned, TLS 1.3, without sessions"
SHORT = (
    "pinned, TLS 1.2, without sessions",
    "pinned, TLS 1.3, without sessions",
    "pinned, TLS 1.3, first and resumed",
    "ca, TLS 1.3, first and resumed",
    "chain rsa-2, TLS 1.3",
    "chain long, TLS 1.2",
    "chain mixed, TLS 1.3",
    "a body of 1,000 bytes",
    "a body of 20,000 bytes",
    "20,000 bytes without TLS, to compare",
    "a body of 102,400 bytes",
    "20,000 bytes in chunks",
    "200 polls in a row, the first and the last with as much free memory",
    "two connections at once",
    "records of 16 KB, which the server sends though it was asked for 1 KB, at 57,600 baud",
    "the system api-gateway",
    "the system amazon",
    "the system cloudflare",
    "the system powerwall",
    "a client's key p256",
    "a client's key rsa2048",
    "out of memory on purpose, and the next request",
)

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 380, 70, 70, 46, 46
VARIABLE = 13


# As tests/bench/picture.py's: no background of its own, and the reader's light or dark mode.
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .note { font-size: 11px; fill: #59636e }
  .middle { text-anchor: middle } .end { text-anchor: end } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round }
  .grid { stroke: #8c959f; opacity: .25 } .tick { stroke: #8c959f } .dashed { stroke-dasharray: 4 4 }
  .heap { stroke: #0a7d4f } text.heap { stroke: none; fill: #0a7d4f } .stack { stroke: #9a6700 } text.stack { stroke: none; fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 } .heap { stroke: #3fb97f } text.heap { fill: #3fb97f } .stack { stroke: #d29922 }
    text.stack { fill: #d29922 }
  }"""


def polyline(points, kind):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" class="line {kind}"/>'


def text(x, y, content, kind):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{content}</text>'


def draw(figures, title, free_at_boot):
    """Free bytes of the interpreter's heap, and of the stack, both over milliseconds."""
    samples = figures["samples"]
    end = samples[-1][0]
    most = max([free for _, free, _ in samples if free is not None] + [free_at_boot]) * VARIABLE
    room = figures["room"]
    full = max(most, room) * 1.05

    def place(time, value):
        return LEFT + time / end * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - value / full * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"'
        f' aria-label="{title}">',
        f"<style>{STYLE}\n</style>",
        text(0, 14, title, "title"),
    ]
    step = 4096
    for value in range(0, int(full) + 1, step):
        _, y = place(0, value)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        out.append(text(LEFT - 6, y + 4, f"{value // 1024} KB", "note end"))
    seconds = end / 64e6
    for i in range(0, int(seconds * 10) + 1):
        x, _ = place(i / 10 * 64e6, 0)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 4}" class="tick"/>')
        if i % max(1, int(seconds)) == 0:
            out.append(text(x, HEIGHT - BOTTOM + 18, f"{i * 100} ms", "note middle"))
    heap = [place(time, free * VARIABLE) for time, free, _ in samples if free is not None]
    stack = [place(time, room - depth) for time, _, depth in samples]
    out.append(polyline(heap, "heap"))
    out.append(polyline(stack, "stack"))
    lowest = min(free for _, free, _ in samples if free is not None) * VARIABLE
    deepest = max(depth for _, _, depth in samples)
    _, y = place(0, free_at_boot * VARIABLE)
    out.append(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="heap dashed"/>'
    )
    out.append(text(WIDTH - RIGHT, y - 5, f"free after boot: {free_at_boot * VARIABLE:,} bytes", "heap end"))
    out.append(
        text(
            WIDTH - RIGHT,
            place(0, lowest)[1] + 16,
            f"heap, least free without garbage: {lowest:,} bytes",
            "heap end",
        )
    )
    out.append(
        text(
            WIDTH - RIGHT,
            place(0, room - deepest)[1] + 16,
            f"stack, least free: {room - deepest:,} of {room:,} bytes",
            "stack end",
        )
    )
    out.append("</svg>")
    return "\n".join(out) + "\n"


def mark(image, title):
    return {"PASS": "✓", "RACE": "race", "SKIP": "–"}.get(image["results"].get(title), "**fails**" if title in image["results"] else "")


def table(results, titles):
    """A row for each case: its result with each image, and the figures of the first that has it."""
    rows = [
        "| case | "
        + " | ".join(image["name"] for image in results)
        + " | seconds | longest turn, ms | stack | variables free | bytes lost |",
        "|---|" + "---|" * len(results) + "---|---|---|---|---|",
    ]
    for title in titles:
        figures = next((image["figures"][title] for image in results if image["figures"].get(title)), None)
        row = f"| {title} | " + " | ".join(mark(image, title) for image in results)
        if figures:
            row += f" | {figures['seconds']:.2f} | {figures['loop'] * 1000:.0f} | {figures['stack']:,} | {figures['free']:,} | {figures['lost']:,} |"
        else:
            row += " | | | | | |"
        rows.append(row)
    return "\n".join(rows) + "\n"


def put(path, text):
    """Puts it between the marks in a file."""
    with open(path) as file:
        before, _, rest = file.read().partition(BEGIN)
        _, _, after = rest.partition(END)
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n{text}{END}{after}")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1]) as file:
        results = json.load(file)
    for image in results:
        image["name"] = "`full`" if "chain" in image["features"] else "`pin`"
        image["name"] += " `client-rsa`" if "client-rsa" in image["features"] else ""
    titles = list(dict.fromkeys(title for image in results for title in image["results"]))
    sizes = ", ".join(
        f"{name} {size:,} bytes"
        for name, size in results[0]["sizes"].items()
        if name in ("ec", "rsa", "rsa-2", "mixed", "long", "ten")
    )
    put(os.path.join(HERE, "README.md"), table(results, titles) + f"\nThe servers' Certificate messages: {sizes}.\n")
    patch = os.path.join(HERE, "..", "..", "espruino-patch")
    put(os.path.join(patch, "README.md"), table(results, [title for title in titles if title in SHORT]))
    with open(os.path.join(patch, "memory.svg"), "w") as file:
        file.write(
            draw(
                results[0]["figures"][SHOWN], f"The memory of a Pixl.js during one request: {SHOWN}", results[0]["free"]
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
