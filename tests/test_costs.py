"""What the book costs is summed from the ledger and from the runs in the bank."""

from tools import costs
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


def test_numbers_stand_on_the_right():
    assert costs.markdown(["name", "seconds"], [["one", "1.5"], ["two", "20"]]).splitlines()[1] == "| --- | ---: |"
