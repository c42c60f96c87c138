# stallwatch: build, test and install. GNU make.
#
#   make                 the library, the helper and the command, in build/
#   make check           all tests (installs what they need first, through apt)
#   make check-repeat    the programs of tests/programs N=20 times on end, AT_ONCE=6 of them at a time; STRESS=1: beside a load
#                        on all CPUs, 4 at a time
#   make check-storms    the storms, N=10 times on end
#   make check-eintr     calls that a signal would interrupt, DURATION=3600 seconds of sampling for each kind
#   make check-faults    each system call of the library's with each error
#   make fuzz            the fuzzers of tests/fuzz, SECONDS=600 each; needs clang
#   make check-suites    CPython's own tests, libuv's, libevent's, redis's and GLib's (from Debian's packages, into the build
#                        folder), result by result the same with the library as without; SUITES='libuv test_socket' only those
#   make check-daemons   43 daemons of Debian's packages: started, talked to and stopped, without the library and with it, and what is
#                        reported of them; DAEMONS='postfix apache2' only those
#   make check-managers  scripts/setup with the real dnf, pacman and (where it is in PATH) apk, each in a root of its own
#   make check-sanitizers  the unit tests and programs with the address, undefined-behaviour and thread sanitizers, and valgrind
#   make unit            the unit tests alone
#   make demo            a small server that stalls, and the report
#   make check-node      the tests of node with versions 18 to 26 from npm, 60 s of load, and beside blocked-at; and of .NET
#   make check-python      every kind of Python code, ten seconds each at 1 ms, on each CPython here: no stack may be wrong
#   make python-beside     what asyncio's debug mode and stallwatch say of the same stalls, as a table
#   make check-large-log   a report of a log of 200 MB: its memory and speed
#   make bench           what it costs and how exact it is, beside its targets; bench-record puts that into the README
#   make bench-profile   where the time goes that is added to a request of each server
#   make install         PREFIX (/usr/local) and DESTDIR are respected
#   make deb             a Debian package, in build/deb; check-package: installed, tried and removed in a bare Debian
#   make check-builds    gcc and clang, -O0 to -O3, LTO, -Werror, each tried; and two folders, one result
#   make lint            clang-tidy, cppcheck and shellcheck, with the project's own settings
#   make check-musl, check-aarch64  the corpus's C programs with musl; cross-built, under qemu-user
#   make check-old-glibc   the library as built here, in a Debian 11; check-newer: in a Debian of tomorrow, with CPython 3.14
#   make format          clang-format over everything; format-check only looks
#
# New files need no edit here: sources, unit tests and test programs are found by wildcard.

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
AR      ?= ar
OBJCOPY ?= objcopy
PYTHON  ?= /usr/bin/python3
INSTALL ?= install

VERSION  := $(shell sed -n 's/.*SW_VERSION *"\(.*\)".*/\1/p' src/common/version.h)
WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes
# file-prefix-map: built in another folder, the files are the same.
SW_FLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc -Iinclude $(WARNINGS) -pthread -ffile-prefix-map=$(CURDIR)=.
# The tests' programs stand in for users' own: optimised, with debug information, nothing special.
PROGRAM_FLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wno-unused-result -pthread

# initial-exec: a thread-local access in a wrapper must not call __tls_get_addr, which may allocate.
# no-tree-slp-vectorize: two stores of constants are not to become a load from .rodata, one more page for a wait to touch.
# data-sections: with the linker's sort, small variables lie together, not on the first page of a large table each.
# no-red-zone: wrappers call by inline assembly, which the compiler does not know of (notes/kept.h).
LIBRARY_FLAGS := $(if $(filter x86_64%,$(shell $(CC) -dumpmachine)),-mno-red-zone) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-tree-slp-vectorize -fdata-sections
# norelro: GOT and .data.hot share a page then, and a wait costs a TLB miss less (1.32 for 1.52 in make bench); what RELRO
# protects is moot here, since the wrappers call through pointers that are writable anyway.
# sort-section: by alignment, so that what is built small stands behind the code that loops run through, too.
# nodelete: wrappers' addresses are in every GOT. noseparate-code: two maps less at each program's start.
# nostartfiles: what these do is for C++ and for dlclose, and costs each program's start two pages and four look-ups.
LIBRARY_LINK := -shared -nostartfiles -Wl,-soname,libstallwatch.so.0 -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,nodelete \
	-Wl,-z,noseparate-code -Wl,-z,norelro -Wl,--sort-section=alignment -Wl,-O1 -Wl,--as-needed -Wl,--version-script=src/preload/libstallwatch.map \
	-Wl,-T,src/preload/libstallwatch.ld

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

