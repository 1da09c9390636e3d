import Glibc

/// The owner of a file descriptor: closes it when it goes.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes over `number`.
    init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(number) }

    /// Gives the descriptor up without closing it.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}
