"""No place of this machine stands in a page: of a path only the name of its file or folder is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

#: The folders of an absolute path, as errors quote them; neither `1/2` nor the `//` of an address is one.
FOLDERS = re.compile(r"(?<![\w/.:<>-])(?:~|\.{1,2})?/(?:[^/\s'\"“”<>]+/)+")


def names_only(words: Mapping[str, list[str]]) -> dict[str, str]:
    """What users called policies, by role, to what a page calls them."""
    return {one: PurePath(one).name for own in words.values() for one in own if "/" in one}


def without_places(data: Any, short: Mapping[str, str]) -> Any:
    """Plain data whose strings name no place.

    Args:
        short: what stands in place of whole names, which may hold blanks as no other path may.
    """
    if isinstance(data, dict):
        return {key: without_places(value, short) for key, value in data.items()}
    if isinstance(data, list):
        return [without_places(value, short) for value in data]
    if not isinstance(data, str):
        return data
    for name in sorted(short, key=len, reverse=True):
        data = data.replace(name, short[name])
    return FOLDERS.sub("", data)
