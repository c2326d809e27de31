"""What the book costs is summed from the ledger and from the runs in the bank."""

from helpers import ledger
from tools import costs, speed
from tools.chapters import ROOT


def test_a_question_is_read_without_running_the_experiment(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text('import nothing_of_this_name\n\nQUESTION = "What for?"\n')
    assert costs.question(path) == "What for?"


def test_every_experiment_has_its_row_and_the_hours_add_up():
    text = costs.of_experiments()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    names = {path.stem for path in (ROOT / "experiments").glob("[a-z]*.py")}
    assert {row[0].strip("| `") for row in rows} == names
    runs = len(list((ROOT / "results" / "runs").rglob("*.json")))
    assert sum(int(row[2]) for row in rows) == runs and f"All {runs} trainings" in text
    hours = sum(float(row[3]) for row in rows)
    assert abs(hours - float(text.split(" took ")[1].split()[0])) < 0.06 * len(rows) + 0.5


ENGINES = {
    "engine_tensorflow_fused_32_bits": 100,
    "engine_tensorflow_fused_16_bits": 300,
    "engine_pytorch_32_bits": 150,
    "engine_pytorch_16_bits": 120,
    "engine_jax_32_bits": 90,
}


def test_engines_stand_in_order_of_speed_and_those_half_measured_are_left_out(tmp_path):
    ledger.write_json(
        speed.path_of(tmp_path), {"chapter": "benchmarks", "models": {}, "numbers": ENGINES, "verdicts": {}}
    )
    text = costs.of_engines(tmp_path)
    assert text.index(costs.ENGINES["tensorflow_fused"]) < text.index(costs.ENGINES["pytorch"])
    assert costs.ENGINES["jax"] not in text
    assert "does 2.0 times as many as the fastest without TensorFlow" in text


def test_without_measured_engines_the_page_says_how_to_measure_them(tmp_path):
    assert "python -m benchmarks.engines" in costs.of_engines(tmp_path)
