# Bauta. `make help` lists what there is.
#
# VARIANT chooses flags and folder: release (default, in build/), asan, tsan, fuzz (in build/VARIANT/).
# Objects mirror src/; a unit test links only the layers named for it below (UNIT_* lists).

VARIANT ?= release
CC_release = gcc
CC_asan = clang
CC_tsan = clang
CC_fuzz = clang
CXX_release = g++
CXX_asan = clang++
CXX_tsan = clang++
CXX_fuzz = clang++
CC := $(CC_$(VARIANT))
CXX := $(CXX_$(VARIANT))

OUT = $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))

LIBS = libuv openssl sqlite3 jansson libcyaml libcurl
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lphonenumber -lpthread
LLHTTP = /usr/share/llhttp

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wpointer-arith \
	-Wformat=2 -Wvla -Werror
HARDEN = -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero \
	-D_FORTIFY_SOURCE=3 -fPIE
FLAGS_release = -O2 -g $(HARDEN)
LINK_release = -pie -Wl,-z,relro,-z,now
FLAGS_asan = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK_asan = -fsanitize=address,undefined
FLAGS_tsan = -O1 -g -fsanitize=thread
LINK_tsan = -fsanitize=thread
FLAGS_fuzz = -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer
LINK_fuzz = -fsanitize=address,undefined

VERSION = 0.1.0
CPPFLAGS = -Isrc -Ibuild/gen -I/usr/share/include/llhttp -D_GNU_SOURCE -DBAUTA_VERSION='"$(VERSION)"' -include src/base/banned.h
CFLAGS = -std=c11 $(WARN) $(FLAGS_$(VARIANT)) $(PKG_CFLAGS)
CXXFLAGS = -std=c++17 -Wall -Wextra -Werror $(FLAGS_$(VARIANT))
LDFLAGS = $(LINK_$(VARIANT))

layer = $(patsubst src/%.c,$(OUT)/obj/%.o,$(wildcard src/$(1)/*.c))
BASE = $(call layer,base)
CORE = $(call layer,core)
CRYPTO = $(call layer,crypto)
PHONE = $(call layer,phone) $(OUT)/obj/phone/libphonenumber.o
WIRE = $(call layer,wire)
PROVIDER = $(call layer,provider)
NET = $(call layer,net) $(OUT)/obj/llhttp/llhttp.o $(OUT)/obj/llhttp/api.o $(OUT)/obj/llhttp/http.o
STORE = $(call layer,store)
WIRING = $(filter-out $(OUT)/obj/main.o,$(patsubst src/%.c,$(OUT)/obj/%.o,$(wildcard src/*.c)))
PURE = $(BASE) $(CORE) $(CRYPTO) $(PHONE) $(WIRE) $(PROVIDER)
ALL = $(PURE) $(NET) $(STORE) $(WIRING)

# What each unit test may link: its folder under tests/unit says the highest layer it knows.
UNIT_base = $(BASE)
UNIT_core = $(BASE) $(CORE)
UNIT_crypto = $(BASE) $(CORE) $(CRYPTO)
UNIT_phone = $(BASE) $(CORE) $(PHONE)
UNIT_wire = $(BASE) $(CORE) $(CRYPTO) $(WIRE)
UNIT_provider = $(BASE) $(CORE) $(CRYPTO) $(WIRE) $(PROVIDER)
UNIT_net = $(BASE) $(CORE) $(CRYPTO) $(WIRE) $(NET)
UNIT_store = $(BASE) $(CORE) $(CRYPTO) $(STORE)
UNIT_wiring = $(ALL)

UNIT_TESTS = $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*/*_test.c))

.PHONY: all help
all: $(OUT)/bauta ## build build/bauta

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

$(OUT)/bauta: $(OUT)/obj/main.o $(ALL)
	$(CXX) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(OUT)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/%.o: src/%.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/llhttp/%.o: $(LLHTTP)/%.c
	@mkdir -p $(@D)
	$(CC) -I/usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1 -O2 -g $(filter-out -include src/base/banned.h,$(FLAGS_$(VARIANT))) -c -o $@ $<

# A unit test is one file; the folder it lies in names what it may link.
.SECONDEXPANSION:
$(OUT)/unit/%: tests/unit/%.c $$(UNIT_$$(firstword $$(subst /, ,$$*)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -c -o $@.o $<
	$(CXX) $(LDFLAGS) -o $@ $@.o $(UNIT_$(firstword $(subst /, ,$*))) -lcmocka $(PKG_LIBS)

.PHONY: unit
unit: $(UNIT_TESTS) ## build and run the unit tests
	prove --exec '' $(UNIT_TESTS)

-include $(wildcard $(OUT)/obj/*.d $(OUT)/obj/*/*.d $(OUT)/unit/*/*.d)
