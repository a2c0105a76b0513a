# The commands of this repository. "make" lists them, and CONTRIBUTING.md says when to use which.

GO       ?= go
NEXT_GO  ?= go1.27.3
COVERMIN ?= 90
FUZZTIME ?= 1m
SOAKTIME ?= 10m

# Every folder with a go.mod is a module. "./..." does not reach from one into another.
MODULES := $(patsubst %/,%,$(dir $(wildcard go.mod */go.mod cmd/*/go.mod examples/*/go.mod internal/*/go.mod)))

ui = cmd/confctl/internal/web/ui

# The go command compiles the pinned tools when they are first used. actionlint does not compile with golangci-lint's dependencies.
golangci   = $$($(GO) -C "$(CURDIR)/internal/check/tools/golangci" tool -n golangci-lint)
actionlint = $$($(GO) -C internal/check/tools tool -n actionlint)

# Tests have time on a slow machine, and programs use their embedded fake.
export GOFLAGS := $(shell $(GO) env GOFLAGS) -timeout=30m
unexport CONFOPENAPI_BASE_URL CONFOPENAPI_TOKEN
# Under the race detector, a program waits a second before it ends, for races of goroutines that a test here must not leave.
export GORACE := atexit_sleep_ms=0

# $(beat) prints a line every 30 seconds until the command ends.
beat = set -e; (while sleep 30 >/dev/null 2>&1 && kill -0 $$$$; do echo "-- make $@: still running"; done) & trap "kill $$!" EXIT;
# $(call in,folders,command) runs a command in one folder after another, and stops at the first failure.
in = @$(beat) for d in $(1); do (set -x; cd "$$d"; $(2)); done

.PHONY: help test check fmt web docs fuzz integration soak prove bench pictures release clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

test: ## run the tests, and those of -short again under the race detector; not those of internal/check and internal/e2e
	$(call in,$(filter-out internal/check internal/e2e,$(MODULES)),$(GO) test ./...)
	$(call in,$(filter-out internal/check internal/e2e,$(MODULES)),$(GO) test -race -short -vet=off ./...)

# In a check, each fuzz target gets a fixed number of inputs.
check: FUZZTIME = 2000x
check: test docs fuzz ## run "make test", then all other checks: linters, documents, platforms, the next Go, examples, fuzz targets
	$(call in,$(MODULES),$(golangci) run --config "$(CURDIR)/.golangci.yml" ./...)
	@# The modules in cmd require a released SDK, so go mod tidy checks a copy of each go.mod that takes the SDK from here.
	@set -e; tmp=$$(mktemp -d); trap 'rm -r "$$tmp"' EXIT; for d in $(MODULES); do echo "-- go mod tidy -diff ($$d)"; \
		cp "$$d/go.mod" "$$d/go.sum" "$$tmp"; $(GO) mod edit -replace github.com/confopenapi/confopenapi-go="$(CURDIR)" "$$tmp/go.mod"; \
		GOWORK=off $(GO) -C "$$d" mod tidy -modfile="$$tmp/go.mod" -diff; done
	# The page of confctl web is what its sources and package-lock.json make:
	@set -e; tmp=$$(mktemp -d); trap 'rm -r "$$tmp"' EXIT; cd $(ui) && npm ci --silent && node build.mjs "$$tmp" && diff -r "$$tmp" ../dist
	# Workflows are valid, and name each action by its commit:
	$(actionlint)
	! grep -rn 'uses:' .github/workflows | grep -vE '@[0-9a-f]{40} # v[0-9]'
	# The code compiles for 32 bits and for WebAssembly; that of the standard library needs no optimisation:
	$(call in,.,GOOS=windows GOARCH=386 $(GO) vet -gcflags='std=-N -l' ./...)
	$(call in,.,GOOS=js GOARCH=wasm $(GO) build -gcflags='std=-N -l' . ./confopenapitest)
	# The tests pass with the next Go and its new encoding/json, and cover the root package:
	@mkdir -p .bin
	$(call in,.,GOTOOLCHAIN=$(NEXT_GO) $(GO) test -short ./... -coverpkg=. -coverprofile=.bin/cover.out)
	$(GO) tool cover -func=.bin/cover.out | awk '/^total:/ { print; total = $$3 } END { exit total + 0 < $(COVERMIN) }'
	# The commands of the documents work, and confctl can be installed from a module proxy made of the tree:
	$(GO) -C examples run ./list >/dev/null
	$(GO) -C examples run ./first >/dev/null
	$(GO) -C cmd/confctl run . list >/dev/null
	$(GO) -C cmd/confctl run . snapshot >/dev/null
	$(GO) -C cmd/confctl run . export -o "$(CURDIR)/.bin/conferences.xlsx" --force >/dev/null
	$(GO) -C cmd/confctl run . watch --polls 3 --interval 10ms >/dev/null
	$(GO) -C cmd/confctl run . doctor >/dev/null
	$(GO) -C cmd/conffleet run . demo >/dev/null
	$(call in,cmd/confctl,$(GO) test -count=1 -run '^TestInstall$$' . -install)

fmt: ## format the code, and correct what linters can correct
	$(call in,$(MODULES),$(golangci) run --fix --config "$(CURDIR)/.golangci.yml" ./...)

web: ## build the page of confctl web from its sources; needs Node.js and npm
	cd $(ui) && npm ci --silent && node build.mjs

docs: ## check documents, contract, Go API, downloads and release rules; WRITE=yes writes api/go.txt
	$(call in,internal/check,$(GO) test -count=1 . $(if $(WRITE),-api.write))

# The next Go has no issue 75804: the fuzzing engine of Go 1.26 can fail at the end of FUZZTIME although it found nothing.
fuzz: ## run every fuzz target for FUZZTIME, 1m by default
	@$(beat) targets=$$(grep -rEo '^func Fuzz\w+' --include='*_test.go' . | tr ' ' :); \
	for t in $$targets; do \
		echo "-- $${t##*:} for $(FUZZTIME)"; \
		GOTOOLCHAIN=$(NEXT_GO) $(GO) -C "$${t%/*}" test -run '^$$' -fuzz "^$${t##*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x .; \
	done

integration: ## compare what real components do wrong with RELIABILITY.md; WRITE=yes writes its table; needs nginx, tinyproxy, chromium and prometheus
	$(call in,internal/e2e,$(GO) test -race -count=1 ./network)
	$(call in,internal/e2e,$(GO) test -count=1 ./browser)
	$(call in,internal/e2e,$(GO) test -count=1 -parallel 5 . $(if $(WRITE),-reliability.write))

soak: ## list and watch through random faults for SOAKTIME, 10m by default, and write the figures of RELIABILITY.md
	$(call in,internal/e2e,$(GO) test -count=1 -v -run '^TestSoak$$' -timeout 0 . -soak.time $(SOAKTIME) -soak.write)

prove: ## list with many seeds, and measure the algorithm for docs/consistency.md: about 35 minutes
	$(call in,.,$(GO) test . -run '^(TestListingsLoseNothing|TestListingFaultInTheMiddle|TestWatch.*)$$' -v -timeout 2h -prove)
	$(call in,.,$(GO) test ./internal/overlap -run '^TestChurnTables$$' -v -timeout 2h -churn.write)
	$(call in,.,$(GO) test ./internal/overlap -run '^TestAdversary$$' -v -timeout 2h -adversarial.runs 300000 -adversarial.write)
	$(call in,.,$(GO) test ./internal/overlap -run '^TestModel$$' -v -timeout 2h -prove)
	$(call in,.,$(GO) test ./internal/diff -run '^(TestModel|TestWorlds)$$' -v -timeout 2h -prove)

bench: ## compare CPU, memory and size with other clients for 3 minutes; WRITE=yes takes 10 and writes BENCHMARKS.md
	$(call in,bench,$(GO) run . $(if $(WRITE),-time 10m -markdown ../BENCHMARKS.md))

pictures: ## render docs/images; needs tmux, aha, chromium, fonts-noto-cjk and pngquant
	docs/images/render.sh

release: ## report what prevents the release of VERSION; CONFIRM=yes makes its tag
	internal/check/release.sh "$(VERSION)" $(CONFIRM)

clean: ## remove what the targets wrote
	rm -rf .bin
