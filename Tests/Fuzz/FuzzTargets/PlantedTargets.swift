extension FuzzTarget {
    /// Faults that are found, so that it is known that faults are found.
    static let planted = [
        FuzzTarget("planted-trap") { input in
            hold(input.count < 4 || input[0] != input[3], "planted")
        },
        FuzzTarget("planted-overread") { input in
            let place = GuardedMemory.shared.place(input)
            guard input.count >= 4, let end = place.baseAddress.map({ $0 + place.count }) else { return }
            if input[1] == 0xff { hold(end.load(as: UInt8.self) < 0xff, "planted") }
        },
        FuzzTarget("planted-hang") { input in
            var number = input.count > 8 ? Int(input[0]) : 1
            while number == 0xff { number |= Int(input[0]) }
        },
        FuzzTarget("planted-growth") { input in
            let kept = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 8)
            kept.initializeMemory(as: UInt8.self, repeating: input.first ?? 1, count: 65_536)
        },
    ]
}
