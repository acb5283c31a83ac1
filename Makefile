# p2p: a chat with no server. `make help` lists the targets.

PREFIX ?= /usr/local
NAME ?= Alice
SEED ?= 1
SEEDS ?= 2000
BIN := node_modules/.bin
LIB = $(DESTDIR)$(PREFIX)/lib/p2p
COMMAND = $(DESTDIR)$(PREFIX)/bin/p2p
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# The file that the program starts with.
ENTRY := src/p2p.ts
# Installs packages and compiles where that is needed. In one checkout only one make does so at a time; others wait.
ready = { command -v node && command -v npm; } >/dev/null || { echo "Node 20.19 or newer and npm are needed: https://nodejs.org"; exit 1; }; \
  .make/locked node .make/build.mjs
# Files that end in .test.ts are tests; the other files in test/ serve them.
tests = node .build/test/run.js $(1) | node .build/test/report.js

.DEFAULT_GOAL := build
.PHONY: build demo chaos replay test check unit sim contract e2e bench run plant install uninstall netns netns-down compiled clean help

build: ## install the packages that the program needs and build dist/
	@$(ready) program $(ENTRY)

compiled: ## compile src and test into .build, to run a single test file
	@$(ready) compiled

demo: build ## play the README's conversation with three processes on this machine
	@$(ready) demo test/e2e/demo.ts
	@node .demo/test/e2e/kit/demo.js

chaos: compiled build ## members talk while one is killed every second and links are cut (CHAOS_SECONDS=40)
	@node .build/test/e2e/chaos.js

replay: compiled ## show one simulated day of three members: make replay SEED=7
	@SEED=$(SEED) node .build/test/sim/replay.js

test: compiled build check ## run every check and every test
	@$(call tests,unit house contract sim e2e)

check: compiled ## types, lint, format, import rules
	$(BIN)/eslint -c .eslint.config.mjs src test
	$(BIN)/prettier --check --log-level=warn src test .make
	$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err src

unit: compiled build ## unit and property tests
	@$(call tests,unit house)

contract: compiled build ## the real network and the simulated one pass the same suite
	@$(call tests,contract)

sim: compiled build ## simulation: SEEDS=2000 runs from SEED=1 on (make test runs 100)
	@SEED=$(SEED) SEEDS=$(SEEDS) TAP_TIMEOUT=1800 $(call tests,sim)

plant: compiled ## plant bugs one at a time; the simulation must find each (minutes)
	@SEEDS=$(if $(filter 2000,$(SEEDS)),100,$(SEEDS)) node .build/test/sim/plant.js

e2e: compiled build ## the built program in real processes and namespaces
	@$(call tests,e2e)

bench: compiled build ## figures, side by side with other programs
	node .build/test/bench/bench.js

run: build ## an interactive member on this machine: make run NAME=Alice
	@$(if $(findstring file,$(origin NAME)),echo 'You are $(NAME); make run NAME=Bob is another one.')
	@# The group "trial" keeps these messages apart from those of real friends.
	@node dist/p2p.js --name "$(NAME)" --loopback --group trial

# A new installation takes the place of an old one when it is complete. `folders` lists those that the installation made.
install: build ## put p2p on the PATH (PREFIX=/usr/local)
	@if [ -e $(COMMAND) ] && [ "$$(readlink $(COMMAND))" != ../lib/p2p/p2p.js ]; then \
	  echo "$(COMMAND) is another program. Move it away, or choose another PREFIX."; exit 1; fi
	@rm -rf $(LIB).new
	@if [ -e $(LIB)/folders ]; then install -D -m 644 -t $(LIB).new $(LIB)/folders; else \
	  made=$$(for each in $(DESTDIR)$(PREFIX){/bin,/lib,}; do [ -d $$each ] || echo $$each; done); \
	  install -d $(LIB).new && echo "$$made" >$(LIB).new/folders; fi
	@install -m 644 -t $(LIB).new dist/* && chmod 755 $(LIB).new/p2p.js
	@echo '{ "type": "module" }' >$(LIB).new/package.json
	@# The packages that the program loads stand beside it, with their licences and without their sources.
	@node .make/packages.mjs | \
	  while read -r package; do mkdir -p "$(LIB).new/$$package" && cp -R "$$package/." "$(LIB).new/$$package"; done
	@find $(LIB).new -type f -regex '.*\.\([cm]?ts\|map\|c\|cc\|cpp\|h\|gypi?\)' -delete
	@find $(LIB).new -type d -empty -delete
	@rm -rf $(LIB) && mv $(LIB).new $(LIB)
	@install -d $(dir $(COMMAND)) && ln -sf ../lib/p2p/p2p.js $(COMMAND)
	@echo "p2p is installed: $(COMMAND)"

uninstall: ## remove what install put there; keys and messages stay
	@folders=$$(cat $(LIB)/folders 2>/dev/null); [ -e $(LIB) ] && said="p2p is removed: $(LIB)" || said="p2p is not installed in $(PREFIX)"; \
	  rm -rf $(LIB) $(LIB).new; \
	  if [ "$$(readlink $(COMMAND))" = ../lib/p2p/p2p.js ]; then rm -f $(COMMAND); said="p2p is removed: $(COMMAND)"; \
	  elif [ -e $(COMMAND) ]; then said="$$said; $(COMMAND) is another program, and stays"; fi; \
	  for each in $$folders; do rmdir "$$each" 2>/dev/null; done; \
	  echo "$$said"
	@# Where src/platform/state-place.ts puts them.
	@state="$${XDG_STATE_HOME:-$$HOME/.local/state}/p2p"; \
	  [ ! -d "$$state" ] || echo "Your keys and messages stay in $$state"

netns: build ## network namespaces Alice, Bob and Martha with the group file's addresses (root)
	bash test/e2e/netns.sh up "" peer_details.txt

netns-down: ## remove these namespaces
	bash test/e2e/netns.sh down "" peer_details.txt

clean: ## remove what was built; packages stay
	@.make/locked rm -rf dist .build .demo

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 14
