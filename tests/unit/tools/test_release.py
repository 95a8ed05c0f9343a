"""A release tells what the changelog tells, once every place names its version."""

import pytest

from tools import release


def test_every_place_names_one_version() -> None:
    version = release.named()

    assert release.section(version)


def test_a_version_without_a_section_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"no section \[9\.9\.9\]"):
        release.section("9.9.9")


def test_another_tag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["release.py", "v9.9.9"])

    with pytest.raises(SystemExit, match=r"The tag says 9\.9\.9"):
        release.main()
