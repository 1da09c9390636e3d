import Glibc

/// What the kernel tells of a process.
struct ObservedProcess {
    let identifier: Int32

    /// The time that it has had a processor, all threads and the kernel's work for it included, in units of 10 ms.
    var cpuSeconds: Double {
        // The name in parentheses may have anything in it; 14 and 15 are utime and stime.
        let text = read("stat")
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            fail("cannot read the processor time of process \(identifier)")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Its resident memory in octets.
    var residentOctets: Int { kibibytes("VmRSS") * 1024 }
    /// The most that it has had resident.
    var peakOctets: Int { kibibytes("VmHWM") * 1024 }

    private func kibibytes(_ name: String) -> Int {
        for line in read("status").split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count > 1, let number = Int(words[1]) { return number }
        }
        fail("cannot read the memory of process \(identifier)")
    }

    private func read(_ file: String) -> String {
        guard let stream = fopen("/proc/\(identifier)/\(file)", "r") else { fail("had is gone") }
        defer { fclose(stream) }
        var octets = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&octets, 1, octets.count, stream)
        return String(decoding: octets[..<count], as: UTF8.self)
    }
}
