#!/usr/bin/env python3
"""Writes the tables of README.md from firmware that was built: images.py FIRMWARE.https.json ...

https.make writes such a file beside each program. The first three for PIXLJS have a column each in the table of what is left out; all
have a line in the table of images, PIXLJS or the other boards.
"""
import json
import os
import re
import sys

from room import CHOICES, FEATURES

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")


def name(facts):
    return f"`{facts['said']}`" if facts["said"] else "nothing said"


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def head(*cells):
    return row(*cells) + "|" + "---|" * len(cells) + "\n"


def features(images):
    text = head("name in `HTTPS_KEEP`", "frees", "what is gone", *(name(image) for image in images))
    for feature, size, gone, _, _ in FEATURES:
        text += row(f"`{feature}`", f"{size:,}", gone, *("×" if feature in image["left_out"] else " " for image in images))
    return text


def choices():
    return head("name in `HTTPS_LEAVE_OUT`", "frees", "what is gone") + "".join(
        row(f"`{feature}`", f"{size:,}", gone) for feature, size, gone, _, _ in CHOICES)


def sizes(images, board):
    text = head(*(["board"] if board else []), "built with", "image", "free", "left for the stack", *(["left out"] if board else []))
    for image in images:
        limit = image.get("limit")
        free = f"{limit - image['image']:,} of {limit:,}" if limit else "not known"
        cells = [image["board"]] if board else []
        cells += [name(image), f"{image['image']:,}", free, f"{image['stack']:,}" if "stack" in image else ""]
        text += row(*cells, *([" ".join(image["left_out"]) or "nothing"] if board else []))
    return text


def main():
    images = []
    for path in sys.argv[1:]:
        with open(path) as file:
            images.append(json.load(file))
    pixl = [image for image in images if image["board"] == "PIXLJS"]
    others = [image for image in images if image["board"] != "PIXLJS"]
    if len(pixl) < 3:
        sys.exit(__doc__)
    tables = {"features": features(pixl[:3]), "choices": choices(), "images": sizes(pixl, False)}
    if others:
        tables["boards"] = sizes(others, True)
    with open(README) as file:
        text = file.read()
    for what, table in tables.items():
        begin, end = f"<!-- images.py: {what} -->\n", "<!-- end -->"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        if not re.search(pattern, text, re.S):
            sys.exit(f"images.py: README.md has no place for {what}")
        text = re.sub(pattern, lambda _: begin + table + end, text, count=1, flags=re.S)
    with open(README, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
