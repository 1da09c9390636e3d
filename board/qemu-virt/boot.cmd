# U-Boot's script on the boot partition: starts the kernel of a slot.
# A slot is a folder here with kernel and ramdisk, and the root partition of the same letter.

setenv slot a
setenv kernel_comp_addr_r @KERNEL_COMP_ADDR@
setenv kernel_comp_size 0x2000000

# Without the tests of all ciphers that the kernel has, which would be a fifth of the time until the board is registered.
setenv bootargs "shisa.medium=@MEDIUM@ shisa.slot=${slot} panic=10 quiet loglevel=4 cryptomgr.notests @CMDLINE@"
load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} ${slot}/Image.gz
load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} ${slot}/initrd
booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}
