# Two commands set everything up on a machine with Python 3.11–3.14 and make:
#   make demo    grade a sample class and print the table
#   make test    the test suite
# Others: make lab, make slides, make pdf, make student, make bench, make test-browser,
# make test-grader (all of it, hostile suite too), make image, make test-container,
# make test-aarch64 (the box in an emulated machine; long).

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# nbgrader calls alembic by its bare name, so the environment's programs must be on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-grader test-browser test-container test-aarch64 image lab bench student slides pdf system clean
.DEFAULT_GOAL := help

.venv/installed: pyproject.toml scripts/environment
	bash scripts/environment "$(PYTHON)"
	touch $@

demo: .venv/installed
	$(BIN)/coursekit demo

test: .venv/slides system
	$(BIN)/python -m pytest -n auto --dist loadscope -m "not slow"

test-grader: .venv/installed
	$(BIN)/python -m pytest -n auto --dist loadscope tests/autograder tests/hostile

test-browser: .venv/slides system
	$(BIN)/python -m pytest tests/browser

# A container to grade in (docs/containers.md); IMAGE_OPTIONS are docker's, as --build-arg PYTHON=python:3.13-slim.
image:
	docker build $(IMAGE_OPTIONS) -t coursekit .

test-container: .venv/installed image
	$(BIN)/python -m pytest tests/container

# Debian for aarch64 in QEMU: scripts/aarch64 says what it takes and where it keeps the machine.
test-aarch64: .venv/installed
	bash scripts/aarch64

lab: .venv/installed
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb

student: .venv/installed
	$(BIN)/python scripts/student_package.py

# The lectures as slides and as PDF, in dist/: make slides, make pdf LECTURES="03 04".
slides: .venv/slides
	$(BIN)/python scripts/lectures.py slides $(LECTURES)

pdf: .venv/installed system
	$(BIN)/python scripts/lectures.py pdf $(LECTURES)

.venv/slides: .venv/installed
	$(BIN)/python -m pip install -q -e '.[slides]'
	touch $@

bench: .venv/bench
	$(BIN)/python -m benchmarks

.venv/bench: .venv/installed
	$(BIN)/python -m pip install -q -e '.[bench]'
	touch $@

# What is not Python: Chromium, PostgreSQL. Where they cannot be had, their tests say so and skip.
system:
	bash scripts/system_packages

clean:
	rm -rf .venv course dist

.PHONY: help
help:
	@sed -n '1,7s/^# \{0,1\}//p' Makefile
