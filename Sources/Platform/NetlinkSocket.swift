import CLinux
import CMnl
import Glibc

/// A socket to the kernel's routing tables (NETLINK_ROUTE), or to another of its tables.
final class NetlinkSocket {
    private let socket: OpaquePointer
    private let output: UnsafeMutableRawPointer
    /// Where the requests of a batch stand one after the other; made when it is first needed.
    private var batchOutput: UnsafeMutableRawPointer?
    private let input: UnsafeMutableRawBufferPointer
    private var sequence: UInt32 = 0
    private var wasInterrupted = false

    /// - Parameter tables: what is talked to, for errors.
    init(
        bus: Int32 = NETLINK_ROUTE, tables: String = "routing tables", groups: [UInt32] = [],
        receiveBuffer: Int = 1 << 20, isMonitor: Bool = false
    ) throws(PlatformError) {
        let flags = SOCK_CLOEXEC.rawValue | (isMonitor ? SOCK_NONBLOCK.rawValue : 0)
        guard let socket = mnl_socket_open2(bus, Int32(flags)) else {
            throw PlatformError(call: "socket", errno: errno, detail: "cannot talk to the kernel's \(tables)")
        }
        self.socket = socket
        output = .allocate(byteCount: NetlinkMessage.room, alignment: 16)
        // The kernel never makes a message of a dump longer than 32 KiB.
        input = .allocate(byteCount: 65_536, alignment: 16)
        guard mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 else {
            throw PlatformError(call: "bind", errno: errno, detail: "cannot talk to the kernel's \(tables)")
        }
        Syscalls.setBuffers(descriptor, receive: receiveBuffer)
        // Better words in errors, and dumps that the kernel filters: kernels before 4.12 and 4.20 do without.
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK] {
            try? Syscalls.setOption(descriptor, SOL_NETLINK, Int32(option), Int32(1), "")
        }
        for group in groups {
            try Syscalls.setOption(
                descriptor, SOL_NETLINK, Int32(NETLINK_ADD_MEMBERSHIP), group,
                "cannot watch the kernel's \(tables)")
        }
        if !isMonitor {
            // The kernel answers within the call; this only keeps a fault of the kernel's from hanging us for ever.
            try Syscalls.setOption(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: 10, tv_usec: 0), "cannot set a time limit")
        }
    }

    deinit {
        mnl_socket_close(socket)
        output.deallocate()
        batchOutput?.deallocate()
        input.deallocate()
    }

    var descriptor: Int32 { mnl_socket_get_fd(socket) }

    /// Sends a request and waits until the kernel has answered it whole.
    ///
    /// - Parameters:
    ///   - detail: what is attempted, for the error.
    ///   - build: adds what follows the netlink header.
    ///   - each: called with type and contents of every message of the answer.
    func transact(
        _ type: Int, _ name: String, flags: Int32 = 0, _ detail: @autoclosure () -> String,
        build: (NetlinkMessage) -> Void, each: (Int, UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) throws(PlatformError) {
        sequence &+= 1
        let message = NetlinkMessage(
            output, type: type, flags: Int32(NLM_F_REQUEST | NLM_F_ACK) | flags, sequence: sequence)
        build(message)
        let length = Int(message.header.pointee.nlmsg_len)
        try Syscalls.check("sendto", detail()) { mnl_socket_sendto(socket, output, length) }
        var outcome: Outcome?
        while outcome == nil {
            let answered = try receive(name, detail()) { header, contents in
                guard header.nlmsg_seq == sequence, outcome == nil else { return }
                if Int32(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { wasInterrupted = true }
                outcome = Self.read(header, contents, each)
            }
            guard answered else { throw PlatformError(call: name, errno: ETIMEDOUT, detail: detail()) }
        }
        if case .failed(let error, let words) = outcome {
            let reason = words.map { "\(detail()) (the kernel says: \($0))" } ?? detail()
            throw PlatformError(call: name, errno: error, detail: reason)
        }
    }

    /// What the kernel has to say of the requests of one datagram must find room in the socket's buffer, also where that is
    /// as small as systems make it (`net.core.rmem_default`, 208 KiB, of which each answer takes about 1 KiB).
    private static let batch = 128
    /// More than any request of a batch takes: a header, a few numbers and addresses.
    private static let batchedRoom = 512

    /// Sends many requests of one type, many in each datagram, and waits until the kernel has dealt with all.
    ///
    /// A request that fails does not keep the kernel from those behind it.
    ///
    /// - Parameters:
    ///   - build: adds what follows the netlink header to the request of that number.
    ///   - each: called with the number of a request, and type and contents of a message of its answer.
    ///   - failed: called with the number of a request that failed, `errno`, and the kernel's own explanation if it gives one.
    func transact(
        _ count: Int, of type: Int, _ name: String, flags: Int32 = 0, _ detail: @autoclosure () -> String,
        build: (Int, NetlinkMessage) -> Void, each: (Int, Int, UnsafeRawBufferPointer) -> Void = { _, _, _ in },
        failed: (Int, Int32, String?) -> Void
    ) throws(PlatformError) {
        let memory = batchOutput ?? .allocate(byteCount: Self.batch * Self.batchedRoom, alignment: 16)
        batchOutput = memory
        for first in stride(from: 0, to: count, by: Self.batch) {
            let numbers = first..<min(first + Self.batch, count)
            let firstSequence = sequence &+ 1
            var length = 0
            for number in numbers {
                sequence &+= 1
                // Errors are told in any case, and in order: who hears of the last one has heard of all.
                let acknowledge = number == numbers.upperBound - 1 ? Int32(NLM_F_ACK) : 0
                let message = NetlinkMessage(
                    memory + length, type: type, flags: Int32(NLM_F_REQUEST) | acknowledge | flags, sequence: sequence)
                build(number, message)
                let used = Int(message.header.pointee.nlmsg_len)
                precondition(used <= Self.batchedRoom, "a request of a batch is short")
                length += (used + 3) & ~3
            }
            try Syscalls.check("sendto", detail()) { mnl_socket_sendto(socket, memory, length) }
            var isAnswered = false
            while !isAnswered {
                let answered = try receive(name, detail()) { header, contents in
                    let place = Int(header.nlmsg_seq &- firstSequence)
                    guard place < numbers.count else { return }
                    switch Self.read(header, contents, { each(first + place, $0, $1) }) {
                    case nil: return
                    case .done: break
                    case .failed(let error, let words): failed(first + place, error, words)
                    }
                    if place == numbers.count - 1 { isAnswered = true }
                }
                guard answered else { throw PlatformError(call: name, errno: ETIMEDOUT, detail: detail()) }
            }
        }
    }

    /// Asks for a whole table; what changed while it was read is asked for again.
    func dump<Element>(
        _ type: Int, _ name: String, _ detail: @autoclosure () -> String, build: (NetlinkMessage) -> Void,
        parse: (Int, UnsafeRawBufferPointer) -> Element?
    ) throws(PlatformError) -> [Element] {
        var elements: [Element] = []
        for _ in 0..<Self.dumpAttempts {
            elements = []
            wasInterrupted = false
            try transact(type, name, flags: Int32(NLM_F_DUMP), detail(), build: build) { type, contents in
                if let element = parse(type, contents) { elements.append(element) }
            }
            if !wasInterrupted { break }
        }
        return elements
    }

    /// A table that changes all the time is taken as it is after so many attempts.
    private static let dumpAttempts = 5

    /// Reads one datagram and calls `body` with each message in it. Returns false when there is none (a monitor's
    /// socket does not wait). Throws `ENOBUFS` when the kernel has dropped messages.
    @discardableResult
    func receive(
        _ name: String, _ detail: @autoclosure () -> String, _ body: (nlmsghdr, UnsafeRawBufferPointer) -> Void
    ) throws(PlatformError) -> Bool {
        guard
            let count = try Syscalls.checkNonBlocking(
                name, detail(), { mnl_socket_recvfrom(socket, input.baseAddress, input.count) })
        else { return false }
        var remaining = Int32(clamping: count)
        var next: UnsafePointer<nlmsghdr>? = input.baseAddress.map {
            UnsafePointer($0.assumingMemoryBound(to: nlmsghdr.self))
        }
        while let header = next, mnl_nlmsg_ok(header, remaining) {
            let length = Int(header.pointee.nlmsg_len)
            let whole = UnsafeRawBufferPointer(start: header, count: length)
            body(header.pointee, UnsafeRawBufferPointer(rebasing: whole[min(16, length)...]))
            next = mnl_nlmsg_next(header, &remaining).map { UnsafePointer($0) }
        }
        return true
    }

    private enum Outcome {
        case done
        case failed(Int32, String?)
    }

    /// Passes a message of the answer on, or says how the answer ended.
    private static func read(
        _ header: nlmsghdr, _ contents: UnsafeRawBufferPointer, _ each: (Int, UnsafeRawBufferPointer) -> Void
    ) -> Outcome? {
        let type = Int32(header.nlmsg_type)
        guard type == NLMSG_ERROR || type == NLMSG_DONE else {
            each(Int(type), contents)
            return nil
        }
        let code: Int32 = contents.value(at: 0) ?? 0
        guard code < 0 else { return .done }
        guard Int32(header.nlmsg_flags) & NLM_F_ACK_TLVS != 0 else { return .failed(-code, nil) }
        // struct nlmsgerr is the code and the header of our request; without NLM_F_CAPPED the whole request follows.
        var offset = 4
        if type == NLMSG_ERROR {
            let request: UInt32 = contents.value(at: 4) ?? 16
            offset += Int32(header.nlmsg_flags) & NLM_F_CAPPED != 0 ? 16 : Int(request)
        }
        return .failed(-code, NetlinkAttributes(contents, from: offset).string(Int(NLMSGERR_ATTR_MSG.rawValue)))
    }
}
