# What a person needs, each with the packages that it needs. `make` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BOARD ?= qemu-virt
DEMO ?=
ONLY ?=
NODE ?= host
KERNEL ?= bookworm

# Installs the named Debian packages that are missing, and says so.
need = .ci/need

BUILD_PACKAGES := libmnl-dev libconfig-dev nettle-dev pkg-config
WORLD_PACKAGES := iproute2 util-linux procps python3 radvd iputils-ping nftables dnsmasq-base bind9-dnsutils
MACHINE_PACKAGES := qemu-system-x86 busybox-static debian-archive-keyring kmod cpio xz-utils squashfs-tools iw hostapd
TEST_PACKAGES := $(WORLD_PACKAGES) $(MACHINE_PACKAGES) python3-venv tcpdump iperf3 ppp dhcpcd-base tshark groff-base mandoc \
    systemd wpasupplicant
RUN_PACKAGES := $(WORLD_PACKAGES) qemu-system-arm u-boot-qemu mtools
BENCH_PACKAGES := $(RUN_PACKAGES) $(MACHINE_PACKAGES) iperf3 wireguard-go wireguard-tools openvpn ethtool valgrind qemu-user \
    binutils zstd linux-perf

WORLD := PYTHONPATH=Tests/World python3 -m world
VENV := build/venv

# For machines that have no Swift: its libraries come along inside.
RELEASE := swift build -c release --static-swift-stdlib

# The targets that make firmware images; see board/README.md.
-include board/board.mk

NODE_HOURS ?= 10000
SEED ?=
WORLD_SEED ?=
MORE ?=
TIME ?= 600
TARGET ?=

# Where `make install` puts things, and which build of the program.
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAM ?= .build/release/shisa
PROGRAMS := nemonetd babymdd had mrd mnd cnd shisamodem shisahooks shisactl shisaconf
UNITS := nemonetd babymdd had mrd mnd cnd shisamodem shisahooks
# Under which the units run the programs; sysusers.conf makes it.
ACCOUNT := shisa

.PHONY: help build release install man test test-machine simulate fuzz check bench run host shell unplug plug clean distclean

help: ## This list
	@echo "Shisa: a mobile router for Linux. The targets:"
	@sed -nE 's/^([a-z][a-z-]*):[^#]*## *(.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort -u \
	    | awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'
	@echo "The second call of each is incremental. What is missing is installed with apt, as root."

build: ## The programs for this machine, with symbols (.build/debug/shisa)
	@$(need) $(BUILD_PACKAGES)
	swift build

release: ## The programs for this machine, optimised, for machines without Swift (.build/release/shisa)
	@$(need) $(BUILD_PACKAGES)
	$(RELEASE) --product shisa

