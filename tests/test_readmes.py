"""The Chinese README says what the English one does: what is not translated is the same in both, in the same order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
EACH_OTHER = {f"]({ENGLISH})", f"]({CHINESE})"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS = {"sh": re.compile(r"\s+# .*$"), "mermaid": re.compile(r"(?<=subgraph) .*|\[\(?[^\]]*\]")}
"""What of a language's lines is translated."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    return FENCE.sub("", text)


def headings(text: str) -> list[str]:
    """Their levels: the words are translated."""
    return [line.split(" ")[0] for line in prose(text).splitlines() if line.startswith("#")]


def blocks(text: str) -> list[str]:
    """The code line by line: commands without their comments, diagrams without their words."""
    return [
        line for language, lines in FENCE.findall(text) for line in (f"```{language}", *_untranslated(language, lines))
    ]


def _untranslated(language: str, lines: str) -> list[str]:
    return [WORDS[language].sub("", line) if language in WORDS else line for line in lines.splitlines()]


def code(text: str) -> list[str]:
    """What stands between backticks: commands, settings, annotations, files."""
    return sorted({" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose(text))})


def settings(text: str) -> list[str]:
    return sorted(set(re.findall(r"\bEIPCLAIM_[A-Z_]+", text)))


def annotation_keys(text: str) -> list[str]:
    return sorted(set(re.findall(r"[a-z.]*(?:tencent\.com|eipclaim\.io)/[a-z-]+|\b(?:eip|claim)-[a-z-]+\b", text)))


def links(text: str) -> list[str]:
    return [one for one in re.findall(r"\]\([^)]+\)", text) if one not in EACH_OTHER]


def rows(text: str) -> list[str]:
    """The tables, by how many cells each row has."""
    return [f"{line.count('|') - 1} cells" for line in prose(text).splitlines() if line.startswith("|")]


def points(text: str) -> list[str]:
    return ["*" for line in prose(text).splitlines() if line.startswith("* ")]


def difference(english: Sequence[str], chinese: Sequence[str]) -> str:
    """The lines that only one of them has; empty where both say the same."""
    compared = difflib.unified_diff(english, chinese, ENGLISH, CHINESE, lineterm="", n=1)
    return "\n".join(compared)


@pytest.mark.parametrize(
    "part", [headings, blocks, code, settings, annotation_keys, links, rows, points], ids=lambda one: one.__name__
)
def test_both_readmes_have_the_same(part: Callable[[str], list[str]]) -> None:
    english, chinese = part(read(ENGLISH)), part(read(CHINESE))

    assert english
    assert not difference(english, chinese), f"{part.__name__} differ:\n{difference(english, chinese)}"


def test_the_english_readme_leads_to_the_chinese_one_and_back() -> None:
    assert f"]({CHINESE})" in read(ENGLISH)
    assert f"]({ENGLISH})" in read(CHINESE)


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        (headings, ("## 许可证", "### 许可证")),
        (blocks, ("make demo ", "make demos ")),
        (code, ("`Never`", "`never`")),
        (settings, ("EIPCLAIM_ENABLE_OWNERREF", "EIPCLAIM_OWNERREF")),
        (annotation_keys, ("claim-expired-duration", "claim-expiry")),
        (links, ("(docs/design.md)", "(docs/designs.md)")),
        (rows, ("| 默认配置 |", "| 默认 | 配置 |")),
        (points, ("* 使用 VPC-CNI", "使用 VPC-CNI")),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_difference_is_told(part: Callable[[str], list[str]], changed: tuple[str, str]) -> None:
    """Each part is compared, so that none of the tests above holds for nothing."""
    chinese = read(CHINESE)
    assert changed[0] in chinese

    told = difference(part(chinese), part(chinese.replace(*changed)))

    assert told.startswith(f"--- {ENGLISH}\n+++ {CHINESE}")
