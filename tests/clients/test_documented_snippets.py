"""The Python of the dialects' pages, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["openai.md", "anthropic.md"])
def test_the_pages_code_runs_as_it_stands(api, page):
    # GIVEN the code of the page, and the variables that `make up` writes
    (code,) = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)
    variables = {"LLM_API_URL": api.url, "LLM_API_KEY": api.key, "SSL_CERT_FILE": api.ca_file}

    # WHEN it is run
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )

    # THEN both the whole and the streamed answer are printed
    assert done.returncode == 0, done.stderr
    assert "SUV" in done.stdout
    assert done.stdout.endswith("19, 20")
