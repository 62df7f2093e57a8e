# make alone lists what there is to make. The environment beats the defaults.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run dev test test/npm test/s3 e2e bench lint generate verify golden gallery fuzz schema migrate/new ci postgres chromium poppler clean

GO ?= go
# The race detector needs a C compiler; without one the tests run without it.
RACE ?= $(shell command -v $${CC:-cc} >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 && echo -race)
# Building works from an archive without .git.
export GOFLAGS ?= -buildvcs=false
# Every program built with the race detector otherwise sleeps for a second before it ends.
export GORACE ?= atexit_sleep_ms=10
PACKAGES := ./...
ifdef DEMO
export LEARNINGCITY_DEMO := $(DEMO)
endif
FUZZTIME ?= 20s

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9\/]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: postgres bin/learningcity ## Build and start; the first time with the demonstration city, or with DEMO=0 empty
	@exec bin/learningcity serve -migrate

dev: postgres bin/templ ## Start, and build and start again whenever a file changes
	bin/templ generate -path web/view -watch -cmd "$(GO) run ./cmd/learningcity serve -migrate" -proxy "http://127.0.0.1:8080"

test: postgres poppler ## All tests but those in a browser
	$(GO) test $(RACE) -ldflags=-w -shuffle=on -timeout 10m $(PACKAGES)

test/npm: ## The PostgreSQL that npm fetches for machines without one; needs npm and its registry
	@.ci/install-npm
	$(GO) test $(RACE) -timeout 5m -count=1 -tags npm -run TestBundleServes ./internal/pgserver

test/s3: postgres bin/versitygw ## The file store's suite, and copying to it, on a real S3 server, built on first use
	$(GO) test $(RACE) -shuffle=on -timeout 5m -count=1 -tags s3 -run S3 ./internal/files ./cmd/learningcity

e2e: postgres chromium bin/learningcity ## The built program in a headless browser; writes docs/screenshots
	@# the tests in files named e2e_*: the others of their package have run in make test
	$(GO) test $(RACE) -ldflags=-w -shuffle=on -timeout 20m -count=1 -tags e2e ./cmd/learningcity \
	  -run "$$(sed -n 's/^func \(Test[^(]*\)(.*/^\1$$/p' cmd/learningcity/e2e_*_test.go | paste -sd '|' -)"

bench: postgres poppler ## Throughput, latency, memory and start, as ratios to a floor in the same run
	$(GO) test -timeout 20m -count=1 -tags bench -run TestBench -v ./cmd/learningcity

lint: bin/golangci-lint ## House rules
	bin/golangci-lint run --timeout 10m

generate: bin/templ ## Write the generated Go of the pages
	bin/templ generate -path web/view

verify: bin/templ ## Fail when something generated is not up to date
	bin/templ fmt -fail web/view
	bin/templ generate -path web/view
	test -z "$$(gofmt -l cmd internal migrations web)"
	$(GO) mod tidy -diff
	$(GO) test -count=1 -run TestSchemaFile ./internal/postgres
	@if git rev-parse --git-dir >/dev/null 2>&1; then git diff --exit-code -- web go.mod go.sum; fi

golden: ## Write the golden pages anew; read the difference
	$(GO) test ./web/view ./web/view/ui -update

gallery: ## Write every page with sample data into bin/gallery, to look at without a database
	$(GO) test ./web/view -count=1 -run TestGallery -gallery=$(CURDIR)/bin/gallery

schema: postgres ## Write migrations/schema.sql anew
	$(GO) test ./internal/postgres -count=1 -run TestSchemaFile -update

fuzz: ## Every fuzz target for FUZZTIME
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; $(GO) test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x; done; done

migrate/new: ## A new pair of migrations: make migrate/new NAME=what_it_does
	@test -n "$(NAME)" || { echo "say NAME=what_it_does"; exit 1; }
	@n=$$(printf '%06d' $$(( $$(ls migrations/*.up.sql | wc -l) + 1 ))); \
	  touch migrations/$${n}_$(NAME).up.sql migrations/$${n}_$(NAME).down.sql; ls migrations/$${n}_*

ci: verify lint test test/npm test/s3 e2e ## Exactly what CI runs

# PostgreSQL's programs, where neither they nor npm are there but apt can be
# used as root. No cluster of the system is started. Elsewhere the program
# itself fetches them through npm, or says what to install.
postgres:
	@.ci/install-postgres

chromium:
	@.ci/install-chromium

poppler:
	@.ci/install-poppler

bin/learningcity: FORCE
	$(GO) build -trimpath -o $@ ./cmd/learningcity

bin/templ: .ci/tools/go.mod
	$(GO) -C .ci/tools build -o $(CURDIR)/bin/templ github.com/a-h/templ/cmd/templ

bin/golangci-lint: .ci/tools/lint/go.mod
	$(GO) -C .ci/tools/lint build -o $(CURDIR)/bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/versitygw: .ci/tools/s3/go.mod
	$(GO) -C .ci/tools/s3 build -o $(CURDIR)/bin/versitygw github.com/versity/versitygw/cmd/versitygw

clean: ## Remove what was built; data stay
	rm -rf bin

FORCE:
