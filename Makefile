# p2p: a chat with no server. `make help` lists what can be made.

PREFIX ?= /usr/local
NAME ?= Alice
SEED ?= 1
SEEDS ?= 2000
BIN := node_modules/.bin
SOURCES := $(shell find src test -name '*.ts') tsconfig.json
LIB = $(DESTDIR)$(PREFIX)/lib/p2p
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# What ends in .test.ts is a test; the files beside it serve the tests. The quotes leave the pattern to tap.
tests = $(BIN)/tap run --reporter=tap $(foreach layer,$(1),'.build/test/$(layer)/**/*.test.js') | node .build/test/report.js

.DEFAULT_GOAL := build
.PHONY: build demo chaos replay test check unit sim contract e2e bench run plant install uninstall netns netns-down clean help

build: dist/p2p.js ## install what is needed and compile dist/

# The test runner builds itself once, without its TypeScript plugin: our tests are compiled by then.
node_modules/.installed: package-lock.json .taprc
	@command -v node >/dev/null || { echo "Node 20.19 or newer is needed: https://nodejs.org"; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	$(BIN)/tap build >/dev/null
	@touch $@

.build/compiled: node_modules/.installed $(SOURCES)
	@rm -rf .build # what was renamed must not be run
	$(BIN)/tsc -p .
	@touch $@

# A start reads few files: one, and where it runs a member, one more and what both need.
dist/p2p.js: .build/compiled
	@rm -rf dist
	$(BIN)/esbuild p2p=.build/src/start.js --bundle --splitting --platform=node --target=node20 --format=esm --minify --log-level=warning \
	  --banner:js="import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" --outdir=dist
	@touch $@

demo: build ## play the README's conversation with three processes on this machine
	node .build/test/e2e/demo.js

chaos: build ## members talk while one is killed every second and links are cut (CHAOS_SECONDS=40)
	@node .build/test/e2e/chaos.js

replay: build ## relive a simulated day of three members: make replay SEED=7
	@SEED=$(SEED) node .build/test/sim/replay.js

test: build check ## pass every test
	@$(call tests,unit house contract sim e2e)

check: node_modules/.installed ## types, lint, format, import rules
	$(BIN)/tsc -p . --noEmit
	$(BIN)/eslint -c .eslint.config.mjs src test
	$(BIN)/prettier --check --log-level=warn src test
	$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err src

unit: build ## unit and property tests
	@$(call tests,unit house)

contract: build ## the real network and the simulated one pass the same suite
	@$(call tests,contract)

sim: build ## simulation: SEEDS=2000 runs from SEED=1 on (make test runs 300)
	@SEED=$(SEED) SEEDS=$(SEEDS) TAP_TIMEOUT=1800 $(call tests,sim)

plant: build ## plant bugs one at a time and show that the simulation finds each (minutes)
	@SEEDS=$(if $(filter 2000,$(SEEDS)),100,$(SEEDS)) node .build/test/sim/plant.js

e2e: build ## the built program in real processes and namespaces
	@$(call tests,e2e)

bench: build ## figures, side by side with other programs
	node .build/test/bench/bench.js

run: build ## an interactive member on this machine: make run NAME=Alice
	@$(if $(findstring file,$(origin NAME)),echo 'You are $(NAME); make run NAME=Bob is another one.')
	@# A group of its own: what is tried out here does not mix with what is kept for real.
	@node dist/p2p.js --name "$(NAME)" --loopback --group trial

install: build ## put p2p on the PATH (PREFIX=/usr/local)
	@rm -rf $(LIB)
	@install -D -m 755 -t $(LIB) dist/*.js
	@echo '{ "type": "module" }' >$(LIB)/package.json
	@# What the program needs at run time stands beside it; of its native parts only those for this machine, and no sources.
	@npm ls --omit=dev --all --parseable | sed -n "s|^$(CURDIR)/||p" | \
	  while read -r package; do mkdir -p "$(LIB)/$$package" && cp -R "$$package/." "$(LIB)/$$package"; done
	@find $(LIB) -path '*/prebuilds/*' -prune ! -name "$$(node -p 'process.platform+"-"+process.arch')" -exec rm -r {} +
	@find $(LIB) -type f -regex '.*\.\([cm]?ts\|map\|c\|cc\|cpp\|h\|gypi?\)' -delete
	@find $(LIB) -type d -empty -delete
	@install -d $(DESTDIR)$(PREFIX)/bin
	@ln -sf ../lib/p2p/p2p.js $(DESTDIR)$(PREFIX)/bin/p2p
	@echo "p2p is installed: $(DESTDIR)$(PREFIX)/bin/p2p"

uninstall: ## remove it again
	@rm -rf $(LIB) $(DESTDIR)$(PREFIX)/bin/p2p

netns: build ## network namespaces Alice, Bob and Martha with the group file's addresses (root)
	bash test/e2e/netns.sh up "" peer_details.txt

netns-down: ## remove them
	bash test/e2e/netns.sh down "" peer_details.txt

clean: ## remove what was built
	rm -rf dist .build

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 14