COMMON    := $(call objects,$(wildcard src/common/*.c))
# With musl the wrappers' files want its headers told in another way, and keep frame pointers: libunwind may not be there.
LIBC      := $(if $(findstring __GLIBC__,$(shell printf '\043include <features.h>\n' | $(CC) -E -dM - 2>/dev/null)),glibc,musl)
MACHINE   := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
PRELOAD   := $(call objects,$(sort $(wildcard src/preload/*.c src/preload/*/*.c src/preload/watch/*/*.c \
	src/preload/stack/$(MACHINE)/*.c)))
# What runs at every program's start stands together in the library, first of all: fewer pages to be mapped then.
START     := $(call objects,$(addprefix src/,preload/init.c preload/notes/process.c preload/notes/clock.c \
	preload/interpose/exits.c preload/interpose/next.c preload/libc/loader.c preload/interpose/locks.c \
	common/settings.c common/text.c common/glob.c preload/follow.c))
SYMBOLIZE := $(call objects,$(wildcard src/symbolize/*.c))
COMMAND   := $(call objects,$(sort $(wildcard src/command/*.c src/command/*/*.c)))

UNIT      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FIXTURES  := $(patsubst %,$(BUILD)/fixtures/lines_%.so,$(if $(wildcard tests/unit/fixtures),c clang cpp split plain))
PROGRAMS  := $(patsubst %,$(BUILD)/%,$(basename $(wildcard $(addprefix tests/programs/,*.c *.cpp */*.c */*.cpp))))
CRATES    := $(patsubst %.rs,$(BUILD)/%,$(wildcard tests/programs/*/*.rs))
CLASSES   := $(patsubst %.java,$(BUILD)/%.class,$(wildcard tests/programs/*/*.java))
STORMS    := $(patsubst %,$(BUILD)/%,$(basename $(wildcard $(addprefix tests/storms/,*.c *.cpp))))
BENCH     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

LIBRARY   := $(BUILD)/libstallwatch.so
HELPER    := $(BUILD)/stallwatch-symbolize
COMPLETIONS := $(addprefix $(BUILD)/completions/,stallwatch.bash zsh/_stallwatch stallwatch.fish)
PRODUCTS  := $(LIBRARY) $(if $(SYMBOLIZE),$(HELPER)) $(if $(COMMAND),$(BUILD)/stallwatch $(COMPLETIONS))

.PHONY: all check-builds lint tests check check-repeat check-python python-beside check-node check-storms check-eintr check-faults check-suites check-daemons check-managers check-sanitizers fuzz fuzz-build unit unit-build demo bench bench-record bench-profile install uninstall clean deb check-package check-old-glibc check-newer format format-check setup-build setup-check setup-package setup-elsewhere setup-lint
.DELETE_ON_ERROR:
all: $(PRODUCTS)

# --- what gets installed ---------------------------------------------------------------------------

