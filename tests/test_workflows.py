"""What runs at the forge: pinned actions, least permissions, and no code of the course where something can be written."""

import re

import pytest
import yaml

from tools import colab_check
from tools.chapters import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = {f"{name}/{job}": content for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()}
# What a job may do besides reading the repository.
MAY_WRITE = {
    "publish/release": {"contents": "write"},
    "publish/colab": {"contents": "write"},
    "publish/deploy": {"pages": "write", "id-token": "write"},
}
every_workflow = pytest.mark.parametrize("name", TEXTS)
every_job = pytest.mark.parametrize("name", JOBS)


def steps(name):
    return JOBS[name].get("steps", [])


def commands(name):
    return "\n".join(step.get("run", "") for step in steps(name))


def actions(name):
    return [step["uses"].split("@")[0] for step in steps(name) if "uses" in step]


def triggers(workflow):
    return WORKFLOWS[workflow].get("on") or WORKFLOWS[workflow][True]  # YAML 1.1 reads `on` as true


def test_there_are_these_workflows():
    assert set(TEXTS) == {"check", "colab", "publish", "weekly"}


@every_workflow
def test_every_action_is_pinned_to_a_commit_and_says_its_version(name):
    used = re.findall(r"^\s*(?:- )?uses: *(.+)$", TEXTS[name], re.MULTILINE)
    assert used
    for line in used:
        if not line.startswith("./.github/workflows/"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    assert len(used) == TEXTS[name].count("uses:"), "none is written in a way that is not seen here"


def test_an_action_has_one_version_in_all_workflows():
    pins = set(re.findall(r"uses: *([\w.-]+/[\w./-]+@.+)", "\n".join(TEXTS.values())))
    assert len(pins) == len({pin.split("@")[0] for pin in pins})


@every_workflow
def test_nothing_is_permitted_unless_a_job_says_so(name):
    assert WORKFLOWS[name]["permissions"] == {}


@every_job
def test_permissions_are_the_least(name):
    assert JOBS[name]["permissions"] == MAY_WRITE.get(name, {"contents": "read"})


@pytest.mark.parametrize("name", MAY_WRITE)
def test_who_may_write_runs_no_code_of_the_course(name):
    assert set(actions(name)) <= {"actions/download-artifact", "actions/deploy-pages"}
    programs = [line.split()[0] for line in commands(name).splitlines() if line.strip()]
    assert set(programs) <= {"gh", "git", "if", "else", "fi"}
    assert "build" in JOBS[name]["needs"]


def test_the_deploy_job_only_deploys_and_comes_last():
    assert [list(step) for step in steps("publish/deploy")] == [["id", "uses"]]
    assert set(JOBS["publish/deploy"]["needs"]) == set(WORKFLOWS["publish"]["jobs"]) - {"deploy"}


@every_job
def test_no_checkout_leaves_a_token_behind(name):
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_no_token_stands_in_an_address_or_a_command(name):
    assert not re.search(r"://\S*(?:\$\{\{|\$\{?\w*TOKEN|@)", TEXTS[name]), "an address with something put into it"
    assert "x-access-token" not in TEXTS[name]
    tokens = [line.strip() for line in TEXTS[name].splitlines() if re.search(r"github\.token|secrets\.", line)]
    assert all(re.match(r"GH_TOKEN: \$\{\{ github\.token \}\}", line) for line in tokens), tokens


@every_job
def test_nothing_is_put_into_a_command_before_the_shell_reads_it(name):
    assert "${{" not in commands(name)  # a tag's name could be a command


@every_job
def test_every_job_ends(name):
    assert "uses" in JOBS[name] or JOBS[name]["timeout-minutes"] <= 180


def test_a_release_is_built_from_nothing_kept_by_earlier_runs():
    assert "actions/cache" not in TEXTS["publish"]
    assert "cache" not in str([step.get("with") for step in steps("publish/build")])


def test_publish_checks_everything_before_it_hands_anything_on():
    assert triggers("publish") == {"push": {"tags": ["v*"]}}
    run = commands("publish/build")
    order = [
        "make check",
        "make test",
        "make setup EXTRAS=yes",
        "make book BUDGET=full",
        "-m tools.release _build",
        "-m tools.release --verify",
    ]
    places = [run.index(command) for command in order]
    assert places == sorted(places)
    last_command = max(number for number, step in enumerate(steps("publish/build")) if "run" in step)
    handed_on = [number for number, step in enumerate(steps("publish/build")) if "upload" in step.get("uses", "")]
    assert len(handed_on) == 3 and min(handed_on) > last_command
    assert "continue-on-error" not in TEXTS["publish"] and "always()" not in TEXTS["publish"]


def test_weights_of_a_release_are_pinned():
    full = next(step for step in steps("publish/build") if "BUDGET=full" in step.get("run", ""))
    assert {"COURSE_COMMIT", "COURSE_REFERENCE", "FASHION_COURSE_WEIGHTS_SHA256"} <= full["env"].keys()


def test_a_release_knows_where_its_site_will_stand():
    full = next(step for step in steps("publish/build") if "BUDGET=full" in step.get("run", ""))
    assert full["env"]["COURSE_SITE"].startswith("${{ vars.COURSE_SITE || format('https://{0}.github.io/{1}/', ")


def test_release_carries_the_packed_files():
    assert "release/*" in commands("publish/release") and "gh release create" in commands("publish/release")


def test_all_versions_are_tried():
    job = JOBS["check/versions"]
    assert job["strategy"]["matrix"] == {
        "python": ["3.10", "3.12", "3.13"],
        "system": ["ubuntu-latest", "macos-latest"],
        "dependencies": ["lowest-direct", "highest"],
    }
    assert job["strategy"]["fail-fast"] is False and job["runs-on"] == "${{ matrix.system }}"
    assert job["env"]["DEPENDENCIES"] == "${{ matrix.dependencies }}"
    assert '--resolution "$DEPENDENCIES"' in commands("check/versions")
    setup = next(step for step in steps("check/versions") if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"] == "${{ matrix.python }}"
    assert "--nbmake notebooks" in commands("check/versions")


def test_colabs_versions_and_the_newest_are_tried_every_week():
    assert triggers("weekly")["schedule"]
    assert JOBS["weekly/colab"]["uses"] == "./.github/workflows/colab.yml"
    assert JOBS["check/colab"]["uses"] == JOBS["weekly/colab"]["uses"]
    assert commands("colab/chapters").strip() == "make colab-check"
    setup = next(step for step in steps("colab/chapters") if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"] == colab_check.PYTHON
    run = commands("weekly/newest")
    assert (
        run.index("make lock") < run.index("make book || .venv/bin/python -m tools.vendored ") < run.index("make test")
    )


def test_known_vulnerabilities_fail_the_weekly_run_and_no_other():
    [step] = [step for step in steps("weekly/audit") if "pip-audit" in step.get("run", "")]
    assert re.search(r"pip-audit@\d+\.\d+\.\d+ ", step["run"]), "its version is pinned"
    assert "--requirement requirements.lock" in step["run"]
    assert "--strict" in step["run"], "a package that cannot be looked up is no clean bill"
    assert "continue-on-error" not in TEXTS["weekly"] and "|| true" not in step["run"]
    assert [name for name, text in TEXTS.items() if "pip-audit" in text] == ["weekly"]
    for lock in ("requirements.lock", "requirements-extras.lock"):
        assert "pip-audit" not in (ROOT / lock).read_text(encoding="utf-8")


def test_links_are_followed_every_week():
    assert "--builder linkcheck" in commands("weekly/links")


def test_verbs_and_files_that_workflows_name_exist():
    everything = "\n".join(commands(name) for name in JOBS)
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", everything)) <= verbs
    modules = set(re.findall(r"-m ((?:tools|helpers)\.\w+)", everything))
    files = {f"{module.replace('.', '/')}.py" for module in modules}
    files |= set(re.findall(r"(?:tests|tools|\.ci)/[\w-]+(?:\.\w+)?(?![\w*$.-])", everything))
    assert {"tools/set_up.py", "tools/release.py", ".ci/run"} <= files
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


def test_new_versions_of_actions_and_packages_are_proposed():
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip"}
