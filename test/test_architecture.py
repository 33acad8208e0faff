# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What README and docs/ say of the tree is so: paths, links, order of the layers."""

from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'QUALITY_DECLARATION.md', *sorted(ROOT.glob('docs/*.md'))]
FOLDERS = 'anycam_ros|bare|config|docs|launch|msg|scripts|srv|test'
SUFFIXES = 'py|md|yaml|xml|rviz|msg|srv|png|sh|txt'
# A path from the root, in text or in a command; the name of a ROS type has no suffix.
PATH = re.compile(rf'(?<![\w./~-])(?:{FOLDERS})/[\w/]*(?:/(?![\w.])|\w\.(?:{SUFFIXES})\b)')
LINK = re.compile(r'\]\(([^)#:]+)\)')
CONTRACT = re.compile(r'containers = \["anycam_ros"\].*?layers = \[(.*?)\]', re.DOTALL)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    text = page.read_text('utf-8')
    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {(ROOT / link).resolve() for link in LINK.findall(PAGES[0].read_text('utf-8'))}
    assert {page for page in PAGES if page.parent.name == 'docs'} <= linked


def test_the_table_of_layers_is_the_contract() -> None:
    contract = CONTRACT.search((ROOT / 'pyproject.toml').read_text('utf-8'))
    assert contract is not None
    # Layers in parentheses do not exist yet. The contract has the highest layer first.
    rows = re.findall(r'^ +"([\w |]+)",$', contract[1], re.MULTILINE)
    layers = [row.split(' | ') for row in reversed(rows)]
    page = (ROOT / 'docs/architecture.md').read_text('utf-8')
    table = page.partition('## Layers')[2].partition('\n## ')[0]
    named = [[name.removesuffix('/').removesuffix('.py') for name in re.findall(r'`(.*?)`', cell)]
             for cell in re.findall(r'^\| (`.*?) \|', table, re.MULTILINE)]
    assert named == layers


def test_every_equation_has_a_place() -> None:
    page = (ROOT / 'docs/architecture.md').read_text('utf-8')
    table = page.partition('## The equations of the paper')[2].partition('\n## ')[0]
    found: set[int] = set()
    for first, word, last in re.findall(r'^\| \((\d+)\)(?:( to |, )\((\d+)\))? \|', table,
                                        re.MULTILINE):
        found |= set(range(int(first), int(last or first) + 1))
        assert word or not last
    assert found == set(range(1, 20))


def test_readme_is_read_in_five_minutes() -> None:
    assert len(PAGES[0].read_text('utf-8').splitlines()) <= 150
