"""What results.json says, as tables for the terminal and for docs/performance.md, and as plots."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import goals, plots

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
BEGIN, END = "<!-- BEGIN RESULTS -->", "<!-- END RESULTS -->"

NAMES = {
    "echo": "echo: the floor",
    "naive": "naive: boto3, `invoke_model`",
    "naive_two_table_calls": "naive, and two writes to DynamoDB",
    "native": "ours, native",
    "native_loop": "ours, native, streaming loop",
    "native_all_roots": "ours, native, with all of boto3's roots",
    "powertools": "Powertools: a resolver's route, boto3",
    "openai": "ours, OpenAI",
    "anthropic": "ours, Anthropic",
    "native_tenant": "ours, native, a tenant with budgets",
    "botocore_import": "only `import botocore.session`",
    "bare": "bare: signed by hand, no botocore",
    "naive_stream": "naive: loop over boto3's stream",
    "naive_converse_stream": "naive: loop over boto3's Converse stream",
    "native_stream": "ours, native",
    "converse_stream": "ours, Converse",
    "openai_stream": "ours, OpenAI",
    "anthropic_stream": "ours, Anthropic",
    "guest": "the reader's own",
}

Results = Mapping[str, Any]


def write(results: Results) -> None:
    """Replace the results in docs/performance.md, and its plots."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{for_page(results)}{END}{after}")
    PLOTS.mkdir(exist_ok=True)
    for name, picture in pictures(results).items():
        (PLOTS / name).write_text(picture)


def pictures(results: Results) -> dict[str, str]:
    """The plots, by file name."""
    starts = results["cold_start"]
    calls = results["warm_call"]
    history = results["growth"]["history"]
    return {
        "cold-start.svg": plots.bars(
            "Cold start: process start to first answer, ms", _bars(starts, "total_ms", starts), "ms"
        ),
        "warm-call.svg": plots.bars("One more call: processor time, ms", _bars(calls, "cpu_ms", calls), "ms"),
        "chunk.svg": plots.bars(
            "A chunk of a stream: processor time, µs",
            _bars(results["streams"], "cpu_us_per_chunk", results["streams"]),
            "µs",
        ),
        "history.svg": plots.lines(
            "A longer conversation: processor time of a call, ms",
            {
                NAMES[name].split(":")[0]: [
                    (float(size) / 1e6, sample["median"]) for size, sample in sizes.items() if size.isdigit()
                ]
                for name, sizes in history.items()
            },
            "MB",
            "ms",
        ),
        "concurrency.svg": plots.lines(
            "At once: answers a second",
            {
                "whole answers": [
                    (level["concurrent"], level["per_second"]) for level in _levels(results, "sandboxes")
                ],
                "streams": [(level["concurrent"], level["per_second"]) for level in _levels(results, "streams")],
            },
            "requests at once",
            "a second",
        ),
    }


def for_terminal(results: Results) -> str:
    """The goals, and what a guest came to."""
    lines = [f"{'goal':42}{'limit':>8}{'median':>9}"]
    for goal, median, is_met in goals.judged(results):
        lines.append(f"{goal.title:42}{goal.limit:8.2f}{median:9.2f}  {goal.unit:20}{'met' if is_met else 'not met'}")
    for name, ratio in results["ratios"].items():
        if "guest" in name:
            lines.append(f"{name:50}{ratio['median']:9.2f}  of naive")
    return "\n".join([*lines, f"{results['seconds']} seconds"])


