"""What the documents tell people to type: the command lines and the JavaScript in them."""
import os
import re

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "espruino-patch/README.md", "js/https.md")
# What a command line begins with; an assignment may stand before it.
PROGRAM = re.compile(r"(?:[A-Z0-9_]+=\S* )*(make|cargo|rustup|openssl|python3|mkdir|cp|ln|git|nrfutil)\b ?")
INLINE = re.compile(r"(?<!`)`((?:make|cargo|rustup|openssl|python3) [^`]+)`(?!`)")


def blocks(document):
    """The fenced blocks of a document: the line where each begins, its language, its text."""
    with open(os.path.join(ROOT, document), encoding="utf-8") as file:
        lines = file.read().splitlines()
    found, start = [], None
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if start is None:
            start, language = number, line[3:].strip()
        else:
            found.append((start, language, "\n".join(lines[start:number - 1])))
            start = None
    if start is not None:
        raise ValueError(f"{document}:{start}: a block without end")
    return found


def is_commands(text):
    return all(PROGRAM.match(line) for line in joined(text))


def joined(text):
    """The command lines of a block, without comments, each in one line."""
    lines = (re.sub(r"(^|\s+)# .*", "", line) for line in re.sub(r"\\\n\s*", "", text).splitlines())
    return [line.strip() for line in lines if line.strip()]


def all_commands():
    """Each command line with the places where it is: from blocks, and from the running text and tables."""
    found = {}
    for document in DOCUMENTS:
        with open(os.path.join(ROOT, document), encoding="utf-8") as file:
            whole = file.read()
        for line, _, text in blocks(document):
            if is_commands(text):
                for command in joined(text):
                    found.setdefault(command, []).append(f"{document}:{line}")
        prose = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), whole, flags=re.M | re.S)
        for match in INLINE.finditer(prose):
            line = prose.count("\n", 0, match.start()) + 1
            found.setdefault(re.sub(r"\s+", " ", match[1]), []).append(f"{document}:{line}")
    return found


def all_scripts():
    """Each block of JavaScript with its place. In js/https.md, as in Espruino's own manuals, blocks have no language."""
    return [(f"{document}:{line}", text) for document in DOCUMENTS for line, language, text in blocks(document)
            if language == "js" or document == "js/https.md" and not is_commands(text)]


def other_blocks():
    """What is neither: pictures, output, other languages."""
    return [(f"{document}:{line}", language, text) for document in DOCUMENTS for line, language, text in blocks(document)
            if not is_commands(text) and language != "js" and document != "js/https.md"]
