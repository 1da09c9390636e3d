import CLinux

/// The memory that the program was given and has freed.
public enum HeapMemory {
    /// Gives it back to the kernel: worth the time after something big is done with, as reading a configuration.
    ///
    /// The corresponding C function is `malloc_trim`.
    public static func returnFreed() { linux_return_freed_memory() }

    /// For a program with tables that grow large: what they leave behind when they grow goes back to the kernel at once,
    /// instead of staying between smaller things. Otherwise the C library learns from the first large block that is freed
    /// to keep such blocks.
    ///
    /// The corresponding C function is `mallopt` with `M_MMAP_THRESHOLD`.
    public static func keepLargeBlocksApart() { linux_map_blocks_from(256 << 10) }
}
