import Glibc
import Simulation

/// `simulate`, which `make simulate` and `make test` run; see docs/simulation.md.
@main
enum Simulate {
    static func main() async {
        do throws(Options.Complaint) {
            let options = try Options(CommandLine.arguments.dropFirst())
            var size = WorldSize.standard
            size.nodes = try options.number("--nodes") ?? size.nodes
            size.cycles = try options.number("--cycles") ?? size.cycles
            size.drives = try options.number("--drives") ?? size.drives
            let seed = try options.number("--seed") ?? UInt64.random(in: 0...UInt64(UInt32.max))
            var campaign = Campaign(
                simulation: Simulation(seed: seed), size: size, sabotage: try options.sabotage())
            campaign.jobs = try options.number("--jobs") ?? campaign.jobs
            campaign.nodeHours = try options.number("--node-hours")
            campaign.seconds = try options.number("--seconds")
            if campaign.nodeHours == nil, campaign.seconds == nil { campaign.nodeHours = 10_000 }
            if let world: UInt64 = try options.number("--world") {
                exit(campaign.replay(world) ? 0 : 1)
            }
            let holds = await campaign.run()
            exit(holds ? 0 : 1)
        } catch {
            print(error.text)
            exit(2)
        }
    }
}
