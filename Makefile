# Bauta. `make help` lists what there is.
#
# VARIANT chooses compiler flags and folder: release (in build/), asan, tsan, fuzz, cov (in build/VARIANT/).
# Objects mirror src/; a new src/LAYER/NOUN.c is picked up by itself. A unit test is one file,
# tests/unit/LAYER/NOUN_test.c, and links only what UNIT_LAYER below names.

VERSION = 0.1.0
VARIANT ?= release
OUT = $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))

CC_release = gcc
CXX_release = g++
CC_asan = clang
CXX_asan = clang++
CC_tsan = clang
CXX_tsan = clang++
CC_fuzz = clang
CXX_fuzz = clang++
CC_cov = gcc
CXX_cov = g++
CC := $(CC_$(VARIANT))
CXX := $(CXX_$(VARIANT))

comma = ,

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wpointer-arith \
	-Wformat=2 -Wvla -Werror
# Without -ftrivial-auto-var-init=zero: with it gcc 12.2 clears live bytes of an array of structs that functions
# return (tests/unit/base/compiler_test.c shows it), and a byte of a person's key is a call to somebody else.
HARDEN = -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -D_FORTIFY_SOURCE=3 -fPIE
FLAGS_release = -O2 -g $(HARDEN)
LINK_release = -pie -Wl,-z,relro,-z,now
FLAGS_asan = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK_asan = -fsanitize=address,undefined
FLAGS_tsan = -O1 -g -fsanitize=thread
LINK_tsan = -fsanitize=thread
FLAGS_fuzz = -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
LINK_fuzz = -fsanitize=address,undefined,fuzzer

# Without optimisation: the jumps that are counted are those of the source.
FLAGS_cov = -O0 -g -Wno-format-truncation --coverage -fprofile-update=atomic
LINK_cov = --coverage

# Asked for when the first recipe needs it: the packages may have been installed a moment ago.
PKG = libuv openssl sqlite3 jansson yaml-0.1 libcurl rdkafka libpq
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKG)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKG)) -lphonenumber -lprotobuf -lpthread -lm)$(PKG_LIBS)
LLHTTP = /usr/share/llhttp

CPPFLAGS = -Isrc -Ibuild/gen -I/usr/share/include/llhttp -D_GNU_SOURCE -DBAUTA_VERSION='"$(VERSION)"'
CFLAGS = -std=c11 -include src/base/banned.h $(WARN) $(FLAGS_$(VARIANT)) $(PKG_CFLAGS)
CXXFLAGS = -std=c++17 -Wall -Wextra -Werror $(FLAGS_$(VARIANT))
LDFLAGS = $(LINK_$(VARIANT))