# What is compiled depends on how it is compiled, not on the rest of this file.
COMPILE = $(CC) $(SW_FLAGS) $(LIBRARY_FLAGS) $(CPPFLAGS) $(CFLAGS) $(LAST_FLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$(COMPILE)" | cmp -s - $@ || echo "$(COMPILE)" >$@
FORCE:

$(BUILD)/obj/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

# These have files in them.
$(BUILD)/obj/src/preload/watch/whose/parks_table.o: share/parks.conf
$(BUILD)/obj/src/preload/watch/tell/hints_table.o: share/hints.conf
$(BUILD)/obj/src/command/formats/html_files.o: $(wildcard src/command/formats/html/*)

# Their assembler names functions, versions of libc's symbols, or files that it includes: link-time optimisation would lose these.
BY_HAND := $(shell grep -rlE 'pushsection|SW_PINNED|SW_KEPT_FUNCTION' src --include=*.c)
$(call objects,$(BY_HAND)): LAST_FLAGS := -fno-lto

# <stdio.h> has bodies of getline(3), getchar(3) and their like for programs that are optimised: clang exports no wrapper after one.
$(call objects,$(wildcard src/preload/interpose/stdio*.c)): SW_FLAGS += -D__NO_INLINE__

ifeq ($(LIBC),musl)
$(call objects,$(wildcard src/preload/interpose/*.c)): SW_FLAGS += -include src/preload/libc/musl.h -fno-omit-frame-pointer
endif

# What the watchdog runs is built small, but for what takes samples: the pages of the library's file are more than half of the
# memory that watching takes.
ifneq ($(filter -O2,$(CFLAGS)),)
$(call objects,$(filter-out src/preload/watch/sample%,$(wildcard src/preload/report/*.c src/preload/watch/*.c \
	src/preload/watch/*/*.c))): LAST_FLAGS += -Os
endif

# The system calls that this machine's headers know, by name.
$(BUILD)/generated/syscall_list.h: Makefile
	@mkdir -p $(@D)
	echo '#include <sys/syscall.h>' | $(CC) -dM -E - | sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/SW_SYSCALL(\1)/p' | sort > $@

$(BUILD)/obj/src/preload/watch/kernel/syscall_names.o: SW_FLAGS += -I$(BUILD)/generated
$(BUILD)/obj/src/preload/watch/kernel/syscall_names.o: $(BUILD)/generated/syscall_list.h

# What others may be starting with meanwhile is there at every moment, whole, as it was or as it will be: rename(2). The linker
# takes the old one away first, and a program for which the loader finds none runs unwatched. (`ln -f` renames.)
$(LIBRARY): $(COMMON) $(PRELOAD) src/preload/libstallwatch.map src/preload/libstallwatch.ld
	$(CC) $(CFLAGS) $(LDFLAGS) $(LIBRARY_LINK) -o $@.new $(START) $(filter-out $(START),$(COMMON) $(PRELOAD))
	mv -f $@.new $@.0
	ln -sf libstallwatch.so.0 $@

$(HELPER): $(SYMBOLIZE) $(COMMON)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@.new $^ -ldw -lelf -liberty
	mv -f $@.new $@

$(BUILD)/stallwatch: $(COMMAND) $(COMMON)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@.new $^ -ljansson -lelf
	mv -f $@.new $@

# The command prints what shells complete its words by.
$(BUILD)/completions/stallwatch.%: $(BUILD)/stallwatch
	@mkdir -p $(@D)
	$< completions $* > $@

$(BUILD)/completions/zsh/_stallwatch: $(BUILD)/stallwatch
	@mkdir -p $(@D)
	$< completions zsh > $@

# --- tests -----------------------------------------------------------------------------------------

# All that a unit test may want; the linker takes the members that it names. The wrappers are left out: they would
# come before libc's own functions. next.o is none of them, and a test that wants one names its object.
$(BUILD)/tests/parts.a: $(COMMON) $(filter-out %/main.o,$(SYMBOLIZE) $(COMMAND)) \
		$(filter-out $(BUILD)/obj/src/preload/interpose/%,$(PRELOAD)) $(call objects,src/preload/interpose/next.c)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

# Compiled apart, so that a change in src/ only links them again.
.SECONDARY: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/unit/test_*.c))
$(BUILD)/obj/tests/unit/%.o: tests/unit/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(SW_FLAGS) -Itests/unit $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/tests/parts.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -pthread -o $@ $(filter %.o,$^) $(BUILD)/tests/parts.a $(LDFLAGS) \
		-ldw -lelf -liberty -ljansson $$(pkg-config --libs check)

$(addprefix $(BUILD)/tests/unit/test_,sampler sampler_signal baseline hints_table holder look unserved): \
		$(call objects,src/preload/interpose/signals.c)

