#!/usr/bin/env python3
"""Draws the way of the data through the engine, for the README: way.py writes way.svg beside itself."""

import os

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; text-anchor: middle }
  .title { font-weight: 600 } .note { font-size: 11px; fill: #59636e } .left { text-anchor: start }
  .box { fill: #0a7d4f; fill-opacity: .1; stroke: #0a7d4f } .kept { fill: #0a7d4f; fill-opacity: .38; stroke: #0a7d4f }
  .way { fill: none; stroke: #0a7d4f; stroke-width: 2 } .tip { fill: #0a7d4f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 } .box, .kept { fill: #3fb97f; stroke: #3fb97f }
    .way { stroke: #3fb97f } .tip { fill: #3fb97f }
  }"""
WIDTH, HEIGHT = 770, 316
# name: left, top, width, height, class, title, lines of text
BOXES = {
    "network": (0, 30, 92, 254, "box", "network", ("push, pull",)),
    "open": (136, 30, 150, 74, "box", "record", ("takes it apart, decrypts", "64 bytes at a time")),
    "parse": (356, 30, 170, 74, "box", "handshake", ("a parser for each message,", "a state for what may come")),
    "check": (606, 30, 164, 74, "box", "x509", ("hashes, parses, checks;", "keeps a key and digests")),
    "wait": (386, 130, 140, 60, "kept", "1 KB", ("waits for its tag",)),
    "caller": (606, 130, 164, 154, "box", "program", ("read, write",)),
    "seal": (136, 210, 150, 74, "box", "record", ("encrypts where it lies",)),
    "queue": (386, 224, 140, 60, "kept", "1 KB", ("waits for the network",)),
}
# The arrows: from point to point, the last one is the tip.
WAYS = (
    ((92, 67), (136, 67)), ((286, 67), (356, 67)), ((526, 67), (606, 67)),
    ((211, 104), (211, 160), (386, 160)), ((526, 160), (606, 160)),
    ((606, 254), (526, 254)), ((386, 262), (286, 262)), ((136, 247), (92, 247)),
    ((371, 104), (371, 234), (286, 234)),
)
NOTES = ((319, 58, "handshake"), (565, 58, "certificates"), (289, 152, "application data"), (327, 226, "our flight"))


def arrow(points):
    (x0, y0), (x1, y1) = points[-2:]
    dx, dy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
    end = (x1 - 7 * dx, y1 - 7 * dy)
    path = "M" + "L".join(f"{x} {y}" for x, y in points[:-1] + (end,))
    tip = f"M{x1} {y1}L{x1 - 9 * dx - 5 * dy} {y1 - 9 * dy - 5 * dx}L{x1 - 9 * dx + 5 * dy} {y1 - 9 * dy + 5 * dx}z"
    return f'<path class="way" d="{path}"/><path class="tip" d="{tip}"/>'


def draw():
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"'
           ' aria-label="The way of the data: from the network through record, handshake and x509, and back">',
           f"<style>{STYLE}\n</style>"]
    for left, top, width, height, kind, title, lines in BOXES.values():
        out.append(f'<rect class="{kind}" x="{left + .5}" y="{top + .5}" width="{width - 1}" height="{height - 1}" rx="6"/>')
        middle, y = left + width / 2, top + height / 2 - 8 * len(lines) + 4
        out.append(f'<text class="title" x="{middle}" y="{y}">{title}</text>')
        out += [f'<text class="note" x="{middle}" y="{y + 17 + 15 * i}">{line}</text>' for i, line in enumerate(lines)]
    out += [arrow(points) for points in WAYS]
    out += [f'<text class="note" x="{x}" y="{y}">{text}</text>' for x, y, text in NOTES]
    out.append('<text class="note left" x="0" y="14">Pale: what data only flows through. '
               'Dark: what waits in memory; the handshake uses the same bytes before.</text>')
    out.append('<text class="note left" x="0" y="306">Certificates of any length, in records of any length, take no more memory: '
               'about 4 KB for all of it.</text>')
    return "\n".join(out) + "\n</svg>\n"


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "way.svg"), "w", encoding="utf-8") as file:
        file.write(draw())