layer = $(patsubst src/%.c,$(OUT)/obj/%.o,$(sort $(wildcard src/$(1)/*.c)))
BASE = $(call layer,base)
CORE = $(call layer,core)
CRYPTO = $(call layer,crypto)
PHONE = $(call layer,phone) $(OUT)/obj/phone/libphonenumber.o $(OUT)/obj/phone/world.o
WIRE = $(call layer,wire)
PROVIDER = $(call layer,provider)
NET = $(call layer,net) $(OUT)/obj/llhttp/llhttp.o $(OUT)/obj/llhttp/api.o $(OUT)/obj/llhttp/http.o
STORE = $(call layer,store)
BUS = $(call layer,bus)
DB = $(call layer,db)
WIRING = $(filter-out $(OUT)/obj/main.o,$(patsubst src/%.c,$(OUT)/obj/%.o,$(sort $(wildcard src/*.c src/api/*.c src/cli/*.c \
	src/config/*.c src/demo/*.c src/doctor/*.c src/feed/*.c src/message/*.c src/out/*.c src/plan/*.c src/serve/*.c src/supply/*.c))))
ALL = $(BASE) $(CORE) $(CRYPTO) $(PHONE) $(WIRE) $(PROVIDER) $(NET) $(STORE) $(BUS) $(DB) $(WIRING) $(OUT)/obj/gen/openapi_text.o

# What a unit test may link, by the folder it lies in.
UNIT_base = $(BASE)
UNIT_core = $(BASE) $(CORE)
UNIT_crypto = $(BASE) $(CORE) $(CRYPTO)
UNIT_phone = $(BASE) $(CORE) $(PHONE)
UNIT_wire = $(BASE) $(CORE) $(CRYPTO) $(WIRE)
UNIT_provider = $(BASE) $(CORE) $(CRYPTO) $(WIRE) $(PROVIDER)
UNIT_net = $(BASE) $(CORE) $(CRYPTO) $(WIRE) $(NET)
UNIT_store = $(BASE) $(CORE) $(CRYPTO) $(STORE)
UNIT_bus = $(BASE) $(CORE) $(BUS)
UNIT_db = $(BASE) $(CORE) $(CRYPTO) $(WIRE) $(DB)
UNIT_wiring = $(ALL)

UNIT_TESTS = $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(sort $(wildcard tests/unit/*/*_test.c)))
# What crosses threads, for the thread sanitizer.
TSAN_TESTS = $(addprefix $(OUT)/unit/,phone/world_test core/route_test core/route_hammer_test core/board_test core/blocks_test net/http_server_test \
	net/http_client_test wiring/writer_test wiring/keyring_test wiring/sink_webhook_test wiring/feed_busy_test wiring/desk_test wiring/commander_test)
