"""Cuts the web fonts to what the page uses. Run by `cargo xtask font`, which says where everything is.

Korean has 11,172 syllables and a whole Korean font weighs two megabytes. A page uses a few hundred of them. So the
sans face is cut into files by `unicode-range`, and a browser loads only those that hold a character on screen:

  sans-first   every character of our own texts, filled up with the most frequent syllables: what a visitor loads
  sans-2 …     the other syllables of KS X 1001, most frequent first: for what people type themselves
  (none)       the remaining 8,822, which hardly occur: the system's own font

Between a file for each weight and one variable file, the variable one is smaller from the second weight on (measured
for 900 syllables: 69 KB for each weight, 124 KB for all from 400 to 800).

Both faces are under the SIL Open Font License. A cut font is a modified one, and Pretendard is a reserved name, so the
cut faces carry names of their own.
"""

import argparse
import io
import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

SYLLABLES_IN_FIRST = 900
SYLLABLES_PER_FILE = 380
SANS_WEIGHTS = (400, 800)
MONO_WEIGHTS = (400, 700)

ASCII = {chr(code) for code in range(0x20, 0x7F)}
# Typographic marks and arrows that Korean and technical prose uses.
MARKS = set("\u00a0«»·×÷±°–—‘’“”…•‥′″←↑→↓↔⇒▲▼◀▶○●□■◆★✓✕「」『』〈〉《》")
JAMO = {chr(code) for code in range(0x3131, 0x3164)}
# Terminal output: frames of tables, arrows.
MONO_MARKS = set("\u00a0·×–—…←↑→↓│─┌┐└┘├┤┬┴┼█▌░✓")

SANS_FEATURES = ["kern", "ccmp", "mark", "mkmk", "locl", "tnum", "case", "zero", "ss05"]
# JetBrains Mono's `calt` joins `->` and `!=` into one sign. Where characters are counted, they must stay apart.
MONO_FEATURES = ["kern", "ccmp", "mark", "zero"]


def is_syllable(char):
    return "가" <= char <= "힣"


def characters_of(ranges):
    """The characters of a CSS `unicode-range`."""
    for part in ranges.split(","):
        first, _, last = part.strip().upper().removeprefix("U+").partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


def ranges_of(characters):
    """The shortest CSS `unicode-range` for some characters."""
    runs = []
    for code in sorted(map(ord, characters)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def frequent_syllables(pretendard):
    """All syllables of KS X 1001, most frequent first: Pretendard's own subsets are in the order of frequency."""
    css = (pretendard / "dist/web/variable/pretendardvariable-dynamic-subset.css").read_text("utf-8")
    subsets = re.findall(r"unicode-range: ([^;]*);", css)
    common = [b"%c%c" % (lead, trail) for lead in range(0xB0, 0xC9) for trail in range(0xA1, 0xFF)]
    common = [pair.decode("euc-kr") for pair in common]
    wanted, order = set(common), []
    for ranges in reversed(subsets):
        order += [char for char in characters_of(ranges) if char in wanted]
    return list(dict.fromkeys(order + common))


def cut(source, characters, weights, features, family, target):
    """Writes `target`: `source` with only these characters and weights, under the name `family`."""
    font = TTFont(source, recalcTimestamp=False)
    font.flavor = None
    options = subset.Options(layout_features=features, hinting=False, name_IDs=[0, 1, 2, 4, 6, 13, 14], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(characters)))
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": weights})
    for number, text in {1: family, 4: family, 6: family.replace(" ", "")}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font.flavor = "woff2"
    data = io.BytesIO()
    font.save(data)
    target.write_bytes(data.getvalue())
    print(f"{target.name:18}{len(characters):5} characters{len(data.getvalue()) / 1000:8.1f} KB")


def face(family, file, weights, characters):
    return f"""@font-face {{
  font-family: '{family}';
  font-weight: {weights[0]} {weights[1]};
  font-display: swap;
  src: url(fonts/{file}) format('woff2');
  unicode-range: {ranges_of(characters)};
}}
"""


def cut_sans(pretendard, used, out):
    source = pretendard / "dist/public/variable/PretendardVariable.ttf"
    known = {chr(code) for code in TTFont(source, lazy=True).getBestCmap()}
    order = frequent_syllables(pretendard)
    ours = [char for char in order if char in used] + sorted(c for c in used if is_syllable(c) and c not in order)
    first = list(dict.fromkeys(ours + order))[: max(SYLLABLES_IN_FIRST, len(ours))]
    rest = [char for char in order if char not in set(first)]
    files = {"sans-first.woff2": (ASCII | MARKS | JAMO | used | set(first)) & known}
    for start in range(0, len(rest), SYLLABLES_PER_FILE):
        files[f"sans-{start // SYLLABLES_PER_FILE + 2}.woff2"] = set(rest[start : start + SYLLABLES_PER_FILE])
    faces = []
    for file, characters in files.items():
        cut(source, characters, SANS_WEIGHTS, SANS_FEATURES, "Kafkascope Sans", out / file)
        faces.append(face("Kafkascope Sans", file, SANS_WEIGHTS, characters))
    return faces


def cut_mono(jetbrains, out):
    source = jetbrains / "files/jetbrains-mono-latin-wght-normal.woff2"
    known = {chr(code) for code in TTFont(source, lazy=True).getBestCmap()}
    characters = (ASCII | MONO_MARKS) & known
    cut(source, characters, MONO_WEIGHTS, MONO_FEATURES, "Kafkascope Mono", out / "mono.woff2")
    return [face("Kafkascope Mono", "mono.woff2", MONO_WEIGHTS, characters)]


def main():
    arguments = argparse.ArgumentParser()
    for name in ("pretendard", "jetbrains", "used", "frame", "out"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    given = arguments.parse_args()
    used = {char for char in given.used.read_text("utf-8") if char.isprintable()}
    fonts = given.out / "fonts"
    for old in fonts.glob("*.woff2"):
        old.unlink()
    faces = cut_sans(given.pretendard, used, fonts) + cut_mono(given.jetbrains, fonts)
    css = given.frame.read_text("utf-8").replace("/* faces */\n", "\n".join(faces))
    (given.out / "fonts.css").write_text(css, "utf-8")


main()
