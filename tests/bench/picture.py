#!/usr/bin/env python3
"""The picture for the README, drawn from the figures: picture.py [FIGURES.json PICTURE.svg]

Flash, RAM and time of a handshake with a P-256 certificate signed by a P-384 root, of some builds of ours and of the
rivals'; below, what resuming a session saves. No background of its own; the colours follow the reader's light or dark mode."""

import json
import sys
from pathlib import Path

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .note { font-size: 11px; fill: #59636e }
  .ours { fill: #0a7d4f } .theirs { fill: #8c959f } .stack { opacity: .5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 } .ours { fill: #3fb97f } .theirs { fill: #6e7681 }
  }"""
LABELS, COLUMN, BAR, ROW, TOP = 180, 200, 130, 26, 50


PICTURED = [("ours", "TLS 1.2"), ("ours", "fast P-256"), ("BearSSL 0.6", "-O2"), ("Mbed TLS 3.6", "-Os"),
            ("Mbed TLS 3.6", "-O2"), ("wolfSSL 5.9", "-Os, assembly"), ("wolfSSL 5.9", "-O2, assembly"),
            ("embedded-tls 0.19", "z")]


def draw(figures, path):
    def handshake(what, library, kind):
        return figures["handshake"].get(what, {}).get(library, {}).get(kind)

    # embedded-tls has TLS 1.3 alone.
    results = {key: handshake("P-384, TLS 1.2", *key) or handshake("P-384, TLS 1.3", *key) for key in PICTURED}
    names = [key for key in PICTURED if results[key]]
    columns = [
        ("Flash", "code and tables, KB", {n: [figures["builds"][n[0]][n[1]]["flash"] / 1024] for n in names}),
        ("RAM", "heap, and stack (paler), KB",
         {n: [results[n]["heap"] / 1024, results[n]["stack"] / 1024] for n in names}),
        ("Handshake", "millions of Cortex-M4 cycles", {n: [results[n]["cycles"] / 1e6] for n in names}),
    ]
    second = TOP + ROW * len(names) + 24
    handshakes = {
        text: handshake(what, "ours", kind)["cycles"] for text, what, kind in (
            ("TLS 1.2, full", "P-384, TLS 1.2", "TLS 1.3"), ("TLS 1.2, resumed", "resumed, TLS 1.2", "TLS 1.3"),
            ("TLS 1.3, full", "P-384, TLS 1.3", "TLS 1.3"), ("fast P-256", "P-384, TLS 1.3", "fast P-256"),
            ("TLS 1.3, resumed", "resumed, TLS 1.3", "TLS 1.3"), ("fast P-256 ", "resumed, TLS 1.3", "fast P-256"))
    }
    height = second + TOP - 22 + ROW * len(handshakes) + 4
    width = LABELS + COLUMN * len(columns)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
           ' role="img" aria-label="Flash, RAM and handshake time compared">',
           f"<style>{STYLE}\n</style>"]
    for row, name in enumerate(names):
        library, kind = name
        text = f"{'espruino-tls' if library == 'ours' else library}, {kind}"
        weight = ' class="title"' if library == "ours" else ""
        out.append(f'<text x="0" y="{TOP + ROW * row + 15}"{weight}>{text}</text>')
    for column, (title, note, values) in enumerate(columns):
        x = LABELS + COLUMN * column
        largest = max(map(sum, values.values()))
        out.append(f'<text x="{x}" y="14" class="title">{title}</text><text x="{x}" y="32" class="note">{note}</text>')
        for row, name in enumerate(names):
            y, at = TOP + ROW * row, float(x)
            colour = "ours" if name[0] == "ours" else "theirs"
            for part, value in enumerate(values[name]):
                length = BAR * value / largest
                out.append(f'<rect x="{at:.1f}" y="{y}" width="{length:.1f}" height="20" class="{colour}'
                           f'{" stack" if part else ""}"/>')
                at += length
            total = sum(values[name])
            out.append(f'<text x="{at + 6:.1f}" y="{y + 15}">{total:.{0 if total >= 100 else 1}f}</text>')
    out.append(f'<text x="0" y="{second + 8}" class="title">Sessions</text><text x="{LABELS}" y="{second + 8}"'
               ' class="note" dx="16">millions of cycles of a handshake, espruino-tls</text>')
    scale = (width - LABELS - 2 * BAR / 3) / max(handshakes.values())
    for row, (text, cycles) in enumerate(handshakes.items()):
        y, length = second + TOP - 28 + ROW * row, cycles * scale
        out.append(f'<text x="0" y="{y + 15}">{text}</text><rect x="{LABELS + 16}" y="{y}" width="{length:.1f}"'
                   f' height="20" class="ours"/><text x="{LABELS + 22 + length:.1f}" y="{y + 15}">{cycles / 1e6:.1f}</text>')
    out.append("</svg>")
    Path(path).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    source, target = sys.argv[1:3] if len(sys.argv) == 3 else (here / "figures.json", here / "figures.svg")
    draw(json.loads(Path(source).read_text()), target)