# What needs a Kafka broker or a PostgreSQL, or is about them.
KAFKA_UNIT_TESTS = $(filter $(OUT)/unit/bus/% $(OUT)/unit/db/%,$(UNIT_TESTS))
KAFKA_TESTS = $(sort $(wildcard tests/e2e/kafka_*_test.py tests/e2e/postgres_*test.py))
# Two at a time; those with a Kafka broker one after the other.
PROVE = prove --timer -j2 --rules 'seq=tests/e2e/kafka_*' --rules 'par=**' --exec ''
E2E_TESTS = $(sort $(wildcard tests/e2e/*_test.py))
CHECKS = $(sort $(wildcard tests/check/*))
# librdkafka reports nothing false there: tests/unit/bus/tsan_threads.h. Without kafka_settings_test, which crosses no thread.
TSAN_TESTS += $(OUT)/unit/wiring/sink_kafka_test $(addprefix $(OUT)/unit/bus/,kafka_producer_test kafka_consumer_test \
	kafka_consumer_fault_test kafka_consumer_full_test kafka_consumer_lost_test kafka_group_test)
FUZZERS = $(patsubst tests/fuzz/%.c,build/fuzz/bin/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

.PHONY: all help test test-kafka unit e2e check asan tsan fuzz fuzz-replay sim plants coverage budgets faults demo bench bench-big load soak city install clean format
.DELETE_ON_ERROR:
.PRECIOUS: build/.packages-%

all: $(OUT)/bauta ## build build/bauta (installs missing packages when root)

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 22

# --- packages: one list, packages.txt ---

build/.packages-%: packages.txt tools/packages.sh
	@mkdir -p build
	@tools/packages.sh $*
	@touch $@

# --- objects and programs ---

$(OUT)/bauta: $(OUT)/obj/main.o $(ALL)
	@echo "  LINK  $@"
	@$(CXX) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(OUT)/obj/%.o: src/%.c | build/.packages-build
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/%.o: src/%.cc | build/.packages-build
	@mkdir -p $(@D)
	@echo "  CXX   $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/llhttp/%.o: | build/.packages-build
	@mkdir -p $(@D)
	@echo "  CC    llhttp/$*.c"
	@$(CC) -I/usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1 $(FLAGS_$(VARIANT)) -c -o $@ $(LLHTTP)/$*.c

build/gen/openapi_text.c: api/openapi.json
	@mkdir -p $(@D)
	@echo "  GEN   $@"
	@{ printf 'const char openapi_text[] = {'; od -An -v -tu1 $< | sed 's/\([0-9][0-9]*\)/\1,/g'; \
	   printf '0};\nconst unsigned long openapi_text_len = sizeof openapi_text - 1;\n'; } > $@

$(OUT)/obj/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	@$(CC) -std=c11 $(FLAGS_$(VARIANT)) -c -o $@ $<

# --- tests: everything speaks TAP, prove reads it ---

.SECONDEXPANSION:
$(OUT)/unit/%: tests/unit/%.c $$(UNIT_$$(firstword $$(subst /, ,$$*))) | build/.packages-test
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MT $@ -MF $@.d -c -o $@.o $<
	@$(CXX) $(LDFLAGS) -o $@ $@.o $(UNIT_$(firstword $(subst /, ,$*))) -lcmocka $(PKG_LIBS)

# Where allocations fail when the test says so: tests/unit/memory.h.
$(OUT)/unit/%_memory_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc memory_map)

# Programs that the tests of the whole program run beside it.
E2E_PROGRAMS = $(patsubst tests/e2e/%.c,$(OUT)/e2e/%,$(sort $(wildcard tests/e2e/*_driver.c)))
$(OUT)/e2e/%: tests/e2e/%.c $(ALL) | build/.packages-test
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MT $@ -MF $@.d -c -o $@.o $<
	@$(CXX) $(LDFLAGS) -o $@ $@.o $(ALL) $(PKG_LIBS)

test: build/.packages-test ## run every test (about ten minutes on two cores)
	@$(MAKE) --no-print-directory -j2 all unit-programs e2e-programs $(OUT)/sim $(OUT)/budget $(OUT)/fault $(OUT)/traffic
	@$(MAKE) --no-print-directory -j2 VARIANT=asan unit-programs build/asan/fault
	@$(MAKE) --no-print-directory -j2 VARIANT=tsan tsan-programs
	@$(MAKE) --no-print-directory fuzz-programs
	$(PROVE) $(CHECKS) $(UNIT_TESTS) $(UNIT_TESTS:build/%=build/asan/%) $(TSAN_TESTS:build/%=build/tsan/%) \
		tests/fuzz/replay.sh tests/sim/sim_test.py tests/fault/fault_test.py tests/budget/budget_test.py \
		tests/model/route_model_test.py $(E2E_TESTS)

.PHONY: unit-programs e2e-programs tsan-programs fuzz-programs
unit-programs: $(UNIT_TESTS)
e2e-programs: $(E2E_PROGRAMS)
tsan-programs: $(TSAN_TESTS)
fuzz-programs:
	@$(MAKE) --no-print-directory -s -j2 VARIANT=fuzz $(FUZZERS)

unit: unit-programs ## the unit tests alone (VARIANT=asan for sanitizers)
	prove --exec '' $(UNIT_TESTS)

e2e: all e2e-programs $(OUT)/traffic build/.packages-test ## the tests of the whole program alone
	$(PROVE) $(E2E_TESTS)

test-kafka: all build/.packages-test $(KAFKA_UNIT_TESTS) ## the tests with a real Kafka and PostgreSQL alone; part of `make test`
	prove --timer --exec '' $(KAFKA_UNIT_TESTS) $(KAFKA_TESTS)

check: all build/.packages-test ## layers, links between documents, manual pages
	prove --exec '' $(CHECKS)

asan: ## unit tests under the address and undefined behaviour sanitizers
	@$(MAKE) --no-print-directory VARIANT=asan unit

tsan: ## what crosses threads under the thread sanitizer, and the whole server while it looks after numbers
	@$(MAKE) --no-print-directory -j2 VARIANT=tsan tsan-programs all
	prove --exec '' $(TSAN_TESTS:build/%=build/tsan/%)
	BAUTA=$(CURDIR)/build/tsan/bauta TSAN_OPTIONS=halt_on_error=1 prove --exec '' $(sort $(wildcard tests/e2e/supply_*test.py))

build/fuzz/bin/fuzz_%: tests/fuzz/fuzz_%.c $(ALL)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MT $@ -MF $@.d -c -o $@.o $<
	@$(CXX) $(LDFLAGS) -o $@ $@.o $(ALL) $(PKG_LIBS)

MINUTES ?= 5
fuzz: fuzz-programs ## run every fuzzer in turn for MINUTES (5) in all; KEEP=1 adds to tests/fuzz/corpus
	@KEEP=$(KEEP) tools/fuzz.sh $(MINUTES) $(FUZZERS)

# One process that is a whole Bauta and the town around it (tests/sim/sim.h): what the linker puts in place of sockets, clocks, chance.
SIM_WRAPS = http_server_new http_server_port http_server_free http_wake http_reply http_reply_from writer_queue_wait secret_random reader_submit \
	store_memory_new clock_new http_client_wake phone_parse phone_parse_vn
SIM_SOURCES = $(sort $(wildcard tests/sim/*.c))
$(OUT)/sim: $(SIM_SOURCES) $(wildcard tests/sim/*.h) $(ALL)
	@echo "  SIM   $@"
	@mkdir -p $(OUT)/obj/sim
	@for source in $(SIM_SOURCES); do $(CC) $(CPPFLAGS) $(CFLAGS) -Itests -c -o $(OUT)/obj/sim/$$(basename $$source .c).o $$source || exit 1; done
	@$(CXX) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(SIM_WRAPS)) -o $@ $(SIM_SOURCES:tests/sim/%.c=$(OUT)/obj/sim/%.o) $(ALL) $(PKG_LIBS)

# What tests/door/door.c puts in the place of sockets, threads, the clock and chance.
DOOR_WRAPS = http_server_new http_server_counts http_server_port http_server_free http_wake http_reply http_reply_from writer_queue_wait reader_submit \
	secret_random clock_new
DOOR_SOURCES = tests/door/door.c

# Operations whose instructions callgrind counts (tests/budget/budget.h).
BUDGET_SOURCES = $(DOOR_SOURCES) $(sort $(wildcard tests/budget/*.c))
$(OUT)/budget: $(BUDGET_SOURCES) tests/budget/budget.h tests/door/door.h $(ALL)
	@echo "  TEST  $@"
	@mkdir -p $(OUT)/obj/budget
	@for source in $(BUDGET_SOURCES); do $(CC) $(CPPFLAGS) $(CFLAGS) -Itests -c -o $(OUT)/obj/budget/$$(basename $$source .c).o $$source || exit 1; done
	@$(CXX) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(DOOR_WRAPS)) -o $@ $(foreach source,$(BUDGET_SOURCES),$(OUT)/obj/budget/$(notdir $(source:.c=.o))) $(ALL) $(PKG_LIBS)

# Each allocation, act on the disk and call of the store made to fail in turn (tests/fault/fault.h).
FAULT_WRAPS = $(DOOR_WRAPS) flock
FAULT_SOURCES = $(DOOR_SOURCES) $(sort $(wildcard tests/fault/*.c))
$(OUT)/fault: $(FAULT_SOURCES) tests/fault/fault.h tests/door/door.h $(ALL)
	@echo "  TEST  $@"
	@mkdir -p $(OUT)/obj/fault
	@for source in $(FAULT_SOURCES); do $(CC) $(CPPFLAGS) $(CFLAGS) -Itests -c -o $(OUT)/obj/fault/$$(basename $$source .c).o $$source || exit 1; done
	@$(CXX) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(FAULT_WRAPS)) -o $@ $(foreach source,$(FAULT_SOURCES),$(OUT)/obj/fault/$(notdir $(source:.c=.o))) $(ALL) $(PKG_LIBS)

faults: $(OUT)/fault ## each allocation, act on the disk and call of the store fails in turn, in every request: docs/proof.md (some minutes)
	$<

budgets: $(OUT)/budget ## count instructions anew and write tests/budget/budgets.txt
	tests/budget/budget_test.py --write

SEED ?= 1
SECONDS ?= 60
sim: $(OUT)/sim ## a whole server in a town with faults, from a seed: SEED=n SECONDS=s (0: that seed alone)
	$< $(SEED) $(SECONDS)

# The layers that every decision is made in, by their own unit tests alone: what a whole server passes over is not thereby tested.
COVERAGE_TESTS = $(patsubst tests/unit/%.c,build/cov/unit/%,$(sort $(wildcard $(foreach layer,base core crypto wire provider,tests/unit/$(layer)/*_test.c))))
coverage: build/.packages-test ## branches that the unit tests take, against their goals -> build/coverage.txt (docs/proof.md)
	@$(MAKE) --no-print-directory -j2 VARIANT=cov coverage-programs
	@find build/cov -name '*.gcda' -delete
	prove -j2 --exec '' $(COVERAGE_TESTS)
	tools/coverage.py

.PHONY: coverage-programs
coverage-programs: $(COVERAGE_TESTS)

plants: $(OUT)/sim ## can the simulator find faults? plants them, one at a time: docs/proof.md (about ten minutes)
	tests/sim/plants.py

# --- running it ---

demo: build/.packages-demo all ## an order, two phones, virtual numbers: the whole story on loopback
	$(OUT)/bauta demo $(DEMO)

bench: build/.packages-bench all ## side by side with nginx, PostgreSQL and Redis -> build/bench.json, build/bench.svg
	bench/run.sh

city: e2e-programs ## a city's weeks, its stock kept by forecast and by water marks -> docs/city.svg and the table of docs/supply.md
	bench/city.py

bench-big: build/.packages-bench all ## bytes a session and restart at 10 M sessions
	bench/run.sh big

build/bench/%: bench/%.c $(ALL)
	@mkdir -p $(@D)
	@echo "  BENCH $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@.o $<
	@$(CXX) $(LDFLAGS) -o $@ $@.o $(ALL) $(PKG_LIBS) -lm

# The load generator of a whole town: bench/traffic/traffic.c.
TRAFFIC_SOURCES = $(sort $(wildcard bench/traffic/*.c))
$(OUT)/traffic: $(TRAFFIC_SOURCES) $(wildcard bench/traffic/*.h) $(ALL)
	@echo "  BENCH $@"
	@mkdir -p $(OUT)/obj/traffic
	@for source in $(TRAFFIC_SOURCES); do $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $(OUT)/obj/traffic/$$(basename $$source .c).o $$source || exit 1; done
	@$(CXX) $(LDFLAGS) -o $@ $(TRAFFIC_SOURCES:bench/traffic/%.c=$(OUT)/obj/traffic/%.o) $(ALL) $(PKG_LIBS)

load: all $(OUT)/traffic ## a town's traffic: the rated load, ten times that, and past saturation -> build/load.json (two minutes)
	@PYTHONPATH=tests/e2e bench/traffic.py

soak: MINUTES = 60
soak: all $(OUT)/traffic ## steady traffic for MINUTES=60: does anything grow? -> build/soak.json, build/soak.svg
	@PYTHONPATH=tests/e2e bench/soak.py $(MINUTES)

PREFIX ?= /usr/local
install: all ## install under DESTDIR and PREFIX
	install -Dm755 build/bauta $(DESTDIR)$(PREFIX)/bin/bauta
	install -Dm644 man/bauta.1 $(DESTDIR)$(PREFIX)/share/man/man1/bauta.1
	install -Dm644 man/bauta.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/bauta.yaml.5
	install -Dm644 docs/bauta.yaml $(DESTDIR)$(PREFIX)/share/doc/bauta/bauta.yaml
	install -Dm644 packaging/orders_db.sql $(DESTDIR)$(PREFIX)/share/doc/bauta/orders_db.sql
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/bin/bauta|$(PREFIX)/bin/bauta|' packaging/bauta.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/bauta.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/bauta.service
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	build/bauta completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bauta
	build/bauta completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_bauta

format: ## clang-format over all of src and tests
	clang-format -i $$(git ls-files '*.c' '*.h' '*.cc')

clean: ## remove build/
	rm -rf build

-include $(shell find $(OUT)/obj $(OUT)/unit $(OUT)/e2e $(OUT)/bin -name '*.d' 2>/dev/null)