# For the helper's tests: libraries whose lines are known, by gcc and clang, with the debug information apart, and without.
$(BUILD)/fixtures/lines_c.so: tests/unit/fixtures/lines_c.c
	@mkdir -p $(@D)
	$(CC) -O2 -g -fPIC -shared -o $@ $<

$(BUILD)/fixtures/lines_clang.so: tests/unit/fixtures/lines_c.c
	@mkdir -p $(@D)
	$(or $(shell command -v clang),$(CC)) -O2 -g -fPIC -shared -o $@ $<

$(BUILD)/fixtures/lines_cpp.so: tests/unit/fixtures/lines_cpp.cpp
	@mkdir -p $(@D)
	$(CXX) -O2 -g -fPIC -shared -o $@ $<

$(BUILD)/fixtures/lines_split.so: $(BUILD)/fixtures/lines_c.so
	$(OBJCOPY) --only-keep-debug $< $(@:.so=.debug)
	$(OBJCOPY) --strip-debug --add-gnu-debuglink=$(@:.so=.debug) $< $@

$(BUILD)/fixtures/lines_plain.so: $(BUILD)/fixtures/lines_c.so
	$(OBJCOPY) --strip-debug $< $@

# A program's head says which libraries it needs; where one is missing it is not built, and its tests are skipped.
NEEDS = needs=$$(tests/programs/needs $<) || { rm -f $@; echo "not built: $<"; exit 0; };

$(BUILD)/tests/programs/%: tests/programs/%.c tests/programs/needs
	@mkdir -p $(@D)
	$(NEEDS) $(CC) $(PROGRAM_FLAGS) -Iinclude -Itests/programs -MMD -MP -MF $@.d -o $@ $< $$needs -lm

$(BUILD)/tests/programs/%: tests/programs/%.cpp tests/programs/needs
	@mkdir -p $(@D)
	$(NEEDS) $(CXX) -O2 -g -Wall -Wextra -pthread -Iinclude -Itests/programs -MMD -MP -MF $@.d -o $@ $< $$needs

# It has the sampler itself in it.
$(BUILD)/tests/bench/sample_pause: tests/bench/sample_pause.c $(call objects,src/preload/interpose/signals.c) $(BUILD)/tests/parts.a
	@mkdir -p $(@D)
	$(CC) $(SW_FLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o %.a,$^) $(LDFLAGS)

# One build for all: they share what they depend on, which Debian's packages bring (no registry is asked).
CARGO = CARGO_HOME=$(BUILD)/cargo RUSTC=/usr/bin/rustc /usr/bin/cargo -q --offline \
	--config 'source.crates-io.replace-with="debian"' --config 'source.debian.directory="/usr/share/cargo/registry"'

