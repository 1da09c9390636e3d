import CLinux
import Glibc

extension EventLoop {
    /// A descriptor that an event loop watches.
    public final class Watch {
        public let descriptor: Int32
        let token: UInt64
        private weak var loop: EventLoop?
        private var read: (() -> Void)?
        private var write: (() -> Void)?

        /// Whether the read handler is to be called; false holds the sender back.
        public var wantsRead: Bool { didSet { if wantsRead != oldValue { update() } } }
        /// Whether the write handler is to be called.
        public var wantsWrite = false { didSet { if wantsWrite != oldValue { update() } } }

        init(
            loop: EventLoop, descriptor: Int32, token: UInt64, read: (() -> Void)?, write: (() -> Void)?
        ) {
            self.loop = loop
            self.descriptor = descriptor
            self.token = token
            self.read = read
            self.write = write
            wantsRead = read != nil
        }

        /// Whether the loop still watches.
        public var isActive: Bool { loop != nil }

        /// Ends the watch; its handlers are not called again. A second call does nothing.
        public func cancel() {
            let loop = self.loop
            self.loop = nil
            loop?.forget(self)
            read = nil
            write = nil
        }

        var events: UInt32 {
            (wantsRead ? EPOLLIN.rawValue : 0) | (wantsWrite ? EPOLLOUT.rawValue : 0)
        }

        private func update() {
            guard let loop else { return }
            try? Syscalls.epollControl(loop.epoll.number, EPOLL_CTL_MOD, descriptor, events: events, token: token)
        }

        func dispatch(_ events: UInt32) {
            let failed = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
            if events & EPOLLIN.rawValue != 0 || failed { read?() }
            // The read handler may have cancelled the watch.
            if isActive, events & EPOLLOUT.rawValue != 0 || (failed && read == nil) { write?() }
        }
    }
}