install: ## Programs, manual pages, systemd's units and samples, after `make release`: PREFIX=/usr/local DESTDIR=
	@test -x $(PROGRAM) || { echo "There is no $(PROGRAM) yet: make release" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d \
	    $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/shisa/samples
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/sbin/shisa
	for name in $(PROGRAMS); do ln -sf shisa $(DESTDIR)$(PREFIX)/sbin/$$name; done
	pages=$$($(PROGRAM) man); for page in $$pages; do \
	    $(PROGRAM) man $$page | install -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page; done
	for name in $(UNITS); do sed 's,@SBINDIR@,$(PREFIX)/sbin,' docs/samples/systemd/$$name.service \
	    | install -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/$$name.service; done
	install -m 644 docs/samples/systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/shisa.conf
	install -m 644 docs/samples/*.conf $(DESTDIR)$(PREFIX)/share/doc/shisa/samples
# What is made in these belongs to the group of the programs, where there is one; what is there already stays as it is.
	group=; if [ $$(id -u) -eq 0 ] && getent group $(ACCOUNT) >/dev/null; then group="-g $(ACCOUNT)"; fi; \
	for folder in $(DESTDIR)/etc/shisa $(DESTDIR)/etc/shisa/keys; do \
	    test -d $$folder || install -d -m 2750 $$group $$folder; done
	test -d $(DESTDIR)/etc/shisa/hooks.d || install -d -m 755 $(DESTDIR)/etc/shisa/hooks.d

run: ## The emulated board in its little world, on this terminal; DEMO=auto plays its story and judges it, DEMO=wlan that of radios
	@case '$(DEMO)' in ''|auto|wlan) ;; *) echo "There is no DEMO=$(DEMO), but auto and wlan" >&2; exit 64 ;; esac
	@board/common/image --check $(BOARD)
	@$(need) $(BUILD_PACKAGES) $(RUN_PACKAGES)
	@$(MAKE) image BOARD=$(BOARD)
	@swift build --product shisa
	@swift build --product linkrelay
	@$(WORLD) $(patsubst auto,demo,$(or $(DEMO),run))

host: ## A mobile host, its home agent and a correspondent in a little world, and a shell on the host
	@$(need) $(BUILD_PACKAGES) $(WORLD_PACKAGES)
	@swift build --product shisa
	@$(WORLD) host

shell: ## A shell on a machine of the running world: NODE=host, cn, ha, access1, access2, core
	@$(WORLD) shell $(NODE)

unplug: ## Pulls a cable of the running world: UPLINK=eth0 or eth1
	@$(WORLD) unplug $(UPLINK)

plug: ## Puts it back: UPLINK=eth0 or eth1
	@$(WORLD) plug $(UPLINK)

man: build ## The manual pages (build/man), and the pages of docs/ that the program itself makes
	@mkdir -p build/man
	@for page in $$(.build/debug/shisa man); do .build/debug/shisa man $$page >build/man/$$page; done
	@for page in $$(.build/debug/shisa document); do .build/debug/shisa document $$page >docs/$$page.md; done
	@echo "Manual pages: man -l build/man/mrd.8"

# Python that the tests need, apart from the machine's own.
$(VENV)/.complete: Tests/requirements.txt
	@$(need) python3 python3-venv
	@echo "Making a Python environment in $(VENV)"
	@test -x $(VENV)/bin/python3 || python3 -m venv $(VENV)
	@$(VENV)/bin/python3 -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

test: $(VENV)/.complete ## Every test: units, scenarios in namespaces and on Debian's kernels, the image; ONLY=word picks some
	@$(need) $(BUILD_PACKAGES) $(TEST_PACKAGES) $(RUN_PACKAGES)
	@$(VENV)/bin/python3 .ci/test $(if $(ONLY),--only '$(ONLY)')

test-machine: $(VENV)/.complete ## All scenarios on a kernel of Debian's: KERNEL=bookworm or trixie; ONLY=word picks some
	@$(need) $(BUILD_PACKAGES) $(TEST_PACKAGES)
	@swift build --product shisa --static-swift-stdlib
	@swift build --product linkrelay --static-swift-stdlib
	@PYTHONPATH=Tests/World $(VENV)/bin/python3 -m world machine $(KERNEL) -v -ra --color=no $(if $(ONLY),-k '$(ONLY)') Tests/Scenarios

simulate: ## Thousands of nodes in virtual time: NODE_HOURS=1000000; SEED=n repeats a run, WORLD_SEED=n one world
	@$(need) $(BUILD_PACKAGES)
	@$(RELEASE) --product simulate
	@.build/release/simulate $(if $(WORLD_SEED),--world $(WORLD_SEED),--node-hours $(NODE_HOURS)) \
	    $(if $(SEED),--seed $(SEED)) --jobs $$(nproc) $(MORE)

# Built for debugging, that all parsers can be reached, and yet optimised: what is not checked then, the address sanitizer is.
fuzz: ## What reads strangers' input, fed by libFuzzer for TIME=600 seconds; TARGET=name picks one, SEED=n repeats a run
	@$(need) $(BUILD_PACKAGES)
	@swift build --product fuzz --scratch-path .build-fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -DCOVERAGE -Xswiftc -O \
	    -Xswiftc -use-ld=lld
	@python3 Tests/Fuzz/fuzz.py --coverage --program .build-fuzz/debug/fuzz --seconds $(TIME) \
	    $(if $(TARGET),--target $(TARGET)) $(if $(SEED),--seed $(SEED))

check: $(VENV)/.complete ## Format, warnings as errors, the board's build profile, who may import whom
	@$(need) $(BUILD_PACKAGES)
	@.ci/check

bench: ## The figures of docs/benchmarks.md, measured; ONLY=name measures one, TRIAL=yes only tries the comparison
	@$(need) $(BUILD_PACKAGES) $(BENCH_PACKAGES)
	@$(RELEASE) --product shisa
	@$(RELEASE) --product linkrelay
	@$(RELEASE) --product homeload
	@$(RELEASE) --product packetpath
	@case '$(ONLY)' in side*|kernel*|packet*|million*|planned*|carrier*|black*|leaked*|had*|correspondent*) ;; *) $(MAKE) image BOARD=qemu-virt ;; esac
# Where no SDK can be had, the figure's note says what is missing.
	@case '$(ONLY)' in packet*|'') $(MAKE) board-packetpath || true ;; esac
	@python3 Tests/Bench/bench.py $(if $(ONLY),--only $(ONLY)) $(if $(TRIAL),--trial)

clean: ## Removes what builds made, keeps downloads
	rm -rf .build .build-* build/world* build/machines build/images build/board build/bench.json build/fuzz