def for_page(results: Results) -> str:
    """The part of docs/performance.md between the markers."""
    machine, versions = results["machine"], results["versions"]
    parts = [
        f"Measured on {machine['processors']} processors ({machine['system']}), load {machine['load_before']} before, "
        f"Python {versions['python']}, awslambdaric {versions['awslambdaric']}, boto3 {versions['boto3']}, "
        f"urllib3 {versions['urllib3']}, {versions['openssl']}; {results['seconds']} seconds. Each figure "
        "is the median, the middle half of the samples beside it.",
        "### Goals",
        _goals(results),
        "### Cold start",
        "![Cold start](performance/cold-start.svg)",
        _table(
            ["", "total", "of it init", "processor", "total of naive"],
            (
                [
                    NAMES[name],
                    _spread(taken["total_ms"], " ms"),
                    f"{taken['init_ms']['median']:.0f} ms",
                    f"{taken['cpu_ms']['median']:.0f} ms",
                    _ratio(results, f"cold_{name}_total_ms"),
                ]
                for name, taken in results["cold_start"].items()
            ),
        ),
        "### One more call",
        "![One more call](performance/warm-call.svg)",
        _table(
            ["", "clock", "processor", "processor net of echo of naive", "memory"],
            (
                [
                    NAMES[name],
                    _spread(taken["wall_ms"], " ms", 2),
                    _spread(taken["cpu_ms"], " ms", 2),
                    _ratio(results, f"warm_{name}_cpu_ms"),
                    f"{taken['resident_mb']['median']:.0f} MB",
                ]
                for name, taken in results["warm_call"].items()
            ),
        ),
        "### Streams",
        "![A chunk](performance/chunk.svg)",
        _table(
            ["", "first chunk after the model's", "processor per chunk", "of naive", "500 chunks at full speed"],
            (
                [
                    NAMES[name],
                    _spread(taken["first_chunk_ms"], " ms", 1),
                    _spread(taken["cpu_us_per_chunk"], " µs", 1),
                    _ratio(results, f"chunk_{name}"),
                    f"{taken['wall_ms']['median']:.0f} ms",
                ]
                for name, taken in results["streams"].items()
            ),
        ),
        "### Many at once",
        "![Many at once](performance/concurrency.svg)",
        _table(
            ["requests at once", "answers a second", "of linear", "errors", "streams a second", "of linear", "errors"],
            _crowd_rows(results),
        ),
        "### Growth",
        "![A longer conversation](performance/history.svg)",
        _growth(results["growth"]),
    ]
    return "\n\n".join(parts) + "\n\n"


def _goals(results: Results) -> str:
    return _table(
        ["goal", "limit", "stretch", "measured", ""],
        (
            [
                goal.title,
                f"≤ {goal.limit:g} {goal.unit}",
                "" if goal.stretch is None else f"{goal.stretch:g}",
                f"{median:.2f}",
                "met" if is_met else "**not met**",
            ]
            for goal, median, is_met in goals.judged(results)
        ),
    )


def _crowd_rows(results: Results) -> Iterable[list[str]]:
    answers = {level["concurrent"]: level for level in _levels(results, "sandboxes")}
    streams = {level["concurrent"]: level for level in _levels(results, "streams")}
    for size in sorted(answers.keys() | streams.keys()):
        yield [str(size), *_level(answers.get(size)), *_level(streams.get(size))]


def _level(level: Results | None) -> list[str]:
    if level is None:
        return ["", "", ""]
    return [f"{level['per_second']:.1f}", f"{level['linear']:.0%}", str(level["errors"])]


def _levels(results: Results, kind: str) -> Sequence[Results]:
    levels: Sequence[Results] = results["concurrency"][kind]
    return levels


def _growth(growth: Results) -> str:
    plans = growth["plans"]
    models = _table(
        ["models", "registry", "plan", "policies", "cold start", "call, processor"],
        (
            [
                number,
                f"{growth['registry_bytes'][number]:,} bytes",
                _spread(plans[f"models_{number}"]["plan_seconds"], " s", 1),
                f"{plans[f'models_{number}']['policy_characters']:,} characters",
                _spread(taken["total_ms"], " ms"),
                _spread(taken["call_cpu_ms"], " ms", 2),
            ]
            for number, taken in growth["models"].items()
        ),
    )
    tenants = _table(
        ["tenants", "plan", "call, processor"],
        (
            [
                f"{int(number):,}",
                _spread(plans[f"tenants_{number}"]["plan_seconds"], " s", 1) if f"tenants_{number}" in plans else "",
                _spread(taken, " ms", 2),
            ]
            for number, taken in growth["tenants"].items()
        ),
    )
    sizes = [size for size in growth["history"]["naive"] if size.isdigit()]
    history = _table(
        ["conversation", *(f"{int(size) / 1000:,.0f} KB" for size in sizes), "per MB"],
        (
            [
                NAMES[name],
                *(f"{taken[size]['median']:.1f} ms" for size in sizes),
                f"{taken['ms_per_mb']['median']:.1f} ms",
            ]
            for name, taken in growth["history"].items()
        ),
    )
    return "\n\n".join([models, tenants, history])


def _bars(measured: Results, what: str, names: Iterable[str]) -> list[tuple[str, float, tuple[float, float]]]:
    return [
        (NAMES[name].replace("`", ""), measured[name][what]["median"], tuple(measured[name][what]["quartiles"]))
        for name in names
    ]


def _ratio(results: Results, key: str) -> str:
    ratio = results["ratios"].get(key)
    return "" if ratio is None else f"{ratio['median']:.2f}"


def _spread(sample: Results, unit: str, digits: int = 0) -> str:
    low, high = sample["quartiles"]
    return f"{sample['median']:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
