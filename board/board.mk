# Firmware images. Included by the top Makefile; see board/README.md.

export SWIFT_SDK SHISA_STRICT

IMAGE_PACKAGES := debian-archive-keyring pkg-config kmod binutils llvm cpio zstd genimage mtools dosfstools squashfs-tools \
    e2fsprogs device-tree-compiler u-boot-tools bmap-tools qemu-system-arm u-boot-qemu

# Builds with other flags or another SDK keep apart, so that each stays incremental.
BOARD_SCRATCH := .build-aarch64$(if $(SWIFT_SDK),-$(SWIFT_SDK))$(if $(SHISA_STRICT),-strict)
BOARD_SHISA := $(BOARD_SCRATCH)/release/shisa

.PHONY: image board-known board-programs board-packetpath update-lock test-image flash deps-image

deps-image:
	@$(need) $(IMAGE_PACKAGES)

# The programs as the board runs them, and whether they have the size for it. Ends with exit code 69 (in make's words,
# "Error 69") where no cross SDK can be had.
board-programs: deps-image
	@echo "[board] building shisa for the board…"
	@board/common/sdk swift-build -c release --product shisa --static-swift-stdlib --scratch-path $(BOARD_SCRATCH) \
	    --disable-default-traits -Xlinker --no-eh-frame-hdr -Xlinker --icf=all -Xlinker -T$(CURDIR)/board/common/lean.ld
	@board/common/strip $(BOARD_SHISA) $(BOARD_SHISA).stripped

# What counts the instructions of the packet path, as the board has it.
board-packetpath: deps-image
	@board/common/sdk swift-build -c release --product packetpath --static-swift-stdlib --scratch-path $(BOARD_SCRATCH) \
	    --disable-default-traits -Xlinker --no-eh-frame-hdr

# First of all, for what comes then takes long.
board-known:
	@board/common/image --check $(BOARD)

image: board-known board-programs ## The firmware of a board (BOARD=qemu-virt); SWIFT_SDK=name takes an SDK of your own
	@board/common/debs fetch kernel rootfs
	@SHISA=$(BOARD_SHISA).stripped board/common/image $(BOARD)

update-lock: deps-image ## Moves the board's Debian packages to the newest versions (board/common/packages.lock)
	@board/common/debs update

flash: deps-image ## Writes the image of BOARD to a medium: DEV=/dev/sdX
	@board/common/flash build/images/shisa-$(BOARD).img $(DEV)

test-image: $(VENV)/.complete ## Checks of the finished image of BOARD: layout, sizes, what a person finds on it
	@$(need) $(IMAGE_PACKAGES)
	@BOARD=$(BOARD) PYTHONPATH=Tests/World $(VENV)/bin/python3 -m pytest -q Tests/System/test_image.py
