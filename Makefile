# The commands of this repository. "make" alone lists them; CONTRIBUTING.md says when to use which.

GO       ?= go
FUZZTIME ?= 1m
COVERMIN ?= 90
SOAKTIME ?= 10m

# Every directory with a go.mod is a module of its own. "./..." does not reach from one into another.
MODULES := $(patsubst %/,%,$(dir $(wildcard go.mod */go.mod examples/*/go.mod internal/*/go.mod)))

# The standard library compiles faster for yet another platform when nothing of it is optimised.
QUICK := -gcflags='std=-N -l'

# What a program that imports the SDK contains beside the standard library.
DEPS := \
	github.com/confopenapi/confopenapi-go \
	github.com/google/go-querystring \
	github.com/hashicorp/go-cleanhttp \
	github.com/hashicorp/go-retryablehttp

# The tools are pinned. The version is part of the file's name, so that a new pin is installed by itself.
BIN       := $(CURDIR)/.bin
GOLANGCI  := $(BIN)/golangci-lint-v2.15.0
GOFUMPT   := $(BIN)/gofumpt-v0.12.0
DEADCODE  := $(BIN)/deadcode-v0.52.0
APIDIFF   := $(BIN)/apidiff-v0.0.0-20261113113407-e3970619a1a4
ACTIONS   := $(BIN)/actionlint-v1.7.12
VULNCHECK := $(BIN)/govulncheck-v1.9.0

# $(call each,what,command) runs a command in every module and stops at the first that fails.
each = @set -e; for m in $(MODULES); do echo "-- $(1) ($$m)"; (cd "$$m" && $(2)) || exit 1; done
# $(call silent,what,command) does the same for a command that reports by printing.
silent = $(call each,$(1),found=$$($(2)) || { printf '%s\n' "$$found"; exit 1; }; test -z "$$found" || { printf '%s\n' "$$found"; exit 1; })

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# A target a module, so that "make -j2 --output-sync=target test" has two at work: that of the SDK waits more than it computes.
TESTS := $(addprefix test/,$(filter-out internal/e2e internal/repo,$(MODULES)))

.PHONY: test $(TESTS)
test: $(TESTS) ## run every test under the race detector, but those of "make integration" and "make repo"
$(TESTS): test/%:
	@echo "-- go test -race ($*)"
	@cd "$*" && $(GO) test -race ./...

.PHONY: check
check: vet cross jsonv2 fix format lint dead tidy deps apidiff readme docs consumer repo workflows run cover fuzz ## everything that must hold beside the tests; FUZZTIME is 2s here, and CROSS shorter
check: FUZZTIME = 2s
check: CROSS = windows/amd64 js/wasm

.PHONY: vet
vet: ## go vet, also of what a 32-bit machine compiles
	$(call each,go vet,$(GO) vet ./...)
	@GOARCH=386 $(GO) vet $(QUICK) ./...

# There are no files for some platforms only, which a test of internal/repo sees to, so that an error can only be in what
# differs between platforms in the standard library, or in the size of an int.
CROSS := linux/arm64 linux/386 darwin/arm64 windows/amd64 js/wasm

.PHONY: cross
cross: ## compile the SDK and the kit for the platforms in CROSS
	@set -e; for t in $(CROSS); do echo "-- go build for $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build $(QUICK) . ./confopenapitest; done

.PHONY: jsonv2
jsonv2: ## test decoding on top of Go's new encoding/json
	@echo "-- GOEXPERIMENT=jsonv2"
	@GOEXPERIMENT=jsonv2 $(GO) test $(QUICK) -vet=off -count=1 -run '^(Fuzz|Test.*(Answer|Decode|Example|Flags|JSON|Member|Null|RoundTrip|Spelling|Values))' .

.PHONY: fix
fix: ## fail if go fix would modernise something
	$(call each,go fix -diff,$(GO) fix -diff ./...)

