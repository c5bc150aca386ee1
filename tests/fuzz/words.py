"""What the fuzzer types: the lists of ``words.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

WORDS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
)
CELLS, TABLES, SWAPS, SETTINGS, PLANS = (
    WORDS[n] for n in ("cells", "tables", "swaps", "settings", "plans")
)
