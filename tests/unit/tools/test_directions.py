"""Imports run as docs/architecture.md draws them: the contracts are `[tool.importlinter]` of pyproject.toml."""

import os
import subprocess
import sys
from pathlib import Path

from tools.terraform import ROOT


def test_imports_point_one_way() -> None:
    # GIVEN
    paths = os.pathsep.join([str(ROOT), str(ROOT / "lambda_src")])
    lint_imports = Path(sys.executable).with_name("lint-imports")

    # WHEN
    result = subprocess.run(
        [lint_imports, "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )

    # THEN
    assert result.returncode == 0, result.stdout
