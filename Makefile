# The commands of this repository. "make" alone lists them; CONTRIBUTING.md says when to use which.

GO       ?= go
FUZZTIME ?= 1m
COVERMIN ?= 90
SOAKTIME ?= 10m
BIN      := $(CURDIR)/.bin

# Every directory with a go.mod is a module of its own. "./..." does not reach from one into another.
MODULES := $(patsubst %/,%,$(dir $(wildcard go.mod */go.mod cmd/*/go.mod examples/*/go.mod internal/*/go.mod)))

# $(call tool,name) is a tool's program. Modules of their own pin the tools; the go command compiles them when they are first used.
# golangci-lint has a module for itself, since actionlint does not compile with its dependencies.
tool = "$$($(GO) -C "$(CURDIR)/internal/check/tools" tool -n $(1))"
golangci = "$$($(GO) -C "$(CURDIR)/internal/check/tools/golangci" tool -n golangci-lint)"

# The standard library compiles faster for yet another platform when nothing of it is optimised.
QUICK := -gcflags='std=-N -l'

# The platforms that the SDK and the kit are compiled for, beside vet for 32 bits. No file of them is for some platforms
# only, as a test of internal/check sees to, so that an error can only be in the standard library's differences.
CROSS := windows/amd64 js/wasm

# What a program that imports the SDK contains beside the standard library.
DEPS := \
	github.com/confopenapi/confopenapi-go \
	github.com/google/go-querystring \
	github.com/hashicorp/go-cleanhttp \
	github.com/hashicorp/go-retryablehttp

# $(call each,what,command) runs a command in every module and stops at the first that fails.
each = @set -e; for m in $(MODULES); do echo "-- $(1) ($$m)"; (cd "$$m" && $(2)) || exit 1; done
# $(call silent,what,command) does the same for a command that reports by printing.
silent = $(call each,$(1),found=$$($(2)) || { printf '%s\n' "$$found"; exit 1; }; test -z "$$found" || { printf '%s\n' "$$found"; exit 1; })
# $(beat) has a long command say that it still runs.
beat = set -e; (while sleep 30 >/dev/null; do echo "-- $@: still running"; done) & beat=$$!; trap 'kill $$beat' EXIT

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# A target a module, so that "make -j2 test" has two at work: that of the SDK waits more than it computes.
TESTS := $(addprefix test/,$(filter-out internal/check internal/e2e,$(MODULES)))

.PHONY: test $(TESTS)
test: $(TESTS) ## run the tests under the race detector, but those of "make check" and "make integration"
$(TESTS): test/%:
	@echo "-- go test -race ($*)"
	@$(beat); cd "$*"; $(GO) test -race ./...

.PHONY: check
check: lint docs examples cover fuzz ## everything that must hold beside the tests; FUZZTIME is 2s here
check: FUZZTIME = 2s

# The modules in cmd require a released SDK, and go mod tidy knows no workspace: each go.mod is checked as a copy that takes the
# SDK from here.
tidy = tmp=$$(mktemp -d) && cp go.mod go.sum "$$tmp" && $(GO) mod edit -replace $(firstword $(DEPS))="$(CURDIR)" "$$tmp/go.mod" && \
	GOWORK=off $(GO) mod tidy -modfile="$$tmp/go.mod" -diff; rc=$$?; rm -rf "$$tmp"; exit $$rc

.PHONY: lint
lint: ## vet, platforms, go fix, gofumpt, golangci-lint, dead code, tidy modules, imports, workflows
	$(call each,go vet,$(GO) vet ./...)
	@echo "-- go vet for 386"; GOARCH=386 $(GO) vet $(QUICK) ./...
	@set -e; for t in $(CROSS); do echo "-- go build for $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build $(QUICK) . ./confopenapitest; done
	$(call each,go fix -diff,$(GO) fix -diff ./...)
	$(call each,go mod tidy -diff,$(tidy))
	@echo "-- compile the tools"; $(beat); for t in gofumpt deadcode actionlint; do $(GO) -C internal/check/tools tool -n $$t >/dev/null; done; $(golangci) version
	$(call silent,gofumpt -l,$(call tool,gofumpt) -l .)
	$(call each,golangci-lint,$(golangci) run --config "$(CURDIR)/.golangci.yml" ./...)
	$(call silent,deadcode -test,$(call tool,deadcode) -test ./...)
	@echo "-- imports: the standard library and what DEPS lists"
	@set -e; found=$$($(GO) list -deps -f '{{if not .Standard}}{{.Module.Path}}{{else if eq .ImportPath "testing"}}testing{{end}}' . ./confopenapitest); \
	for d in $$found; do case " $(DEPS) " in *" $$d "*) ;; *) echo "$$d is not in DEPS"; exit 1;; esac; done
	@echo "-- actionlint, and actions that are pinned to a commit"
	@$(call tool,actionlint)
	@set -e; found=$$(grep -rn 'uses:' .github/workflows | grep -vE '@[0-9a-f]{40} # v[0-9]' || true); \
		test -z "$$found" || { printf '%s\n' "$$found"; exit 1; }

.PHONY: docs
docs: ## test documents, contract, Go API, change log, downloads and release rules: internal/check
	@echo "-- go test (internal/check)"
	@$(GO) -C internal/check test -count=1 .
	@echo "-- go install cmd/confctl, from a module proxy made of the tree"
	@$(GO) -C cmd/confctl test -count=1 -run '^TestInstall$$' . -install
	@$(GO) -C internal/check test -count=1 -v -run '^TestAPIIsAsWritten$$' . | grep 'exported features'

.PHONY: api
api: ## write api/go.txt, the list of all that is exported
	@$(GO) -C internal/check test -count=1 -run '^TestAPIIsAsWritten$$' . -api.write

.PHONY: vuln
vuln: ## fail on a known vulnerability that the code can reach; needs the database of vuln.go.dev
	$(call each,govulncheck,$(call tool,govulncheck) -test ./...)

.PHONY: release
release: ## check whether VERSION can be released; with CONFIRM=yes, make its tag, which you then push
	@internal/check/release.sh "$(VERSION)" $(CONFIRM)

# A program, against its embedded fake whatever is set.
fake    = env -u CONFOPENAPI_BASE_URL -u CONFOPENAPI_TOKEN $(GO)
confctl = $(fake) -C cmd/confctl run .

.PHONY: examples
examples: ## run the examples with nothing set up
	@echo "-- go -C examples run, and confctl"
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; exec >"$$tmp/out"; \
	$(fake) -C examples run ./first; $(fake) -C examples run ./list; \
	$(fake) -C examples run ./ndjson -o "$$tmp/conferences.ndjson"; $(fake) -C examples run ./watch -polls 3 -interval 10ms; \
	$(confctl) list; $(confctl) snapshot --require complete; $(confctl) doctor; \
	$(confctl) watch --polls 3 --interval 10ms; \
	$(confctl) export -q -o "$$tmp/conferences.xlsx"; test -s "$$tmp/conferences.xlsx"

.PHONY: cover
cover: ## coverage of the root package, at least COVERMIN percent, and its decoding on Go's new encoding/json
	@echo "-- go test -cover: at least $(COVERMIN) % of the root package"
	@mkdir -p "$(BIN)"; $(beat); $(GO) test -coverpkg=. -coverprofile="$(BIN)/cover.out" .
	@$(GO) tool cover -func="$(BIN)/cover.out" | awk -v min=$(COVERMIN) \
		'/^total:/ { sub(/%/, "", $$3); found = 1; if ($$3 + 0 < min) { print $$3 " % is below " min " %"; exit 1 } print $$3 " % covered" } \
		END { if (!found) { print "no coverage was measured"; exit 1 } }'
	@echo "-- GOEXPERIMENT=jsonv2"
	@GOEXPERIMENT=jsonv2 $(GO) test $(QUICK) -vet=off -count=1 -run '^(Fuzz|Test.*(Answer|Decode|Example|Flags|JSON|Member|Null|RoundTrip|Spelling|Values))' .

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

.PHONY: integration
integration: ## meet what nginx, tinyproxy and other real components do wrong; WRITE=yes writes RELIABILITY.md
	@echo "-- go test -race (internal/e2e/network)"
	@$(beat); $(GO) -C internal/e2e test -race -count=1 ./network
	@echo "-- go test (internal/e2e)"
	@$(beat); $(GO) -C internal/e2e test -count=1 -parallel 5 -timeout 5m . $(if $(WRITE),-reliability.write)

.PHONY: soak
soak: ## list and watch through random faults for SOAKTIME, 10m by default, and write the figures of RELIABILITY.md
	@$(beat); $(GO) -C internal/e2e test -count=1 -v -run '^TestSoak$$' -timeout 0 . -soak.time $(SOAKTIME) -soak.write

.PHONY: prove
prove: ## list with many seeds, and measure the algorithm for docs/consistency.md: about 22 minutes
	@$(beat); $(GO) test . -run '^(TestListingsLoseNothing|TestListingFaultInTheMiddle)$$' -v -timeout 60m -listing.seeds 50 -listing.large -listing.faultseeds 20
	@$(beat); $(GO) test ./internal/overlap -run '^TestChurnTables$$' -v -timeout 30m -churn.write
	@$(beat); $(GO) test ./internal/overlap -run '^TestAdversary$$' -v -timeout 60m -adversarial.runs 300000 -adversarial.write
	@$(beat); $(GO) test ./internal/diff -run '^(TestModel|TestWorlds)$$' -v -timeout 60m -prove

.PHONY: bench
bench: ## compare CPU, memory and size with peers, in one interleaved run of 3 minutes
	@$(GO) -C bench run .

.PHONY: bench-full
bench-full: ## the same for 10 minutes, and write the tables of BENCHMARKS.md
	@$(GO) -C bench run . -time 10m -markdown ../BENCHMARKS.md

.PHONY: size
size: ## fail if the SDK makes a program with net/http more than 1.2 MB larger
	@$(GO) -C bench run . -only '^size$$'

.PHONY: export
export: ## export 100,000 conferences in each format, and have Python read them; needs GNU time and python3-openpyxl
	$(GO) -C cmd/confctl test . -run '^TestLargeExports$$' -export.large -v

.PHONY: pictures
pictures: ## render docs/images anew; needs tmux, aha, chromium, fonts-noto-cjk and pngquant
	docs/images/render.sh

.PHONY: fmt
fmt: ## modernise and format all code
	$(call each,go fix and gofumpt,$(GO) fix ./... && $(call tool,gofumpt) -w .)

.PHONY: clean
clean: ## remove what the targets wrote
	rm -rf "$(BIN)"
