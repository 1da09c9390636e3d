import MobilitySocket
import MobilityWire
import Platform
import Testing

@testable import Console

@Suite("What shisactl shows")
struct ReportTests {
    private func shown(_ line: String, _ snapshot: Snapshot = Samples.snapshot) throws -> String {
        let words = line.split(separator: " ").map(String.init)
        return try Shisactl(ProgramDescription.shisactl.parse(words)).text(snapshot)
    }

    @Test("Every table has its JSON document")
    func documents() throws {
        #expect(
            Report.registrations.document(Samples.snapshot.registrations).line
                == #"{"registrations":[{"home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","home_agent":"2001:db8:1::1","uplink":"eth0","#
                + #""state":"registered","reason":null,"status":0,"sequence":7,"lifetime":600,"remaining":580,"#
                + #""prefixes":["2001:db8:10::/60"],"binding_id":null,"forwards":true,"flows":[]}]}"#)
        #expect(
            Report.bindings.document(Samples.snapshot.bindings).line
                == #"{"bindings":[{"name":"bus-17","kind":"home","home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","home_agent":"2001:db8:1::1","binding_id":5,"#
                + #""mode":"explicit","prefixes":["2001:db8:10::/60"],"sequence":7,"lifetime":600,"remaining":580,"flows":[3]},"#
                + #"{"name":"","kind":"correspondent","home_address":"2001:db8:1::200","#
                + #""care_of_address":"2001:db8:a1::9","home_agent":"2001:db8:c::c","binding_id":null,"mode":"host","#
                + #""prefixes":[],"sequence":9,"lifetime":420,"remaining":400,"flows":[]}]}"#)
        #expect(
            Report.routes.document(Samples.snapshot.routeRows).line
                == #"{"routes":[{"peer":"2001:db8:c::c","home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","uplink":"eth0","state":"bound","#
                + #""forwards":true,"reason":null,"status":0,"sequence":7,"lifetime":420,"remaining":300},"#
                + #"{"peer":"2001:db8:c::e","home_address":"2001:db8:1::100","care_of_address":null,"uplink":null,"#
                + #""state":"testing","forwards":false,"reason":null,"status":138,"sequence":1,"lifetime":0,"#
                + #""remaining":0},{"peer":"2001:db8:c::d","home_address":null,"care_of_address":null,"uplink":null,"#
                + #""state":"resting","forwards":false,"reason":"silent","status":null,"sequence":null,"#
                + #""lifetime":null,"remaining":59},{"peer":"2001:db8:66::/48","home_address":null,"#
                + #""care_of_address":null,"uplink":null,"state":"excluded","forwards":false,"reason":null,"#
                + #""status":null,"sequence":null,"lifetime":null,"remaining":null}]}"#)
        #expect(
            Report.tunnels.document(Samples.snapshot.tunnels).line
                == #"{"tunnels":[{"local":"2001:db8:a1:0:5054:ff:fe12:3456","remote":"2001:db8:1::1","#
                + #""home_address":"2001:db8:1::100","interface":"eth0","active":true,"mtu":1460,"packets_in":1,"#
                + #""packets_out":2,"bytes_in":873,"bytes_out":12345678}]}"#)
        #expect(
            Report.prefixes.document(Samples.snapshot.prefixRows).line
                == #"{"prefixes":[{"prefix":"2001:db8:10::/60","name":"bus-17","home_address":"2001:db8:1::100","#
                + #""mode":"explicit"}]}"#)
        #expect(
            Report.homeAgents.document(Samples.snapshot.homeAgents).line
                == #"{"home_agents":[{"program":"had","addresses":["2001:db8:1::2","2001:db8:1::3"],"preference":9,"#
                + #""mobile_routers":false,"own":false,"remaining":1799.5},"#
                + #"{"program":"had","addresses":["2001:db8:1::1"],"preference":3,"mobile_routers":true,"own":true,"#
                + #""remaining":null}]}"#)
        #expect(
            Report.timers.document(Samples.snapshot.timers).line
                == #"{"timers":[{"program":"had","name":"home_agents_list","waiting":1,"remaining":2.5},"#
                + #"{"program":"had","name":"binding_cache","waiting":2,"remaining":412.5}]}"#)
        #expect(
            Report.counters.document(Samples.snapshot.counters).line
                == #"{"counters":[{"program":"had","name":"binding_update_received","value":3},"#
                + #"{"program":"mrd","name":"a","value":0},{"program":"mrd","name":"z","value":18446744073709551615}]}"#
        )
        #expect(
            Report.events.document([Samples.event]).line
                == #"{"events":[{"date":1700000000.25,"age":20.5,"time":12.345,"program":"mrd","event":"registered","#
                + #""detail":"at 2001:db8:1::1"}]}"#)
        #expect(
            Report.uplinks.json(Samples.snapshot.uplinkRows[0]).line
                == #"{"interface":"eth0","index":2,"type":"ethernet","state":"up","active":true,"#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","default_router":"fe80::1","mtu":1500,"#
                + #""metric":10}"#)
        #expect(
            StatusReport(snapshot: Samples.snapshot).document.line
                == #"{"status":{"version":"0.1.0","plane":"engine","device":"shisa0","uptime":725.5,"#
                + #""programs":[{"program":"mrd","pid":12},{"program":"babymdd","pid":13},"#
                + #"{"program":"shisactl","pid":14}],"active_uplink":"eth0","uplinks":3,"uplinks_up":2,"#
                + #""registrations":1,"registered":1,"bindings":1,"correspondent_bindings":1,"routes":1,"#
                + #""tunnels":1}}"#)
    }

    @Test("Uplinks stand best first, and show the address that would be registered")
    func uplinks() {
        #expect(
            Report.uplinks.table(Samples.snapshot.uplinkRows).text() == """
                INTERFACE  TYPE      STATE   CARE-OF ADDRESS                   MTU
                eth0       ethernet  active  2001:db8:a1:0:5054:ff:fe12:3456  1500
                wlan0      wlan      up      2001:db8:a2::7                   1500
                wwan0      cellular  absent  -                                   0

                """)
    }

    @Test("Every table fits a terminal of 80 columns")
    func width() {
        let snapshot = Samples.snapshot
        let texts = [
            Report.uplinks.table(snapshot.uplinkRows).text(width: 80),
            Report.registrations.table(snapshot.registrations).text(width: 80),
            Report.bindings.table(snapshot.bindings).text(width: 80),
            Report.routes.table(snapshot.routeRows).text(width: 80),
            Report.tunnels.table(snapshot.tunnels).text(width: 80),
            Report.prefixes.table(snapshot.prefixRows).text(width: 80),
            Report.homeAgents.table(snapshot.homeAgents).text(width: 80),
            Report.timers.table(snapshot.timers).text(width: 80),
            Report.counters.table(snapshot.counters).text(width: 80),
            Report.events.table([Samples.event]).text(width: 80),
            StatusReport(snapshot: snapshot).text(width: 80),
        ]
        for line in texts.joined().split(separator: "\n") {
            #expect(DisplayText.width(String(line)) <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }

    @Test("The table of registrations fits with addresses of usual length uncut")
    func registrations() {
        #expect(
            Report.registrations.table(Samples.snapshot.registrations).text(width: 80) == """
                HOME ADDRESS     CARE-OF ADDRESS                  UPLINK  STATE        LEFT
                2001:db8:1::100  2001:db8:a1:0:5054:ff:fe12:3456  eth0    registered  580 s

                """)
    }

    @Test("Routes stand before who rests, and those before who is never optimised")
    func routes() {
        #expect(
            Report.routes.table(Samples.snapshot.routeRows).text(width: 100) == """
                PEER              CARE-OF ADDRESS                  UPLINK  STATE             DIRECT   LEFT
                2001:db8:c::c     2001:db8:a1:0:5054:ff:fe12:3456  eth0    bound             yes     300 s
                2001:db8:c::e     -                                -       testing (138)     no        0 s
                2001:db8:c::d     -                                -       resting (silent)  no       59 s
                2001:db8:66::/48  -                                -       excluded          no          -

                """)
    }

    @Test("Status tells everything in a few lines")
    func status() {
        #expect(
            StatusReport(snapshot: Samples.snapshot).text(width: 80) == """
                nemonetd  0.1.0, up 12 min 5 s, plane engine, device shisa0
                programs  mrd 12, babymdd 13
                home      2001:db8:1::100 registered at 2001:db8:1::1 over eth0, 580 s left
                uplinks   eth0 up (active), wlan0 up, wwan0 absent
                bindings  1, 1 direct
                routes    1 direct, 1 resting
                tunnels   1

                """)
    }

    @Test("Names of states are unique and lower_snake_case in JSON")
    func names() {
        let names =
            [
                UplinkReport.State.allCases.map(\.name), RegistrationEntry.State.allCases.map(\.name),
                RouteEntry.State.allCases.map(\.name), RestingPeerEntry.Reason.allCases.map(\.name),
            ]
            + [BindingEntry.Mode.allCases.map(\.name)]
        for list in names {
            #expect(Set(list).count == list.count)
            #expect(list.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" } })
        }
    }

    @Test("Empty tables say so to people, and are empty lists to programs")
    func empty() throws {
        #expect(try shown("bindings", Snapshot()) == "no bindings\n")
        #expect(try shown("bindings --json", Snapshot()) == "{\n  \"bindings\": []\n}\n")
        #expect(try shown("status", Snapshot()) == "bindings  0\ntunnels   0\n")
    }

    @Test("Counters at 0 are shown to programs and to who asks for all")
    func counters() throws {
        #expect(try shown("counters").split(separator: "\n").count == 3)
        #expect(try shown("counters --all").split(separator: "\n").count == 4)
        #expect(try shown("counters --json").contains("\"value\": 0\n"))
    }

    @Test("A name from elsewhere cannot move the cursor")
    func hostile() {
        let event = EventRecord(time: Instant(milliseconds: 1), program: "mrd", event: "x", detail: "\u{1b}[2J\nfoo")
        let line = Report.line(DatedEvent(event, now: Instant(milliseconds: 1), date: 1_700_000_000))
        #expect(line.hasSuffix("  mrd       x                     \\u{1b}[2J\\u{a}foo\n"))
    }

    @Test("An event is shown when it was by the clock on the wall, whatever that clock said then")
    func times() {
        // Between the time zones of the world, with the date of the Epoch's 1,700,000,000th second.
        let line = Report.line(Samples.event)
        #expect(line.hasPrefix("2023-11-1"))
        let time = line.prefix(19).dropFirst(11)
        #expect(time.dropFirst(2).hasPrefix(":") && time.hasSuffix(":20"))
        let now = DatedEvent(EventRecord(time: MonotonicClock.now, program: "", event: "", detail: ""))
        #expect(abs(now.date - WallClock.seconds()) < 60 && (0..<60).contains(now.age))
    }

    @Test("Why there is no registration, and when it is tried again, stands in words")
    func unregistered() throws {
        func line(_ change: (inout RegistrationEntry) -> Void) throws -> String {
            var snapshot = Snapshot()
            var entry = try #require(Samples.snapshot.registrations.first)
            entry.forwards = false
            change(&entry)
            snapshot.take([.registrationAdd(entry)])
            return StatusReport(snapshot: snapshot).text(width: nil).split(separator: "\n").first.map(String.init) ?? ""
        }
        #expect(
            try line { ($0.state, $0.status, $0.remainingMilliseconds) = (.refused, 133, 9500) }
                == "home      2001:db8:1::100 refused by 2001:db8:1::1 over eth0: not home agent for this mobile node "
                + "(133); tried again in 9 s")
        #expect(
            try line { ($0.state, $0.revocation, $0.remainingMilliseconds) = (.refused, 1, 0) }
                == "home      2001:db8:1::100 revoked by 2001:db8:1::1 over eth0: administrative reason")
        #expect(
            try line {
                ($0.state, $0.homeAgentAddress, $0.remainingMilliseconds) = (.idle, .unspecified, 580_000)
            } == "home      2001:db8:1::100 has no home agent to go to; tried again in 580 s")
        var entry = try #require(Samples.snapshot.registrations.first)
        (entry.state, entry.revocation) = (.refused, 7)
        let document = Report.registrations.json(entry).line
        #expect(document.contains(#""state":"revoked","reason":"the two may be out of step""#))
    }

    @Test(
        "Times and sizes are short",
        arguments: [
            (0, "0 s"), (600, "600 s"), (601, "10 min 1 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"),
            (100_000, "1 d 3 h"),
        ] as [(UInt64, String)])
    func durations(seconds: UInt64, text: String) {
        #expect(DurationText.text(seconds: seconds) == text)
    }

    @Test(
        "Numbers of octets have at most four characters and a unit",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1.0 k"), (1999, "1.9 k"), (45_678, "45 k"), (999_999, "999 k"),
            (12_345_678, "12 M"), (.max, "18 E"),
        ] as [(UInt64, String)])
    func octets(count: UInt64, text: String) {
        #expect(OctetText.text(count) == text)
    }

    @Test(
        "A wrong call of shisactl says what would be right",
        arguments: [
            (
                "",
                "name what to show: status, uplinks, registrations, bindings, routes, prefixes, home-agents, tunnels, timers, "
                    + "counters, events, revoke, flush, switch, routes never, routes allow, routes retry"
            ),
            ("revoke", "revoke needs NODE"), ("switch", "switch needs NODE|all [AGENT ...]"),
            ("revoke a b", "b is one word too many"), ("revoke bus-17 --json", "--json does not go with revoke"),
            ("switch all nobody", "nobody should be the address of a home agent"),
            ("binding", "unknown command binding, did you mean bindings?"),
            ("routes never", "routes never needs PREFIX"), ("routes retry a b", "b is one word too many"),
            ("routes never everybody", "everybody should be a prefix such as 2001:db8:66::/48, or an address"),
            (
                "routes never ::/0",
                "::/0 is everybody: that is policy.route_optimization.enabled in the configuration file"
            ),
            (
                "routes never 2001:db8:c::c/64",
                "2001:db8:c::c/64 has bits set behind its length, write 2001:db8:c::/64"
            ),
            ("routes retry 2001:db8::/64", "2001:db8::/64 should be the address of a peer"),
            ("routes allow a --json", "--json does not go with routes allow"),
            ("status now", "now is one word too many"), ("status --follow", "--follow goes with events only"),
            ("status -a", "--all goes with counters only"),
        ])
    func wrong(line: String, text: String) throws {
        #expect(throws: UsageError(text)) { try shown(line) }
    }
}
