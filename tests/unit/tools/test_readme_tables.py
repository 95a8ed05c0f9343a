"""The tables in the READMEs: read from HCL, written between markers, and up to date in this repository."""

from pathlib import Path

import pytest

from tools import readme_tables

VARIABLES = """
variable "zeta" {
  description = "Comes last, though it is required no more than \\"alpha\\"."
  type        = number
  default     = 3
}

variable "models" {
  description = <<-EOT
    Models by alias,
    on two lines.

    - `id`: an ID | ARN.
      - `deep`: further in.
  EOT
  type = map(object({
    id = optional(string, "x")
  }))
}

variable "alpha" {
  description = "Nothing."
  type        = object({ arn = string })
  default     = null
}
"""

OUTPUTS = """
output "url" {
  description = "Where to call."
  value       = "x"
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    module = tmp_path / "modules" / "thing"
    module.mkdir(parents=True)
    (module / "variables.tf").write_text(VARIABLES)
    (module / "outputs.tf").write_text(OUTPUTS)
    (module / "README.md").write_text(
        "# Thing\n\n<!-- BEGIN INPUTS -->\n<!-- END INPUTS -->\n\nBetween.\n\n"
        "<!-- BEGIN OUTPUTS -->\nold\n<!-- END OUTPUTS -->\n"
    )
    return tmp_path


def test_required_inputs_come_first_and_the_rest_by_name(repository: Path) -> None:
    # GIVEN a module with one required input and two others
    # WHEN its inputs are read
    inputs = readme_tables.read_inputs(repository / "modules" / "thing")

    # THEN the required one leads
    assert [each.name for each in inputs] == ["models", "alpha", "zeta"]


def test_what_is_anything_has_the_type_of_where_it_goes(repository: Path) -> None:
    # GIVEN an input that may be anything, and is handed to a module that gives it a type
    module = repository / "modules" / "thing"
    (module / "inputs").mkdir()
    (module / "main.tf").write_text(
        'module "names" {\n  source = "../names"\n  given = { models = var.models }\n}\n'
        'module "inputs" {\n  source = "./inputs"\n  models = var.models\n}\n'
    )
    (module / "variables.tf").write_text('variable "models" {\n  description = "Models."\n  type = any\n}\n')
    (module / "inputs" / "variables.tf").write_text(VARIABLES)

    # WHEN it is read
    inputs = readme_tables.read_inputs(module)

    # THEN its type is that one
    assert [each.type for each in inputs] == ["map(object)"]


def test_types_are_short_and_defaults_as_written(repository: Path) -> None:
    # GIVEN inputs with nested types
    # WHEN they are read
    inputs = {each.name: each for each in readme_tables.read_inputs(repository / "modules" / "thing")}

    # THEN an object's fields are left to its description
    assert (inputs["models"].type, inputs["models"].default) == ("map(object)", None)
    assert (inputs["alpha"].type, inputs["alpha"].default) == ("object", "null")
    assert (inputs["zeta"].type, inputs["zeta"].default) == ("number", "3")


def test_a_description_fits_into_a_cell(repository: Path) -> None:
    # GIVEN a description of paragraphs, a list in a list, and a pipe
    description = readme_tables.read_inputs(repository / "modules" / "thing")[0].description

    # WHEN it becomes a cell
    cell = readme_tables.cell(description)

    # THEN it is one line that Markdown shows as several
    assert cell.split("<br>") == [
        "Models by alias, on two lines.",
        "• `id`: an ID \\| ARN.",
        "&nbsp;&nbsp;&nbsp;&nbsp;• `deep`: further in.",
    ]


def test_quotes_are_shown_as_a_reader_sees_them(repository: Path) -> None:
    # GIVEN a description with escaped quotes
    # WHEN it is read
    inputs = {each.name: each for each in readme_tables.read_inputs(repository / "modules" / "thing")}

    # THEN the escapes are gone
    assert inputs["zeta"].description == 'Comes last, though it is required no more than "alpha".'


def test_tables_go_between_their_markers_and_nowhere_else(repository: Path) -> None:
    # GIVEN a README with markers and words of its own
    # WHEN the tables are written
    assert readme_tables.main([], repository) == 0

    # THEN the words are as they were
    page = (repository / "modules" / "thing" / "README.md").read_text()
    assert page.startswith("# Thing\n\n<!-- BEGIN INPUTS -->\n| Input |")
    assert "<!-- END INPUTS -->\n\nBetween.\n\n<!-- BEGIN OUTPUTS -->\n| Output |" in page
    assert "| `url` | Where to call. |" in page
    assert "old" not in page


def test_a_check_names_the_page_and_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN a page whose tables are out of date
    page = repository / "modules" / "thing" / "README.md"
    before = page.read_text()

    # WHEN it is checked
    status = readme_tables.main(["--check"], repository)

    # THEN the check fails with the page's name
    assert status == 1
    assert "modules/thing/README.md is not up to date" in capsys.readouterr().err
    assert page.read_text() == before


def test_a_check_passes_on_what_was_written(repository: Path) -> None:
    # GIVEN pages that were just written
    readme_tables.main([], repository)

    # WHEN they are checked, THEN all is well
    assert readme_tables.main(["--check"], repository) == 0


def test_a_page_elsewhere_names_its_module(repository: Path) -> None:
    # GIVEN a page of the documentation that names a module in its marker
    page = repository / "docs" / "api.md"
    page.parent.mkdir()
    page.write_text("<!-- BEGIN OUTPUTS modules/thing -->\n<!-- END OUTPUTS -->\n")

    # WHEN it is rendered
    rendered = readme_tables.render(page, repository)

    # THEN the table is the module's
    assert "| `url` | Where to call. |" in rendered


def test_a_marker_for_a_folder_without_hcl_is_an_error(repository: Path) -> None:
    # GIVEN a marker that names no module
    page = repository / "README.md"
    page.write_text("<!-- BEGIN INPUTS modules/nothing -->\n<!-- END INPUTS -->\n")

    # WHEN it is rendered, THEN the error says what to do
    with pytest.raises(ValueError, match="Name a folder"):
        readme_tables.render(page, repository)


def test_a_module_without_markers_fails(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN a module whose README has lost a marker
    (repository / "modules" / "thing" / "README.md").write_text("# Thing\n")

    # WHEN it is checked
    status = readme_tables.main(["--check"], repository)

    # THEN the check says which table is missing
    assert status == 1
    assert "modules/thing/README.md has no OUTPUTS table" in capsys.readouterr().err


def test_a_variable_without_a_description_is_an_error(repository: Path) -> None:
    # GIVEN a variable that says nothing about itself
    (repository / "modules" / "thing" / "more.tf").write_text('variable "mute" {\n  type = string\n}\n')

    # WHEN the inputs are read, THEN the error names it
    with pytest.raises(ValueError, match="variable mute has no description"):
        readme_tables.read_inputs(repository / "modules" / "thing")


def test_the_table_of_ends_states_its_own_date(repository: Path) -> None:
    # GIVEN a module with a table of models' ends, and a page that wants it
    module = repository / "modules" / "thing"
    (module / "lifecycle.json").write_text('{"as_of": "2026-10-06", "ends": {"acme.old-v1:0": "2026-11-26"}}')
    (module / "README.md").write_text("<!-- BEGIN LIFECYCLE -->\n<!-- END LIFECYCLE -->\n")

    # WHEN it is rendered, THEN model, end and date stand there
    page = readme_tables.render(module / "README.md", repository)
    assert "As of 2026-10-06:" in page
    assert "| `acme.old-v1:0` | 2026-11-26 |" in page


def test_the_tables_of_costs_add_up(tmp_path: Path) -> None:
    # GIVEN a page that wants them
    page = tmp_path / "cost.md"
    page.write_text("<!-- BEGIN COST -->\n<!-- END COST -->\n")

    # WHEN it is rendered
    lines = readme_tables.render(page, tmp_path).splitlines()
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    numbers = [[float(cell) for cell in row[2:]] for row in rows if len(row) == 6 and row[2].replace(".", "").isdigit()]

    # THEN the last line is the sum of those above it, to a cent for each
    *parts, total = numbers
    assert len(parts) == 5
    assert [sum(column) for column in zip(*parts, strict=True)] == pytest.approx(total, abs=0.05)


def test_this_repository_is_up_to_date() -> None:
    # GIVEN the READMEs as they are committed
    # WHEN they are checked, THEN none lags behind its HCL
    assert readme_tables.main(["--check"]) == 0