$(CRATES) &: tests/programs/frameworks/Cargo.toml $(wildcard tests/programs/*/*.rs) tests/programs/needs
	@mkdir -p $(@D)
	@tests/programs/needs $(firstword $(filter %.rs,$^)) >/dev/null || { rm -f $(CRATES); echo "not built: $(CRATES)"; exit 0; }; \
	$(CARGO) build --release --manifest-path $< --target-dir $(BUILD)/cargo && \
	cp $(patsubst %,$(BUILD)/cargo/release/%,$(notdir $(CRATES))) $(@D)

$(BUILD)/tests/programs/%.class: tests/programs/%.java tests/programs/needs
	@mkdir -p $(@D)
	$(NEEDS) javac -g -d $(@D) $<

$(BUILD)/tests/storms/%: tests/storms/%.c
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_FLAGS) -Itests/programs -MMD -MP -MF $@.d -o $@ $<

$(BUILD)/tests/storms/%: tests/storms/%.cpp
	@mkdir -p $(@D)
	$(CXX) -O2 -g -Wall -Wextra -pthread -Itests/programs -MMD -MP -MF $@.d -o $@ $<

$(BUILD)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_FLAGS) -MMD -MP -MF $@.d -o $@ $< -lm

$(BUILD)/tests/bench/note_offsets: PROGRAM_FLAGS += -Isrc

# For the sanitizers, which want builds of their own: the unit tests with what they need.
unit-build: all $(UNIT) $(FIXTURES)

# Fuzzers: the rooms that read what others have written, by clang with its sanitizers.
FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZED     := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out %/main.c,$(wildcard src/common/*.c src/preload/libc/*.c \
	src/preload/stack/*.c src/preload/stack/$(MACHINE)/*.c src/preload/languages/*.c) \
	src/command/read_records.c src/command/strings.c src/preload/watch/whose/parks_table.c src/preload/watch/kept/rule_lines.c \
	src/preload/watch/kept/user_file.c src/symbolize/lines.c src/symbolize/modules.c src/symbolize/demangle.c))

$(BUILD)/fuzz/src/%.o: src/%.c
	@mkdir -p $(@D)
	clang $(SW_FLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/parts.a: $(FUZZED)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/parts.a
	clang $(SW_FLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer -Itests/fuzz -MMD -MP -MF $@.d -o $@ $< \
		$(BUILD)/fuzz/parts.a -ljansson -ldw -lelf -liberty

.PRECIOUS: $(BUILD)/fuzz/src/%.o
fuzz-build: $(FUZZERS)

tests: $(UNIT) $(FIXTURES) $(PROGRAMS) $(STORMS) $(CRATES) $(CLASSES) $(BENCH)

# What is missing is installed first; only then can the rules above be followed, hence make within make: on all CPUs,
# unless the user has said on how many.
THEN = $(MAKE) --no-print-directory -s $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))
setup-build setup-check setup-package setup-elsewhere setup-lint: setup-%:
	@STALLWATCH_BUILD=$(BUILD) scripts/setup $*

check: setup-check
	@+$(THEN) all tests
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/run/run.py $(TESTS)

check-repeat: setup-check
	@+$(THEN) all tests
	@STALLWATCH_BUILD=$(BUILD) STRESS=$(STRESS) AT_ONCE=$(AT_ONCE) $(PYTHON) tests/run/repeat.py $(or $(N),20) $(TESTS)

fuzz: setup-check
	@+$(THEN) fuzz-build
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) test_fuzz.py $(or $(SECONDS),600)

check-suites: setup-check
	@scripts/setup suites
	@+$(THEN) all
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) test_suites.py $(SUITES)

check-daemons: setup-check
	@scripts/setup daemons
	@+$(THEN) all
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) check_daemons.py $(DAEMONS)

check-managers:
	@scripts/setup managers
	@cd tests/run && $(PYTHON) check_managers.py

# PARTS='address thread valgrind corpus memcheck' chooses. TSan warns of fences, which it does not model.
SANITIZE := -O1 -g -fno-omit-frame-pointer
check-sanitizers: setup-check
	@scripts/setup sanitizers
	@+$(THEN) BUILD=$(BUILD)/sanitized CFLAGS="$(SANITIZE) -fsanitize=address,undefined -fno-sanitize-recover=undefined" unit-build
	@+$(THEN) BUILD=$(BUILD)/threads CFLAGS="$(SANITIZE) -fsanitize=thread -Wno-tsan" unit-build
	@+$(THEN) all tests
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) sanitizers.py $(PARTS)

check-storms: setup-check
	@+$(THEN) all tests
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/run/repeat.py $(or $(N),10) storms

check-eintr: setup-check
	@+$(THEN) all tests
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) test_interruptions.py $(or $(DURATION),3600)

check-faults: setup-check
	@+$(THEN) all tests
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) test_faults.py

# Elsewhere: another libc, another processor. What cannot be built there is named, and its tests are left out.
PLAIN := $(patsubst %.c,$(BUILD)/%,$(shell grep -L '@needs' tests/programs/*.c))
elsewhere: $(LIBRARY)
	@$(MAKE) --no-print-directory -s -k $(PLAIN) 2>/dev/null || true

# musl-gcc does not look where the kernel's headers are.
check-musl: setup-elsewhere
	@mkdir -p $(BUILD)/musl-headers
	@ln -sfn /usr/include/linux /usr/include/asm-generic /usr/include/uthash.h /usr/include/$$($(CC) -dumpmachine)/asm $(BUILD)/musl-headers
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/musl elsewhere \
		CC='musl-gcc -fno-omit-frame-pointer -idirafter $(BUILD)/musl-headers'
	@cd tests/run && STALLWATCH_BUILD=$(BUILD)/musl $(PYTHON) elsewhere.py musl

check-aarch64: setup-elsewhere
	@scripts/sysroot arm64 $(BUILD)/sysroot
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/aarch64 elsewhere CC='aarch64-linux-gnu-gcc --sysroot=$(abspath $(BUILD)/sysroot)'
	@cd tests/run && STALLWATCH_BUILD=$(BUILD)/aarch64 STALLWATCH_RUNNER='qemu-aarch64 -L $(abspath $(BUILD)/sysroot)' \
		$(PYTHON) elsewhere.py aarch64

unit: setup-check
	@+$(THEN) all tests
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/run/run.py unit

demo: setup-build
	@+$(THEN) all $(BUILD)/tests/programs/demo_server
	@STALLWATCH_BUILD=$(BUILD) scripts/demo

# What node's versions are, and the package beside which it is run, are in scripts/setup.
check-node: setup-check
	@scripts/setup node
	@+$(THEN) all tests
	@STALLWATCH_BUILD=$(BUILD) STALLWATCH_NODES=all STALLWATCH_NODE_SECONDS=$(or $(SECONDS),60) STALLWATCH_NODE_CHAINS=10 \
		$(PYTHON) tests/run/run.py node node_clean node_beside node_chains dotnet

check-python: setup-check
	@+$(THEN) all
	@STALLWATCH_BUILD=$(BUILD) STALLWATCH_PYTHON_SECONDS=$(or $(SECONDS),10) $(PYTHON) tests/run/run.py python_frames python_lock

python-beside: setup-check
	@+$(THEN) all
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) test_python_beside.py

# The report's promise on its memory, with a log of 200 MB, and its speed.
check-large-log: setup-check
	@+$(THEN) all
	@cd tests/run && STALLWATCH_BUILD=$(BUILD) $(PYTHON) -c 'import test_command_report as t; t.check_memory(200, 16, say=True)'

# ROWS='NAME…' measures only those. The figures are in build/bench.json as well.
bench bench-record: setup-check
	@+$(THEN) all $(BENCH)
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py $(LIBRARY) --json $(BUILD)/bench.json \
		$(if $(filter bench-record,$@),--record README.md) $(ROWS)

# SERVERS="nginx 'node http'" only those; needs perf and strace.
bench-profile: setup-check
	@+$(THEN) all $(BENCH)
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/bench/profile_servers.py $(LIBRARY) $(SERVERS)
	@STALLWATCH_BUILD=$(BUILD) $(PYTHON) tests/bench/noting.py $(LIBRARY) $(SERVERS)

# --- install ---------------------------------------------------------------------------------------

# Distributions have their own places for libraries, LIBDIR=lib/x86_64-linux-gnu, and for zsh's functions.
LIBDIR ?= lib
ZSHDIR ?= share/zsh/site-functions
BASE = $(DESTDIR)$(PREFIX)
LIBRARIES = $(BASE)/$(LIBDIR)

install: all
	$(INSTALL) -d $(BASE)/bin $(LIBRARIES)/pkgconfig $(BASE)/libexec/stallwatch $(BASE)/include
	$(INSTALL) -m 755 $(LIBRARY).0 $(LIBRARIES)/libstallwatch.so.0.new
	mv -f $(LIBRARIES)/libstallwatch.so.0.new $(LIBRARIES)/libstallwatch.so.0
	ln -sf libstallwatch.so.0 $(LIBRARIES)/libstallwatch.so
	$(INSTALL) -m 755 $(HELPER) $(BASE)/libexec/stallwatch/stallwatch-symbolize.new
	mv -f $(BASE)/libexec/stallwatch/stallwatch-symbolize.new $(BASE)/libexec/stallwatch/stallwatch-symbolize
	for program in $(wildcard $(BUILD)/stallwatch); do $(INSTALL) -m 755 $$program $(BASE)/bin; done
	for header in $(wildcard include/*.h); do $(INSTALL) -m 644 $$header $(BASE)/include; done
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' include/stallwatch.pc.in \
		> $(LIBRARIES)/pkgconfig/stallwatch.pc
	$(INSTALL) -d $(BASE)/share/stallwatch
	$(INSTALL) -m 644 $(wildcard share/*.supp share/*.conf share/*.yml) $(BASE)/share/stallwatch
	for page in $(wildcard man/*.[1-9]); do \
		$(INSTALL) -D -m 644 $$page $(BASE)/share/man/man$${page##*.}/$${page##*/}; done
	$(INSTALL) -D -m 644 $(BUILD)/completions/stallwatch.bash $(BASE)/share/bash-completion/completions/stallwatch
	$(INSTALL) -D -m 644 $(BUILD)/completions/zsh/_stallwatch $(BASE)/$(ZSHDIR)/_stallwatch
	$(INSTALL) -D -m 644 $(BUILD)/completions/stallwatch.fish $(BASE)/share/fish/vendor_completions.d/stallwatch.fish

