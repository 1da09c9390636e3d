#if COVERAGE
    import FuzzTargets
    import Glibc

    /// libFuzzer, which finds inputs that go new ways through the code.
    enum CoverageGuided {
        fileprivate nonisolated(unsafe) static var target: FuzzTarget?

        /// - Parameter arguments: libFuzzer's.
        static func run(_ target: FuzzTarget, _ arguments: [String]) -> Int32 {
            self.target = target
            var words = (["fuzz", "-max_len=\(target.limit)"] + arguments).map { strdup($0) } + [nil]
            var count = Int32(words.count - 1)
            return words.withUnsafeMutableBufferPointer { buffer in
                var first = buffer.baseAddress
                return runDriver(&count, &first) { readOne($0, $1) }
            }
        }
    }

    /// Under the name by which libFuzzer's library wants it, though it is told again.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func readOne(_ octets: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        CoverageGuided.target?.read(UnsafeRawBufferPointer(start: octets, count: count))
        return 0
    }

    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<Int32>,
        _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32
#endif