.PHONY: format
format: $(GOFUMPT) ## fail if a file is not formatted with gofumpt
	$(call silent,gofumpt -l,$(GOFUMPT) -l .)

.PHONY: lint
lint: $(GOLANGCI) ## golangci-lint, configured and explained in .golangci.yml
	$(call each,golangci-lint,$(GOLANGCI) run --config "$(CURDIR)/.golangci.yml" ./...)

.PHONY: dead
dead: $(DEADCODE) ## fail on functions that no program and no test reaches
	$(call silent,deadcode -test,$(DEADCODE) -test ./...)

.PHONY: tidy
tidy: ## fail if go.mod or go.sum is not tidy
	$(call each,go mod tidy -diff,$(GO) mod tidy -diff)

.PHONY: deps
deps: ## fail if importing the SDK brings in more than it says
	@echo "-- imports: the standard library and what DEPS lists"
	@set -e; found=$$($(GO) list -deps -f '{{if not .Standard}}{{.Module.Path}}{{else if eq .ImportPath "testing"}}testing{{end}}' . ./confopenapitest); \
	for d in $$found; do case " $(DEPS) " in *" $$d "*) ;; *) echo "$$d is not in DEPS"; exit 1;; esac; done

.PHONY: readme
readme: ## fail if a document differs from its twin or from compiled code
	@echo "-- the READMEs and docs"
	@$(GO) test -count=1 -run '^Test(README|Docs)' .

.PHONY: docs
docs: ## fail if a link in a document leads nowhere, or if nothing runs a command in one
	@echo "-- the documents' links and commands"
	@$(GO) -C internal/repo test -count=1 ./docs

.PHONY: consumer
consumer: ## download the SDK as from a module proxy, and build and run a program with it
	@echo "-- a program that downloads the SDK"
	@$(GO) -C internal/repo test -count=1 ./user

.PHONY: repo
repo: ## test what decides about the Go API, the change log and releases
	@echo "-- the rules of internal/repo"
	@$(GO) -C internal/repo test -count=1 ./api ./changelog ./release ./tree

.PHONY: workflows
workflows: $(ACTIONS) ## lint .github/workflows, and fail on an action that is not pinned to a commit
	@echo "-- actionlint"
	@$(ACTIONS)
	@set -e; found=$$(grep -rn 'uses:' .github/workflows | grep -vE '@[0-9a-f]{40} # v[0-9]' || true); \
		test -z "$$found" || { printf '%s\n' "$$found"; exit 1; }

.PHONY: vuln
vuln: $(VULNCHECK) ## fail on a known vulnerability that the code can reach; needs the database of vuln.go.dev
	$(call each,govulncheck,$(VULNCHECK) -test ./...)

# The last release that led here. A clone without tags has none.
LAST := $(shell git tag --list 'v[0-9]*' --merged HEAD --sort=-v:refname 2>/dev/null | head -n 1)

.PHONY: apidiff
apidiff: $(if $(LAST),$(APIDIFF)) ## fail if the Go API broke and CHANGELOG.md does not name what did
	@echo "-- the Go API against api/go.txt$(if $(LAST), and $(LAST))"
	@$(GO) -C internal/repo run . api check "$(CURDIR)"
	$(if $(LAST),@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; mkdir "$$tmp/last"; \
		git archive $(LAST) | tar -x -C "$$tmp/last"; module=$$($(GO) list -m); \
		(cd "$$tmp/last" && $(APIDIFF) -m -w "$$tmp/api" "$$module" 2>"$$tmp/log") || { cat "$$tmp/log"; exit 1; }; \
		$(APIDIFF) -m -incompatible "$$tmp/api" "$$module" >"$$tmp/breaks" 2>"$$tmp/log" || { cat "$$tmp/log"; exit 1; }; \
		$(GO) -C internal/repo run . api breaks "$(CURDIR)" $(LAST) <"$$tmp/breaks")