uninstall:
	rm -f $(BASE)/share/bash-completion/completions/stallwatch $(BASE)/$(ZSHDIR)/_stallwatch
	rm -f $(BASE)/share/fish/vendor_completions.d/stallwatch.fish
	rm -f $(LIBRARIES)/libstallwatch.so $(LIBRARIES)/libstallwatch.so.0 $(LIBRARIES)/pkgconfig/stallwatch.pc
	rm -f $(BASE)/bin/stallwatch $(BASE)/libexec/stallwatch/stallwatch-symbolize $(BASE)/include/stallwatch.h
	for page in $(wildcard man/*.[1-9]); do rm -f $(BASE)/share/man/man$${page##*.}/$${page##*/}; done
	for rules in $(notdir $(wildcard share/*.supp share/*.conf share/*.yml)); do rm -f $(BASE)/share/stallwatch/$$rules; done
	-rmdir $(BASE)/libexec/stallwatch $(BASE)/share/stallwatch

# --- package ---------------------------------------------------------------------------------------

# In a copy: a package is built beside its sources, and leaves files in them.
deb: setup-package
	@rm -rf $(BUILD)/deb
	@mkdir -p $(BUILD)/deb/stallwatch-$(VERSION)
	@tar -cf - --exclude=./$(BUILD) --exclude=./.git . | tar -xf - -C $(BUILD)/deb/stallwatch-$(VERSION)
	@cd $(BUILD)/deb/stallwatch-$(VERSION) && dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -n 30 ../build.log; exit 1; }
	@lintian --fail-on error,warning $(BUILD)/deb/*.deb
	@ls $(BUILD)/deb/*.deb

check-package: deb
	@tests/package/check $(BUILD)/deb

check-old-glibc: setup-package
	@+$(THEN) all
	@tests/package/old_glibc $(LIBRARY).0

check-newer: setup-check setup-package
	@+$(THEN) all tests
	@tests/package/newer $(BUILD)

# --- builds and checkers ---------------------------------------------------------------------------

# CONFIGURATIONS='gcc:-O2 …' tries only those.
check-builds: setup-check setup-lint
	@tests/builds/check $(BUILD)/builds $(CONFIGURATIONS)

lint: setup-lint $(BUILD)/generated/syscall_list.h
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --suppressions-list=.cppcheck \
		--std=c11 -D__$(MACHINE)__ -D__GLIBC__ -D_GNU_SOURCE -Isrc -Iinclude -j2 src
	@find src -name '*.c' ! -path '*/libc/musl.c' ! -path 'src/preload/stack/*/*' -o -path '*/$(MACHINE)/*.c' | \
		xargs -P2 -n8 sh -c 'clang-tidy --quiet "$$@" -- $(SW_FLAGS) -I$(BUILD)/generated' clang-tidy 2>/dev/null
	@shellcheck scripts/setup scripts/setup-others scripts/sysroot scripts/demo tests/builds/check tests/package/*
	@echo "lint: nothing found"

# --- house keeping ---------------------------------------------------------------------------------

SOURCES = $(shell find src include tests -name '*.[ch]' -o -name '*.cpp')
format:
	clang-format -i $(SOURCES)
format-check:
	clang-format --dry-run --Werror $(SOURCES)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -path '$(BUILD)/suites' -prune -o -name '*.d' -type f -print 2>/dev/null)
