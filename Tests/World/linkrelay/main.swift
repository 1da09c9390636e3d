import Glibc

// linkrelay CONTROL-SOCKET SEED FIRST-END SECOND-END
//
// An Ethernet cable with settable delay, jitter, loss and rate, between two TAP devices or QEMU's datagram sockets.
// Says "ready" when both ends are open, and runs until it is ended.

func say(_ line: String, on descriptor: Int32) {
    let text = line + "\n"
    _ = write(descriptor, text, text.utf8.count)
}

func complain(_ line: String) {
    say(line, on: STDERR_FILENO)
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let seed = UInt64(arguments[2]) else {
    complain("usage: linkrelay CONTROL-SOCKET SEED END END   (END: tap:NAME or dgram:LOCAL:REMOTE)")
    exit(64)
}
do throws(LinkEnd.OpenError) {
    var relay = Relay(
        first: try LinkEnd(arguments[3]), second: try LinkEnd(arguments[4]),
        control: try ControlSocket(path: arguments[1]), seed: seed)
    say("ready", on: STDOUT_FILENO)
    relay.run()
} catch {
    complain("linkrelay: \(error.text)")
    exit(71)
}