.PHONY: api
api: ## write api/go.txt, what "make apidiff" compares with; part of a release
	@$(GO) -C internal/repo run . api write "$(CURDIR)"

.PHONY: release
release: ## check whether VERSION can be released; with CONFIRM=yes, make its tag, which you then push
	@$(GO) -C internal/repo run . release "$(CURDIR)" "$(VERSION)" $(CONFIRM)

# An example, against its embedded fake whatever is set.
example = env -u CONFOPENAPI_BASE_URL -u CONFOPENAPI_TOKEN $(GO) -C examples run

.PHONY: run
run: ## run the examples with nothing set up
	@echo "-- go -C examples run: first, list, ndjson, fleet, watch and confctl"
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; exec >"$$tmp/out"; \
	$(example) ./first; grep -q "^refused" "$$tmp/out"; grep -q "^ended" "$$tmp/out"; \
	$(example) ./list; $(example) ./list -json; \
	$(example) ./ndjson -o "$$tmp/conferences.ndjson"; test -s "$$tmp/conferences.ndjson"; \
	$(example) ./fleet; $(example) ./fleet -json; \
	$(example) ./watch -polls 3 -interval 10ms -checkpoint "$$tmp/checkpoint"; test -s "$$tmp/checkpoint"; \
	$(example) ./confctl list; $(example) ./confctl snapshot --require complete; $(example) ./confctl doctor; \
	$(example) ./confctl watch --polls 3 --interval 10ms; \
	$(example) ./confctl export -q -o "$$tmp/conferences.xlsx"; test -s "$$tmp/conferences.xlsx"

.PHONY: export
export: ## export 100,000 conferences in each format, and have Python read them; needs GNU time and python3-openpyxl
	$(GO) -C examples test ./confctl -run '^TestLargeExports$$' -export.large -v

.PHONY: pictures
pictures: ## render docs/images anew; needs tmux, aha, chromium, fonts-noto-cjk and pngquant
	docs/images/render.sh

.PHONY: cover
cover: ## coverage of the root package; fail below COVERMIN percent
	@echo "-- coverage of the root package, at least $(COVERMIN) %"
	@mkdir -p "$(BIN)"
	@$(GO) test -coverpkg=. -coverprofile="$(BIN)/cover.out" .
	@$(GO) tool cover -func="$(BIN)/cover.out" | awk -v min=$(COVERMIN) \
		'/^total:/ { sub(/%/, "", $$3); found = 1; if ($$3 + 0 < min) { print $$3 " % is below " min " %"; exit 1 } print $$3 " % covered" } \
		END { if (!found) { print "no coverage was measured"; exit 1 } }'

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME, 1m by default
	@mkdir -p "$(BIN)"
	@set -e; targets=0; for m in $(MODULES); do for p in $$($(call fuzzed,$$m)); do \
		names=$$($(GO) -C "$$m" test -list '^Fuzz' "$$p"); \
		for f in $$(printf '%s\n' "$$names" | grep '^Fuzz' || true); do \
			echo "-- fuzz $$f for $(FUZZTIME)"; \
			$(GO) -C "$$m" test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s "$$p" >"$(BIN)/fuzz.log" 2>&1 || $(fuzz-lost-race) || { cat "$(BIN)/fuzz.log"; exit 1; }; \
			grep -E '^(fuzz: elapsed|ok)' "$(BIN)/fuzz.log" | tail -n 2; \
			targets=$$((targets + 1)); \
		done; \
	done; done; \
	test $$targets -gt 0 || { echo "no fuzz target was found"; exit 1; }

# $(call fuzzed,module) are its packages with a fuzz target in a file of tests; to ask each test binary takes much longer.
fuzzed = $(GO) -C "$(1)" list -f '{{.ImportPath}}{{range .TestGoFiles}} {{$$.Dir}}/{{.}}{{end}}{{range .XTestGoFiles}} {{$$.Dir}}/{{.}}{{end}}' ./... | \
	while read -r p files; do ! grep -qs '^func Fuzz' $$files </dev/null || echo "$$p"; done

