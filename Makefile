# The verbs of the course. Each sets up what it needs; run `make` alone to list them.
PYTHON ?= python3
BUDGET ?= quick
PORT ?= 8000
JOBS ?= 2
RUN = .venv/bin/python
# requirements-extras.lock holds every extra; requirements.lock, which is what gets installed, these, in the same versions.
LEAN = chapters experiments pipeline
UPGRADE = --upgrade
COMPILE = $(RUN) -m uv --system-certs pip compile pyproject.toml --universal --python-version 3.10 --quiet \
	--generate-hashes --no-emit-index-url --no-annotate --no-header

# Python keeps what it compiled: else each of dozens of processes compiles TensorFlow anew, 10 s each time.
unexport PYTHONDONTWRITEBYTECODE

VERBS = help setup book check test times chapter experiments challenge colab-check pair lab serve print bench results lock
.DEFAULT_GOAL := help
.PHONY: $(VERBS)

# Make's own words for `make tests` are "Nothing to be done": there is a folder of that name.
UNKNOWN = $(filter-out $(VERBS),$(MAKECMDGOALS))
ifneq ($(UNKNOWN),)
$(error There is no verb "$(firstword $(UNKNOWN))". Run make alone to list the verbs)
endif

help: ## list the verbs
	@echo "make VERB, where VERB is one of"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## environment, data set, weights, browser; every verb does it by itself (EXTRAS=yes: all packages)
	@$(PYTHON) tools/set_up.py browser $(if $(EXTRAS),extras)
	@echo "Ready. Next: make book"

book: ## execute, check and publish every chapter to _build/html (BUDGET=full for the real figures)
	@$(PYTHON) tools/set_up.py browser
	@$(RUN) -m tools.make_book --budget $(BUDGET)

check: ## within a minute: pairs, lint, template, ledger, links, spelling (before you commit)
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.check

test: ## make the book on the quick budget, run every test in parallel, show where the time went
	@$(PYTHON) tools/set_up.py browser
	@$(RUN) -m tools.make_book --budget quick
	@$(RUN) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --junit-xml _build/tests.xml
	@$(RUN) -m tools.timings
	@echo "All tests pass. Next: commit, or make book BUDGET=full"

times: ## where the last run's time went: chapters and tests, as tables (BUDGET=full for the full run)
	@$(RUN) -m tools.timings --budget $(BUDGET)

chapter: ## run one chapter and build its page: make chapter N=02 [BUDGET=full]
	@test -n "$(N)" || { echo "Which chapter? For example: make chapter N=02"; exit 2; }
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.make_book --only $(N) --budget $(BUDGET)

experiments: ## train what is missing of the evidence (NAME=depth SEEDS=0-4 ADDRESS=tcp://host:8786)
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.run_experiments $(if $(NAME),--name "$(NAME)") $(if $(SEEDS),--seeds "$(SEEDS)") \
		$(if $(ADDRESS),--address "$(ADDRESS)")

challenge: ## the quick book with shuffled labels: list the claims that hold all the same (N=05: one chapter)
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.challenge $(if $(N),--only $(N))

colab-check: ## every chapter as Colab would run it, quick: its versions, the wheel alone (N=01,09: some)
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.colab_check $(if $(N),--only "$(N)")

pair: ## write every .ipynb from its .py
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.pair

lab: ## open the chapters in JupyterLab (COURSE_BUDGET=quick for the short budget)
	@$(PYTHON) tools/set_up.py
	@mkdir -p .venv/share/jupyter/lab/settings
	@cp tools/lab_settings.json .venv/share/jupyter/lab/settings/overrides.json
	@echo "Open the .ipynb of a chapter to run it, or its .py, also as a notebook, to change the book. Ctrl-C ends JupyterLab."
	@cd notebooks && ../$(RUN) -m jupyter lab --allow-root --ServerApp.log_level=WARN

serve: ## show the built book at http://localhost:8000 (PORT=...)
	@test -e _build/html/index.html || { echo "There is no book yet. Run make book first."; exit 2; }
	@echo "The book is at http://localhost:$(PORT). Ctrl-C ends it."
	@$(RUN) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

print: ## the built book as one PDF with contents and working links: _build/print/book.pdf
	@$(PYTHON) tools/set_up.py browser
	@$(RUN) -m tools.print_book

bench: ## the reports' recipes and ours in turn, side by side (ONLY=E-dt,race,loader REPEATS=3)
	@$(PYTHON) tools/set_up.py
	@$(RUN) -m tools.run_benchmarks $(if $(ONLY),--only "$(ONLY)") $(if $(REPEATS),--repeats "$(REPEATS)")

results: ## a full run, then the ledger in results/ and the table in README.md
	@$(PYTHON) tools/set_up.py browser
	@$(RUN) -m tools.make_book --budget full
	@$(RUN) -m tools.results

lock: ## resolve pyproject.toml anew: newest versions, or `make lock UPGRADE=` for what is missing alone
	@$(PYTHON) tools/set_up.py
	@$(COMPILE) --all-extras $(UPGRADE) --output-file requirements-extras.lock
	@$(COMPILE) $(addprefix --extra ,$(LEAN)) --constraint requirements-extras.lock --output-file requirements.lock
	@echo "requirements.lock and requirements-extras.lock are new. Next: make test"
