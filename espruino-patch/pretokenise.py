#!/usr/bin/env python3
"""Writes minified JavaScript as Espruino's interpreter keeps it after E.setFlags({pretokenise:1}): a byte for each keyword and operator.

  pretokenise.py JSLEX.H IN.js OUT.js

It takes less flash than the text and is read faster; what it means is the same. The numbers of the tokens are those of Espruino's
src/jslex.h. An Espruino that does not know them gets the text as it is. Strings stay as they are: the interpreter does not look
whether there was memory for one that is written with its length.
"""
import os
import re
import sys

TOKEN = re.compile(r"""(?P<space>\s+|/\*.*?\*/)
  |(?P<name>[A-Za-z_$][\w$]*)
  |(?P<number>0x[\da-fA-F]+|\d+(?:\.\d+)?(?:e\d+)?)
  |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  |(?P<mark>=>|>>>=|===|!==|>>>|>>=|<<=|[=!<>]=|<<|>>|&&|\|\||\?\?|\+\+|--|[-+*/%&|^]=|[-{}()[\];,<>+*/%&|^!~?:=.])
""", re.S | re.X)
REGEX = re.compile(r"/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[gimsuy]*")
# What may come before a regular expression; after anything else `/` divides.
BEFORE_REGEX = set("( , = : [ ! && || ? { } ; return".split()) | {""}
# Names in jslex.h, and what they stand for. Keywords are LEX_R_ and the word.
OPERATORS = {"EQUAL": "==", "TYPEEQUAL": "===", "NEQUAL": "!=", "NTYPEEQUAL": "!==", "LEQUAL": "<=", "LSHIFT": "<<",
             "LSHIFTEQUAL": "<<=", "GEQUAL": ">=", "RSHIFT": ">>", "RSHIFTUNSIGNED": ">>>", "RSHIFTEQUAL": ">>=",
             "RSHIFTUNSIGNEDEQUAL": ">>>=", "PLUSEQUAL": "+=", "MINUSEQUAL": "-=", "PLUSPLUS": "++",
             "MINUSMINUS": "--", "MULEQUAL": "*=", "DIVEQUAL": "/=", "MODEQUAL": "%=", "ANDEQUAL": "&=",
             "ANDAND": "&&", "OREQUAL": "|=", "OROR": "||", "XOREQUAL": "^=", "ARROW_FUNCTION": "=>"}


def numbers(header):
    """What byte stands for which text; None if this Espruino's tokens are not known."""
    body = re.search(r"typedef enum LEX_TYPES \{(.*?)\}", header, re.S)
    if not body:
        return None
    values, value = {}, -1
    for entry in re.sub(r"//[^\n]*|/\*.*?\*/", "", body[1], flags=re.S).split(","):
        name, _, given = (part.strip() for part in entry.partition("="))
        if not name:
            continue
        if given:
            total = 0
            for part in given.split("+"):
                part = part.strip()
                if not part.isdigit() and part not in values:
                    return None
                total += int(part) if part.isdigit() else values[part]
            value = total
        else:
            value += 1
        values[name] = value
    tokens = {}
    for name, value in values.items():
        if name.startswith("LEX_R_"):
            tokens[name[6:].lower()] = value
        elif name[4:] in OPERATORS:
            tokens[OPERATORS[name[4:]]] = value
    # All of them, in their order, from 128 on: or it is another list than the one that is known here.
    known = len(tokens) > 55 and min(tokens.values()) >= 128 and max(tokens.values()) < 256
    return tokens if known and "jslNewTokenisedStringFromLexer" in header else None


def words(text):
    at, last = 0, ""
    while at < len(text):
        divides = text[at] != "/" or text.startswith("/*", at) or last not in BEFORE_REGEX
        match = (TOKEN if divides else REGEX).match(text, at)
        if not match:
            sys.exit(f"pretokenise.py: this is not understood: {text[at:at + 30]}")
        at = match.end()
        if divides and match.lastgroup == "space":
            continue
        yield (match.lastgroup if divides else "regex"), match[0]
        last = match[0]


def pretokenise(text, tokens):
    out, all_words, wordy = bytearray(), list(words(text)), False
    i = 0
    while i < len(all_words):
        kind, word = all_words[i]
        following = all_words[i + 1][1] if i + 1 < len(all_words) else ""
        before = all_words[i - 1][1] if i else ""
        i += 1
        # `!0`, `!1` and `void 0` are what a minifier makes of these.
        short = {"!0": "true", "!1": "false", "void0": "undefined"}.get(word + following)
        if short:
            kind, word = "name", short
            i += 1
        key = kind == "name" and (before == "." or following == ":" and before in ("{", ","))
        if word in tokens and kind in ("name", "mark") and not key:
            out.append(tokens[word])
            wordy = False
            continue
        # A name or number after another one; `- -` and `+ +`.
        now = kind in ("name", "number")
        if wordy and now or out[-1:] in (b"+", b"-") and word[0] == chr(out[-1]):
            out += b" "
        out += word.encode("ascii")
        wordy = now or kind == "regex"
    return bytes(out)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding="latin-1") as file:
            tokens = numbers(file.read())
    except FileNotFoundError:
        tokens = None
    with open(sys.argv[2], encoding="ascii") as file:
        text = file.read()
    code = pretokenise(text, tokens) if tokens else text.encode("ascii")
    # Espruino keeps it as a C string, and its build takes off spaces.
    assert b"\0" not in code
    # make builds anew what depends on a file that was written.
    if os.path.exists(sys.argv[3]):
        with open(sys.argv[3], "rb") as file:
            if file.read() == code:
                return
    with open(sys.argv[3], "wb") as file:
        file.write(code)


if __name__ == "__main__":
    main()