# Until Go 1.27 the fuzzing engine can fail when its time is up, though it found nothing (golang/go issue 75804): it then
# says just that, and writes no input.
fuzz-lost-race = { grep -qx '    context deadline exceeded' "$(BIN)/fuzz.log" && ! grep -qE 'Failing input|panic' "$(BIN)/fuzz.log" && \
	echo "-- nothing found; the engine failed at its deadline, as Go issue 75804 describes"; }

.PHONY: churn
churn: ## measure the listing algorithms and write the tables of docs/consistency.md; about 2 minutes
	$(GO) test ./internal/overlap -run '^TestChurnTables$$' -timeout 30m -churn.write

.PHONY: adversary
adversary: ## read 600,000 lists that do all they can to break the proofs, and write that table; about 5 minutes
	$(GO) test ./internal/overlap -run '^TestAdversary$$' -timeout 60m -adversarial.runs 300000 -adversarial.write

.PHONY: listing
listing: ## list over HTTP with many seeds, whatever the churn, the order and the fault; about 15 minutes
	$(GO) test . -run '^(TestListingsLoseNothing|TestFaultsInTheMiddleOfAListing)$$' -v -timeout 60m -listing.seeds 50 -listing.large -listing.faultseeds 20

.PHONY: bench
bench: ## compare CPU, memory and size with peers, in one interleaved run of 3 minutes
	@$(GO) -C bench run .

.PHONY: bench-full
bench-full: ## the same for 10 minutes, and write the tables of BENCHMARKS.md
	@$(GO) -C bench run . -time 10m -markdown ../BENCHMARKS.md

.PHONY: size
size: ## fail if the SDK makes a program with net/http more than 1.2 MB larger
	@$(GO) -C bench run . -only '^size$$'

.PHONY: integration
integration: ## meet what nginx and other real components do wrong; about a minute, needs nginx and tinyproxy
	$(GO) -C internal/e2e test -count=1 -parallel 5 -timeout 5m -p 1 ./...

.PHONY: reliability
reliability: ## the same, and write the table of RELIABILITY.md
	$(GO) -C internal/e2e test -count=1 -parallel 5 -timeout 5m . -reliability.write

.PHONY: soak
soak: ## list and watch through random faults for SOAKTIME, 10m by default, and write the figures of RELIABILITY.md
	$(GO) -C internal/e2e test -count=1 -v -run '^TestSoak$$' -timeout 0 . -soak.time $(SOAKTIME) -soak.write

.PHONY: fmt
fmt: $(GOFUMPT) ## modernise and format all code
	$(call each,go fix and gofumpt,$(GO) fix ./... && $(GOFUMPT) -w .)

.PHONY: tools
tools: $(GOLANGCI) $(GOFUMPT) $(DEADCODE) $(ACTIONS) $(if $(LAST),$(APIDIFF)) ## install the pinned tools into .bin

# $(call install,package) installs a package at the version in the target's name.
install = @echo "-- install $(notdir $@)"; set -e; rm -rf "$@.new"; mkdir -p "$@.new"; \
	GOFLAGS= GOBIN="$@.new" $(GO) install $(1)@$(lastword $(subst -v, v,$(notdir $@))); \
	mv "$@.new"/* "$@"; rmdir "$@.new"

$(GOLANGCI):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)

$(GOFUMPT):
	$(call install,mvdan.cc/gofumpt)

$(DEADCODE):
	$(call install,golang.org/x/tools/cmd/deadcode)

$(APIDIFF):
	$(call install,golang.org/x/exp/cmd/apidiff)

$(ACTIONS):
	$(call install,github.com/rhysd/actionlint/cmd/actionlint)

$(VULNCHECK):
	$(call install,golang.org/x/vuln/cmd/govulncheck)

.PHONY: clean
clean: ## remove the tools and what the targets wrote
	rm -rf "$(BIN)"
